//! Settings made up from a seed: what else a scenario could have said of port 443, of the captive portal API, of its
//! networks' routers and of its phones. A file's own word stays.
//!
//! Only what a device that is right recovers in is drawn. Left out are: an API that phones have no use for and a proxy,
//! with which some show no sheet however right the portal; and an internet that answers HTTPS alone, with which
//! HarmonyOS is through for good once the air has lost its questions over HTTP.

#[cfg(test)]
mod tests;

use std::net::Ipv4Addr;
use std::path::Path;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use toml::{Table, Value};

use crate::owner::Opens;
use crate::phone::{Family, by_id};
use crate::random_streams::{RandomStream, stream};
use crate::scenario::{NetworkSpec, PhoneSpec, Scenario, load};

/// Most settings of one run: few, as with faults.
const MOST: u64 = 3;

/// Kinds of settings.
const KINDS: u64 = 9;

/// The device's address where a scenario gives none.
const USUAL_ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 1);

/// What may stand on port 443 of the device's access point.
const HTTPS: [&str; 6] = ["silent", "reset", "self-signed", "wrong-name", "expired", "plain-http"];

/// A line of a scenario file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Setting {
    of: SettingOf,
    key: &'static str,
    value: Value,
}

/// Which table of the file a line is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SettingOf {
    Device,
    /// By its place in the file.
    Network(usize),
    Phone(usize),
}

impl Setting {
    /// Puts the line into a file, unless the file has such a line itself.
    pub(super) fn insert(&self, file: &mut Table) {
        let table = match self.of {
            SettingOf::Device => {
                file.entry("device").or_insert_with(|| Value::Table(Table::new())).as_table_mut()
            }
            SettingOf::Network(place) => item(file, "network", place),
            SettingOf::Phone(place) => item(file, "phone", place),
        };
        if let Some(table) = table {
            table.entry(self.key).or_insert_with(|| self.value.clone());
        }
    }
}

fn item<'a>(file: &'a mut Table, list: &str, place: usize) -> Option<&'a mut Table> {
    file.get_mut(list)?.as_array_mut()?.get_mut(place)?.as_table_mut()
}

/// The settings of a seed for a scenario, whose file has this text. One that contradicts it is left out.
pub(super) fn generate_settings(seed: u64, scenario: &Scenario, text: &str) -> Vec<Setting> {
    let mut dice = Dice(stream(seed, RandomStream::Settings, 0));
    let mut settings = Vec::new();
    for _ in 0..dice.below(MOST + 1) {
        let kind = dice.below(KINDS);
        let more = [settings.clone(), dice.settings(kind, scenario)].concat();
        if with(text, &more).is_some() {
            settings = more;
        }
    }
    settings
}

/// The scenario in this text with these settings; `None` where they contradict it.
pub(super) fn with(text: &str, settings: &[Setting]) -> Option<Scenario> {
    let mut file: Table = text.parse().ok()?;
    settings.iter().for_each(|setting| setting.insert(&mut file));
    load::parse(&toml::to_string(&file).ok()?, Path::new("campaign")).ok()
}

struct Dice(ChaCha8Rng);

impl Dice {
    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        // The bias of the remainder is below one in 2^50 here.
        self.0.next_u64() % end.max(1)
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    fn settings(&mut self, kind: u64, scenario: &Scenario) -> Vec<Setting> {
        match kind {
            0 => vec![device("https", self.one(&HTTPS).into())],
            1 => portal_api(scenario),
            2 => self.network(scenario).into_iter().collect(),
            _ => self.phone(kind, scenario).into_iter().collect(),
        }
    }

    /// A router that ends a join or two although nothing is wrong with the passphrase.
    fn network(&mut self, scenario: &Scenario) -> Option<Setting> {
        let place = self.below(scenario.networks.len() as u64) as usize;
        scenario.networks.get(place).filter(|network: &&NetworkSpec| !network.another_unit)?;
        let mut end = Table::new();
        let (stage, key, code) = self.one(&[
            // Unspecified, too many stations, an AKMP that is not valid (IEEE 802.11-2020 table 9-50).
            ("authentication", Some("status"), 1),
            ("association", Some("status"), 17),
            ("association", Some("status"), 43),
            // The handshake's timeout, too many stations, a passing inactivity (table 9-49).
            ("handshake", Some("reason"), 15),
            ("after", Some("reason"), 5),
            ("after", Some("reason"), 4),
            ("authentication", None, 0),
            ("handshake", None, 0),
        ]);
        end.insert("stage".into(), stage.into());
        if let Some(key) = key {
            end.insert(key.into(), Value::Integer(code));
        }
        end.insert("times".into(), Value::Integer(1 + i64::from(self.below(2) == 1)));
        Some(Setting { of: SettingOf::Network(place), key: "ends_join", value: Value::Table(end) })
    }

    fn phone(&mut self, kind: u64, scenario: &Scenario) -> Option<Setting> {
        let place = self.below(scenario.phones.len() as u64) as usize;
        let phone = scenario.phones.get(place)?;
        let (key, value) = match kind {
            3 => ("private_dns", Value::from("automatic")),
            4 if goes_by_the_sheet(phone) => ("private_dns", "dns.example".into()),
            5 if goes_by_the_sheet(phone) && is_android(phone) => ("vpn", true.into()),
            6 => ("custom_tabs", true.into()),
            7 => ("joins_by", self.one(&["camera", "automatically"]).into()),
            8 => ("hardware_address", "rotates".into()),
            _ => return None,
        };
        Some(Setting { of: SettingOf::Phone(place), key, value })
    }
}

fn device(key: &'static str, value: Value) -> Setting {
    Setting { of: SettingOf::Device, key, value }
}

/// An API that phones trust and that sends them to the device's page.
fn portal_api(scenario: &Scenario) -> Vec<Setting> {
    let device_address = scenario.device.address.as_ref().map_or(USUAL_ADDRESS, |address| *address.get_ref());
    let api = Table::from_iter([
        ("captive".to_owned(), true.into()),
        ("user_portal_url".to_owned(), format!("http://{device_address}/").into()),
    ]);
    // A device whose access point gives way to a home of the same subnet is no longer where its API says.
    if scenario.device.captive_portal.is_some() || scenario.networks.iter().any(|home| home.subnet.is_some())
    {
        return Vec::new();
    }
    vec![
        device("captive_portal", "https://portal.example/api".into()),
        device("captive_portal_api", Value::Table(api)),
    ]
}

/// Whether nothing of the setup is done in an ordinary browser.
fn goes_by_the_sheet(phone: &PhoneSpec) -> bool {
    phone.opens == Opens::Sheet && !phone.visits
}

fn is_android(phone: &PhoneSpec) -> bool {
    by_id(phone.model.get_ref()).is_ok_and(|model| model.family == Family::Android)
}

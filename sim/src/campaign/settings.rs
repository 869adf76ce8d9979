//! Settings made up from a seed: what else a scenario could have said of port 443, of the captive portal API, of its
//! networks' routers and of its phones, and of when its portal opens. A file's own word stays.
//!
//! Only what a device that is right recovers in is drawn. Left out are: an API that phones have no use for and a proxy,
//! with which some show no sheet however right the portal; and an internet that answers HTTPS alone, with which
//! HarmonyOS is through for good once the air has lost its questions over HTTP.

#[cfg(test)]
mod tests;

use std::cell::LazyCell;
use std::net::Ipv4Addr;
use std::path::Path;

use toml::{Table, Value};

use super::dice::Dice;
use super::drawn_setting::{Setting, device, of_network, of_phone};
use super::people;
use crate::owner::Opens;
use crate::phone::{Family, by_id};
use crate::random_streams::RandomStream;
use crate::scenario::{NetworkSpec, PhoneSpec, Scenario, load};

/// Most settings of one run: few, as with faults.
const MOST: u64 = 3;

/// Kinds of settings.
const KINDS: u64 = 10;

/// The device's address where a scenario gives none.
const USUAL_ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 1);

/// What may stand on port 443 of the device's access point.
const HTTPS: [&str; 6] = ["silent", "reset", "self-signed", "wrong-name", "expired", "plain-http"];

/// The settings that a seed makes up for a scenario, and the scenario with them.
pub(super) struct MadeUp {
    pub(super) settings: Vec<Setting>,
    pub(super) scenario: Scenario,
}

impl MadeUp {
    /// The same of this scenario, whose file has this text, without the settings of a key.
    pub(super) fn without(mut self, key: &str, scenario: &Scenario, text: &str) -> Self {
        let drawn = self.settings.len();
        self.settings.retain(|setting| setting.key != key);
        if self.settings.len() < drawn {
            let with_settings = text.parse().ok().and_then(|file| in_file(file, &self.settings));
            self.scenario = with_settings.unwrap_or_else(|| scenario.clone());
        }
        self
    }
}

/// The settings of a seed for a scenario, whose file has this text. One that contradicts it is left out.
pub(super) fn generate_settings(seed: u64, scenario: &Scenario, text: &str) -> MadeUp {
    let mut dice = Dice::new(seed, RandomStream::Settings, 0);
    let drawn = (0..dice.below(MOST + 1)).map(|_| {
        let kind = dice.below(KINDS);
        dice.settings(kind, scenario)
    });
    let drawn: Vec<_> = drawn.collect();
    let of_people = people::settings(seed, scenario);
    // Reading a file takes as long as a short run, so that it is read once, and only for settings.
    let file = LazyCell::new(|| text.parse::<Table>().ok());
    let mut fitting = MadeUp { settings: Vec::new(), scenario: scenario.clone() };
    for more in drawn.into_iter().chain(of_people).filter(|more| !more.is_empty()) {
        let settings = [fitting.settings.clone(), more].concat();
        if let Some(scenario) = file.clone().and_then(|file| in_file(file, &settings)) {
            fitting = MadeUp { settings, scenario };
        }
    }
    fitting
}

/// The scenario in this file with these settings; `None` where they contradict it.
fn in_file(mut file: Table, settings: &[Setting]) -> Option<Scenario> {
    settings.iter().for_each(|setting| setting.insert(&mut file));
    load::parse(&toml::to_string(&file).ok()?, Path::new("campaign")).ok()
}

impl Dice {
    fn settings(&mut self, kind: u64, scenario: &Scenario) -> Vec<Setting> {
        match kind {
            0 => vec![device("https", self.one(&HTTPS).into())],
            1 => portal_api(scenario),
            2 => self.network_setting(scenario).into_iter().collect(),
            9 => vec![self.opening()],
            _ => self.phone_setting(kind, scenario).into_iter().collect(),
        }
    }

    /// How soon the portal of a device that knows a network opens for its owner alone, who unplugs it.
    fn opening(&mut self) -> Setting {
        let (key, value) = self.one(&[
            ("opening_window", "30s"),
            ("opening_window", "2min"),
            ("may_open", "always"),
            ("may_open", "once-after-power-up"),
        ]);
        device(key, value.into())
    }

    /// A router that ends a join or two although nothing is wrong with the passphrase.
    fn network_setting(&mut self, scenario: &Scenario) -> Option<Setting> {
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
        Some(of_network(place, "ends_join", Value::Table(end)))
    }

    fn phone_setting(&mut self, kind: u64, scenario: &Scenario) -> Option<Setting> {
        let place = self.below(scenario.phones.len() as u64) as usize;
        let phone = scenario.phones.get(place)?;
        let (key, value) = match kind {
            3 => ("private_dns", Value::from("automatic")),
            4 if goes_by_the_sheet(phone) => ("private_dns", "dns.example".into()),
            5 if goes_by_the_sheet(phone) && is_android(phone) => ("vpn", true.into()),
            6 => ("custom_tabs", true.into()),
            // The sheet of who only looks would wait for good.
            7 if phone.wants.is_some() => ("joins_by", self.one(&["camera", "automatically"]).into()),
            8 => ("hardware_address", "rotates".into()),
            _ => return None,
        };
        Some(of_phone(place, key, value))
    }
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

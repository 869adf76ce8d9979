//! How far a stand-in's device is with being set up: the form that it was sent, as it reads it, whether it has joined,
//! and whether its access point is there. Sans-IO: the time is handed in.
//!
//! What was sent is kept for the comparison with the home network, and never printed.

use std::fmt;
use std::time::Duration;

use url::form_urlencoded;

use super::device::{AtJoin, Encoding, FormReading, FormSpec, Limits, Longer, Radio};
use super::form_page::NEIGHBOUR;

/// The network that a stand-in's device can join.
#[derive(Clone)]
pub struct StandInHome {
    /// Its name.
    pub ssid: String,
    /// Its passphrase; empty where it is open.
    pub passphrase: String,
}

impl fmt::Debug for StandInHome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StandInHome").field("ssid", &self.ssid).finish_non_exhaustive()
    }
}

/// What a device was given.
struct Given {
    network: Vec<u8>,
    passphrase: Vec<u8>,
    at: Duration,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SetupStage {
    /// It was given nothing.
    Unset,
    /// It tries to join.
    Trying,
    /// It has joined.
    Joined,
    /// It could not join.
    Failed,
}

/// The setup of one device.
#[derive(Default)]
pub(crate) struct DeviceSetup {
    /// Which network there is; without one, whatever it is given is right.
    home: Option<StandInHome>,
    given: Option<Given>,
    /// Its firmware has crashed.
    dead: bool,
}

/// Why a form is of no use.
pub(super) struct BadForm;

impl DeviceSetup {
    /// Of a device within reach of this network.
    pub(crate) fn new(home: Option<StandInHome>) -> Self {
        Self { home, given: None, dead: false }
    }

    /// From here on nobody is there.
    pub(super) fn die(&mut self) {
        self.dead = true;
    }

    /// The networks that it hears.
    pub(super) fn networks(&self) -> Vec<String> {
        let home = self.home.as_ref().map_or("Home", |home| home.ssid.as_str());
        vec![home.to_owned(), NEIGHBOUR.to_owned()]
    }

    /// The network that it was given, as text.
    pub(super) fn network(&self) -> String {
        let given = self.given.as_ref().map(|given| String::from_utf8_lossy(&given.network).into_owned());
        given.unwrap_or_default()
    }

    /// How far it is at this time.
    pub(super) fn stage(&self, radio: Option<&Radio>, now: Duration) -> SetupStage {
        let Some(given) = &self.given else { return SetupStage::Unset };
        if now < given.at + join_takes(radio) {
            return SetupStage::Trying;
        }
        let is_right = self.home.as_ref().is_none_or(|home| {
            home.ssid.as_bytes() == given.network && home.passphrase.as_bytes() == given.passphrase
        });
        if is_right { SetupStage::Joined } else { SetupStage::Failed }
    }

    /// Whether nobody is there at this time.
    pub(super) fn is_away(&self, radio: Option<&Radio>, now: Duration) -> bool {
        let Some(radio) = radio.filter(|_| !self.dead) else { return self.dead };
        let is_absent =
            |absence: Option<super::Absence>| absence.is_some_and(|it| it.is_now(now.as_secs_f64()));
        let stage = self.stage(Some(radio), now);
        let closed = self.given.as_ref().is_some_and(|given| {
            let joined = given.at + join_takes(Some(radio));
            match radio.at_join {
                AtJoin::Stays => false,
                AtJoin::Closes => {
                    stage == SetupStage::Joined
                        && now >= joined + Duration::from_secs(radio.closes_after.into())
                }
                AtJoin::GoesAtOnce => true,
                AtJoin::GoesForTry => stage != SetupStage::Failed && now > given.at,
            }
        });
        closed || is_absent(radio.scans) || is_absent(radio.restarts)
    }

    /// It was sent its form in this request.
    pub(super) fn take(
        &mut self,
        form: &FormSpec,
        limits: Option<&Limits>,
        request: &[u8],
        now: Duration,
    ) -> Result<(), BadForm> {
        let [mut network, mut passphrase] = fields(form, request).ok_or(BadForm)?;
        let longest = |most: Option<usize>| most.unwrap_or(usize::MAX);
        let name_bytes = longest(limits.and_then(|limits| limits.name));
        let passphrase_bytes = longest(limits.and_then(|limits| limits.passphrase));
        if network.len() > name_bytes || passphrase.len() > passphrase_bytes {
            if limits.is_none_or(|limits| limits.longer == Longer::Refused) {
                return Err(BadForm);
            }
            network.truncate(name_bytes);
            passphrase.truncate(passphrase_bytes);
        }
        self.given = Some(Given { network, passphrase, at: now });
        Ok(())
    }
}

/// How long a join takes.
pub(super) fn join_takes(radio: Option<&Radio>) -> Duration {
    Duration::from_secs(radio.map_or(0, |radio| radio.join).into())
}

/// The network and the passphrase in a request, as the device reads them; `None` if a name is not there.
fn fields(form: &FormSpec, request: &[u8]) -> Option<[Vec<u8>; 2]> {
    let text = String::from_utf8_lossy(request);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let query =
        head.split(' ').nth(1).and_then(|target| target.split_once('?')).map_or("", |(_, query)| query);
    let sent = if form.method == super::FormMethod::Get { query } else { body };
    let value = |name: &str| -> Option<Vec<u8>> {
        match form.sent {
            Encoding::Form => value_of(sent, name, form.reads),
            Encoding::Json => {
                let object: serde_json::Value = serde_json::from_str(body).ok()?;
                Some(object.get(name)?.as_str()?.as_bytes().to_vec())
            }
            Encoding::Headers => head
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(line, _)| line.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.trim().as_bytes().to_vec()),
        }
    };
    let network = value(&form.network).filter(|name| !name.is_empty())?;
    Some([network, value(&form.passphrase).unwrap_or_default()])
}

/// The value of a field, read as the device reads it.
fn value_of(sent: &str, name: &str, reads: FormReading) -> Option<Vec<u8>> {
    let raw = |text: &str| {
        let found = text.split('&').filter_map(|pair| pair.split_once('='));
        found.filter(|(field, _)| *field == name).map(|(_, value)| value.to_owned()).next()
    };
    Some(match reads {
        FormReading::Rightly => decoded(&raw(sent)?),
        FormReading::Undecoded => raw(sent)?.into_bytes(),
        FormReading::Partly => raw(sent)?.replace("%3F", "?").replace("%21", "!").into_bytes(),
        FormReading::DecodedFirst => raw(&String::from_utf8_lossy(&decoded(sent)))?.into_bytes(),
        FormReading::DecodedTwice => decoded(&String::from_utf8_lossy(&decoded(&raw(sent)?))),
    })
}

/// Text without the escapes of a form.
fn decoded(text: &str) -> Vec<u8> {
    // As the value of a field without a name, so that its own signs are none of the form's.
    let one = text.replace('&', "%26");
    let value =
        form_urlencoded::parse(format!("v={one}").as_bytes()).next().map(|(_, value)| value.into_owned());
    value.unwrap_or_default().into_bytes()
}

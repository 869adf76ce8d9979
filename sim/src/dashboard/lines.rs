//! What the dashboard's buttons do, as the lines of a scenario file that do the same: a button is
//! carried out by reading its own lines, so that what is saved is what was done.

use std::time::Duration;

use serde::Deserialize;
use toml::{Spanned, Table, Value};
use vestibule_core::Ssid;

use crate::fault::{Fault, Timed};
use crate::phone;
use crate::scenario::{PhoneSpec, StepSpec};
use crate::text::Name;

/// How long the power is off when it fails.
const POWER_CUT: Duration = Duration::from_secs(2);

/// How long a router takes to restart.
const REBOOT: Duration = Duration::from_secs(8);

/// How long an owner looks elsewhere.
const STALL: Duration = Duration::from_secs(15);

/// How bad the air gets, and for how long.
const LOSS_PERCENT: u8 = 30;
const LOSS: Duration = Duration::from_secs(10);

/// The words of the flash that are still programmed before the power fails within one, and by when that
/// must come about.
const TORN_AFTER: u64 = 3;
const TORN_WITHIN: Duration = Duration::from_secs(60);

/// The channels that do not overlap in the 2.4 GHz band, which routers are set to.
const CHANNELS: [u8; 3] = [1, 6, 11];

/// What can be asked for, `{"do":"power-off"}` say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Button {
    /// A further phone of this model comes along; its owner wants the device on the home network.
    AddPhone { model: String },
    /// The device loses its power.
    PowerOff,
    /// The device gets its power back.
    PowerOn,
    /// The power fails for a moment.
    PowerCut,
    /// The power fails while the device writes its flash the next time.
    TornWrite,
    /// The home network gets another passphrase.
    NewPassphrase,
    /// The home network's router moves to another channel.
    ChannelMove,
    /// The home network's router restarts.
    RouterReboot,
    /// A phone, counted from 1, is thrown off the device's access point.
    Deauthenticate { phone: usize },
    /// A phone's owner looks elsewhere.
    SlowOwner { phone: usize },
    /// Frames are lost.
    Loss,
    /// The device is told to forget its network.
    Clear,
}

pub(super) const EXPECTED: &str = "expected {\"do\":\"add-phone\",\"model\":\"android-14\"}, \
    {\"do\":\"deauthenticate\",\"phone\":1}, {\"do\":\"slow-owner\",\"phone\":1}, or {\"do\":…} with one of power-off, \
    power-on, power-cut, torn-write, new-passphrase, channel-move, router-reboot, loss, clear";

/// What a button acts on.
pub(super) struct LiveContext {
    /// The network that owners want the device on.
    pub(super) home: Ssid,
    /// Its channel now.
    pub(super) channel: u8,
    /// How many phones there are.
    pub(super) phones: usize,
}

/// Lines of a scenario, read.
#[derive(Debug, Deserialize)]
pub(super) struct Lines {
    #[serde(default, rename = "step")]
    pub(super) steps: Vec<StepSpec>,
    #[serde(default, rename = "fault")]
    pub(super) faults: Vec<Spanned<Timed>>,
    #[serde(default, rename = "phone")]
    pub(super) phones: Vec<PhoneSpec>,
}

/// Reads lines that [`Button::lines`] has written.
pub(super) fn read(lines: &Table) -> Result<Lines, String> {
    let text = toml::to_string(lines).map_err(|error| error.to_string())?;
    toml::from_str(&text).map_err(|error| error.message().to_owned())
}

impl Button {
    /// The lines that do this at that time, in that context.
    pub(super) fn lines(&self, at: Duration, context: &LiveContext) -> Result<Table, String> {
        let home = Name(context.home);
        let step = |does: &str, of_network: bool| {
            let mut step = Table::new();
            step.insert("at".into(), time(at).into());
            step.insert("do".into(), does.into());
            if of_network {
                step.insert("network".into(), value(&home)?);
            }
            Ok(lines("step", step))
        };
        let fault = |fault: Fault| match Value::try_from(Timed { at: rounded(at), fault }) {
            Ok(Value::Table(fault)) => Ok(lines("fault", fault)),
            _ => Err("the fault cannot be written".into()),
        };
        let phone = |phone: usize| match (1..=context.phones).contains(&phone) {
            true => Ok(phone),
            false if context.phones == 0 => Err("there is no phone yet: add one first".to_owned()),
            false => Err(format!("there is no phone {phone}: expected one from 1 to {}", context.phones)),
        };
        match self {
            Self::PowerOff => step("power-off", false),
            Self::PowerOn => step("power-on", false),
            Self::Clear => step("clear", false),
            Self::NewPassphrase => step("new-passphrase", true),
            Self::PowerCut => fault(Fault::PowerCut { lasts: POWER_CUT }),
            Self::TornWrite => fault(Fault::FlashPowerCut {
                operations: TORN_AFTER,
                undone: 0xffff,
                within: TORN_WITHIN,
                lasts: POWER_CUT,
            }),
            Self::ChannelMove => {
                let place = CHANNELS.iter().position(|channel| *channel == context.channel);
                let channel = CHANNELS[place.map_or(0, |place| (place + 1) % CHANNELS.len())];
                fault(Fault::ChannelMove { network: home, channel })
            }
            Self::RouterReboot => fault(Fault::RouterReboot { network: home, lasts: REBOOT }),
            Self::Loss => fault(Fault::Loss { percent: LOSS_PERCENT, lasts: LOSS }),
            Self::Deauthenticate { phone: number } => {
                fault(Fault::Deauthenticate { phone: phone(*number)?, reason: 7 })
            }
            Self::SlowOwner { phone: number } => {
                fault(Fault::StalledOwner { phone: phone(*number)?, lasts: STALL })
            }
            Self::AddPhone { model } => {
                phone::by_id(model).map_err(|error| error.to_string())?;
                let mut phone = Table::new();
                phone.insert("model".into(), model.as_str().into());
                phone.insert("joins".into(), time(at).into());
                phone.insert("wants".into(), value(&home)?);
                phone.insert("habits".into(), "hurried".into());
                Ok(lines("phone", phone))
            }
        }
    }
}

/// One item of a list of a scenario.
pub(super) fn lines(list: &str, item: Table) -> Table {
    Table::from_iter([(list.to_owned(), Value::Array(vec![Value::Table(item)]))])
}

fn value(name: &Name) -> Result<Value, String> {
    Value::try_from(name).map_err(|error| error.to_string())
}

/// To the millisecond: nobody presses more exactly.
fn rounded(time: Duration) -> Duration {
    Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

/// As scenarios write it.
pub(super) fn time(time: Duration) -> String {
    humantime::format_duration(rounded(time)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> LiveContext {
        LiveContext { home: Ssid::new(b"Home").unwrap(), channel: 6, phones: 2 }
    }

    #[test]
    fn every_button_writes_lines_that_a_scenario_takes() {
        let world = "name = \"x\"\n[[network]]\nssid = \"Home\"\n[[phone]]\nmodel = \"ios-17\"\n\
                     [[phone]]\nmodel = \"ios-17\"\n[expect]\nwithin = \"1min\"\n";
        for (button, expected) in [
            (r#"{"do":"power-off"}"#, "[[step]]\nat = \"12s 345ms\"\ndo = \"power-off\"\n"),
            (r#"{"do":"power-on"}"#, "do = \"power-on\""),
            (r#"{"do":"clear"}"#, "do = \"clear\""),
            (r#"{"do":"new-passphrase"}"#, "do = \"new-passphrase\"\nnetwork = \"Home\""),
            (r#"{"do":"power-cut"}"#, "kind = \"power-cut\"\nlasts = \"2s\""),
            (r#"{"do":"torn-write"}"#, "kind = \"flash-power-cut\""),
            (r#"{"do":"channel-move"}"#, "kind = \"channel-move\"\nnetwork = \"Home\"\nchannel = 11"),
            (r#"{"do":"router-reboot"}"#, "kind = \"router-reboot\""),
            (r#"{"do":"loss"}"#, "kind = \"loss\"\npercent = 30\nlasts = \"10s\""),
            (r#"{"do":"deauthenticate","phone":2}"#, "kind = \"deauthenticate\"\nphone = 2"),
            (r#"{"do":"slow-owner","phone":1}"#, "kind = \"stalled-owner\"\nphone = 1"),
            (
                r#"{"do":"add-phone","model":"android-14"}"#,
                "[[phone]]\nmodel = \"android-14\"\njoins = \"12s 345ms\"",
            ),
        ] {
            let button: Button = serde_json::from_str(button).unwrap();
            let lines = button.lines(Duration::from_micros(12_345_678), &context()).unwrap();
            let text = toml::to_string(&lines).unwrap();
            assert!(text.contains(expected), "{text}");
            let read = read(&lines).unwrap();
            assert_eq!(read.steps.len() + read.faults.len() + read.phones.len(), 1, "{text}");
            let scenario = crate::scenario::load::parse(&format!("{world}{text}"), "x.toml".as_ref());
            assert!(scenario.is_ok(), "{text}: {scenario:?}");
        }
    }

    #[test]
    fn a_phone_that_is_not_there_is_told() {
        let why = |phone, phones| {
            let context = LiveContext { phones, ..context() };
            Button::SlowOwner { phone }.lines(Duration::ZERO, &context).unwrap_err()
        };
        assert_eq!(why(3, 2), "there is no phone 3: expected one from 1 to 2");
        assert_eq!(why(0, 2), "there is no phone 0: expected one from 1 to 2");
        assert!(why(1, 0).contains("add one first"));
        let unknown = Button::AddPhone { model: "android-41".into() }.lines(Duration::ZERO, &context());
        assert!(unknown.unwrap_err().contains("android-14"));
    }
}

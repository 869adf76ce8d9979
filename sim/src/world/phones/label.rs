//! What a device's label tells the owners of phones.

use vestibule_core::label::Label as Code;
use vestibule_core::mdns::HostName;
use vestibule_core::{Config, Passphrase, Ssid};

use crate::scenario::{Mutant, PhoneSpec};
use crate::world::passphrases::typed as typed_of;

pub(in crate::world) struct Label {
    /// The passphrase of its access point.
    pub(super) passphrase: Passphrase,
    /// Its name on the home network.
    pub(super) name: HostName,
    /// The text of its code.
    code: String,
    /// The code that its owner may seal forms with, if it has one.
    sealing_code: Option<Passphrase>,
    /// The name of its access point.
    ssid: Ssid,
    /// Whether it says to open the Wi-Fi settings where no page opens.
    pub(super) says_what_to_open: bool,
}

impl Label {
    pub(in crate::world) fn of(config: &Config, mutant: Option<Mutant>) -> Self {
        let passphrase = config.access_point_security.passphrase();
        let ssid = config.name;
        let code = match mutant {
            Some(Mutant::UnescapedLabel) => {
                let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
                format!("WIFI:T:WPA;S:{};P:{};;", text(ssid.as_bytes()), text(passphrase.expose()))
            }
            // A name that is no text has no code.
            _ => Code::new(&ssid, &passphrase).map_or(String::new(), |code| code.to_string()),
        };
        let says_what_to_open = mutant != Some(Mutant::SilentLabel);
        let sealing_code = config.code_on_label().and_then(|code| Passphrase::new(code.expose()).ok());
        Self { passphrase, name: HostName::of(&ssid), code, sealing_code, ssid, says_what_to_open }
    }

    /// What the owner of this phone types where a page asks for the code.
    pub(super) fn code_typed(&self, phone: &PhoneSpec) -> String {
        let typed = phone.types_code.as_ref().zip(self.sealing_code.as_ref());
        typed.map_or_else(String::new, |(which, right)| {
            String::from_utf8_lossy(&typed_of(which, right, &Ssid::EMPTY)).into_owned()
        })
    }

    /// The passphrase that a phone's camera reads off the code: `None` where that names another network than the
    /// device's, or none.
    pub(super) fn read_by_camera(&self) -> Option<Passphrase> {
        let fields = fields(self.code.strip_prefix("WIFI:")?);
        let field = |name: char| {
            let value = fields.iter().find_map(|field| field.strip_prefix(name)?.strip_prefix(':'));
            value.unwrap_or_default().as_bytes()
        };
        (field('S') == self.ssid.as_bytes()).then(|| Passphrase::new(field('P')).ok()).flatten()
    }
}

/// The fields of a code, as readers take it apart: at semicolons without a backslash before them
/// (`vestibule_core::label` has the rules).
fn fields(text: &str) -> Vec<String> {
    let (mut fields, mut is_escaped) = (vec![String::new()], false);
    for letter in text.chars() {
        match letter {
            '\\' if !is_escaped => is_escaped = true,
            ';' if !is_escaped => fields.push(String::new()),
            letter => {
                is_escaped = false;
                if let Some(field) = fields.last_mut() {
                    field.push(letter);
                }
            }
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use vestibule_core::{AccessPointSecurity, OwnPassphrase};

    use super::*;

    #[test]
    fn a_camera_reads_what_was_meant_and_only_with_its_backslashes() {
        for (name, passphrase) in [("Lamp", "h7rk-2mwq-9xtz"), ("Lamp; 4F2A", "h7rk;2mwq:9xtz,\"\\a")] {
            let ssid = Ssid::new(name.as_bytes()).unwrap();
            let own = OwnPassphrase::new(passphrase.as_bytes(), &ssid).unwrap();
            let mut config = Config::new(ssid);
            config.access_point_security = AccessPointSecurity::Wpa2(own);
            let read = |mutant| Label::of(&config, mutant).read_by_camera();
            assert_eq!(read(None), Some(config.access_point_security.passphrase()));
            let is_plain = name == "Lamp";
            assert_eq!(read(Some(Mutant::UnescapedLabel)).is_some(), is_plain, "{name}");
        }
    }
}

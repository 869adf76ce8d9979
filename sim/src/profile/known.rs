//! The profiles of other projects' portals that are built into the program, each by the name of its file: an installed program
//! has no repository beside it.

use std::path::Path;

use thiserror::Error;

use super::{Profile, load};
use crate::text::meant;

/// The profiles, in the order of their files.
const KNOWN: [(&str, &str); 18] = [
    ("autoconnect", include_str!("../../portals/autoconnect.toml")),
    ("balena-wifi-connect", include_str!("../../portals/balena-wifi-connect.toml")),
    ("cdfer", include_str!("../../portals/cdfer.toml")),
    ("comitup", include_str!("../../portals/comitup.toml")),
    ("esp-idf-example", include_str!("../../portals/esp-idf-example.toml")),
    ("esp32-wifi-manager", include_str!("../../portals/esp32-wifi-manager.toml")),
    ("esp8266-captive-portal", include_str!("../../portals/esp8266-captive-portal.toml")),
    ("esphome", include_str!("../../portals/esphome.toml")),
    ("homie", include_str!("../../portals/homie.toml")),
    ("micropython-wifi-setup", include_str!("../../portals/micropython-wifi-setup.toml")),
    ("micropython-wifimgr", include_str!("../../portals/micropython-wifimgr.toml")),
    ("nodemcu-2019", include_str!("../../portals/nodemcu-2019.toml")),
    ("nodemcu", include_str!("../../portals/nodemcu.toml")),
    ("nodogsplash", include_str!("../../portals/nodogsplash.toml")),
    ("opennds", include_str!("../../portals/opennds.toml")),
    ("tasmota", include_str!("../../portals/tasmota.toml")),
    ("wifimanager", include_str!("../../portals/wifimanager.toml")),
    ("wled", include_str!("../../portals/wled.toml")),
];

/// No profile of that name is built in.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no such file, and no portal of that name is built in; {}", match near {
    Some(near) => format!("did you mean `{near}`?"),
    None => format!("there are {}", known_names().collect::<Vec<_>>().join(", ")),
})]
pub struct UnknownProfile {
    near: Option<&'static str>,
}

/// The names of the portals whose profiles are built in.
pub fn known_names() -> impl Iterator<Item = &'static str> {
    KNOWN.into_iter().map(|(name, _)| name)
}

/// The profile of that name that is built in.
///
/// ```
/// use vestibule::profile::known;
///
/// assert_eq!(known("wifimanager")?.name.get_ref(), "WiFiManager");
/// assert!(known("wifimanagr").unwrap_err().to_string().contains("did you mean `wifimanager`?"));
/// # Ok::<(), vestibule::profile::UnknownProfile>(())
/// ```
///
/// # Errors
/// There is none; the error says which one was probably meant.
pub fn known(name: &str) -> Result<Profile, UnknownProfile> {
    let named = name.to_lowercase();
    let names: Vec<&'static str> = known_names().collect();
    let unknown = || UnknownProfile { near: meant(&named, &names) };
    let (name, text) = KNOWN.into_iter().find(|(name, _)| *name == named).ok_or_else(unknown)?;
    // Each is read by a test, so that none fails here.
    load::parse(text, Path::new(&format!("{name}.toml"))).map_err(|_| unknown())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_the_repository_has_are_built_in_and_can_be_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("portals");
        let mut files: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let names = files.iter().map(|path| path.file_stem().unwrap().to_str().unwrap());
        assert!(names.eq(known_names()), "{files:?}");
        assert!(known_names().all(|name| known(name).is_ok()));
    }
}

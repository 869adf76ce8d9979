//! Which project's portal answers, by what its pages say, and a change in that project's own words: the call or the setting.
//! Only what its source has is said; a portal that is like none is told the change alone.

use std::fmt;

use super::page_text::unpacked;
use super::portal_address::PortalAddress;
use crate::phone::Reply;

/// A project whose portal is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Project {
    WiFiManager,
    EspIdfExample,
    EspHome,
    Tasmota,
    Wled,
}

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChangeKind {
    /// What checks are answered.
    Checks,
    /// What questions are answered.
    Names,
    /// Nobody listens where phones ask.
    Port,
    /// The portal's own address.
    Address,
}

impl fmt::Display for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WiFiManager => "WiFiManager",
            Self::EspIdfExample => "ESP-IDF's example",
            Self::EspHome => "ESPHome",
            Self::Tasmota => "Tasmota",
            Self::Wled => "WLED",
        })
    }
}

impl Project {
    /// Whose reply this is.
    pub(super) fn of(reply: &Reply) -> Option<Self> {
        let body = String::from_utf8_lossy(&unpacked(reply).ok()?).replace('"', "'");
        let says = |words: &[&str]| words.iter().all(|word| body.contains(word));
        // tzapu/WiFiManager @1327b40a, wm_strings_en.h: HTTP_PORTAL_MENU, and HTTP_FORM_WIFI with the form's route.
        if says(&["action='/wifi'", "Configure WiFi"]) || says(&["'/wifisave'", "id='s' name='s'"]) {
            return Some(Self::WiFiManager);
        }
        // espressif/esp-idf @0f63b925, examples/protocols/http_server/captive_portal, main.c: http_404_error_handler.
        if body == "Redirect to the captive portal" && reply.header("location") == Some("/") {
            return Some(Self::EspIdfExample);
        }
        // ESPHome's captive_portal.cpp @03560819, handle_wifisave: the fields of its page's form.
        if says(&["/wifisave", "psk"]) {
            return Some(Self::EspHome);
        }
        // Tasmota's xdrv_01_9_webserver.ino of 12.5.0: its name is at the foot of each page.
        if says(&["Tasmota"]) {
            return Some(Self::Tasmota);
        }
        // wled/WLED @6d16dc22, welcome.htm: a button that leads to the settings.
        says(&["WLED", "settings/wifi"]).then_some(Self::Wled)
    }

    /// A change of this kind at the portal there, in the project's words.
    pub(super) fn words(self, kind: ChangeKind, place: PortalAddress) -> Option<String> {
        match self {
            Self::WiFiManager => Some(wifi_manager(kind, place)),
            Self::EspIdfExample => Some(esp_idf_example(kind, place)),
            Self::EspHome => Some(esphome(kind)),
            Self::Tasmota => tasmota(kind),
            Self::Wled => wled(kind),
        }
    }
}

/// tzapu/WiFiManager @1327b40a: WiFiManager.cpp, setAPStaticIPConfig, captivePortal, setHttpPort and process; its examples
/// call process where the portal does not block.
fn wifi_manager(kind: ChangeKind, place: PortalAddress) -> String {
    let process = "where `wm.setConfigPortalBlocking(false)` is set, call `wm.process()` in each `loop()`, without a `delay()`";
    match kind {
        ChangeKind::Address => "call `wm.setAPStaticIPConfig(IPAddress(4,3,2,1), IPAddress(4,3,2,1), \
             IPAddress(255,255,255,0))` before `wm.autoConnect()`"
            .into(),
        ChangeKind::Checks => format!(
            "`wm.setCaptivePortalEnable(true)`, its default, redirects every host but {}; answer no check by a handler of your \
             own (`wm.setWebServerCallback`)",
            place.address
        ),
        ChangeKind::Names => format!("its DNS comes up with the access point; {process}"),
        ChangeKind::Port => {
            format!("`wm.setHttpPort(80)`, its default, listens on {}; {process}", place.http())
        }
    }
}

/// espressif/esp-idf @0f63b925, examples/protocols/http_server/captive_portal, main.c; the functions of `esp_netif.h`.
fn esp_idf_example(kind: ChangeKind, place: PortalAddress) -> String {
    match kind {
        ChangeKind::Address => "in `wifi_init_softap` of main.c, with `netif = \
             esp_netif_get_handle_from_ifkey(\"WIFI_AP_DEF\")`: `esp_netif_dhcps_stop(netif)`, `esp_netif_set_ip_info(netif, \
             &ip_info)` with 4.3.2.1 as `ip` and `gw`, `esp_netif_dhcps_start(netif)`"
            .into(),
        ChangeKind::Checks => format!(
            "in `http_404_error_handler` of main.c: `httpd_resp_set_status(req, \"302 Found\")` and \
             `httpd_resp_set_hdr(req, \"Location\", \"http://{}/\")`",
            place.address
        ),
        ChangeKind::Names => {
            "`start_dns_server` in `app_main`, with `DNS_SERVER_CONFIG_SINGLE(\"*\", \"WIFI_AP_DEF\")`".into()
        }
        ChangeKind::Port => {
            format!("`config.server_port = 80` in `start_webserver` of main.c, for {}", place.http())
        }
    }
}

/// esphome/esphome @01f0307c, components/wifi/__init__.py: `AP_MANUAL_IP_SCHEMA`, wifi_network_ap, final_validate.
fn esphome(kind: ChangeKind) -> String {
    match kind {
        ChangeKind::Address => {
            "`manual_ip:` below `ap:` of `wifi:`, with `static_ip: 4.3.2.1`, `gateway: 4.3.2.1` and \
             `subnet: 255.255.255.0` (an RP2040 has no such setting)"
                .into()
        }
        ChangeKind::Checks | ChangeKind::Names | ChangeKind::Port => {
            "`captive_portal:` in the configuration, beside `wifi:` with its `ap:`".into()
        }
    }
}

/// arendst/Tasmota, `xdrv_01_9_webserver.ino` of 12.5.0: WifiManagerBegin, CaptivePortal.
fn tasmota(kind: ChangeKind) -> Option<String> {
    let manager = "in Wi-Fi manager mode alone (`WifiConfig 2`)";
    match kind {
        ChangeKind::Address => Some(
            "there is no setting: a build of your own with `WiFi.softAPConfig(IPAddress(4,3,2,1), IPAddress(4,3,2,1), \
             IPAddress(255,255,255,0))` before `WiFi.softAP` in `WifiManagerBegin` of xdrv_01_9_webserver.ino"
                .into(),
        ),
        ChangeKind::Checks => Some(format!("`CaptivePortal()` redirects hosts that are no address, {manager}")),
        ChangeKind::Names => Some(format!("`WifiManagerBegin` starts its DNS, {manager}")),
        ChangeKind::Port => None,
    }
}

/// wled/WLED, wled.cpp @0001001b: WLED::initAP; `wled_server.cpp` @6d16dc22: captivePortal.
fn wled(kind: ChangeKind) -> Option<String> {
    let words = match kind {
        ChangeKind::Address => {
            "`WiFi.softAPConfig(IPAddress(4, 3, 2, 1), …)` in `WLED::initAP` of wled.cpp, as it is there, has such an \
             address"
        }
        ChangeKind::Checks => {
            "`captivePortal()` in wled_server.cpp redirects hosts that are no address, on the access point alone"
        }
        ChangeKind::Names => "`dnsServer.start(53, \"*\", WiFi.softAPIP())` in `WLED::initAP` of wled.cpp",
        ChangeKind::Port => return None,
    };
    Some(words.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::in_process::in_process;
    use crate::check::{ProfilePortal, changes};
    use crate::phone::models;
    use crate::profile::known;

    /// What is said of a portal that answers as its profile says, but for one line.
    fn said(name: &str) -> String {
        let profile = known(name).unwrap();
        let mut checked: Vec<_> =
            models().iter().map(|model| in_process(&mut ProfilePortal(&profile), model)).collect();
        checked.iter_mut().for_each(|one| one.counts = true);
        changes(&checked).into_iter().map(|change| change.says + "\n").collect()
    }

    #[test]
    fn a_portal_that_is_recognised_is_told_in_its_own_words() {
        for (name, words) in [
            ("wifimanager", "In WiFiManager: call `wm.setAPStaticIPConfig(IPAddress(4,3,2,1)"),
            ("esp-idf-example", "In ESP-IDF's example: in `http_404_error_handler` of main.c"),
            ("esphome", "In ESPHome: `manual_ip:` below `ap:` of `wifi:`"),
            ("tasmota", "In Tasmota: there is no setting"),
        ] {
            let said = said(name);
            assert!(said.contains(words), "{name}: {said}");
        }
        assert!(!said("homie").contains(". In "), "{}", said("homie"));
    }

    #[test]
    fn each_is_recognised_by_its_page_and_nobody_else_is() {
        let all = [
            ("wifimanager", Some(Project::WiFiManager)),
            ("esp-idf-example", Some(Project::EspIdfExample)),
            ("esphome", Some(Project::EspHome)),
            ("tasmota", Some(Project::Tasmota)),
            ("wled", Some(Project::Wled)),
        ];
        for name in crate::profile::known_names() {
            let profile = known(name).unwrap();
            let found =
                models().iter().find_map(|model| in_process(&mut ProfilePortal(&profile), model).project);
            let expected = all.iter().find(|(own, _)| *own == name).and_then(|(_, project)| *project);
            assert_eq!(found, expected, "{name}");
        }
    }
}

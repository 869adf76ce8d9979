//! What sources say of Android and of Samsung's in contradiction to each other. Only the readings and what they
//! mean to a portal are here; the models that follow one of them are in `samsung`.

use super::rules;
use crate::phone::dispute::{Applies, Dispute};
use crate::phone::judge::android::{PRIVATE_ADDRESS, PRIVATE_ADDRESS_WATCHDOG};

/// Said of both private-address rules, which agree on what is private.
const PUBLIC_ADDRESS: &str = "give the access point an address outside 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and \
    169.254.0.0/16 instead of {portal}, and hand it out by DHCP as router and DNS server: 4.3.2.1 and 8.8.8.8 are \
    reported to bring the sheet (tzapu/WiFiManager#841)";
const PRICE_OF_PUBLIC_ADDRESS: &str = "whoever has that address on the internet cannot be reached by a phone that is on the \
    access point, nor by the device while it keeps the access point up. 203.0.113.1, of a block that nobody has (RFC 5737), \
    costs nothing and is outside the ranges too, but nobody has reported it";

pub(in crate::phone) static DISPUTES: &[Dispute] = &[
    Dispute::new(
        "Does a Samsung phone of Android 11 or later show a sheet where the portal's address is private?",
        &[&rules::ONE_UI_8, &rules::PRIVATE_SAMSUNG, &rules::PRIVATE_ONE_UI_8, &rules::PRIVATE_OFF],
        Applies::Deciding(&[&PRIVATE_ADDRESS]),
        "a recording of a Samsung phone that joins a portal at 192.168.4.1 which redirects every check: either it asks \
         over HTTP and its sheet comes, or it asks names only; or `adb shell device_config get connectivity \
         dns_probe_private_ip_no_internet` on that phone",
        PUBLIC_ADDRESS,
    )
    .at_the_price(PRICE_OF_PUBLIC_ADDRESS),
    Dispute::new(
        "Did Samsung's watchdog of Android 5 and 6 show a sheet where the portal's address is private?",
        &[&PRIVATE_ADDRESS_WATCHDOG, &rules::WATCHDOG_PRIVATE_GOES_ON],
        Applies::Deciding(&[&PRIVATE_ADDRESS_WATCHDOG]),
        "the rest of CaptivePortalHandler in WifiWatchdogStateMachine, decompiled: what follows its second question for \
         a private address; or a recording of a Galaxy of Android 5 or 6 at a portal on 192.168.4.1",
        PUBLIC_ADDRESS,
    )
    .at_the_price(PRICE_OF_PUBLIC_ADDRESS),
    Dispute::new(
        "Does an Android ask a captive portal API that is announced by plain http?",
        &[&rules::API_HTTPS, &rules::API_HTTP_HEEDED],
        Applies::ApiOverHttp,
        "a recording of an Android of 11 or later that was given option 114 with an http URL: either a GET of that URL \
         with Accept: application/captive+json is in it, or none is",
        "leave DHCP option 114 out, unless it names an https URL with a certificate that phones trust. If you keep it, \
         answer its URL on http://{portal}/ with status 200, \"Content-Type: application/captive+json\" and the body \
         {\"captive\":true,\"user-portal-url\":\"http://{portal}/\"}, not with a page, and every check as if it were \
         not there",
    ),
];

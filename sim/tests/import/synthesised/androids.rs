//! Androids that were called by the wrong name, or whose checks were taken for something else.

use super::Synthesised;
use super::traffic::*;

const GSTATIC: &str = "Host: connectivitycheck.gstatic.com";
const CLIENTS_3: &str = "Host: clients3.google.com";

/// The check of a version from before 7.1.
fn dalvik(version: &str, device: &str, host: &str) -> Vec<u8> {
    let agent = format!("User-Agent: Dalvik/2.1.0 (Linux; U; Android {version}; {device} Build/ABC12D)");
    let lines = [&agent, host, "Connection: Keep-Alive", "Accept-Encoding: gzip"];
    ether(&exchange(50000, &get("/generate_204", &lines), TO_PORTAL))
}

pub(crate) fn all() -> Vec<Synthesised> {
    let an_application = get(
        "/feed",
        &["Host: news.example", "User-Agent: Dalvik/2.1.0 (Linux; U; Android 7.1.1; SM-J510FN Build/NMF26X)"],
    );
    let news = reply("text/plain", "news");
    vec![
        Synthesised::new(
            "dalvik-6.pcap",
            "the check of Android 6.0.1 on a device that no model is",
            dalvik("6.0.1", "SM-G900F", GSTATIC),
        )
        .client(1, &["android-6", "user agent"], &["android-14", "ios"]),
        Synthesised::new(
            "dalvik-5.1.1.pcap",
            "the check of Android 5.1.1 on a device that no model is",
            dalvik("5.1.1", "LGLS751", CLIENTS_3),
        )
        .client(1, &["android-5", "user agent"], &["android-14", "ios"]),
        Synthesised::new(
            "dalvik-4.4.pcap",
            "the check of Android 4.4.4, which is older than any model",
            dalvik("4.4.4", "MI 3W", CLIENTS_3),
        )
        .client(1, &["Android 4.4.4", "older than any model"], &["android-14", "ios"]),
        Synthesised::new(
            "dalvik-agent.pcap",
            "an application on Android 7.1.1 that is no check",
            ether(&exchange(50000, &an_application, &news)),
        )
        .client(1, &["android-7.1", "user agent"], &["android-14", "android-6"]),
        Synthesised::new(
            "android-9-asks-apple.pcap",
            "an Android 9, by DHCP and its browser, that first asks Apple's host",
            asks_apple(),
        )
        .client(6, &["android-9", "vendor class"], &["ios", "android-14"]),
    ]
}

fn asks_apple() -> Vec<u8> {
    let browser = "User-Agent: Mozilla/5.0 (Linux; Android 9; Nokia 2.2) AppleWebKit/537.36 (KHTML, like Gecko) \
         Chrome/79.0.3945.93 Mobile Safari/537.36";
    let check =
        get("/", &[PROBE_AGENT, "Connection: Close", "Host: captive.apple.com", "Accept-Encoding: gzip"]);
    let browses = get("/connect", &["Host: check.example", browser, "Accept: */*"]);
    let packets = [
        leases("android-dhcp-9"),
        vec![asks("captive.apple.com")],
        exchange(50000, &check, TO_PORTAL),
        vec![asks("connectivitycheck.gstatic.com")],
        exchange(50001, &browses, TO_PORTAL),
    ];
    ether(&packets.concat())
}

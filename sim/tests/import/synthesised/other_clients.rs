//! Clients other than Androids that were called by the wrong name, or by a name that everybody asks.

use super::Synthesised;
use super::traffic::*;
use crate::packets::dhcp;

const CHROME: &str = "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
     Chrome/119.0.0.0 Safari/537.36";
const FIREFOX: &str =
    "User-Agent: Mozilla/5.0 (Macintosh; Intel Mac OS X 10.13; rv:69.0) Gecko/20100101 Firefox/69.0";
const ADOBE_AIR: &str = "User-Agent: Mozilla/5.0 (Macintosh; U; Intel Mac OS X; en) AppleWebKit/531.9 (KHTML, like Gecko) \
     AdobeAIR/2.6";
const APPLE_CHECK: &str = "GET /hotspot-detect.html HTTP/1.0\r\nHost: captive.apple.com\r\nConnection: close\r\n\
     User-Agent: CaptiveNetworkSupport-390.60.1 wispr\r\n\r\n";

/// What an iPhone asks a DHCP server for.
const PARAMETERS: [u8; 9] = [1, 121, 3, 6, 15, 108, 114, 119, 252];

pub(crate) fn all() -> Vec<Synthesised> {
    [by_names(), by_requests()].into_iter().flatten().collect()
}

/// Questions for these names alone.
fn several(names: &[&str]) -> Vec<u8> {
    ether(&names.iter().map(|name| asks(name)).collect::<Vec<_>>())
}

fn by_names() -> Vec<Synthesised> {
    let words = ["fritzbox", "localhost", "homeassistant", "raspberrypi"];
    let everybodys = [
        "www.apple.com",
        "www.gstatic.com",
        "play.googleapis.com",
        "accounts.google.com",
        "wpad",
        "example.org",
    ];
    let windows_7 = [leases("MSFT 5.0"), vec![asks("dns.msftncsi.com"), asks("www.google.com")]].concat();
    vec![
        Synthesised::new(
            "single-words.pcap",
            "names of one word, which say nothing of who asks",
            several(&words),
        )
        .nobody(4),
        Synthesised::new(
            "google-only.pcap",
            "one question for a name that everybody asks",
            several(&["www.google.com"]),
        )
        .nobody(1),
        Synthesised::new(
            "everybodys-names.pcap",
            "questions for names that programs without a check ask too",
            several(&everybodys),
        )
        .nobody(6),
        Synthesised::new(
            "windows-7-names.pcap",
            "the two names that Windows asks since Vista",
            several(&["www.msftncsi.com", "dns.msftncsi.com"]),
        )
        .client(2, &["windows-7"], &["chromeos", "android"]),
        Synthesised::new(
            "dhcp-options.pcap",
            "a DISCOVER that asks for IPv6 only (108) and the captive portal API (114), and no vendor class",
            ether(&[at_device().udp(true, (68, 67), &dhcp(1, PHONE, [0; 4], &[(55, &PARAMETERS)]))]),
        )
        .nobody(1),
        Synthesised::new(
            "windows-7-dhcp.pcap",
            "a Windows by its vendor class, which asks for NCSI's second name",
            ether(&windows_7),
        )
        .client(4, &["windows-7", "windows-10-wired", "vendor class"], &["chromeos"]),
    ]
}

fn by_requests() -> Vec<Synthesised> {
    let air = get("/version.xml", &["Host: files.example", ADOBE_AIR]);
    let success = |port: u16, path: &str| {
        let lines = ["Host: detectportal.firefox.com", FIREFOX, "Accept: */*", "Connection: keep-alive"];
        exchange(port, &get(path, &lines), &reply("text/plain", "success\n"))
    };
    let head = |port: u16, host: &str| {
        let lines =
            [&format!("Host: {host}"), "Connection: keep-alive", CHROME, "Accept-Encoding: gzip, deflate"];
        let request = get("/", &lines).replacen("GET", "HEAD", 1);
        exchange(port, &request, &TO_PORTAL.replace("5\r", "0\r").replace("moved", ""))
    };
    let random = [head(51000, "qzkfjwpxlt"), head(51001, "bvmxkqhrzy"), head(51002, "wlpqjxkzmt")].concat();
    let apple = [
        vec![asks("captive.apple.com")],
        exchange(50000, APPLE_CHECK, TO_PORTAL),
        vec![asks("www.icloud.com")],
    ];
    vec![
        Synthesised::new(
            "adobe-air.pcap",
            "a program on a Mac whose user agent begins like the sign-in sheet's",
            ether(&exchange(50000, &air, &reply("text/xml", "<v/>"))),
        )
        .nobody(1),
        Synthesised::new(
            "firefox-success.pcap",
            "Firefox with internet, by its companion requests alone",
            ether(&[success(50000, "/success.txt?ipv4"), success(50001, "/success.txt")].concat()),
        )
        .client(2, &["firefox"], &["macos"]),
        Synthesised::new(
            "head-random-names.pcap",
            "Chromium asks for three random names, with HEAD",
            ether(&random),
        )
        .client(3, &["chromium-names"], &["android"]),
        Synthesised::new(
            "probe-then-name.pcap",
            "an iPhone's check, and after it a question for a name: the check decides",
            ether(&apple.concat()),
        )
        .client(3, &["ios-13", "by every byte"], &["android"]),
    ]
}

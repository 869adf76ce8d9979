//! Traffic that holds something of somebody: names, passphrases, identifiers and hardware addresses, all made
//! up.

use super::Synthesised;
use super::traffic::*;
use crate::packets::{Packet, question};

/// Forms as devices take them by GET.
const FORMS: [&str; 7] = [
    "/wifisave?s=MariasHome&p=hunter22secret",
    "/wi?s1=MariasHome&p1=hunter22secret&s2=&p2=",
    "/wifisave?ssid=MariasHome&psk=hunter22secret",
    "/connect/MariasHome/hunter22secret",
    "/?wifi=MariasHome&wpw=hunter22secret",
    "/save?network=MariasHome&pw=hunter22secret",
    "/setwifi?CS=MariasHome&CP=hunter22secret",
];

const LINES: [&str; 10] = [
    "X-Auth-Token: topsecret1",
    "X-Api-Key: topsecret2",
    "X-MSISDN: 491701234567",
    "X-Forwarded-For: 203.0.113.9",
    "From: maria@example.net",
    "X-Device-Id: b9e28776354d259e",
    "X-Amz-Security-Token: topsecret3",
    "Authentication: Basic dG9wc2VjcmV0",
    "X-Client-Mac: 3c0630aabbcc",
    "Origin: http://marias-nas.lan",
];

const FILLED_IN: &str =
    "<form><input name=ssid value=\"MariasHome\"><input name=p value=\"hunter22secret\"></form>";

/// As many portals send their guests on.
const WITH_ADDRESSES: &str = "HTTP/1.1 302 Found\r\nLocation: http://portal.hotel.example/login?mac=3c0630aabbcc\
     &ap=240ac4112233&client=3C06.30AA.BBCC\r\nContent-Length: 0\r\n\r\n";

/// What a sign-in page's browser asks, with these lines beside its own.
fn browses(port: u16, path: &str, more: &[&str]) -> Vec<Packet> {
    let agent = "User-Agent: Mozilla/5.0 (Linux; Android 14; Pixel 7 Build/UQ1A; wv) AppleWebKit/537.36 (KHTML, like \
         Gecko) Version/4.0 Chrome/119.0 Mobile Safari/537.36";
    let lines = [&["Host: 192.168.4.1", agent], more].concat();
    exchange(port, &get(path, &lines), &reply("text/html", "<p>saved</p>"))
}

/// What applications tell about the phone and its owner.
fn identifiers() -> Vec<Packet> {
    let agent = "User-Agent: Dalvik/2.1.0 (Linux; U; Android 11; sdk_gphone_x86 Build/RSR1.201013.001)";
    let paths = [
        "/log?android_id=b9e28776354d259e&gaid=38400000-8cf0-11bd-b23e-10b96e40000d&client_ip=203.0.113.9",
        // maria@example.net
        "/unsubscribe/bWFyaWFAZXhhbXBsZS5uZXQ=",
        "/track;mac=3c0630aabbcc",
    ];
    let lines = [
        "Host: api.example",
        agent,
        "X-Playback-Session-Id: b9e28776354d259e",
        "X-Forwarded-Server: marias-nas",
    ];
    (50000..)
        .zip(paths)
        .flat_map(|(port, path)| exchange(port, &get(path, &lines), &reply("text/plain", "ok")))
        .collect()
}

/// A question with dnsmasq's hardware address (EDNS option 65001), and the client's subnet (8).
fn with_edns() -> Vec<u8> {
    let mut message = question(7, "captive.apple.com", 1);
    message[11] = 1;
    message.extend([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 21, 0xfd, 0xe9, 0, 6]);
    message.extend(PHONE);
    message.extend([0, 8, 0, 7, 0, 1, 24, 0, 93, 184, 216]);
    message
}

pub(crate) fn all() -> Vec<Synthesised> {
    let forms = (50001..).zip(FORMS).flat_map(|(port, path)| browses(port, path, &[]));
    let forms: Vec<_> = join().into_iter().chain(forms).collect();
    let filled_in = exchange(50000, &android_check(), &reply("text/html", FILLED_IN));
    vec![
        Synthesised::new(
            "get-forms.pcap",
            "forms that are sent by GET, with a network's name and its passphrase",
            ether(&forms),
        )
        .android_14(11),
        Synthesised::new(
            "headers.pcap",
            "header lines that say who somebody is",
            ether(&[join(), browses(50001, "/", &LINES)].concat()),
        )
        .android_14(5),
        Synthesised::new(
            "filled-in-form.pcap",
            "a portal that answers a check with its form, filled in",
            ether(&filled_in),
        )
        .android_14(1),
        Synthesised::new(
            "bare-hardware-address.pcap",
            "a redirect with hardware addresses without separators",
            ether(&exchange(50000, &android_check(), WITH_ADDRESSES)),
        )
        .android_14(1),
        Synthesised::new(
            "identifiers.pcap",
            "an application that tells the phone's identifiers, its address and an e-mail address",
            ether(&identifiers()),
        )
        .client(3, &["android-11", "user agent"], &["android-14", "android-9"]),
        Synthesised::new(
            "edns-hardware-address.pcap",
            "a question with a hardware address and a subnet in its EDNS options",
            ether(&[at_device().asks(&with_edns())]),
        )
        .client(1, &["ios"], &["android"]),
    ]
}

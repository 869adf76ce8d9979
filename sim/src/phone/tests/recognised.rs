//! Every recorded request is recognised as the client's that sent it.

use super::super::models;
use super::super::recognise::{How, name, request};

/// Requests that were recorded, wholly or in part, beyond those of `fixtures/captures`.
const RECORDED: &[(&str, How, &str)] = &[
    (
        "GET /hotspot-detect.html HTTP/1.0\r\nHost: captive.apple.com\r\nConnection: close\r\n\
         User-Agent: CaptiveNetworkSupport-407.40.1 wispr\r\n\r\n",
        How::Bytes,
        "macos-11",
    ),
    (
        "GET /ledtest HTTP/1.0\r\nHost: 192.168.4.1\r\nConnection: close\r\n\
         User-Agent: CaptiveNetworkSupport-407.40.1 wispr\r\n\r\n",
        How::Lines,
        "macos-11",
    ),
    (
        "GET /library/test/success.html HTTP/1.0\r\nHost: www.apple.com\r\n\
         User-Agent: CaptiveNetworkSupport/1.0 wispr\r\nConnection: close\r\n\r\n",
        How::Bytes,
        "ios-4",
    ),
    (
        "GET /connecttest.txt HTTP/1.1\r\nConnection: Close\r\nUser-Agent: Microsoft NCSI\r\n\
         Host: www.msftconnecttest.com\r\n\r\n",
        How::Bytes,
        "windows-10",
    ),
    (
        "GET /ncsi.txt HTTP/1.1\r\nConnection: Close\r\nUser-Agent: Microsoft NCSI\r\n\
         Host: www.msftncsi.com\r\n\r\n",
        How::Bytes,
        "windows-7",
    ),
    (
        "GET /connecttest.txt HTTP/1.1\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n\
         User-Agent: Microsoft NCSI\r\nHost: www.msftconnecttest.com\r\n\r\n",
        How::Bytes,
        "windows-11",
    ),
    (
        "GET /generate_204 HTTP/1.1\r\nConnection: close\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) \
         AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0.3112.32 Safari/537.36\r\n\
         Host: connectivitycheck.gstatic.com\r\nAccept-Encoding: gzip\r\n\r\n",
        How::Bytes,
        "android-14",
    ),
    (
        "GET /ledtest?led=1 HTTP/1.1\r\nHost: 192.168.4.1\r\nUpgrade-Insecure-Requests: 1\r\n\
         User-Agent: Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like \
         Gecko)\r\nConnection: keep-alive\r\n\r\n",
        How::Browser,
        "macos-11",
    ),
    (
        "GET / HTTP/1.1\r\nHost: www.apple.com\r\nConnection: keep-alive\r\nUser-Agent: Mozilla/5.0 (iPhone; \
         CPU iPhone OS 10_3_1 like Mac OS X) AppleWebKit/603.1.30 (KHTML, like Gecko) Mobile/14E304\r\n\r\n",
        How::Browser,
        "ios-10",
    ),
    (
        "GET /generate_204 HTTP/1.1\r\nUser-Agent: Dalvik/2.1.0 (Linux; U; Android 7.0; X Build/Y)\r\n\
         Host: a.example\r\n\r\n",
        How::Agent,
        "android-7.0",
    ),
    ("HEAD / HTTP/1.1\r\nHost: zowkbggnyjedl\r\nUser-Agent: x\r\n\r\n", How::Place, "chromium-names"),
    (
        "GET /nm HTTP/1.1\r\nHost: network-test.debian.org\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        How::Bytes,
        "nm-debian",
    ),
    (
        "GET /canonical.html HTTP/1.1\r\nHost: detectportal.firefox.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux \
         x86_64; rv:153.0) Gecko/20100101 Firefox/153.0\r\nAccept: */*\r\nAccept-Language: \
         en-US,en;q=0.9\r\nAccept-Encoding: gzip, deflate\r\nCache-Control: no-cache\r\nPragma: \
         no-cache\r\nConnection: keep-alive\r\n\r\n",
        How::Bytes,
        "firefox",
    ),
    (
        "GET /success.txt?ipv4 HTTP/1.1\r\nHost: detectportal.firefox.com\r\nUser-Agent: Mozilla/5.0 (X11; \
         Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0\r\nAccept: */*\r\nAccept-Language: \
         en-US,en;q=0.9\r\nAccept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\nPriority: \
         u=4\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n\r\n",
        How::Bytes,
        "firefox",
    ),
    // But for the browser's name, which is HeadlessChrome where it has no window.
    (
        "GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.gstatic.com\r\nConnection: \
         keep-alive\r\nPragma: no-cache\r\nCache-Control: no-cache\r\nUser-Agent: Mozilla/5.0 (X11; Linux \
         x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36\r\nAccept-Encoding: \
         gzip, deflate\r\nAccept-Language: en-US,en;q=0.9\r\n\r\n",
        How::Bytes,
        "chromium",
    ),
    (
        "GET /canonical.html HTTP/1.1\r\nHost: detectportal.firefox.com\r\nDNT: 1\r\n\r\n",
        How::Place,
        "firefox",
    ),
];

#[test]
fn recorded_requests_are_recognised() {
    for (bytes, how, model) in RECORDED {
        let recognised = request(bytes.as_bytes()).unwrap_or_else(|| panic!("{bytes}"));
        assert_eq!(recognised.how, *how, "{bytes} {recognised}");
        assert!(recognised.models.iter().any(|own| own.id == *model), "{bytes} {recognised}");
    }
}

#[test]
fn a_stranger_is_not_recognised() {
    let curl = b"GET / HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: curl/8.0\r\nAccept: */*\r\n\r\n";
    assert!(request(curl).is_none());
    assert!(request(b"").is_none() && request(b"\xff\xfe").is_none());
    assert!(name("www.example.org").is_none() && name("Nas").is_none());
}

#[test]
fn every_model_recognises_itself() {
    for model in models() {
        let mut conversation = super::conversation::Conversation::begin(
            model.id,
            super::conversation::Portal::always(super::conversation::reply("HTTP/1.1 404 No\r\n\r\n"))
                .with_dns(super::dns::Dns::Wildcard(std::net::Ipv4Addr::new(4, 3, 2, 1))),
        );
        conversation.run_until(3.0);
        let sent = conversation.requests().remove(0).1;
        let recognised = request(sent.as_bytes()).unwrap_or_else(|| panic!("{model:?} {sent}"));
        assert_eq!(recognised.family, model.family, "{sent}");
        assert!(recognised.models.iter().any(|own| own.id == model.id), "{model:?} {recognised}");
    }
}

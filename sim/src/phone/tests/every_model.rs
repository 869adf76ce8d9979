//! What must hold of every model there is: the internet brings no sign-in page, silence a verdict in
//! the client's own time, a portal what the model says of itself.

use super::super::{Family, Model, Output, OwnerAction, models};
use super::conversation::{Conversation, Portal, Served, reply};
use super::dns::Dns;
use super::{AP, at};

#[test]
fn there_are_enough() {
    assert!(models().len() >= 25, "{}", models().len());
}

/// The answer of the internet to a family's probe.
fn success(model: &Model) -> Served {
    let body =
        |text: &str| reply(&format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}", text.len()));
    match (model.family, model.id) {
        (Family::Android | Family::ChromeOs | Family::Chromium | Family::Steam, _) => {
            reply("HTTP/1.1 204 No Content\r\n\r\n")
        }
        (Family::HarmonyOs, _) => {
            reply("HTTP/1.1 204 No Content\r\nX-Hwcloud-ReqId: 1c1b92582ed841cbb98db15c7b9f592c\r\n\r\n")
        }
        (Family::Apple, _) => body("<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>"),
        (Family::Windows, "windows-7") => body("Microsoft NCSI"),
        (Family::Windows, _) => body("Microsoft Connect Test"),
        (Family::Firefox, "firefox-older") => body("success\n"),
        (Family::Firefox, _) => body(
            "<meta http-equiv=\"refresh\" content=\"0;url=https://support.mozilla.org/kb/captive-portal\"/>",
        ),
        (Family::NetworkManager, "nm-ubuntu" | "nm-ubuntu-24.04" | "nm-elementary") => {
            reply("HTTP/1.1 204 No Content\r\n\r\n")
        }
        (Family::NetworkManager, "nm-fedora" | "nm-fedora-kde") => body("OK"),
        (Family::NetworkManager, _) => body("NetworkManager is online\n"),
        (Family::ConnMan, _) => {
            reply("HTTP/1.1 200 OK\r\nX-ConnMan-Status: online\r\nContent-Length: 0\r\n\r\n")
        }
        (Family::Kindle, _) => {
            body("<title>Kindle Reachability Probe Page</title>81ce4465-7167-4dcb-835b-dcc9e44c112a")
        }
        (Family::Nintendo, _) => {
            reply("HTTP/1.1 200 OK\r\nX-Organization: Nintendo\r\n\r\nThis is test.html page")
        }
    }
}

fn shows(conversation: &Conversation) -> bool {
    let is_shown = |output: &Output| matches!(output, Output::SheetOpened { .. } | Output::Notify { .. });
    conversation.count(is_shown) > 0
}

#[test]
fn the_internet_brings_no_sign_in_page() {
    let public = std::net::Ipv4Addr::new(4, 3, 2, 1);
    for model in models() {
        // The internet has no such names as this one makes up.
        let is_names = model.id == "chromium-names";
        let dns = if is_names { Dns::NoSuchName } else { Dns::Wildcard(public) };
        let tls = reply("HTTP/1.1 204 No Content\r\n\r\n");
        let portal = Portal::always(success(model)).with_tls(tls).with_dns(dns);
        let mut conversation = Conversation::begin(model.id, portal);
        conversation.run_until(60.0);
        assert_eq!(conversation.verdicts()[0].1.word(), "online", "{model:?}");
        assert!(!shows(&conversation), "{model:?}");
    }
}

#[test]
fn silence_brings_a_verdict_in_the_clients_own_time() {
    let mut told = String::new();
    for model in models() {
        let portal = Portal::always(Served::Silence).with_tls(Served::NoConnection);
        let mut conversation = Conversation::begin(model.id, portal);
        conversation.run_until(60.0);
        let (when, verdict, rule) = conversation.verdicts().remove(0);
        assert!(!verdict.is_portal() && !shows(&conversation), "{model:?}");
        let seconds = (when - at(0.0)).as_secs_f64();
        told += &format!("{:<17} {seconds:>5.1} s  {} [{}]\n", model.id, verdict.word(), rule.id);
    }
    insta::assert_snapshot!(told);
}

#[test]
fn silence_of_the_names_too() {
    for model in models() {
        let portal = Portal::always(Served::Silence).with_tls(Served::NoConnection).with_dns(Dns::Silent);
        let mut conversation = Conversation::begin(model.id, portal);
        conversation.run_until(120.0);
        assert!(!conversation.verdicts()[0].1.is_portal() && !shows(&conversation), "{model:?}");
    }
}

#[test]
fn a_portal_in_setup_brings_what_the_model_says() {
    let redirect = "HTTP/1.1 302 Found\r\nLocation: http://192.168.4.1/\r\nContent-Length: 5\r\n\r\nsetup";
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<p>Setup.";
    for model in models() {
        let portal = Portal::by_request(move |request| {
            reply(if request.contains("Host: 192.168.4.1") { page } else { redirect })
        });
        let mut conversation = Conversation::begin(model.id, portal.with_dns(Dns::Wildcard(AP)));
        conversation.run_until(5.0);
        let (verdict, is_shown) = model.at_a_setup_portal();
        assert_eq!(conversation.verdicts()[0].1.word(), verdict, "{model:?}");
        assert_eq!(shows(&conversation), is_shown, "{model:?}");
        if is_shown && conversation.sheet().is_none() {
            conversation.owner(OwnerAction::TapNotification);
        }
        assert_eq!(conversation.sheet().is_some(), is_shown, "{model:?}");
        conversation.owner(OwnerAction::Cancel);
        let closed = conversation.count(|output| matches!(output, Output::SheetClosed { .. }));
        assert_eq!(closed, usize::from(is_shown), "{model:?}");
    }
}

#[test]
fn the_last_row_of_a_table_always_holds() {
    for model in models() {
        if let Some(last) = model.cases().last() {
            assert!(last.when.is_empty(), "{model:?}");
        }
    }
}

//! What a phone's owner or administrator has set: Private DNS, a VPN that is always on, a proxy, Custom Tabs.

use super::super::{Exchange, Options, Output, OwnerAction, PrivateDns, SheetClosed, Verdict};
use super::conversation::{Conversation, Portal, Served, reply};

const REDIRECT: &str =
    "HTTP/1.1 302 Found\r\nLocation: http://192.168.4.1/\r\nContent-Length: 5\r\n\r\nsetup";
const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<p>Setup.";
const ONLINE: &str = "HTTP/1.1 204 No Content\r\n\r\n";

fn portal() -> Portal {
    Portal::by_request(|request| reply(if request.contains("Host: 192.168.4.1") { PAGE } else { REDIRECT }))
}

fn private_dns(setting: &str) -> Options {
    Options { private_dns: setting.to_owned().try_into().unwrap(), ..Options::default() }
}

fn join(model: &str, portal: Portal, options: Options, seconds: f64) -> Conversation {
    let mut conversation = Conversation::begin_with(model, portal, options);
    conversation.run_until(seconds);
    conversation
}

/// The ports and names of the handshakes so far.
fn handshakes(conversation: &Conversation) -> Vec<(u16, String)> {
    let handshake = |(_, output): &(_, Output)| match output {
        Output::Open { exchange: Exchange::Tls { to, server_name, .. }, .. } => {
            Some((to.port(), server_name.clone()))
        }
        _ => None,
    };
    conversation.seen.iter().filter_map(handshake).collect()
}

#[test]
fn private_dns_is_written_as_in_the_settings() {
    let read = |text: &str| PrivateDns::try_from(text.to_owned());
    assert_eq!(read("off"), Ok(PrivateDns::Off));
    assert_eq!(read("automatic"), Ok(PrivateDns::Automatic));
    assert_eq!(read("dns.example").unwrap().provider(), Some("dns.example"));
    for wrong in ["", "strict", "1.1.1.1", "https://dns.example/", "dns example."] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_portal_is_found_past_private_dns() {
    for setting in ["off", "automatic", "dns.example"] {
        for model in ["android-9", "android-14"] {
            let conversation = join(model, portal(), private_dns(setting), 5.0);
            assert!(conversation.last_verdict().0.is_portal(), "{model} {setting}");
            let port_853 = handshakes(&conversation).into_iter().filter(|(port, _)| *port == 853).count();
            assert_eq!(port_853, usize::from(setting == "automatic"), "{model} {setting}");
        }
    }
}

#[test]
fn strict_private_dns_holds_a_success_back_until_the_provider_is_reached() {
    let online = || Portal::always(reply(ONLINE)).with_tls(reply(ONLINE));
    for setting in ["off", "automatic"] {
        let conversation = join("android-14", online(), private_dns(setting), 5.0);
        assert_eq!(conversation.last_verdict().0, Verdict::Online, "{setting}");
    }
    let reached = join("android-14", online(), private_dns("dns.example"), 5.0);
    assert_eq!(reached.last_verdict().0, Verdict::Online);
    assert!(handshakes(&reached).contains(&(853, "dns.example".to_owned())));
    // HTTP alone counts once the sign-in is over; nobody listens on port 853.
    let mut refused = Conversation::begin_with("android-14", portal(), private_dns("dns.example"));
    refused.run_until(1.0);
    refused.owner(OwnerAction::TapNotification);
    refused.portal = Portal::always(reply(ONLINE));
    refused.owner(OwnerAction::Cancel);
    refused.run_until(2.0);
    assert_eq!(refused.last_verdict(), (Verdict::NoInternet, "android.private-dns.strict"));
}

#[test]
fn a_vpn_that_is_always_on_keeps_apples_check_off_the_network_and_not_androids() {
    let vpn = || Options { vpn: true, ..Options::default() };
    let android = join("android-14", portal(), vpn(), 5.0);
    assert!(android.last_verdict().0.is_portal());
    let apple = join("ios-18", portal(), vpn(), 60.0);
    assert_eq!(apple.last_verdict().0, Verdict::Inconclusive);
    assert!(apple.sheet().is_none());
    assert_eq!(apple.count(|output| matches!(output, Output::Open { .. } | Output::Abandon(_))), 0);
}

#[test]
fn a_proxy_that_is_not_there_fails_the_check() {
    let proxy = || Options { proxy: true, ..Options::default() };
    let android = join("android-14", portal(), proxy(), 10.0);
    assert_eq!(android.last_verdict(), (Verdict::NoInternet, "android.probe.no-reply"));
    let apple = join("ios-18", portal(), proxy(), 10.0);
    assert_eq!(apple.last_verdict().0, Verdict::Inconclusive);
    for conversation in [android, apple] {
        assert!(conversation.sheet().is_none() && !conversation.datagrams().is_empty());
        let connects = |output: &Output| {
            matches!(output, Output::Open { exchange: Exchange::Stream { .. } | Exchange::Tls { .. }, .. })
        };
        assert_eq!(conversation.count(connects), 0);
    }
}

/// The agent of the page that opened, and how often the phone asked over HTTP by then and after each event of a page.
fn page_events(model: &str, options: Options) -> (String, [usize; 3]) {
    let mut conversation = join(model, portal(), options, 1.0);
    conversation.owner(OwnerAction::TapNotification);
    let opened = |output: &Output| match output {
        Output::SheetOpened { user_agent, .. } => Some(user_agent.clone()),
        _ => None,
    };
    let agent = conversation.seen.iter().find_map(|(_, output)| opened(output)).expect("it opened");
    let before = conversation.requests().len();
    conversation.owner(OwnerAction::PageStarted { url: "http://192.168.4.1/" });
    conversation.run_until(2.0);
    let started = conversation.requests().len();
    conversation.page_finished();
    conversation.run_until(3.0);
    (agent, [before, started, conversation.requests().len()])
}

#[test]
fn a_custom_tab_has_the_network_checked_when_a_page_begins_and_not_when_it_has_come() {
    let tab = |setting: &str| Options { custom_tabs: true, ..private_dns(setting) };
    for (model, options, is_tab) in [
        ("android-15", Options::default(), false),
        ("android-15", tab("off"), true),
        ("android-15", tab("automatic"), true),
        ("android-15", tab("dns.example"), false),
        ("android-16", tab("dns.example"), true),
        ("android-11", tab("off"), false),
    ] {
        let (agent, requests) = page_events(model, options.clone());
        assert_eq!(requests, if is_tab { [1, 2, 2] } else { [1, 2, 3] }, "{model} {options:?}");
        assert_eq!(agent.contains("; wv)"), !is_tab, "{agent}");
    }
}

#[test]
fn a_custom_tab_goes_to_the_back_once_the_network_is_validated() {
    for (custom_tabs, why) in [(true, SheetClosed::SentToBack), (false, SheetClosed::Validated)] {
        let options = Options { custom_tabs, ..Options::default() };
        let mut conversation = join("android-16", portal(), options, 1.0);
        conversation.owner(OwnerAction::TapNotification);
        conversation.portal = Portal::always(reply(ONLINE)).with_tls(reply(ONLINE));
        conversation.owner(OwnerAction::PageStarted { url: "http://192.168.4.1/" });
        conversation.run_until(2.0);
        assert_eq!(conversation.last_verdict().0, Verdict::Online);
        assert!(conversation.saw(&Output::SheetClosed { why }), "{why:?}");
    }
}

#[test]
fn what_443_does_decides_where_http_finds_no_portal() {
    let join = |http: &'static str, tls| {
        join("android-14", Portal::always(reply(http)).with_tls(tls), Options::default(), 25.0).last_verdict()
    };
    assert_eq!(join(ONLINE, reply(ONLINE)).0, Verdict::Online);
    for tls in [Served::Refused, Served::Reset, Served::Untrusted, Served::Silence, Served::NoConnection] {
        assert_eq!(join(ONLINE, tls.clone()), (Verdict::Partial, "android.partial"), "{tls:?}");
        assert!(join(REDIRECT, tls).0.is_portal());
    }
}

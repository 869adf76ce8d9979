//! The owner and the device's own pages, in virtual time.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use vestibule_core::pages::{
    ApplicationContent, CsrfToken, Language, NETWORK_FIELD, Notice, PASSPHRASE_FIELD, Page, PageContext,
    SETUP_ACTION, SSID_FIELD, chosen_network,
};
use vestibule_core::{
    ByteWindow, Instant, JoinFailure, MacAddress, Passphrase, Problem, RadioCapabilities, ScanRecord,
    Security, Ssid,
};

use super::super::{
    GaveUp, Habits, HomeNetwork, Input, Leaving, Method, Output, Owner, Request, SetupResult,
};
use super::stage::{Answer, PORTAL, at, play, url};

const RIGHT: &str = "correct horse & co. = 100%";
const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 23);
const JOINING: Duration = Duration::from_secs(5);

/// A device that sets up and joins, with the pages that it has and no network beneath.
struct Device {
    networks: Vec<ScanRecord>,
    heard_at: Instant,
    home: Vec<u8>,
    page: Page,
    joining: Option<(Instant, bool)>,
    submissions: Vec<(Vec<u8>, String)>,
}

impl Device {
    fn new(home: &[u8], heard: &[(&[u8], Security)]) -> Self {
        let record = |&(name, security): &(&[u8], Security)| ScanRecord {
            ssid: Ssid::new(name).unwrap(),
            bssid: MacAddress([2, 0, 0, 0, 0, 9]),
            channel: 1,
            signal: -60,
            security,
        };
        Self {
            networks: heard.iter().map(record).collect(),
            heard_at: at(0.0),
            home: home.to_vec(),
            page: Page::Setup { notice: None, chosen: Ssid::EMPTY },
            joining: None,
            submissions: Vec::new(),
        }
    }

    fn answer(&mut self, request: &Request, now: Instant) -> Answer {
        if request.url.path() == SETUP_ACTION {
            assert_eq!(request.method, Method::Post);
            assert_eq!(request.content_type, Some("application/x-www-form-urlencoded"));
            self.take_form(request.body.as_deref().unwrap(), now);
        }
        if let Some((until, right)) = self.joining
            && until <= now
            && let Page::Joining { ssid } = self.page
        {
            let notice = Some(Notice::Failed(JoinFailure::WrongPassphrase));
            self.page = if right {
                Page::Joined { ssid, address: ADDRESS, port: 80, remembered: true, captive: false }
            } else {
                Page::Setup { notice, chosen: ssid }
            };
        }
        let scanning = now < self.heard_at;
        let networks = if scanning { &[] } else { &self.networks[..] };
        let context = PageContext {
            radio: RadioCapabilities::DEFAULT,
            device_name: b"Lamp",
            networks,
            scanning,
            left_out: 0,
            csrf_token: CsrfToken::new([7; 16]),
            seal: None,
            host_name: "",
            language: Language::ENGLISH,
            reopens: true,
            application: ApplicationContent::NONE,
        };
        let mut buffer = vec![0; self.page.length(&context)];
        let mut window = ByteWindow::new(0, &mut buffer);
        self.page.write(&context, &mut window);
        Answer::Page(200, String::from_utf8(window.written().to_vec()).unwrap())
    }

    fn take_form(&mut self, body: &[u8], now: Instant) {
        let fields: HashMap<String, String> = url::form_urlencoded::parse(body).into_owned().collect();
        let ssid = chosen_network(fields[NETWORK_FIELD].as_bytes(), fields[SSID_FIELD].as_bytes()).unwrap();
        let passphrase = fields[PASSPHRASE_FIELD].clone();
        self.page = match Passphrase::new(passphrase.as_bytes()) {
            Ok(_) => Page::Joining { ssid },
            Err(bad) => {
                Page::Setup { notice: Some(Notice::Problem(Problem::BadPassphrase(bad))), chosen: ssid }
            }
        };
        let right = ssid.as_bytes() == self.home && passphrase == RIGHT;
        self.joining = Some((now + JOINING, right));
        self.submissions.push((ssid.as_bytes().to_vec(), passphrase));
    }
}

fn owner(ssid: &[u8], passphrases: &[&str]) -> Owner {
    let passphrases = passphrases.iter().map(|&passphrase| passphrase.to_owned()).collect();
    Owner::new(HomeNetwork { ssid: ssid.to_vec(), typed: None, passphrases }, Habits::default())
}

/// The whole way with the right passphrase; returns what was sent.
fn succeeds(ssid: &[u8], seen_as: &str, heard: &[(&[u8], Security)]) {
    let mut device = Device::new(ssid, heard);
    let mut owner = owner(ssid, &[RIGHT]);
    let (did, _) = play(&mut owner, |request, now| device.answer(request, now));
    let outcome = SetupResult { network: seen_as.into(), address: ADDRESS };
    assert_eq!(did[did.len() - 2..], [Output::Read(outcome), Output::PressDone], "{}", ssid.escape_ascii());
    assert_eq!(device.submissions, [(ssid.to_vec(), RIGHT.to_owned())]);
}

#[test]
fn wrong_then_right_and_the_result_is_read() {
    let mut device = Device::new(b"Home", &[(b"Cafe", Security::Open), (b"Home", Security::Wpa2)]);
    let mut owner = owner(b"Home", &["short", "wrong horse", RIGHT]);
    let (did, end) = play(&mut owner, |request, now| device.answer(request, now));

    let sent: Vec<&str> = device.submissions.iter().map(|(_, passphrase)| passphrase.as_str()).collect();
    assert_eq!(sent, ["short", "wrong horse", RIGHT]);
    assert_eq!(did.first(), Some(&Output::TapNotification));
    let outcome = SetupResult { network: "Home".into(), address: ADDRESS };
    assert_eq!(did[did.len() - 2..], [Output::Read(outcome), Output::PressDone]);
    assert!(at(30.0) < end && end < at(60.0), "took until {end:?}");
    let printed = format!("{did:?} {owner:?}");
    for secret in ["short", "wrong", "horse"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn every_network_is_picked_or_typed() {
    let neighbours: [(&[u8], Security); 2] =
        [(b"Home 5", Security::Wpa2), (b"Brother's other", Security::Wpa2)];
    let with = |name| [&neighbours[..1], &[(name, Security::Wpa3)], &neighbours[1..]].concat();
    succeeds(b"Home", "Home", &with(b"Home"));
    succeeds(b"Home", "Home", &neighbours);
    succeeds(b"Home", "Home", &[]);
    succeeds(b"<b>\"'&amp;", "<b>\"'&amp;", &with(b"<b>\"'&amp;"));
    succeeds(b"<b>\"'&amp;", "<b>\"'&amp;", &neighbours);
    succeeds(b"\xff\0\xfe", "", &with(b"\xff\0\xfe"));
    succeeds("我家\u{202e}".as_bytes(), "我家", &with("我家\u{202e}".as_bytes()));
    succeeds(b"  two  spaces ", "two spaces", &with(b"  two  spaces "));
}

#[test]
fn an_open_network_needs_no_passphrase() {
    let mut device = Device::new(b"Cafe", &[(b"Cafe", Security::Open)]);
    let mut owner = owner(b"Cafe", &[]);
    play(&mut owner, |request, now| device.answer(request, now));
    assert_eq!(device.submissions[0], (b"Cafe".to_vec(), String::new()));
}

/// The network is not listed, nor is it after searching again, twice.
fn gives_up_after_searching(did: &[Output]) {
    let (searches, rest) = did.split_at(2);
    for search in searches {
        let Output::Load(request) = search else { panic!("{did:?}") };
        assert_eq!((request.method, request.url.path()), (Method::Post, "/rescan"));
    }
    assert_eq!(rest, [Output::GaveUp(GaveUp::NetworkNotOffered), Output::CloseSheet]);
}

#[test]
fn what_cannot_be_set_up_is_given_up() {
    let mut enterprise = Device::new(b"Office", &[(b"Office", Security::Enterprise)]);
    let (did, _) = play(&mut owner(b"Office", &[RIGHT]), |request, now| enterprise.answer(request, now));
    gives_up_after_searching(&did[1..]);

    let mut unheard = Device::new(b"\xff", &[]);
    let (did, _) = play(&mut owner(b"\xff", &[RIGHT]), |request, now| unheard.answer(request, now));
    gives_up_after_searching(&did[1..]);
}

#[test]
fn only_wrong_passphrases_end_with_nothing_worked() {
    let mut device = Device::new(b"Home", &[(b"Home", Security::Wpa2)]);
    let mut owner = owner(b"Home", &["wrong horse", "wronger horse"]);
    let (did, _) = play(&mut owner, |request, now| device.answer(request, now));
    assert!(did.contains(&Output::GaveUp(GaveUp::NothingWorked)));
    let repeats = usize::try_from(Habits::default().repeats).unwrap();
    // And once more after each search.
    let searches =
        did.iter().filter(|did| matches!(did, Output::Load(request) if request.url.path() == "/rescan"));
    assert_eq!(searches.count(), 2);
    assert_eq!(device.submissions.len(), 2 + repeats + 2);
}

/// The device tries what somebody else has typed whenever the form comes, and what it says then is of that.
#[test]
fn who_is_turned_away_goes_on_until_the_device_has_time() {
    let mut device = Device::new(b"Home", &[(b"Home", Security::Wpa2)]);
    let home = Ssid::new(b"Home").unwrap();
    let mut owner = owner(b"Home", &[RIGHT]);
    // More often than anybody repeats what has failed, searches included.
    let mut times = Habits::default().repeats + 10;
    let (did, _) = play(&mut owner, |request, now| {
        if request.method == Method::Get || times == 0 {
            return device.answer(request, now);
        }
        times -= 1;
        device.page = Page::Joining { ssid: home };
        let Answer::Page(_, joining) = device.answer(&Request::get(request.url.join("/").unwrap()), now)
        else {
            panic!("no page");
        };
        let notice = Some(Notice::Failed(JoinFailure::WrongPassphrase));
        device.page = Page::Setup { notice, chosen: home };
        Answer::Page(409, joining)
    });
    let outcome = SetupResult { network: "Home".into(), address: ADDRESS };
    assert!(times == 0 && did.contains(&Output::Read(outcome)), "{did:?}");
}

#[test]
fn while_the_device_searches_the_page_outruns_the_owner_and_then_lists_the_network() {
    for name in [&b"Home"[..], b"\xff\xfe"] {
        let mut device = Device::new(name, &[(name, Security::Wpa2)]);
        device.heard_at = at(40.0);
        let mut sent_at = None;
        let (did, _) = play(&mut owner(name, &[RIGHT]), |request, now| {
            if request.method == Method::Post {
                sent_at = Some(now);
            }
            device.answer(request, now)
        });
        assert!(did.iter().any(|output| matches!(output, Output::Read(_))), "{did:?}");
        assert_eq!(device.submissions.len(), 1);
        assert!(sent_at > Some(device.heard_at), "sent before the page stood still");
    }
}

#[test]
fn the_result_is_found_again_after_the_network_was_lost() {
    for lost in [|| Answer::Nothing, || Answer::NetworkLost] {
        let mut device = Device::new(b"Home", &[(b"Home", Security::Wpa2)]);
        let mut loads = 0;
        let (did, _) = play(&mut owner(b"Home", &[RIGHT]), |request, now| {
            loads += 1;
            let answer = device.answer(request, now);
            // The channel moves just after the form is sent.
            if (2..5).contains(&loads) { lost() } else { answer }
        });
        assert!(did.iter().any(|output| matches!(output, Output::Read(_))), "{did:?}");
        assert_eq!(device.submissions.len(), 1);
    }
}

#[test]
fn the_sheet_is_left_as_the_habit_is() {
    let mut device = Device::new(b"Home", &[]);
    let home = HomeNetwork { ssid: b"Home".to_vec(), typed: None, passphrases: vec![RIGHT.into()] };
    let mut owner = Owner::new(home, Habits { leaving: Leaving::Close, ..Habits::default() });
    let (did, _) = play(&mut owner, |request, now| device.answer(request, now));
    assert_eq!(did.last(), Some(&Output::CloseSheet));
}

#[test]
fn an_owner_who_scanned_the_label_opens_the_settings_unless_a_page_comes_first() {
    let wait = Duration::from_secs(15);
    let scanned = |opening_settings| {
        let home = HomeNetwork { ssid: b"Home".to_vec(), typed: None, passphrases: vec![RIGHT.into()] };
        let mut owner = Owner::new(home, Habits { opening_settings, ..Habits::default() });
        owner.handle(Input::AccessPointJoined, at(1.0));
        owner
    };
    let mut told = scanned(Some(wait));
    assert_eq!(told.poll_timeout(), Some(at(1.0) + wait));
    told.handle(Input::Deadline, at(16.0));
    assert_eq!(told.poll(), Some(Output::OpenWifiSettings));

    let untold = scanned(None);
    assert_eq!(untold.poll_timeout(), None, "nothing says what to do");

    let mut served = scanned(Some(wait));
    served.handle(Input::SheetOpened { url: url(PORTAL) }, at(2.0));
    served.handle(Input::Deadline, at(16.0));
    assert_eq!(served.poll(), None);
}

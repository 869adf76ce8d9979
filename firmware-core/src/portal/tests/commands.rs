//! What an owner may do, without a byte of HTTP: as over a serial line.

use super::*;
use crate::application::{Call, Field, FieldKind, Route};
use crate::http::Response;
use crate::limits::SUBMISSIONS_PER_MINUTE;
use crate::websocket::{self, Message, Pool, Sockets};

const OVER_THE_CABLE: ResultDelivery = ResultDelivery { over: FrontEnd::Serial, interface: None };

fn submission<'a>(name: &[u8], passphrase: &'a str) -> Submission<'a> {
    Submission {
        ssid: Ssid::new(name).unwrap(),
        passphrase: passphrase.as_bytes(),
        fields: FieldValues::NONE,
    }
}

impl Bench {
    fn command(&mut self, submission: Submission<'_>) -> Result<(), Problem> {
        let outcome = self.portal.submit(&submission, self.now);
        self.drain();
        self.wait(JOIN_DELAY);
        outcome
    }

    fn rejected(&self) -> Vec<Problem> {
        let problem =
            |event: &Event| if let Event::Rejected(problem) = event { Some(*problem) } else { None };
        self.events.iter().filter_map(problem).collect()
    }
}

#[test]
fn a_whole_setup_is_done_with_commands_alone() {
    let mut bench = Bench::open();
    bench.commands();

    bench.portal.rescan(bench.now);
    assert_eq!((bench.commands(), bench.portal.networks().scanning), (std::vec!["scan".into()], true));
    assert_eq!(bench.portal.networks().records.len(), 3, "the list of the scan before");
    bench.hears_network(b"Home", Security::Wpa2);
    bench.radio(RadioEvent::ScanFinished);
    let networks = bench.portal.networks();
    let (record, scanning) = (networks.records[0], networks.scanning);
    assert_eq!(
        (record.ssid, record.security, scanning),
        (Ssid::new(b"Home").unwrap(), Security::Wpa2, false)
    );

    bench.command(submission(b"Home", "incorrect horse")).unwrap();
    assert_eq!(bench.commands(), ["join Home"]);
    let trying = bench.portal.status();
    assert_eq!((trying.state, trying.ssid, trying.notice), (ProvisioningState::Joining, record.ssid, None));
    bench.radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase));
    let failed = bench.portal.status();
    assert_eq!((failed.state, failed.ssid, failed.address), (ProvisioningState::Failed, record.ssid, None));
    assert_eq!(failed.notice, Some(Notice::Failed(JoinFailure::WrongPassphrase)));
    assert!(!bench.portal.has_credentials());

    bench.command(submission(b"Home", "correct horse")).unwrap();
    bench.radio(RadioEvent::Joined(HOME));
    let joined = bench.portal.status();
    assert_eq!(
        (joined.state, joined.ssid, joined.notice),
        (ProvisioningState::ResultPending, record.ssid, None)
    );
    assert_eq!((joined.address, joined.remembered), (Some(HOME.address), true));
    assert_eq!(bench.stored(), Some(record.ssid));

    bench.portal.result_delivered(OVER_THE_CABLE, bench.now);
    bench.portal.result_delivered(ON_THE_PAGE, bench.now);
    bench.drain();
    let deliveries = bench.events.iter().filter(|event| matches!(event, Event::ResultDelivered(_)));
    assert!(deliveries.eq([&Event::ResultDelivered(OVER_THE_CABLE)]), "the first that hands it out counts");
    assert_eq!(bench.portal.state(), ProvisioningState::Closing);
    bench.commands();
    bench.wait(Duration::from_secs(31));
    assert_eq!(
        (bench.commands(), bench.portal.state()),
        (std::vec!["drop".into()], ProvisioningState::Connected)
    );

    assert_eq!(bench.portal.clear(bench.now), Err(Problem::Joined), "nobody takes it off its network");
    assert_eq!(bench.portal.factory_reset(bench.now), Ok(()), "but for who holds it");
    assert_eq!((bench.portal.state(), bench.stored()), (ProvisioningState::Idle, None));
    assert_eq!(bench.commands(), ["leave"]);
    assert_eq!(bench.portal.status().address, None);
}

#[test]
fn within_a_setup_everything_is_forgotten_and_the_portal_stays() {
    let mut bench = Bench::open();
    bench.command(submission(b"Home", "correct horse")).unwrap();
    assert_eq!(bench.portal.clear(bench.now), Err(Problem::Busy));
    bench.radio(RadioEvent::Joined(HOME));
    bench.portal.setup(bench.now);
    assert_eq!(bench.portal.clear(bench.now), Err(Problem::Joined));
    let mut bench = Bench::new(bench.portal.flash_mut().clone());
    bench.portal.setup(bench.now);
    assert_eq!(bench.portal.clear(bench.now), Err(Problem::PortalClosed), "it listens before it opens");
    bench.radio(RadioEvent::ScanFinished);
    assert!(bench.portal.has_credentials());
    assert_eq!(bench.portal.clear(bench.now), Ok(()));
    assert_eq!((bench.portal.state(), bench.stored()), (ProvisioningState::PortalOpen, None));
}

#[test]
fn a_typed_name_that_is_nearly_one_that_was_heard_is_asked_back_once() {
    let mut bench = Bench::open();
    let typed = submission(b"home ", "correct horse");
    assert_eq!(bench.command(typed), Err(Problem::NetworkNameAlike));
    assert_eq!(bench.portal.state(), ProvisioningState::PortalOpen);
    // The page has the network chosen that was heard.
    let page = bench.get("/");
    assert!(page.contains("nearly this name"), "{page}");
    assert!(page.contains("value=\"486f6d65\" checked"), "{page}");
    // Another one is asked back for itself; the same again is tried as it is.
    assert_eq!(bench.command(submission(b" Home", "correct horse")), Err(Problem::NetworkNameAlike));
    assert_eq!(bench.command(typed), Err(Problem::NetworkNameAlike));
    assert_eq!(bench.command(typed), Ok(()));
    assert_eq!(bench.portal.status().ssid, Ssid::new(b"home ").unwrap());
}

#[test]
fn a_name_that_was_heard_or_is_like_none_is_not_asked_back() {
    for name in [b"Home".as_slice(), b"Homer", b"Under the stairs "] {
        let mut bench = Bench::open();
        assert_eq!(bench.command(submission(name, "correct horse")), Ok(()), "{name:?}");
    }
}

#[test]
fn a_command_that_cannot_be_carried_out_says_why_and_is_reported() {
    let mut bench = Bench::new(Memory::new());
    assert_eq!(bench.command(submission(b"Home", "correct horse")), Err(Problem::PortalClosed));
    let mut bench = Bench::open();
    let long = "x".repeat(70);
    let not_text = Submission { passphrase: b"\xff\xff\xff\xff\xff\xff\xff\xff", ..submission(b"Home", "") };
    let attempts = [
        (submission(b"", "correct horse"), Problem::NoNetwork),
        (submission(b"Office", "correct horse"), Problem::Enterprise),
        (submission(b"Home", ""), Problem::PassphraseMissing),
        (submission(b"Home", "seven77"), Problem::BadPassphrase(crate::BadPassphrase::TooShort)),
        (submission(b"Home", &long), Problem::BadPassphrase(crate::BadPassphrase::TooLong)),
        (not_text, Problem::PassphraseNotText),
    ];
    for (submission, problem) in attempts {
        assert_eq!(bench.command(submission), Err(problem), "{submission:?}");
    }
    assert_eq!(bench.rejected(), attempts.map(|(_, problem)| problem));
    assert_eq!((bench.portal.state(), bench.stored()), (ProvisioningState::PortalOpen, None));

    // Only the HTTP front end has a rate limit, because strangers cannot reach a serial line.
    for _ in 0..3 * SUBMISSIONS_PER_MINUTE {
        assert_eq!(bench.command(submission(b"Home", "short")), Err(attempts[3].1));
    }
    bench.command(submission(b"Cafe", "")).unwrap();
    assert_eq!(bench.portal.joining.submitted.as_ref().unwrap().passphrase, Passphrase::open());
    bench.radio(RadioEvent::Joined(HOME));
    assert_eq!(bench.command(submission(b"Home", "correct horse")), Err(Problem::Joined));
}

#[test]
fn what_is_tried_already_is_not_begun_anew_and_anything_else_takes_its_place() {
    let mut bench = Bench::open();
    bench.commands();
    bench.command(submission(b"Home", "correct horse")).unwrap();
    bench.command(submission(b"Home", "correct horse")).unwrap();
    assert_eq!(bench.commands(), ["join Home"]);
    bench.command(submission(b"Home", "another horse")).unwrap();
    assert_eq!(bench.commands(), ["leave", "join Home"]);
    let submitted = bench.events.iter().filter(|event| matches!(event, Event::Submitted { .. }));
    assert_eq!(submitted.count(), 2);
}

#[test]
fn a_result_that_is_not_there_cannot_be_delivered() {
    let mut bench = Bench::open();
    bench.portal.result_delivered(OVER_THE_CABLE, bench.now);
    bench.command(submission(b"Home", "correct horse")).unwrap();
    bench.portal.result_delivered(OVER_THE_CABLE, bench.now);
    bench.radio(RadioEvent::Joined(HOME));
    assert_eq!(bench.portal.state(), ProvisioningState::ResultPending, "its owner has yet to be told");
}

#[test]
fn an_owner_at_a_cable_keeps_the_portal_open_as_one_on_the_page_does() {
    let minute = Duration::from_secs(60);
    let mut bench = Bench::open();
    let mut config = bench.portal.config().clone();
    config.idle_timeout = Some(2 * minute);
    bench.portal.config = config;
    for _ in 0..3 {
        bench.wait(minute);
        bench.portal.keep_alive(minute, bench.now);
        bench.wait(minute);
        bench.portal.rescan(bench.now);
        bench.radio(RadioEvent::ScanFinished);
    }
    assert_eq!(bench.portal.state(), ProvisioningState::PortalOpen);
    bench.wait(2 * minute);
    assert_ne!(bench.portal.state(), ProvisioningState::PortalOpen, "nobody is there any more");
}

/// A lamp with fields of its own.
#[derive(Default)]
struct Lamp {
    submitted: Vec<(String, String)>,
    stored: Vec<(String, String)>,
}

fn pairs(values: &Values) -> Vec<(String, String)> {
    values.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

impl Application for Lamp {
    type Page = ();

    fn fields(&self) -> &[Field] {
        const {
            &[
                Field::new("broker", "Broker", FieldKind::Text).required(),
                Field::new("port", "Port", FieldKind::Number { min: 1, max: 65535 }).default("1883"),
                Field::new("quiet", "Quiet", FieldKind::Checkbox),
            ]
        }
    }

    fn on_submitted(&mut self, values: &Values) {
        self.submitted = pairs(values);
    }

    fn on_values(&mut self, values: &Values) {
        self.stored = pairs(values);
    }
}

#[test]
fn an_applications_fields_are_checked_and_stored_as_those_of_the_form_are() {
    let now = Instant::from_micros(0);
    let config = Config::new(Ssid::new(b"Lamp").unwrap());
    let mut portal = Portal::with_application(config, Memory::new(), Zeros, Lamp::default());
    portal.setup(now);
    portal.handle_radio(RadioEvent::ScanFinished, now);
    let home = submission(b"Home", "correct horse");
    let long = "x".repeat(300);
    for wrong in [
        &[][..],
        &[("broker", "")],
        &[("broker", "two\nlines")],
        &[("broker", &long)],
        &[("broker", "10.0.0.2"), ("port", "0")],
        &[("broker", "10.0.0.2"), ("quiet", "yes")],
    ] {
        let submission = Submission { fields: FieldValues::from_pairs(wrong), ..home };
        assert_eq!(portal.submit(&submission, now), Err(Problem::Field), "{wrong:?}");
    }
    assert_eq!((portal.state(), portal.application().submitted.len()), (ProvisioningState::PortalOpen, 0));

    let typed = [("broker", "10.0.0.2"), ("broker", "counts once"), ("quiet", "on"), ("unknown", "x")];
    portal.submit(&Submission { fields: FieldValues::from_pairs(&typed), ..home }, now).unwrap();
    let expected = [("broker", "10.0.0.2"), ("port", "1883"), ("quiet", "on")];
    let expected = expected.map(|(name, value)| (name.to_string(), value.to_string()));
    assert_eq!(portal.application().submitted, expected);
    assert!(portal.application().stored.is_empty(), "not before it has joined");
    let joins = portal.poll_timeout().unwrap();
    portal.handle_timeout(joins);
    while portal.poll_radio().is_some() {}
    // Nothing answers to the name.
    portal.handle_radio(RadioEvent::ScanFinished, joins);
    portal.handle_radio(RadioEvent::Joined(HOME), joins);
    assert_eq!(portal.application().stored, expected);

    // A form's body means the same, and what is left out stays: but for the tick.
    let mut flash = portal.flash_mut().clone();
    let mut portal = Portal::with_application(portal.config().clone(), &mut flash, Zeros, Lamp::default());
    portal.setup(now);
    portal.handle_radio(RadioEvent::ScanFinished, now);
    let posted = FieldValues::from_form(b"port=8883");
    portal.submit(&Submission { fields: posted, ..home }, now).unwrap();
    let expected = [("broker", "10.0.0.2"), ("port", "8883"), ("quiet", "")];
    assert_eq!(
        portal.application().submitted,
        expected.map(|(name, value)| (name.to_string(), value.to_string()))
    );
}

/// An application with a WebSocket whose messages are lines, as on a serial line.
#[derive(Default)]
struct Console {
    sockets: Pool<1>,
    lines: Vec<String>,
}

impl Console {
    fn socket(&mut self, call: &Call<'_>) -> Response<()> {
        websocket::upgrade(&call.request)
    }
}

impl Application for Console {
    type Page = ();

    fn routes(&self) -> &'static [Route<Self>] {
        const { &[Route::get("/console", Self::socket)] }
    }

    fn sockets(&mut self) -> Option<&mut dyn Sockets> {
        Some(&mut self.sockets)
    }

    fn on_socket(&mut self, connection: ConnectionId, _: Instant) {
        let Some(socket) = self.sockets.socket(connection) else { return };
        while let Some(event) = socket.poll_event() {
            if let websocket::Event::Message(Message::Text(line)) = event {
                self.lines.push(line.into());
            }
        }
    }
}

type ConsolePortal = Portal<Memory, Zeros, Console>;

/// What a driver does after each call: it carries out the lines and answers them.
fn carry_out(portal: &mut ConsolePortal, now: Instant) {
    for line in core::mem::take(&mut portal.application_mut().lines) {
        let words: Vec<&str> = line.split(' ').collect();
        let answer = match words[..] {
            ["networks"] => format!("{}", portal.networks().records[0].ssid),
            ["join", name, passphrase] => {
                let submission = submission(name.as_bytes(), passphrase);
                portal.submit(&submission, now).map_or_else(|problem| problem.code().into(), |()| "ok".into())
            }
            ["status"] => match portal.status().address {
                Some(address) => address.to_string(),
                None => format!("{:?}", portal.status().state),
            },
            ["thanks"] => {
                let interface = Some(Interface::AccessPoint);
                portal.result_delivered(ResultDelivery { over: FrontEnd::WebSocket, interface }, now);
                "bye".into()
            }
            _ => "?".into(),
        };
        for (_, socket) in portal.application_mut().sockets.iter_mut() {
            socket.send(Message::Text(&answer)).unwrap();
        }
    }
}

/// Sends a line over the WebSocket, and returns the answer.
fn say(portal: &mut ConsolePortal, line: &str, now: Instant) -> String {
    let mut frame = std::vec![0x81, 0x80 | line.len() as u8, 0, 0, 0, 0];
    frame.extend_from_slice(line.as_bytes());
    assert_eq!(portal.handle_received(id(0), &frame, now), frame.len());
    carry_out(portal, now);
    let mut out = [0; 200];
    let Transfer::Bytes(length) = portal.poll_send(id(0), &mut out, now) else {
        panic!("no answer to {line}")
    };
    String::from_utf8(out[2..length].into()).unwrap()
}

#[test]
fn a_websocket_of_the_applications_is_one_more_way_to_the_same_commands() {
    let now = Instant::from_micros(0);
    let config = Config::new(Ssid::new(b"Lamp").unwrap());
    let mut portal = Portal::with_application(config, Memory::new(), Zeros, Console::default());
    portal.setup(now);
    let ssid = Ssid::new(b"Home").unwrap();
    let bssid = MacAddress([2, 0, 0, 0, 0, 1]);
    let home = ScanRecord { ssid, bssid, channel: 6, signal: -50, security: Security::Wpa2 };
    portal.handle_radio(RadioEvent::NetworkFound(home), now);
    portal.handle_radio(RadioEvent::ScanFinished, now);

    portal.handle_open(id(0), Interface::AccessPoint, now);
    let request =
        b"GET /console HTTP/1.1\r\nHost: 192.168.4.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    assert_eq!(portal.handle_received(id(0), request, now), request.len());
    let mut out = [0; 500];
    while let Transfer::Bytes(_) = portal.poll_send(id(0), &mut out, now) {}

    assert_eq!(say(&mut portal, "networks", now), "Home");
    assert_eq!(say(&mut portal, "join Home short", now), "passphrase-too-short");
    assert_eq!(say(&mut portal, "join Home correct-horse", now), "ok");
    assert_eq!(say(&mut portal, "status", now), "Joining");
    let joins = portal.poll_timeout().unwrap();
    portal.handle_timeout(joins);
    while portal.poll_radio().is_some() {}
    portal.handle_radio(RadioEvent::Joined(HOME), joins);
    assert_eq!(say(&mut portal, "status", joins), "192.168.1.77");
    assert_eq!(say(&mut portal, "thanks", joins), "bye");
    assert_eq!(portal.state(), ProvisioningState::Closing);
    let delivered = core::iter::from_fn(|| portal.poll_event()).find_map(|event| match event {
        Event::ResultDelivered(delivery) => Some(delivery.over),
        _ => None,
    });
    assert_eq!(delivered, Some(FrontEnd::WebSocket));
}

//! Whose a setup is: only the client that submitted keeps the portal, ends it, and sees what it entered.

use super::*;
use crate::application::{Field, FieldKind};
use crate::csrf_token::ClientId;

const FORM: &str = "application/x-www-form-urlencoded";
const MINUTE: Duration = Duration::from_secs(60);

/// The token in a page or in an answer of the JSON interface.
fn token_in(answer: &str) -> &str {
    let (_, rest) =
        answer.split_once("name=\"token\" value=\"").or(answer.split_once("\"token\":\"")).unwrap();
    rest.split('"').next().unwrap()
}

fn open(choices: impl FnOnce(&mut Config)) -> Bench {
    let mut bench = Bench::open();
    choices(&mut bench.portal.config);
    bench
}

impl Bench {
    fn alive(&mut self, token: &str, seconds: u32) -> String {
        let answer = self.post("/api/alive", FORM, "", &format!("token={token}&timeout={seconds}"));
        status(&answer).into()
    }

    fn owners_token(&self) -> String {
        self.portal.guard.csrf_token.to_string()
    }

    fn read_by_its_owner(&self) -> bool {
        self.events.iter().any(|event| matches!(event, Event::ResultDelivered(_)))
    }
}

#[test]
fn whoever_keeps_the_result_open_the_longest_time_ends_it() {
    let mut bench = open(|config| config.absolute_timeout = Some(5 * MINUTE));
    bench.submit(RIGHT);
    bench.radio(RadioEvent::Joined(HOME));
    let owner = bench.owners_token();
    for minute in 0..12 {
        if bench.portal.state().has_access_point() {
            assert_eq!(bench.alive(&owner, 120), "204", "minute {minute}");
        }
        bench.wait(MINUTE);
        assert_eq!(bench.portal.state().has_access_point(), minute < 4, "minute {minute}");
    }
}

#[test]
fn a_result_that_came_at_the_last_moment_is_shown_all_the_same() {
    let mut bench = open(|config| config.absolute_timeout = Some(MINUTE));
    bench.wait(Duration::from_secs(55));
    bench.submit(RIGHT);
    bench.wait(Duration::from_secs(10));
    assert_eq!(bench.portal.state(), ProvisioningState::Joining, "what has begun ends by itself");
    bench.radio(RadioEvent::Joined(HOME));
    bench.wait(Duration::from_secs(119));
    assert!(bench.portal.state().has_access_point());
}

#[test]
fn whoever_submits_again_and_again_the_longest_time_ends_it() {
    let mut bench = open(|config| config.absolute_timeout = Some(5 * MINUTE));
    for round in 0..60 {
        bench.submit(&format!("network=486f6d65&passphrase=wrong+{round:08}"));
        bench.wait(Duration::from_secs(6));
    }
    let expired = |event: &&Event| matches!(event, Event::State { on: Input::PortalTimeout, .. });
    assert_eq!(bench.events.iter().filter(expired).count(), 1);
}

#[test]
fn another_client_neither_keeps_nor_ends_the_result() {
    let mut bench = open(|_| {});
    let stranger = token_in(&bench.look("/")).to_string();
    bench.submit(RIGHT);
    assert_eq!(bench.alive(&stranger, 1), "409");
    bench.radio(RadioEvent::Joined(HOME));
    assert_eq!(bench.alive(&stranger, 1), "409");
    assert_eq!(bench.alive("", 1), "403");
    let as_json = bench.post("/api/alive", "application/json", "", "{\"timeout\":1}");
    assert_eq!(status(&as_json), "409");
    bench.wait(Duration::from_secs(119));
    assert_eq!(bench.portal.state(), ProvisioningState::ResultPending);
    let owner = bench.owners_token();
    assert_eq!(bench.alive(&owner, 60), "204");
    bench.wait(Duration::from_secs(59));
    assert_eq!(bench.portal.state(), ProvisioningState::ResultPending);
}

#[test]
fn only_its_owner_has_read_the_result() {
    let mut bench = open(|_| {});
    let stranger = token_in(&bench.look("/")).to_string();
    let answer = bench.submit(RIGHT);
    bench.radio(RadioEvent::Joined(HOME));
    for path in ["/", "/api/status"] {
        assert!(bench.look(path).contains("192.168.1.77"), "they see that it is set up");
        assert!(bench.look(&format!("{path}?token={stranger}")).contains("192.168.1.77"));
    }
    assert!(!bench.read_by_its_owner());
    assert_eq!(bench.portal.state(), ProvisioningState::ResultPending);
    // Where its form has sent its browser.
    let location = answer.split("Location: http://192.168.4.1").nth(1).unwrap().split("\r\n").next().unwrap();
    assert!(bench.look(location).contains("192.168.1.77"));
    assert!(bench.read_by_its_owner());
}

/// The cookie that the answer to a form sets, as a browser sends it back.
fn cookie_of(answer: &str) -> String {
    let (_, rest) = answer.split_once("Set-Cookie: ").expect("a cookie");
    rest.split(';').next().unwrap().into()
}

#[test]
fn an_owner_whose_sheet_is_opened_anew_is_known_by_its_cookie() {
    let mut bench = open(|_| {});
    let token = bench.portal.guard.token(Some(ClientId([0, 1, 2, 3])));
    let answer = bench.post("/setup", FORM, "", &format!("token={token}&{RIGHT}"));
    bench.wait(JOIN_DELAY);
    assert!(answer.contains("; Path=/; HttpOnly; SameSite=Lax\r\n"), "{answer}");
    let cookie = cookie_of(&answer);
    let look = |cookie: &str| {
        format!("GET / HTTP/1.1\r\nHost: 192.168.4.1\r\nAccept: text/html\r\nCookie: a=b; {cookie}\r\n\r\n")
    };
    bench.radio(RadioEvent::Joined(HOME));
    for other in ["vestibule=00010204", "a=c", "vestibule="] {
        assert!(bench.ask(&look(other)).contains("192.168.1.77"));
    }
    assert!(!bench.read_by_its_owner());
    assert!(bench.ask(&look(&cookie)).contains("192.168.1.77"));
    assert!(bench.read_by_its_owner());
}

#[test]
fn a_cookie_alone_changes_nothing() {
    let mut bench = open(|_| {});
    let cookie = format!("Cookie: {}\r\n", cookie_of(&bench.submit(RIGHT)));
    bench.radio(RadioEvent::Joined(HOME));
    let stale = bench.post("/api/alive", FORM, &cookie, "timeout=60");
    let other = bench.post("/api/alive", "application/json", &cookie, "{\"timeout\":60}");
    assert_eq!((status(&stale), status(&other)), ("403", "409"));
}

#[test]
fn no_page_sets_a_cookie_before_a_form_was_taken() {
    let mut bench = open(|_| {});
    let refused = bench.submit("network=486f6d65&passphrase=short");
    for answer in [bench.look("/"), bench.get("/api/networks"), bench.probe(), refused] {
        assert!(!answer.to_ascii_lowercase().contains("set-cookie"), "{answer}");
    }
}

#[test]
fn another_client_does_not_replace_what_is_tried() {
    let mut bench = open(|_| {});
    let stranger = token_in(&bench.look("/")).to_string();
    bench.submit(RIGHT);
    bench.commands();
    let other = format!("token={stranger}&ssid=Strangers&passphrase=12345678");
    let answer = bench.post("/setup", FORM, "", &other);
    assert_eq!(status(&answer), "409");
    let other = "{\"ssid\":\"Strangers\",\"passphrase\":\"12345678\"}";
    assert_eq!(status(&bench.post("/api/access-point", "application/json", "", other)), "409");
    assert!(bench.commands().is_empty());
    bench.radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase));
    let answer = bench.post("/setup", FORM, "", &format!("token={stranger}&ssid=Theirs&passphrase=12345678"));
    assert_eq!(status(&answer), "303", "after it has failed, whoever comes first");
}

#[test]
fn a_program_is_known_by_the_token_that_it_was_given() {
    let mut bench = open(|_| {});
    let document = "{\"ssid\":\"Home\",\"passphrase\":\"correct horse\"}";
    let taken = bench.post("/api/access-point", "application/json", "", document);
    let token = token_in(&taken).to_string();
    bench.wait(JOIN_DELAY);
    bench.radio(RadioEvent::Joined(HOME));
    bench.look("/api/status");
    assert!(!bench.read_by_its_owner());
    bench.look(&format!("/api/status?token={token}"));
    assert!(bench.read_by_its_owner());
}

#[test]
fn scans_are_rationed_and_none_disturbs_a_join() {
    let mut bench = open(|_| {});
    bench.commands();
    let token = bench.owners_token();
    let mut scans = 0;
    for _ in 0..200 {
        bench.post("/rescan", FORM, "", &format!("token={token}"));
        scans += bench.commands().iter().filter(|line| *line == "scan").count();
        bench.radio(RadioEvent::ScanFinished);
    }
    assert_eq!(scans, 12);
    assert_eq!(status(&bench.post("/rescan", FORM, "", &format!("token={token}"))), "429");
    bench.submit(RIGHT);
    assert_eq!(bench.portal.state(), ProvisioningState::Joining, "searching uses up no submissions");

    let mut bench = open(|_| {});
    bench.submit(RIGHT);
    bench.commands();
    assert_eq!(status(&bench.post("/rescan", FORM, "", &format!("token={token}"))), "303");
    assert!(bench.commands().is_empty(), "it joins");
}

#[test]
fn the_home_network_sees_no_setup_page() {
    let mut bench = open(|_| {});
    // The station has its address; the driver looks for the router before it reports that it has joined.
    for request in ["GET / HTTP/1.1\r\nHost: Lamp.local\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"] {
        let answer = bench.ask_on(Interface::Home, request);
        assert_eq!(status(&answer), "404");
        assert!(!answer.contains("token"), "{answer}");
    }
}

/// An application that talks to a server.
#[derive(Default)]
struct Mqtt(Vec<(String, String)>);

impl Application for Mqtt {
    type Page = ();

    fn fields(&self) -> &[Field] {
        const {
            &[
                Field::new("broker", "MQTT broker", FieldKind::Text),
                Field::new("secret", "Its password", FieldKind::Password),
                Field::new("room", "Room", FieldKind::Text).group(1),
            ]
        }
    }

    fn on_values(&mut self, values: &Values) {
        self.0 = values.iter().map(|(name, value)| (name.into(), value.into())).collect();
    }
}

/// A portal with that application, and two clients of it.
struct Shop {
    portal: Portal<Memory, Zeros, Mqtt>,
    now: Instant,
}

impl Shop {
    fn open(flash: Memory) -> Self {
        let now = Instant::from_micros(0);
        let config = Config::new(Ssid::new(b"Lamp").unwrap());
        let mut portal = Portal::with_application(config, flash, Zeros, Mqtt::default());
        portal.setup(now);
        let (ssid, bssid) = (Ssid::new(b"Home").unwrap(), MacAddress([2, 0, 0, 0, 0, 1]));
        let home = ScanRecord { ssid, bssid, channel: 6, signal: -50, security: Security::Wpa2 };
        portal.handle_radio(RadioEvent::NetworkFound(home), now);
        portal.handle_radio(RadioEvent::ScanFinished, now);
        portal.handle_radio(RadioEvent::AccessPointUp, now);
        Self { portal, now }
    }

    fn ask(&mut self, request: &str) -> String {
        self.portal.handle_open(id(0), Interface::AccessPoint, self.now);
        assert_eq!(self.portal.handle_received(id(0), request.as_bytes(), self.now), request.len());
        let (mut answer, mut out) = (Vec::new(), [0; 100]);
        while let Transfer::Bytes(length) = self.portal.poll_send(id(0), &mut out, self.now) {
            answer.extend_from_slice(&out[..length]);
        }
        self.portal.handle_closed(id(0));
        String::from_utf8(answer).unwrap()
    }

    fn page(&mut self, token: &str) -> String {
        self.ask(&format!("GET /?token={token} HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n"))
    }

    fn submits(&mut self, token: &str, form: &str) -> String {
        let body = format!("token={token}&ssid=Home&passphrase=correct+horse&{form}");
        let length = body.len();
        let answer = self.ask(&format!(
            "POST /setup HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Type: {FORM}\r\nContent-Length: {length}\r\n\r\n{body}"
        ));
        self.now = self.now + JOIN_DELAY;
        self.portal.handle_timeout(self.now);
        answer
    }

    fn told(&self, name: &str) -> Option<&str> {
        self.portal.application().0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

#[test]
fn a_kept_secret_does_not_follow_another_server() {
    let mut shop = Shop::open(Memory::new());
    let owner = token_in(&shop.page("")).to_string();
    shop.submits(&owner, "broker=mqtt.owner.example&secret=the-owners");
    shop.portal.handle_radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase), shop.now);
    assert!(shop.page(&owner).contains("mqtt.owner.example"), "it is shown again to who entered it");
    let page = shop.submits(&owner, "broker=evil.example&secret=");
    assert_eq!(status(&page), "400");
    assert!(page.contains("id=\"secret-error\"") || page.contains("secret"), "{page}");
    assert_eq!(status(&shop.submits(&owner, "broker=mqtt.owner.example&secret=&room=Hall")), "303");
    shop.portal.handle_radio(RadioEvent::Joined(HOME), shop.now);
    assert_eq!((shop.told("secret"), shop.told("room")), (Some("the-owners"), Some("Hall")));

    // Another day, somebody with a network of his own, and without knowing the password.
    let mut shop = Shop::open(shop.portal.flash_mut().clone());
    let page = shop.page("");
    assert!(!page.contains("the-owners"));
    let stranger = token_in(&page).to_string();
    for broker in ["evil.example", "mqtt.owner.example"] {
        let mut shop = Shop::open(shop.portal.flash_mut().clone());
        shop.submits(&stranger, &format!("broker={broker}&secret="));
        shop.portal.handle_radio(RadioEvent::Joined(HOME), shop.now);
        assert_eq!(
            (shop.told("broker"), shop.told("secret")),
            (Some(broker), Some("")),
            "nothing is kept for him"
        );
    }
}

#[test]
fn what_one_client_entered_is_not_shown_to_another() {
    let mut shop = Shop::open(Memory::new());
    let owner = token_in(&shop.page("")).to_string();
    shop.submits(&owner, "broker=anna-private.example&secret=x");
    shop.portal.handle_radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase), shop.now);
    assert!(shop.page(&owner).contains("anna-private.example"));
    let page = shop.page("");
    assert!(!page.contains("anna-private.example"));
    let other = token_in(&page).to_string();
    assert!(!shop.page(&other).contains("anna-private.example"));
}

#[test]
fn an_application_is_told_that_its_values_are_gone() {
    let mut shop = Shop::open(Memory::new());
    let owner = token_in(&shop.page("")).to_string();
    shop.submits(&owner, "broker=b&secret=x");
    shop.portal.handle_radio(RadioEvent::Joined(HOME), shop.now);
    assert_eq!(shop.portal.application().0.len(), 3);
    shop.portal.factory_reset(shop.now).unwrap();
    assert!(shop.portal.application().0.is_empty());
}

/// Takes half of a page, lets something happen, and takes the rest; whether the page is whole then, or is cut off.
fn half_and_half(shop: &mut Shop, token: &str, then: impl FnOnce(&mut Shop)) -> Option<String> {
    let whole = shop.page(token).len();
    let reader = id(5);
    shop.portal.handle_open(reader, Interface::AccessPoint, shop.now);
    let request = format!("GET /?token={token} HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n");
    assert_eq!(shop.portal.handle_received(reader, request.as_bytes(), shop.now), request.len());
    let (mut answer, mut out) = (Vec::new(), [0; 100]);
    while answer.len() < whole / 2 {
        let Transfer::Bytes(length) = shop.portal.poll_send(reader, &mut out, shop.now) else { panic!() };
        answer.extend_from_slice(&out[..length]);
    }
    then(shop);
    let end = loop {
        match shop.portal.poll_send(reader, &mut out, shop.now) {
            Transfer::Bytes(length) => answer.extend_from_slice(&out[..length]),
            end => break end,
        }
    };
    shop.portal.handle_closed(reader);
    (end == Transfer::Idle).then(|| String::from_utf8(answer).unwrap())
}

#[test]
fn a_page_on_its_way_never_changes() {
    let mut shop = Shop::open(Memory::new());
    let owner = token_in(&shop.page("")).to_string();
    let long = format!("broker={}&secret=x", "b".repeat(200));
    // Another client's page goes on as it began; the owner's own, whose values change, ends.
    let before = shop.page("").len();
    let page = half_and_half(&mut shop, "", |shop| assert_eq!(status(&shop.submits(&owner, &long)), "303"));
    assert_eq!(page.unwrap().len(), before);
    shop.portal.handle_radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase), shop.now);
    let page = half_and_half(&mut shop, &owner.clone(), |shop| {
        assert_eq!(status(&shop.submits(&owner, "broker=b&secret=x")), "303");
    });
    assert_eq!(page, None);
    // A new name waits for the page.
    shop.portal.handle_radio(RadioEvent::Joined(HOME), shop.now);
    let name = |name| HostName::new(name).unwrap();
    shop.portal.handle_name(name("lamp"));
    let page = half_and_half(&mut shop, "", |shop| shop.portal.handle_name(name("a-longer-name")));
    assert!(page.unwrap().trim_end().ends_with("</html>"));
    assert!(shop.page("").contains("http://a-longer-name.local/"));
}

/// A page of the same length could be sent on with other values: half of it would be of one state, half of another.
#[test]
fn a_page_whose_values_change_ends_although_it_stays_as_long() {
    let mut shop = Shop::open(Memory::new());
    let owner = token_in(&shop.page("")).to_string();
    assert_eq!(status(&shop.submits(&owner, "broker=first.example&secret=x")), "303");
    shop.portal.handle_radio(RadioEvent::JoinFailed(JoinFailure::WrongPassphrase), shop.now);
    let page = half_and_half(&mut shop, &owner.clone(), |shop| {
        assert_eq!(status(&shop.submits(&owner, "broker=other.example&secret=x")), "303");
    });
    assert_eq!(page, None, "its owner enters something else");
    shop.portal.handle_radio(RadioEvent::Joined(HOME), shop.now);

    // From here on the values that are stored, which every client's page shows.
    let mut shop = Shop::open(shop.portal.flash_mut().clone());
    assert!(shop.page("").contains("other.example"));
    let owner = token_in(&shop.page("")).to_string();
    let page = half_and_half(&mut shop, "", |shop| {
        assert_eq!(status(&shop.submits(&owner, "broker=third.example&secret=x")), "303");
        shop.portal.handle_radio(RadioEvent::Joined(HOME), shop.now);
    });
    assert_eq!(page, None, "they are stored while another looks");

    let mut shop = Shop::open(shop.portal.flash_mut().clone());
    let page = half_and_half(&mut shop, "", |shop| shop.portal.factory_reset(shop.now).unwrap());
    assert_eq!(page, None, "they are forgotten");
}

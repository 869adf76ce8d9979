//! What else a profile says beside which phone pops up: its page, its form, what its device says in the end, its lease.
//! The form is filled in and sent by an owner, in virtual time, so that what is told of it is what an owner meets.

use std::net::Ipv4Addr;
use std::time::Duration;

use url::{Host, Position, Url};
use vestibule_core::Instant;

use super::super::page_text::page_text;
use crate::owner::{
    GaveUp, Habits, HomeNetwork, Input, Method, Output, Owner, Page, REDIRECTS, Request, Word, parse, word,
};
use crate::phone::{Ending, Reader, Reply};
use crate::profile::answer::Treatment;
use crate::profile::{AddressAnswer, DeviceSetup, Profile, StandInHome};

/// Where the owner begins: a check that every portal answers.
const FIRST: &str = "http://captive.apple.com/hotspot-detect.html";

/// The owner's network: nothing awkward, so that it is the portal that is told.
const SSID: &str = "Home";
const PASSPHRASE: &str = "four green lanterns";

/// How long a page that does not come is waited for.
const PAGE_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest of a setup.
const LONGEST: Duration = Duration::from_secs(180);

/// What is told of one portal.
pub(super) struct PortalSetup {
    /// What a sheet shows first.
    pub(super) page: String,
    /// The form.
    pub(super) form: String,
    /// What its owner is told in the end.
    pub(super) result: String,
    /// What is known of its DHCP.
    pub(super) lease: String,
}

impl PortalSetup {
    /// Of a profile.
    pub(super) fn of(profile: &Profile) -> Self {
        let journey = Journey::of(profile);
        Self {
            page: journey.first_page(),
            form: form(profile, &journey),
            result: journey.result(),
            lease: lease(profile),
        }
    }

    /// Of the built-in device, which plays its setup in whole scenarios.
    pub(super) fn ours() -> Self {
        let told = |text: &str| text.to_owned();
        Self {
            page: told("the form"),
            form: told("POST, a list of networks"),
            result: told("says the network and the address"),
            lease: told("address, router, DNS"),
        }
    }
}

/// How far an owner came.
struct Journey {
    /// The pages that were seen, in their order.
    pages: Vec<(Url, u16, Page, String)>,
    /// The form's request, and how many pages were seen before it.
    sent: Option<(Request, usize)>,
    ending: Result<(), Option<GaveUp>>,
}

impl Journey {
    fn of(profile: &Profile) -> Self {
        let home = HomeNetwork {
            ssid: SSID.as_bytes().to_vec(),
            typed: None,
            passphrases: vec![PASSPHRASE.to_owned()],
        };
        let mut owner = Owner::new(home, Habits::hurried());
        let home = StandInHome { ssid: SSID.into(), passphrase: PASSPHRASE.into() };
        let mut browser = Browser { profile, setup: DeviceSetup::new(Some(home)), now: Duration::ZERO };
        let mut journey = Self { pages: Vec::new(), sent: None, ending: Err(None) };
        let Ok(first) = Url::parse(FIRST) else { return journey };
        owner.handle(Input::SheetOpened { url: first.clone() }, browser.instant());
        let mut loads = Some(Request::get(first.clone()));
        while browser.now < LONGEST {
            if let Some(request) = loads.take() {
                let input = journey.load(&mut browser, request);
                owner.handle(input, browser.instant());
            }
            while let Some(output) = owner.poll() {
                match output {
                    Output::Load(request) => loads = Some(request),
                    Output::ComeBack | Output::TapNotification | Output::OpenBrowser => {
                        owner.handle(Input::SheetOpened { url: first.clone() }, browser.instant());
                        loads = Some(Request::get(first.clone()));
                    }
                    Output::Read(_) | Output::TakeForSetUp => {
                        journey.ending = Ok(());
                        return journey;
                    }
                    Output::GaveUp(why) => {
                        journey.ending = Err(Some(why));
                        return journey;
                    }
                    _ => {}
                }
            }
            if loads.is_none() {
                let Some(at) = owner.poll_timeout() else { return journey };
                browser.now = browser.now.max(at.since(Instant::from_micros(0)));
                owner.handle(Input::Deadline, browser.instant());
            }
        }
        journey
    }

    fn load(&mut self, browser: &mut Browser<'_>, request: Request) -> Input {
        let url = request.url.clone();
        let holds = |text: &[u8]| text.windows(9).any(|part| part == b"four+gree" || part == b"four%20gr");
        if request.body.as_deref().is_some_and(holds)
            || url.query().is_some_and(|query| holds(query.as_bytes()))
        {
            self.sent.get_or_insert((request.clone(), self.pages.len()));
        }
        match browser.load(request) {
            Some((url, reply)) => {
                let html = page_text(&reply).unwrap_or_default();
                let page = parse(&html, &url);
                self.pages.push((url.clone(), reply.status, page.clone(), html));
                Input::PageLoaded { url, status: reply.status, page: Box::new(page) }
            }
            None => Input::PageFailed { url },
        }
    }

    fn first_page(&self) -> String {
        let Some((url, status, page, html)) = self.pages.first() else { return "none".into() };
        let at = &url[Position::BeforePath..Position::AfterPath];
        if *status >= 400 {
            return format!("{status} at {at}");
        }
        let asks = |page: &Page| page.forms.iter().any(|form| form.url_encoded && form.controls.len() > 2);
        match (asks(page), html.contains("<script")) {
            (true, _) => format!("the form, at {at}"),
            (false, true) => format!("a script makes it, at {at}"),
            (false, false) if page.links.is_empty() && page.forms.is_empty() => {
                format!("text alone, at {at}")
            }
            (false, false) => format!("leads on, at {at}"),
        }
    }

    fn result(&self) -> String {
        let says = match (&self.ending, &self.sent) {
            (Ok(()), _) => "says the network and the address",
            (Err(_), None) => "-",
            (Err(Some(GaveUp::NotTold)), _) => {
                match self.pages.last().and_then(|page| word(&page.2, SSID.as_bytes())) {
                    Some(Word::Joined) => "says that it has joined, and no address",
                    Some(Word::NotJoined) => "says that it could not join",
                    Some(Word::UnderWay) | None => "does not say whether it joined",
                }
            }
            (Err(Some(GaveUp::NoPage)), _) => "its access point is gone, without a word",
            (Err(Some(GaveUp::Broken(_))), _) => "an error for an answer",
            (Err(_), _) => "nothing in three minutes",
        };
        says.into()
    }
}

fn form(profile: &Profile, journey: &Journey) -> String {
    match (&journey.sent, &profile.form) {
        (Some((sent, page)), _) => {
            let kind = match sent.method {
                Method::Get => "GET: the passphrase is in the address",
                Method::Post => "POST",
            };
            format!("{kind}, on page {page}")
        }
        (None, Some(form)) if form.script => "by script only".into(),
        (None, Some(_)) => "not found by an owner".into(),
        (None, None) => "not known".into(),
    }
}

fn lease(profile: &Profile) -> String {
    let Some(dhcp) = &profile.dhcp else { return "not known".into() };
    if !dhcp.answers || !dhcp.confirms {
        return "none".into();
    }
    let mut told = vec!["address"];
    told.extend(dhcp.router.then_some("router"));
    told.extend(dhcp.dns.then_some("DNS"));
    told.extend(dhcp.option_114.as_ref().map(|_| "portal API (114)"));
    let lease = dhcp.lease.filter(|seconds| *seconds > 0);
    told.join(", ") + &lease.map_or(String::new(), |seconds| format!(", {seconds} s"))
}

/// A browser at a profile's portal, in virtual time.
struct Browser<'a> {
    profile: &'a Profile,
    setup: DeviceSetup,
    now: Duration,
}

impl Browser<'_> {
    fn instant(&self) -> Instant {
        Instant::from_micros(0) + self.now
    }

    /// The page, redirects followed; `None` if none comes.
    fn load(&mut self, mut request: Request) -> Option<(Url, Reply)> {
        for _ in 0..=REDIRECTS {
            let reply = self.ask(&request)?;
            let is_redirect = matches!(reply.status, 301..=303 | 307 | 308);
            let next =
                reply.header("location").filter(|_| is_redirect).and_then(|to| request.url.join(to).ok());
            let Some(next) = next else { return Some((request.url, reply)) };
            request = match reply.status {
                307 | 308 => Request { url: next, ..request },
                _ => Request::get(next),
            };
        }
        None
    }

    fn ask(&mut self, request: &Request) -> Option<Reply> {
        let portal: Ipv4Addr = self.profile.address();
        let named = matches!(self.profile.dns.address.answer, AddressAnswer::Portal | AddressAnswer::Both);
        let is_there = match request.url.host()? {
            Host::Ipv4(address) => address == portal,
            Host::Domain(_) => named,
            Host::Ipv6(_) => false,
        };
        let port = request.url.port_or_known_default()?;
        if request.url.scheme() != "http"
            || port != self.profile.port()
            || !(is_there || self.profile.intercepts)
        {
            return None;
        }
        let bytes = in_bytes(request);
        let mut treatment =
            self.profile.answer_request(&bytes, &self.profile.place(), &mut self.setup, self.now);
        if let Treatment::Later(after, then) = treatment {
            self.now += after;
            treatment = *then;
        }
        let (Treatment::Reply(reply) | Treatment::Keep(reply)) = treatment else {
            self.now += PAGE_TIMEOUT;
            return None;
        };
        let mut reader = Reader::new();
        reader.push(&reply).ok()?;
        if reader.head().is_none_or(|head| head.ending != Ending::Complete) {
            reader.end().ok()?;
        }
        Some(reader.into_reply())
    }
}

/// A request as a browser sends it, as far as a stand-in reads it.
fn in_bytes(request: &Request) -> Vec<u8> {
    let url = &request.url;
    let (method, body) = match (&request.method, &request.body) {
        (Method::Get, _) => ("GET", &[][..]),
        (Method::Post, body) => ("POST", body.as_deref().unwrap_or_default()),
    };
    let head = format!(
        "{method} {} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n\r\n",
        &url[Position::BeforePath..Position::AfterQuery],
        &url[Position::BeforeHost..Position::AfterPort],
        body.len()
    );
    [head.as_bytes(), body].concat()
}

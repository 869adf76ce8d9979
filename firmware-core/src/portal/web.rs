//! Which request gets which answer. How requests are read and answers framed is
//! [`crate::http`]; what the pages say is [`crate::pages`].
//!
//! On the access point every foreign host and every unknown path is sent to the one page, so that
//! every phone's check finds a portal; the page itself shows what the device's state calls for.

use core::time::Duration;

use embedded_storage::nor_flash::NorFlash;

use super::submission::{self, Rejected};
use super::{Answer, Event, Interface, Portal, Visit};
use crate::detection::{self, AfterJoining, Probe, Success};
use crate::http::{Content, Location, Method, Request, Response, Status};
use crate::networks::Networks;
use crate::pages::{Notice, Page, Surroundings};
use crate::provisioning::{Input, State};
use crate::{Config, Credentials, Entropy, Instant, Radio};

/// What a request asks for, free of its bytes.
enum Asked {
    /// A connectivity check of this client, or a foreign host.
    Elsewhere(Option<&'static Probe>),
    /// The page.
    Page { to_a_person: bool },
    /// The form.
    Submit(Result<Credentials, Rejected>),
    /// Listen for networks again.
    Rescan,
    /// The page is still looked at, and says so again within this time; `None` if it does not say
    /// which.
    Alive(Option<Duration>),
    /// A path that exists, by a method that it does not take; the methods that it does take.
    NotAllowed(&'static str),
    /// Nothing here, and no redirect that would help.
    NotFound,
}

/// What pages are written from, beside themselves.
pub(super) fn surroundings<'a>(config: &'a Config, networks: &'a Networks) -> Surroundings<'a> {
    Surroundings {
        device_name: config.name.as_bytes(),
        networks: networks.shown(),
        scanning: networks.scanning(),
    }
}

fn understand(request: &Request<'_>, interface: Interface, config: &Config, networks: &Networks) -> Asked {
    let reads = matches!(request.method, Method::Get | Method::Head);
    let posts = request.method == Method::Post;
    if !is_own_host(request, interface, config) {
        return match interface {
            Interface::AccessPoint if detection::is_proxy_discovery(request.path) => Asked::NotFound,
            Interface::AccessPoint => {
                Asked::Elsewhere(request.host.and_then(|host| detection::recognise(host, request.path)))
            }
            Interface::Home => Asked::NotFound,
        };
    }
    match (interface, request.path) {
        (_, b"/") if reads => Asked::Page { to_a_person: is_a_person(request) },
        (_, b"/") => Asked::NotAllowed("GET, HEAD"),
        (Interface::Home, _) | (_, b"/favicon.ico" | b"/wpad.dat") => Asked::NotFound,
        (_, b"/setup") if posts => Asked::Submit(submission::read(request.body, networks)),
        (_, b"/rescan") if posts => Asked::Rescan,
        (_, b"/api/alive") if posts => Asked::Alive(submission::seconds(request.body)),
        (_, b"/setup" | b"/rescan" | b"/api/alive") => Asked::NotAllowed("POST"),
        _ => Asked::Elsewhere(None),
    }
}

/// Whether the request names this device: its address, with or without a port. A client that
/// names no host (HTTP/1.0) means whom it speaks to. On the home network the device is known by
/// names that it need not know.
fn is_own_host(request: &Request<'_>, interface: Interface, config: &Config) -> bool {
    let Some(host) = request.host else {
        return true;
    };
    if interface == Interface::Home {
        return true;
    }
    let name = match host.iter().position(|byte| *byte == b':') {
        Some(colon) => &host[..colon],
        None => host,
    };
    core::str::from_utf8(name).is_ok_and(|name| name.parse() == Ok(config.address))
}

/// Whether somebody will see the answer. Apple's check follows redirects to the page by itself
/// (clients: Apple, recorded traces); its loading the result is not the owner reading it.
fn is_a_person(request: &Request<'_>) -> bool {
    let checker =
        request.header("user-agent").is_some_and(|agent| agent.starts_with(b"CaptiveNetworkSupport"));
    request.method == Method::Get && !checker
}

/// What a client hears on the Internet, as an answer.
fn as_online(success: Success) -> Response<Page> {
    let status = if success.status == 204 { Status::NoContent } else { Status::Ok };
    Response {
        content_type: success.content_type,
        headers: success.headers,
        ..Response::text(status, success.body)
    }
}

impl<R: Radio, F: NorFlash, E: Entropy> Portal<R, F, E> {
    /// Answers the request that is complete on `connection`, if there is one.
    pub(super) fn answer_request(&mut self, connection: usize, now: Instant) {
        let (Some(open), Some(visit)) = (self.connections.get(connection), self.visits.get(connection))
        else {
            return;
        };
        let interface = visit.interface;
        let Some(request) = open.request() else {
            return;
        };
        let asked = understand(&request, interface, &self.config, &self.networks);
        let to_a_person = matches!(asked, Asked::Page { to_a_person: true });
        if to_a_person || matches!(asked, Asked::Submit(_) | Asked::Rescan | Asked::Alive(_)) {
            self.last_activity = now;
        }
        let (answer, response) = self.decide(asked, interface, now);
        self.visits[connection] = Visit { interface, to_a_person };
        self.report(Event::Answered { connection, interface, status: response.status.code(), answer });
        let length = match &response.content {
            Content::Page(page) => page.length(&surroundings(&self.config, &self.networks)),
            _ => 0,
        };
        self.connections[connection].respond(response, length, now);
    }

    fn decide(&mut self, asked: Asked, interface: Interface, now: Instant) -> (Answer, Response<Page>) {
        match asked {
            Asked::Elsewhere(Some(probe)) => match probe.success().filter(|_| self.lets_go()) {
                Some(success) => (Answer::LetGo(probe.client), as_online(success)),
                None => (Answer::Captured(probe.client), self.redirect(Status::Found)),
            },
            Asked::Elsewhere(None) => (Answer::Redirected, self.redirect(Status::Found)),
            Asked::Page { .. } => self.page(interface),
            Asked::Submit(Ok(credentials)) => {
                self.submit(credentials, now);
                (Answer::FormTaken, self.redirect(Status::SeeOther))
            }
            Asked::Submit(Err(rejected)) => {
                self.report(Event::Rejected(rejected.problem));
                let notice = Some(Notice::Problem(rejected.problem));
                let page = Page::Setup { notice, kept: rejected.kept };
                (Answer::SetupPage, Response::page(Status::BadRequest, page))
            }
            Asked::Rescan => {
                self.scan();
                (Answer::FormTaken, self.redirect(Status::SeeOther))
            }
            Asked::Alive(Some(timeout)) => {
                self.keep_alive(timeout, now);
                (Answer::KeptAlive, Response::empty(Status::NoContent))
            }
            Asked::Alive(None) => {
                let missing = "Expected timeout= and a number of seconds from 1 to 120.\n";
                (Answer::Refused, Response::text(Status::BadRequest, missing))
            }
            Asked::NotAllowed(methods) => {
                let refusal = Response::text(Status::MethodNotAllowed, "Not by this method.\n");
                (Answer::Refused, Response { allow: Some(methods), ..refusal })
            }
            Asked::NotFound => (Answer::Refused, Response::text(Status::NotFound, "Nothing here.\n")),
        }
    }

    /// Whether phones are told that all is well: the owner knows the result, so nothing is gained
    /// by keeping the sheet. Not once the home network is gone: then there is something to set up
    /// again.
    fn lets_go(&self) -> bool {
        self.let_go && self.home.is_some() && self.config.after_joining == AfterJoining::LetGo
    }

    fn redirect(&self, status: Status) -> Response<Page> {
        let (address, port) = (self.config.address, self.config.http_port);
        let location = Location { authority: address, port, path: "/" };
        Response { location: Some(location), ..Response::page(status, Page::Redirect { address, port }) }
    }

    /// The page that the state calls for.
    fn page(&self, interface: Interface) -> (Answer, Response<Page>) {
        let port = self.config.home_port;
        let (answer, page) = match (self.state, self.home) {
            (state, Some(home)) if state.is_joined() => {
                let (ssid, address) = (home.ssid, home.link.address);
                match interface {
                    Interface::AccessPoint => (
                        Answer::ResultPage,
                        Page::Joined { ssid, address, port, remembered: self.remembered },
                    ),
                    Interface::Home => (Answer::HomePage, Page::Home { ssid, address, port }),
                }
            }
            (State::Trying, _) => (Answer::TryingPage, Page::Trying { ssid: self.joining }),
            _ => (Answer::SetupPage, Page::Setup { notice: self.notice, kept: self.kept }),
        };
        (answer, Response::page(Status::Ok, page))
    }

    fn submit(&mut self, credentials: Credentials, now: Instant) {
        let repeated = self.state == State::Trying && self.submitted.as_ref() == Some(&credentials);
        if repeated || self.state.is_joined() || !self.state.has_access_point() {
            return;
        }
        self.kept = credentials.ssid;
        self.notice = None;
        self.report(Event::Submitted { ssid: credentials.ssid });
        self.submitted = Some(credentials);
        self.take(Input::Submitted, now);
    }

    /// An answer has been handed out in full.
    pub(super) fn answered(&mut self, connection: usize, answered: (Status, Content<Page>), now: Instant) {
        let read = matches!(answered, (Status::Ok, Content::Page(Page::Joined { .. })));
        if read && self.visits[connection].to_a_person && !self.let_go {
            self.let_go = true;
            self.report(Event::ResultRead);
            self.take(Input::ResultRead, now);
        }
        self.show_fresh_networks();
    }
}

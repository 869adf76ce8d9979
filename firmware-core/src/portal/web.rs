//! Which request gets which answer. How requests are read and answers framed is
//! [`crate::http`]; what the pages say is [`crate::pages`].
//!
//! On the access point every foreign host and every unknown path is sent to the one page, so that
//! every phone's check finds a portal; the page itself shows what the device's state calls for.

use core::time::Duration;

use embedded_storage::nor_flash::NorFlash;

use super::api::{Door, status};
use super::data::Data;
use super::guard::{Origin, is_own_host};
use super::submission::{By, Rejected, Submission};
use super::view::{Around, View};
use super::{Answer, Event, Interface, Portal, Visit};
use crate::application::{self, Application, Found};
use crate::credentials::Values;
use crate::detection::{self, AfterJoining, Client, Probe, Success};
use crate::http::{
    Answered, Authority, Connection, Content, Format, Location, Method, Methods, Request, Response, Status,
    error_format,
};
use crate::pages::{self, Language, Notice, PASSPHRASE_FIELD, Page};
use crate::provisioning::{Input, State};
use crate::{ByteWindow, ConnectionId, Entropy, Instant, Problem};

/// Within which time of a page Apple's sheet checks the network again: recordings show a fraction of
/// a second (macOS 11, iOS 10.3.1); the rest is for a busy air. Chosen.
const SHEET_ASKS_WITHIN: Duration = Duration::from_secs(3);

/// What a request asks for, free of its bytes.
pub(super) enum Asked<P> {
    /// A connectivity check of this client, or a foreign host.
    Elsewhere(Option<&'static Probe>),
    /// The page.
    Page { to_a_person: bool },
    /// A network to try, which has been taken.
    Submitted(By),
    /// Something to be done that cannot be, or a network that cannot be tried.
    Rejected(By, Rejected),
    /// Listen for networks again.
    Rescan(By),
    /// The networks in sight, for a program.
    Networks,
    /// Where the device stands, for a program.
    Status { to_a_person: bool },
    /// Where the device stands, as an event.
    Events,
    /// Forget the network.
    Clear,
    /// What makes the pages better where scripts run.
    Script(Response<P>),
    /// A page of the application's, which has answered.
    Application(Response<P>, Format),
    /// The page is still looked at, and says so again within this time.
    Alive(Duration),
    /// A path that exists, by a method that it does not take; the methods that it does take.
    NotAllowed(Methods, Format),
    /// Neither a page nor a redirect would help.
    Refused(Problem, Format),
    /// The same, of the portal's own doors.
    Shut(Door, Problem, Format),
}

/// Whom a request reached, and when.
#[derive(Clone, Copy)]
struct Moment {
    interface: Interface,
    now: Instant,
}

impl<F: NorFlash, E: Entropy, A: Application> Portal<F, E, A> {
    /// What the request on `connection` asks for, if one waits there. The application's pages are
    /// asked here, as they see all of the request.
    #[inline(never)]
    fn understand(&mut self, connection: ConnectionId, moment: Moment) -> Option<Asked<A::Page>> {
        let request = self.connections.get(connection.index())?.request()?;
        let Moment { interface, now } = moment;
        let format = || error_format(&request);
        if !self.is_meant(&request, interface) {
            return Some(match interface {
                Interface::AccessPoint if detection::is_proxy_discovery(request.path) => {
                    Asked::Refused(Problem::NotFound, unseen_format(&request))
                }
                Interface::AccessPoint => {
                    Asked::Elsewhere(request.host.and_then(|host| detection::recognise(host, request.path)))
                }
                Interface::Home => Asked::Refused(Problem::Misdirected, format()),
            });
        }
        let origin = Origin::of(&request);
        let door = Door::at(interface, request.path);
        let shut = |problem| match door {
            Some(door) => Asked::Shut(door, problem, format()),
            None => Asked::Refused(problem, format()),
        };
        if origin == Origin::Foreign {
            return Some(shut(Problem::Foreign));
        }
        // On the access point the portal's doors come before the application's pages, at home after them.
        if let (Interface::AccessPoint, Some(door)) = (interface, door) {
            return match door.refuses(&request) {
                Some(problem) => Some(shut(problem)),
                None => self.enter(door, connection, origin, now),
            };
        }
        let own = |application: &mut A| {
            let routes = application.routes();
            Some(match application::find(routes, &request, interface) {
                Found::Route(route) => {
                    Asked::Application(route.answer(application, &request, interface, now), format())
                }
                Found::NotAllowed(methods) => Asked::NotAllowed(methods, format()),
                Found::Nothing => return None,
            })
        };
        let reads = matches!(request.method, Method::Get | Method::Head);
        let page = || match reads {
            true => Asked::Page { to_a_person: is_a_person(&request) },
            false => Asked::NotAllowed(Methods::READ, format()),
        };
        Some(match (interface, request.path) {
            (Interface::AccessPoint, b"/") => page(),
            (Interface::AccessPoint, pages::SCRIPT_PATH) if reads => {
                Asked::Script(Response::file(&pages::SCRIPT).negotiated(&request))
            }
            // Its pages have no token to prove what the browser does not say.
            _ if origin == Origin::Opaque => Asked::Refused(Problem::Foreign, format()),
            (_, path) => own(&mut self.application).unwrap_or_else(|| match (interface, path) {
                (Interface::Home, b"/") => page(),
                (Interface::Home, _) if door.is_some() => {
                    let refusal = door.and_then(|door| door.refuses(&request));
                    refusal.map_or(Asked::Status { to_a_person: false }, shut)
                }
                (_, b"/favicon.ico" | b"/wpad.dat") => {
                    Asked::Refused(Problem::NotFound, unseen_format(&request))
                }
                (Interface::Home, _) => Asked::Refused(Problem::NotFound, format()),
                _ => Asked::Elsewhere(None),
            }),
        })
    }
}

/// How an error is told of what clients ask for by themselves and nobody sees: in a word, unless a page
/// is asked for, which would be sent for every icon.
fn unseen_format(request: &Request<'_>) -> Format {
    let is_page = request.list("accept").any(|media| media.starts_with(b"text/html"));
    if is_page { Format::Html } else { Format::Text }
}

/// Whether somebody will see the answer. Apple's check follows redirects to the page by itself
/// (docs/clients.md#apple-recorded-traces); its loading the result is not the owner reading it.
pub(super) fn is_a_person(request: &Request<'_>) -> bool {
    let checker =
        request.header("user-agent").is_some_and(|agent| agent.starts_with(b"CaptiveNetworkSupport"));
    request.method == Method::Get && !checker
}

/// What a client hears on the Internet, as an answer.
fn as_online<P: Copy>(success: Success) -> Response<View<P>> {
    let status = if success.status == 204 { Status::NoContent } else { Status::Ok };
    Response {
        content_type: success.content_type,
        headers: success.headers,
        ..Response::text(status, success.body)
    }
}

/// Data, for a program.
fn as_data<P: Copy>(status: Status, data: Data) -> Response<View<P>> {
    Response { content_type: data.content_type(), ..Response::page(status, View::Data(data)) }
}

/// What a program hears of a problem.
fn refuse<P: Copy>(problem: Problem) -> (Answer, Response<View<P>>) {
    let status = status(problem);
    (Answer::Refused, as_data(status, Data::Refusal { status, problem }))
}

/// Gives an answer the headers that guard its content in a browser. The application's own are left as
/// they are. A redirect shows nothing.
fn add_headers<P: Copy>(response: &mut Response<View<P>>) {
    let headers = match &response.content {
        Content::Page(_) if response.status == Status::TooManyRequests => pages::RATE_LIMITED_HEADERS,
        Content::Page(View::Portal(Page::Redirect { .. })) => return,
        Content::Page(View::Portal(_) | View::Data(_)) => pages::HEADERS,
        Content::Page(View::Application(_)) if response.content_type.starts_with("text/html") => {
            pages::APPLICATION_HEADERS
        }
        _ => return,
    };
    if response.headers.is_empty() {
        response.headers = headers;
    }
}

/// A refusal with what it says, in the form that the client prefers.
fn as_error<P: Copy>(refusal: Response<View<P>>, format: Format) -> Response<View<P>> {
    let content = Content::Page(View::Portal(Page::Error { status: refusal.status, format }));
    Response { content_type: format.content_type(), content, ..refusal }
}

impl<F: NorFlash, E: Entropy, A: Application> Portal<F, E, A> {
    /// Answers the request that is complete on `connection`, if there is one.
    pub(super) fn answer_request(&mut self, connection: ConnectionId, now: Instant) {
        let Some(interface) = self.visits.get(connection.index()).map(|visit| visit.interface) else {
            return;
        };
        let Some(asked) = self.understand(connection, Moment { interface, now }) else {
            return;
        };
        let to_a_person =
            matches!(asked, Asked::Page { to_a_person: true } | Asked::Status { to_a_person: true });
        if to_a_person
            || matches!(
                asked,
                Asked::Submitted(_)
                    | Asked::Rejected(..)
                    | Asked::Rescan(_)
                    | Asked::Alive(_)
                    | Asked::Networks
            )
        {
            self.last_activity = now;
        }
        let (answer, mut response) = self.decide(asked, interface, now);
        self.upgrade(&mut response, connection, now);
        let tells_result = to_a_person
            && match response.content {
                Content::Page(View::Portal(Page::Joined { .. })) => true,
                Content::Page(View::Data(Data::Standing(standing))) => standing.address.is_some(),
                _ => false,
            };
        add_headers(&mut response);
        let language = self.language(connection, &response);
        self.visits[connection.index()] =
            Visit { interface, tells_result, waits: false, language, names_host: self.called.is_some() };
        self.report(Event::Answered { connection, interface, status: response.status.code(), answer });
        if response.echoes_request {
            self.connections[connection.index()].wipe_field(PASSPHRASE_FIELD);
        }
        let length = self.page_length(connection, &response);
        self.connections[connection.index()].respond(response, length, now);
    }

    /// What the answer to the request on `connection` is written in. A redirection, which every check of
    /// every phone is answered with, is not worth the search.
    fn language(&self, connection: ConnectionId, response: &Response<View<A::Page>>) -> Language {
        match response.content {
            Content::Page(View::Portal(page)) if !matches!(page, Page::Redirect { .. }) => self.connections
                [connection.index()]
            .request()
            .map_or(Language::ENGLISH, |request| Language::of(&request)),
            _ => Language::ENGLISH,
        }
    }

    /// What the application's fields are shown with: what was last submitted, or else is kept.
    fn shown_values(&self) -> &Values {
        self.submitted_values.as_ref().unwrap_or(&self.memory.values)
    }

    /// How long the page is that answers the request on `connection`.
    fn page_length(&self, connection: ConnectionId, response: &Response<View<A::Page>>) -> usize {
        let Content::Page(view) = &response.content else { return 0 };
        let around = Around {
            config: &self.config,
            networks: &self.networks,
            application: &self.application,
            values: self.shown_values(),
            csrf_token: self.csrf_token,
            language: self.visits[connection.index()].language,
            host: self.called.as_ref().filter(|_| self.visits[connection.index()].names_host),
        };
        let answered = Some(&self.connections[connection.index()]).filter(|_| response.echoes_request);
        let request = answered.and_then(Connection::request);
        ByteWindow::measure(|window| around.draw(view, request, window))
    }

    #[inline(never)]
    fn decide(
        &mut self,
        asked: Asked<A::Page>,
        interface: Interface,
        now: Instant,
    ) -> (Answer, Response<View<A::Page>>) {
        match asked {
            Asked::Elsewhere(Some(probe)) => {
                match probe.success().filter(|_| self.lets_go(probe.client, now)) {
                    Some(success) => (Answer::LetGo(probe.client), as_online(success)),
                    None => (Answer::Captured(probe.client), self.redirect(Status::Found)),
                }
            }
            Asked::Elsewhere(None) => (Answer::Redirected, self.redirect(Status::Found)),
            Asked::Page { .. } => self.page(interface),
            Asked::Submitted(By::Page) => (Answer::FormTaken, self.redirect(Status::SeeOther)),
            Asked::Submitted(By::Program) => {
                (Answer::Data, as_data(Status::Accepted, Data::Standing(self.standing())))
            }
            Asked::Rejected(By::Page, Rejected { problem, kept }) => {
                self.report(Event::Rejected(problem));
                let page = View::Portal(Page::Setup { notice: Some(Notice::Problem(problem)), kept });
                let response = Response::page(status(problem), page);
                // What a stale form says of the application's fields may be anybody's.
                (Answer::SetupPage, Response { echoes_request: problem != Problem::Stale, ..response })
            }
            Asked::Rejected(By::Program, Rejected { problem, .. }) => {
                self.report(Event::Rejected(problem));
                refuse(problem)
            }
            Asked::Rescan(by) => {
                self.scan();
                match by {
                    By::Page => (Answer::FormTaken, self.redirect(Status::SeeOther)),
                    By::Program => (Answer::Data, as_data(Status::Accepted, Data::Searching)),
                }
            }
            Asked::Networks => {
                let (scanning, token) = (self.networks.scanning(), self.csrf_token);
                (Answer::Data, as_data(Status::Ok, Data::Networks { scanning, token }))
            }
            Asked::Status { .. } => (Answer::Data, as_data(Status::Ok, Data::Standing(self.standing()))),
            Asked::Events => (Answer::Data, as_data(Status::Ok, Data::Event(self.standing()))),
            Asked::Clear => match self.forget(now) {
                Ok(()) => (Answer::Data, Response::empty(Status::NoContent)),
                Err(problem) => refuse(problem),
            },
            Asked::Script(response) => (Answer::Script, response.map(View::Application)),
            Asked::Application(response, format) => {
                let bare = matches!(response.content, Content::Empty) && response.status.code() >= 400;
                let response = response.map(View::Application);
                (Answer::Application, if bare { as_error(response, format) } else { response })
            }
            Asked::Alive(timeout) => {
                self.keep_alive(timeout, now);
                (Answer::KeptAlive, Response::empty(Status::NoContent))
            }
            Asked::NotAllowed(allow, format) => {
                let refusal = Response { allow, ..Response::empty(Status::MethodNotAllowed) };
                (Answer::Refused, as_error(refusal, format))
            }
            Asked::Refused(problem, format) => {
                (Answer::Refused, as_error(Response::empty(status(problem)), format))
            }
            Asked::Shut(door, problem, format) => {
                let allow = if problem == Problem::NotAllowed { door.methods() } else { Methods::NONE };
                let response = match door.by() {
                    By::Page => as_error(Response::empty(status(problem)), format),
                    By::Program => refuse(problem).1,
                };
                (Answer::Refused, Response { allow, ..response })
            }
        }
    }

    /// Whether a client's check is told that all is well, so that its sign-in notice goes. Only
    /// once the owner was handed the result, and only where that does not take the result away
    /// again. Not once the home network is gone: then there is something to set up again.
    fn lets_go(&self, client: Client, now: Instant) -> bool {
        let Some(told_at) = self.told_at.filter(|_| self.home.is_some()) else {
            return false;
        };
        self.config.after_joining == AfterJoining::LetGo
            && match client {
                // Its sign-in window closes itself with the result in it.
                Client::Android | Client::FireOs => false,
                // Its sheet asks once the page is loaded, and stays. A phone that asks later has
                // come back, and would open no sheet for an owner who has not read yet.
                Client::Apple => now <= told_at + SHEET_ASKS_WITHIN,
                _ => true,
            }
    }

    /// Whether a request names the device as it is known there.
    fn is_meant(&self, request: &Request<'_>, interface: Interface) -> bool {
        let config = &self.config;
        match interface {
            Interface::AccessPoint => {
                is_own_host(request, Some(self.address), config.redirect_host.map(str::as_bytes))
            }
            Interface::Home => {
                let called = self.called.as_ref().map(|name| name.as_str().as_bytes());
                let address = self.home.map(|home| home.link.address);
                is_own_host(request, address, Some(called.unwrap_or(config.name.as_bytes())))
            }
        }
    }

    fn redirect(&self, status: Status) -> Response<View<A::Page>> {
        let (address, port) = (self.address, self.config.http_port);
        let authority = self.config.redirect_host.map_or(Authority::Address(address), Authority::Name);
        let location = Location { authority: Some(authority), port, path: "/" };
        let page = View::Portal(Page::Redirect { address, port });
        Response { location: Some(location), ..Response::page(status, page) }
    }

    /// The page that the state calls for.
    fn page(&self, interface: Interface) -> (Answer, Response<View<A::Page>>) {
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
        (answer, Response::page(Status::Ok, View::Portal(page)))
    }

    /// Tries what the owner entered, unless that is under way or done already.
    pub(super) fn submit(&mut self, submission: Submission, now: Instant) {
        let Submission { credentials, values } = submission;
        let repeated = self.state == State::Trying
            && self.submitted.as_ref() == Some(&credentials)
            && self.submitted_values.as_ref() == Some(&values);
        if repeated || self.state.is_joined() || !self.state.has_access_point() {
            return;
        }
        self.kept = credentials.ssid;
        self.notice = None;
        self.report(Event::Submitted { ssid: credentials.ssid });
        self.submitted = Some(credentials);
        self.application.on_submitted(&values);
        self.submitted_values = Some(values);
        self.take(Input::Submitted, now);
    }

    /// An answer has been handed out in full.
    pub(super) fn answered(&mut self, connection: ConnectionId, answered: Answered, now: Instant) {
        let told = core::mem::take(&mut self.visits[connection.index()].tells_result);
        if told && answered.content && self.told_at.replace(now).is_none() {
            self.report(Event::ResultRead);
            self.take(Input::ResultRead, now);
        }
        self.show_fresh_networks();
    }
}

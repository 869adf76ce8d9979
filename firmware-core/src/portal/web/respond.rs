//! What is done for an intent, and what answers it. What may be done at all is in the owner's `commands`;
//! here they are given, and their outcome becomes a page, JSON, or a redirect.

use core::time::Duration;

use embedded_storage::nor_flash::NorFlash;

use super::super::Portal;
use super::super::submission::{FieldValues, Submission};
use super::body;
use super::data::Data;
use super::endpoint::{Caller, Endpoint};
use super::intent::Intent;
use super::render::View;
use crate::application::Application;
use crate::detection::{AfterJoining, Client, Probe, Success};
use crate::http::{Authority, Connection, Content, Format, Location, Methods, Response, Status};
use crate::pages::{Notice, Page};
use crate::provisioning::ProvisioningState;
use crate::{Answer, ConnectionId, Entropy, Event, Instant, Interface, Problem, Ssid};

/// Within which time of a page Apple's sheet checks the network again: recordings show a fraction of
/// a second (macOS 11, iOS 10.3.1); the rest is for a busy air. Chosen.
const SHEET_CHECK_TIMEOUT: Duration = Duration::from_secs(3);

/// An answer, with its kind in [`Event::Answered`].
type Answered<P> = (Answer, Response<View<P>>);

/// The status that a problem is answered with.
const fn status(problem: Problem) -> Status {
    match problem {
        Problem::Stale | Problem::Foreign | Problem::NotSealed | Problem::WrongCode => Status::Forbidden,
        Problem::NotFound => Status::NotFound,
        Problem::NotAllowed => Status::MethodNotAllowed,
        Problem::Busy | Problem::Joined | Problem::PortalClosed | Problem::SentBefore => Status::Conflict,
        Problem::MediaType => Status::UnsupportedMediaType,
        Problem::Misdirected => Status::MisdirectedRequest,
        Problem::TooMany => Status::TooManyRequests,
        Problem::Storage => Status::InternalServerError,
        _ => Status::BadRequest,
    }
}

/// The answer that a client's check gets on the Internet.
fn as_online<P: Copy>(success: Success) -> Response<View<P>> {
    let status = if success.status == 204 { Status::NoContent } else { Status::Ok };
    Response {
        content_type: success.content_type,
        headers: success.headers,
        ..Response::text(status, success.body)
    }
}

/// Data, for a program.
#[inline(never)]
fn as_data<P: Copy>(status: Status, data: Data) -> Response<View<P>> {
    Response { content_type: data.content_type(), ..Response::page(status, View::Data(data)) }
}

/// A problem, for a program.
fn as_problem<P: Copy>(problem: Problem) -> Response<View<P>> {
    let status = status(problem);
    as_data(status, Data::Refusal { status, problem })
}

/// A refusal with its text, in the format that the client prefers.
#[inline(never)]
fn as_error<P: Copy>(refusal: Response<View<P>>, format: Format) -> Response<View<P>> {
    let content = Content::Page(View::Portal(Page::Error { status: refusal.status, format }));
    Response { content_type: format.content_type(), content, ..refusal }
}

/// The answer to a submission that was not taken. The setup page shows again which network was meant.
fn rejected<P: Copy>(caller: Caller, ssid: Ssid, problem: Problem) -> Answered<P> {
    match caller {
        Caller::Program => (Answer::Refused, as_problem(problem)),
        Caller::Page => {
            let page = Page::Setup { notice: Some(Notice::Problem(problem)), chosen: ssid };
            let response = Response::page(status(problem), View::Portal(page));
            // The fields of a stale form may have been filled in by another site.
            (Answer::SetupPage, Response { echoes_request: problem != Problem::Stale, ..response })
        }
    }
}

/// A request that one of the portal's own endpoints does not take.
fn endpoint_refused<P: Copy>(endpoint: Endpoint, problem: Problem, format: Format) -> Response<View<P>> {
    let allow = if problem == Problem::NotAllowed { endpoint.methods() } else { Methods::NONE };
    let response = match endpoint.caller() {
        Caller::Page => as_error(Response::empty(status(problem)), format),
        Caller::Program => as_problem(problem),
    };
    Response { allow, ..response }
}

/// An application's answer; one without content that refuses is given some.
fn application_answer<P: Copy>(response: Response<P>, format: Format) -> Response<View<P>> {
    let bare = matches!(response.content, Content::Empty) && response.status.code() >= 400;
    let response = response.map(View::Application);
    if bare { as_error(response, format) } else { response }
}

impl<F: NorFlash, E: Entropy, A: Application> Portal<F, E, A> {
    /// Does what is asked for, and answers it.
    #[inline(never)]
    pub(super) fn respond(
        &mut self,
        intent: Intent<A::Page>,
        connection: ConnectionId,
        now: Instant,
    ) -> Answered<A::Page> {
        match intent {
            Intent::Elsewhere(Some(probe)) => self.answer_probe(probe, now),
            Intent::Elsewhere(None) => (Answer::Redirected, self.redirect(Status::Found)),
            Intent::Page { .. } => self.page(self.connections.info(connection).interface),
            Intent::Submit(caller) => self.submit_body(connection, caller, now),
            // Browsers send a form again by themselves when its answer was lost.
            Intent::Rejected { caller: Caller::Page, problem: Problem::SentBefore, .. }
                if self.joining.state.awaits_result() || self.joining.state.is_joined() =>
            {
                self.form_taken(connection)
            }
            Intent::Rejected { caller, ssid, problem } => {
                self.report(Event::Rejected(problem));
                if (caller, problem) == (Caller::Page, Problem::Busy) {
                    // Another client's browser sees that the device is busy, and goes on from there.
                    let (answer, page) = self.page(Interface::AccessPoint);
                    return (answer, Response { status: status(problem), ..page });
                }
                rejected(caller, ssid, problem)
            }
            Intent::Rescan(caller) => {
                self.rescan(now);
                match caller {
                    Caller::Page => self.form_taken(connection),
                    Caller::Program => (Answer::Data, as_data(Status::Accepted, Data::ScanBegins)),
                }
            }
            Intent::Networks => {
                let scanning = self.networks().scanning;
                (Answer::Data, as_data(Status::Ok, Data::Networks { scanning }))
            }
            Intent::Status { .. } => (Answer::Data, as_data(Status::Ok, Data::Status(self.status()))),
            Intent::Event => (Answer::Data, as_data(Status::Ok, Data::Event(self.status()))),
            Intent::Clear => match self.clear(now) {
                Ok(()) => (Answer::Data, Response::empty(Status::NoContent)),
                Err(problem) => (Answer::Refused, as_problem(problem)),
            },
            Intent::Script(response) => (Answer::Script, response.map(View::Application)),
            Intent::Application(response, format) => {
                (Answer::Application, application_answer(response, format))
            }
            Intent::KeepAlive(timeout) => {
                self.keep_alive(timeout, now);
                (Answer::KeptAlive, Response::empty(Status::NoContent))
            }
            Intent::NotAllowed(allow, format) => {
                let refusal = Response { allow, ..Response::empty(Status::MethodNotAllowed) };
                (Answer::Refused, as_error(refusal, format))
            }
            Intent::Refused(problem, format) => {
                (Answer::Refused, as_error(Response::empty(status(problem)), format))
            }
            Intent::EndpointRefused(endpoint, problem, format) => {
                (Answer::Refused, endpoint_refused(endpoint, problem, format))
            }
        }
    }

    /// Gives the command to try the network that the body of a request names.
    #[inline(never)]
    fn submit_body(&mut self, connection: ConnectionId, caller: Caller, now: Instant) -> Answered<A::Page> {
        let request = self.connections.get(connection).and_then(Connection::request);
        let sent = request.ok_or(Problem::Unreadable).and_then(|request| body::read(&request));
        let (ssid, checked) = match sent.and_then(|sent| Ok((sent, body::network(sent, caller)?))) {
            Ok((sent, ssid)) => (
                ssid,
                body::with_passphrase(sent, |passphrase| {
                    let fields = FieldValues::from_request(sent);
                    self.check(&Submission { ssid, passphrase, fields }, self.is_owner(connection))
                }),
            ),
            Err(problem) => (Ssid::EMPTY, Err(problem)),
        };
        // A form that is sent twice may find the device joined: its sender is shown the result.
        let is_late_form = caller == Caller::Page && checked.is_ok() && self.joining.state.is_joined();
        if !is_late_form {
            if let Err(problem) = self.submit_checked(checked, now) {
                return rejected(caller, self.meant(ssid, Some(Notice::Problem(problem))), problem);
            }
            self.session.owner = self.connections.info(connection).client;
        }
        match caller {
            Caller::Page => self.form_taken(connection),
            Caller::Program => (Answer::Data, as_data(Status::Accepted, Data::Submitted(self.status()))),
        }
    }

    /// The network that the setup page has chosen: where the notice asks whether another was meant, that one.
    fn meant(&self, ssid: Ssid, notice: Option<Notice>) -> Ssid {
        let asks = notice == Some(Notice::Problem(Problem::NetworkNameAlike));
        self.networks.alike(&ssid).filter(|_| asks).unwrap_or(ssid)
    }

    /// A browser whose form was taken loads the page again, as the client that it was.
    fn form_taken(&self, connection: ConnectionId) -> Answered<A::Page> {
        let client = self.connections.info(connection).client.map(|client| client.0);
        let answer = self.redirect(Status::SeeOther);
        let location = answer.location.map(|location| Location { client, ..location });
        (Answer::FormTaken, Response { location, ..answer })
    }

    fn answer_probe(&self, probe: &'static Probe, now: Instant) -> Answered<A::Page> {
        match probe.success().filter(|_| self.lets_go(probe.client, now)) {
            Some(success) => (Answer::LetGo(probe.client), as_online(success)),
            None => (Answer::Captured(probe.client), self.redirect(Status::Found)),
        }
    }

    /// Whether a client's check succeeds, so that its sign-in notice goes. Only
    /// once the owner was handed the result, and only where that does not take the result away
    /// again. Not once the home network is gone: then there is something to set up again.
    fn lets_go(&self, client: Client, now: Instant) -> bool {
        let Some(delivered_at) = self.session.result_delivered_at.filter(|_| self.home.joined.is_some())
        else {
            return false;
        };
        self.config.after_joining == AfterJoining::LetGo
            && match client {
                // Its sign-in window closes itself with the result in it.
                Client::Android | Client::FireOs => false,
                // Its sheet asks once the page is loaded, and stays. A phone that asks later has
                // come back, and would open no sheet for an owner who has not read yet.
                Client::Apple => now <= delivered_at + SHEET_CHECK_TIMEOUT,
                _ => true,
            }
    }

    pub(super) fn redirect(&self, status: Status) -> Response<View<A::Page>> {
        let (address, port) = (self.soft_ap.address, self.config.http_port);
        let authority = self.config.redirect_host.map_or(Authority::Address(address), Authority::Name);
        let location = Location { authority: Some(authority), port, ..Location::path("/") };
        let page = View::Portal(Page::Redirect { address, port });
        Response { location: Some(location), ..Response::page(status, page) }
    }

    /// The page that the state calls for.
    fn page(&self, interface: Interface) -> Answered<A::Page> {
        let port = self.config.home_port;
        let state = self.joining.state;
        let (answer, page) = match self.home.joined {
            Some(joined) if state.is_joined() => {
                let (ssid, address) = (joined.ssid, joined.link.address);
                let (remembered, captive) = (self.storage.remembered, joined.captive);
                match interface {
                    Interface::AccessPoint => {
                        (Answer::ResultPage, Page::Joined { ssid, address, port, remembered, captive })
                    }
                    Interface::Home => {
                        (Answer::HomePage, Page::Home { ssid, address, port, remembered, captive })
                    }
                }
            }
            // Between an address there and the device's being joined: nothing is set up from the home network.
            _ if interface == Interface::Home => {
                return (Answer::Refused, as_error(Response::empty(Status::NotFound), Format::Html));
            }
            _ if state == ProvisioningState::Joining => {
                (Answer::JoiningPage, Page::Joining { ssid: self.joining.ssid })
            }
            _ if state == ProvisioningState::ClosingToJoin => {
                (Answer::JoiningPage, Page::Joining { ssid: self.session.chosen_ssid })
            }
            _ => {
                let (notice, chosen) = (self.session.notice, self.session.chosen_ssid);
                (Answer::SetupPage, Page::Setup { notice, chosen: self.meant(chosen, notice) })
            }
        };
        (answer, Response::page(Status::Ok, View::Portal(page)))
    }
}

//! What a request asks for, by its `endpoint` and after the `guard`s. An intent borrows nothing of the
//! request, so that what answers it may change the portal.
//!
//! On the access point every foreign host and every unknown path is sent to the one page, so that
//! every phone's check finds a portal.

use core::time::Duration;

use embedded_storage::nor_flash::NorFlash;

use super::super::Portal;
use super::body;
use super::endpoint::{Caller, Endpoint};
use super::guard::{self, Origin};
use crate::application::{self, Application, Found};
use crate::detection::{self, Probe};
use crate::http::{Format, Method, Methods, Request, Response, error_format};
use crate::pages;
use crate::{ConnectionId, Entropy, Instant, Interface, Problem, Ssid};

/// What a request asks for.
pub(super) enum Intent<P> {
    /// Another host, or a path that is not there: a connectivity check of this client, if it is one.
    Elsewhere(Option<&'static Probe>),
    /// The page.
    Page { by_a_person: bool },
    /// A network to try. The body is read again when it is tried: what it holds is too large to be passed on.
    Submit(Caller),
    /// Something that the guards do not let through. The network that was meant may be shown again.
    Rejected { caller: Caller, ssid: Ssid, problem: Problem },
    /// Listen for networks again.
    Rescan(Caller),
    /// The networks in sight, for a program.
    Networks,
    /// How far the setup has come, for a program.
    Status { by_a_person: bool },
    /// The same as an event.
    Event,
    /// Forget the network.
    Clear,
    /// The script of the pages.
    Script(Response<P>),
    /// A page of the application's, which has answered.
    Application(Response<P>, Format),
    /// The page is still looked at; it sends the next ping within this time.
    KeepAlive(Duration),
    /// A path that exists, by a method that it does not take; the methods that it does take.
    NotAllowed(Methods, Format),
    /// Neither a page nor a redirect would help.
    Refused(Problem, Format),
    /// The same, of one of the portal's own endpoints.
    EndpointRefused(Endpoint, Problem, Format),
}

impl<P> Intent<P> {
    /// Whether a person will see the answer, as far as can be known.
    pub(super) const fn is_by_a_person(&self) -> bool {
        matches!(self, Self::Page { by_a_person: true } | Self::Status { by_a_person: true })
    }

    /// Whether the answer carries a token.
    pub(super) const fn gives_token(&self) -> bool {
        matches!(
            self,
            Self::Page { .. } | Self::Submit(_) | Self::Rejected { .. } | Self::Rescan(_) | Self::Networks
        )
    }

    /// Whether somebody uses the portal, so that it is not idle.
    pub(super) const fn is_activity(&self) -> bool {
        self.is_by_a_person()
            || matches!(
                self,
                Self::Submit(_)
                    | Self::Rejected { .. }
                    | Self::Rescan(_)
                    | Self::KeepAlive(_)
                    | Self::Networks
            )
    }
}

impl<F: NorFlash, E: Entropy, A: Application> Portal<F, E, A> {
    /// What the request on `connection` asks for, if one waits there. The application's pages are
    /// asked here, as they see all of the request.
    #[inline(never)]
    pub(super) fn intent(
        &mut self,
        connection: ConnectionId,
        interface: Interface,
        now: Instant,
    ) -> Option<Intent<A::Page>> {
        let request = self.connections.get(connection)?.request()?;
        if !self.is_own_host(&request, interface) {
            return Some(foreign_host(&request, interface));
        }
        self.connections.info_mut(connection).client = guard::client_of(&request, &self.guard.csrf_token);
        let request = self.connections.get(connection)?.request()?;
        let endpoint = Endpoint::at(interface, request.path);
        let origin = Origin::of(&request);
        if origin == Origin::Foreign {
            return Some(refused(endpoint, Problem::Foreign, &request));
        }
        Some(match (interface, endpoint) {
            // On the access point the portal's endpoints come before the application's pages, at home
            // after them.
            (Interface::AccessPoint, Some(endpoint)) => match endpoint.refuses(&request) {
                Some(problem) => refused(Some(endpoint), problem, &request),
                None => return self.endpoint_intent(endpoint, connection, origin, now),
            },
            (Interface::AccessPoint, None) if request.path == b"/" => page(&request),
            (Interface::AccessPoint, None) if reads(&request) && pages::script(request.path).is_some() => {
                let script = pages::script(request.path).unwrap_or(&pages::SCRIPT);
                Intent::Script(Response::file(script).negotiated(&request))
            }
            // The application's pages have no CSRF token, which could prove what the browser does not reveal.
            _ if origin == Origin::Opaque => Intent::Refused(Problem::Foreign, error_format(&request)),
            _ => {
                let application = &mut self.application;
                application_intent(application, &request, interface, now)
                    .unwrap_or_else(|| unclaimed(&request, interface, endpoint))
            }
        })
    }

    /// What the request on `connection` asks for at an endpoint that takes its method.
    fn endpoint_intent(
        &mut self,
        endpoint: Endpoint,
        connection: ConnectionId,
        origin: Origin,
        now: Instant,
    ) -> Option<Intent<A::Page>> {
        let request = self.connections.get(connection)?.request()?;
        let caller = endpoint.caller();
        let rejected = |problem| Intent::Rejected { caller, ssid: Ssid::EMPTY, problem };
        match endpoint {
            Endpoint::Events => return Some(Intent::Event),
            Endpoint::Networks => return Some(Intent::Networks),
            Endpoint::Status => return Some(Intent::Status { by_a_person: is_by_a_person(&request) }),
            Endpoint::KeepAlive if origin == Origin::Opaque => return Some(rejected(Problem::Foreign)),
            Endpoint::KeepAlive => {
                if let Err(problem) = guard::check_csrf(&request, &self.guard.csrf_token, origin) {
                    return Some(rejected(problem));
                }
                if self.belongs_to_another(connection) {
                    return Some(rejected(Problem::Busy));
                }
                let timeout = body::read(&request).and_then(body::timeout);
                return Some(timeout.map_or_else(rejected, Intent::KeepAlive));
            }
            Endpoint::Submit(_) | Endpoint::Rescan(_) | Endpoint::Clear => {}
        }
        // The network's name may be shown again even if the form came from elsewhere.
        let network = || body::read(&request).and_then(|sent| body::network(sent, caller));
        let shown_again =
            |problem| Intent::Rejected { caller, ssid: network().unwrap_or(Ssid::EMPTY), problem };
        if let Err(problem) = guard::check_csrf(&request, &self.guard.csrf_token, origin) {
            return Some(shown_again(problem));
        }
        let is_rescan = matches!(endpoint, Endpoint::Rescan(_));
        let limiter = if is_rescan { &mut self.guard.scan_limiter } else { &mut self.guard.rate_limiter };
        if !limiter.allow(now) {
            return Some(shown_again(Problem::TooMany));
        }
        if is_rescan {
            return Some(Intent::Rescan(caller));
        }
        if self.joining.state.awaits_result() && self.belongs_to_another(connection) {
            return Some(shown_again(Problem::Busy));
        }
        if endpoint == Endpoint::Clear {
            return Some(Intent::Clear);
        }
        // Last, because it costs most.
        Some(match self.open_sealed(connection) {
            Ok(()) => Intent::Submit(caller),
            Err(problem) => rejected(problem),
        })
    }

    /// Whether the setup that is under way, or its result, is another client's.
    fn belongs_to_another(&self, connection: ConnectionId) -> bool {
        let state = self.joining.state;
        (state.awaits_result() || state.is_joined()) && !self.is_owner(connection)
    }

    /// Whether a request names the device as it is known there.
    fn is_own_host(&self, request: &Request<'_>, interface: Interface) -> bool {
        let config = &self.config;
        match interface {
            Interface::AccessPoint => guard::is_own_host(
                request,
                Some(self.soft_ap.address),
                config.redirect_host.map(str::as_bytes),
            ),
            Interface::Home => {
                let name = self.home.host_name.as_ref().map(|name| name.as_str().as_bytes());
                let address = self.home.joined.map(|joined| joined.link.address);
                guard::is_own_host(request, address, Some(name.unwrap_or(config.name.as_bytes())))
            }
        }
    }
}

/// What a request for another host asks for.
fn foreign_host<P>(request: &Request<'_>, interface: Interface) -> Intent<P> {
    match interface {
        Interface::AccessPoint if detection::is_proxy_discovery(request.path) => {
            Intent::Refused(Problem::NotFound, unseen_format(request))
        }
        Interface::AccessPoint => {
            Intent::Elsewhere(request.host.and_then(|host| detection::recognise(host, request.path)))
        }
        Interface::Home => Intent::Refused(Problem::Misdirected, error_format(request)),
    }
}

fn refused<P>(endpoint: Option<Endpoint>, problem: Problem, request: &Request<'_>) -> Intent<P> {
    let is_of_the_page = endpoint.is_some_and(|endpoint| endpoint.caller() == Caller::Page);
    if is_of_the_page && problem == Problem::NotAllowed && reads(request) {
        // Who goes back after a refused form asks for the form's own address.
        return Intent::Elsewhere(None);
    }
    let format = error_format(request);
    match endpoint {
        Some(endpoint) => Intent::EndpointRefused(endpoint, problem, format),
        None => Intent::Refused(problem, format),
    }
}

fn reads(request: &Request<'_>) -> bool {
    matches!(request.method, Method::Get | Method::Head)
}

fn page<P>(request: &Request<'_>) -> Intent<P> {
    match reads(request) {
        true => Intent::Page { by_a_person: is_by_a_person(request) },
        false => Intent::NotAllowed(Methods::READ, error_format(request)),
    }
}

/// The answer of the application's route for this request, if it has one.
fn application_intent<A: Application>(
    application: &mut A,
    request: &Request<'_>,
    interface: Interface,
    now: Instant,
) -> Option<Intent<A::Page>> {
    let routes = application.routes();
    match application::find(routes, request, interface) {
        Found::Route(route) => {
            let response = route.answer(application, request, interface, now);
            Some(Intent::Application(response, error_format(request)))
        }
        Found::NotAllowed(methods) => Some(Intent::NotAllowed(methods, error_format(request))),
        Found::Nothing => None,
    }
}

/// What a request asks for if no route of the application takes it.
fn unclaimed<P>(request: &Request<'_>, interface: Interface, endpoint: Option<Endpoint>) -> Intent<P> {
    match (interface, request.path, endpoint) {
        (Interface::Home, b"/", _) => page(request),
        (Interface::Home, _, Some(endpoint)) => match endpoint.refuses(request) {
            Some(problem) => refused(Some(endpoint), problem, request),
            None => Intent::Status { by_a_person: false },
        },
        (_, b"/favicon.ico" | b"/wpad.dat", _) => Intent::Refused(Problem::NotFound, unseen_format(request)),
        (Interface::Home, ..) => Intent::Refused(Problem::NotFound, error_format(request)),
        (Interface::AccessPoint, ..) => Intent::Elsewhere(None),
    }
}

/// How an error is written that nobody sees, of a path that clients ask for by themselves: as one line of
/// text, unless a page is asked for. A page would be sent for every icon.
fn unseen_format(request: &Request<'_>) -> Format {
    let is_page = request.list("accept").any(|media| media.starts_with(b"text/html"));
    if is_page { Format::Html } else { Format::Text }
}

/// Whether somebody will see the answer. Apple's check follows redirects to the page by itself
/// (docs/clients.md#apple-recorded-traces); its loading the result is not the owner reading it.
fn is_by_a_person(request: &Request<'_>) -> bool {
    let checker =
        request.header("user-agent").is_some_and(|agent| agent.starts_with(b"CaptiveNetworkSupport"));
    request.method == Method::Get && !checker
}

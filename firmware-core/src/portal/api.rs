//! The portal's own doors: the paths by which pages and programs change something or ask for data,
//! with what each takes. `openapi.yaml` documents those of programs.
//!
//! Each is guarded before anything of a request is used; how is [`super::guard`]'s.

use embedded_storage::nor_flash::NorFlash;

use super::data::Standing;
use super::guard::{self, Origin};
use super::submission::{self, By, Rejected};
use super::web::Asked;
use super::{Event, Interface, Portal};
use crate::application::Application;
use crate::http::{Method, Methods, Request, Status};
use crate::limits::EVENT_WAITERS;
use crate::pages::Notice;
use crate::provisioning::{Input, State};
use crate::{ConnectionId, Entropy, Instant, Problem, Ssid};

/// A path of the portal's beside its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// A network to try.
    Submit(By),
    /// Search for networks.
    Rescan(By),
    /// The networks in sight.
    Networks,
    /// Where the device stands.
    Status,
    /// Forget the network.
    Clear,
    /// The page is still looked at.
    Alive,
    /// Where the device stands, as soon as that is another than that a network is tried.
    Events,
}

impl Door {
    /// The door at this path. The home network has the harmless one alone.
    pub(super) fn at(interface: Interface, path: &[u8]) -> Option<Self> {
        let door = Self::AT.iter().find(|(known, _)| known.as_bytes() == path).map(|(_, door)| *door);
        door.filter(|door| interface == Interface::AccessPoint || *door == Self::Status)
    }

    const AT: [(&str, Self); 10] = [
        ("/setup", Self::Submit(By::Page)),
        ("/rescan", Self::Rescan(By::Page)),
        ("/api/status", Self::Status),
        ("/api/networks", Self::Networks),
        // Its founding name, which clients may know.
        ("/api/access-points", Self::Networks),
        ("/api/access-point", Self::Submit(By::Program)),
        ("/api/rescan", Self::Rescan(By::Program)),
        ("/api/clear", Self::Clear),
        ("/api/alive", Self::Alive),
        ("/api/events", Self::Events),
    ];

    pub(super) const fn by(self) -> By {
        match self {
            Self::Submit(by) | Self::Rescan(by) => by,
            _ => By::Program,
        }
    }

    /// What is wrong with how it is asked for, whatever else the request says.
    pub(super) fn refuses(self, request: &Request<'_>) -> Option<Problem> {
        let reads = self.reads();
        let allowed = match request.method {
            Method::Get | Method::Head => reads,
            Method::Post => !reads,
            _ => false,
        };
        if !reads && !request.query.is_empty() {
            Some(Problem::InAddress)
        } else if !allowed {
            Some(Problem::NotAllowed)
        } else {
            None
        }
    }

    const fn reads(self) -> bool {
        matches!(self, Self::Networks | Self::Status | Self::Events)
    }

    pub(super) const fn methods(self) -> Methods {
        if self.reads() { Methods::READ } else { Methods::POST }
    }
}

/// The status that a problem is answered with.
pub(super) const fn status(problem: Problem) -> Status {
    match problem {
        Problem::Stale | Problem::Foreign => Status::Forbidden,
        Problem::NotFound => Status::NotFound,
        Problem::NotAllowed => Status::MethodNotAllowed,
        Problem::Busy | Problem::Joined => Status::Conflict,
        Problem::MediaType => Status::UnsupportedMediaType,
        Problem::Misdirected => Status::MisdirectedRequest,
        Problem::TooMany => Status::TooManyRequests,
        Problem::Storage => Status::InternalServerError,
        _ => Status::BadRequest,
    }
}

impl<F: NorFlash, E: Entropy, A: Application> Portal<F, E, A> {
    /// What the request on `connection` asks for at a door that takes its method. A network to try is
    /// taken here, so that it need not be handed on: it is large.
    pub(super) fn enter(
        &mut self,
        door: Door,
        connection: ConnectionId,
        origin: Origin,
        now: Instant,
    ) -> Option<Asked<A::Page>> {
        let request = self.connections.get(connection.index())?.request()?;
        let by = door.by();
        let refused = |problem| Asked::Rejected(by, Rejected { problem, kept: Ssid::EMPTY });
        match door {
            Door::Events => return (!self.waits(connection)).then_some(Asked::Events),
            Door::Networks => return Some(Asked::Networks),
            Door::Status => return Some(Asked::Status { to_a_person: super::web::is_a_person(&request) }),
            Door::Alive if origin == Origin::Opaque => return Some(refused(Problem::Foreign)),
            Door::Alive => {
                let timeout = guard::read(&request).map(submission::seconds);
                return Some(match timeout {
                    Ok(Some(timeout)) => Asked::Alive(timeout),
                    Ok(None) => refused(Problem::NoTimeout),
                    Err(problem) => refused(problem),
                });
            }
            Door::Submit(_) | Door::Rescan(_) | Door::Clear => {}
        }
        // Which network was meant may be shown again, whoever sent it.
        let kept =
            || guard::read(&request).and_then(|sent| submission::network(sent, by)).unwrap_or(Ssid::EMPTY);
        let sent = match guard::check_csrf(&request, &self.csrf_token, origin) {
            Ok(sent) => sent,
            Err(problem) => return Some(Asked::Rejected(by, Rejected { problem, kept: kept() })),
        };
        if matches!(door, Door::Rescan(_)) {
            return Some(Asked::Rescan(by));
        }
        if !self.rate_limiter.allow(now) {
            return Some(Asked::Rejected(by, Rejected { problem: Problem::TooMany, kept: kept() }));
        }
        if door == Door::Clear {
            return Some(Asked::Clear);
        }
        let kept = self.submitted_values.as_ref().unwrap_or(&self.memory.values);
        Some(match submission::read(sent, by, &self.networks, self.application.fields(), kept) {
            Err(rejected) => Asked::Rejected(by, rejected),
            Ok(_) if by == By::Program && self.state.is_joined() => refused(Problem::Joined),
            Ok(submission) => {
                self.submit(submission, now);
                Asked::Submitted(by)
            }
        })
    }

    /// Whether who asks for an event waits for it: while a network is tried, and others find a place.
    fn waits(&mut self, connection: ConnectionId) -> bool {
        let open = self.connections.iter().filter(|open| open.is_open()).count();
        let waits = self.state == State::Trying && open <= EVENT_WAITERS;
        if let Some(visit) = self.visits.get_mut(connection.index()) {
            visit.waits = waits;
        }
        waits
    }

    /// Answers those who wait for an event, now that there is one.
    pub(super) fn tell_waiters(&mut self, now: Instant) {
        for connection in ConnectionId::ALL {
            let visit = self.visits.get_mut(connection.index());
            if visit.is_some_and(|visit| core::mem::take(&mut visit.waits)) {
                self.answer_request(connection, now);
            }
        }
    }

    /// Where the device stands.
    pub(super) fn standing(&self) -> Standing {
        let joined = self.home.filter(|_| self.state.is_joined());
        let failure = match self.notice {
            Some(Notice::Failed(failure)) if !self.state.is_joined() => Some(failure),
            _ => None,
        };
        let ssid = match (joined, self.state) {
            (Some(home), _) => home.ssid,
            (None, State::Trying) => self.joining,
            _ if failure.is_some() => self.kept,
            _ => Ssid::EMPTY,
        };
        Standing {
            state: self.state,
            ssid,
            address: joined.map(|home| home.link.address),
            remembered: self.remembered,
            failure,
        }
    }

    /// Forgets the stored networks while the portal stays open, so that who asked for it hears of it.
    pub(super) fn forget(&mut self, now: Instant) -> Result<(), Problem> {
        match self.state {
            State::Open | State::Failed | State::Knocking => {}
            State::Trying => return Err(Problem::Busy),
            _ => return Err(Problem::Joined),
        }
        let wiped = self.wipe();
        // There is nothing left to join with.
        self.timer = None;
        if self.state == State::Knocking {
            self.take(Input::JoinFailed, now);
        }
        match wiped {
            Ok(()) => self.report(Event::Forgotten),
            Err(fault) => self.report(Event::StorageFault(fault)),
        }
        wiped.map_err(|_| Problem::Storage)
    }
}

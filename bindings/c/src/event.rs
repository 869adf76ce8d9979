//! What the portal reports, in a struct of which a kind of event uses some fields.

use core::net::Ipv4Addr;

use vestibule_core::{Answer as CoreAnswer, Event as CoreEvent, Ssid, StationAddress as CoreAddress};

use crate::error::{Answer, NO, YES};
use crate::held::{Portal, enter};
use crate::names::{
    VESTIBULE_UNKNOWN, client_number, failure_number, fault_number, front_end_number, input_number,
    interface_number, problem_number, state_number,
};

/// A network's name.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct NetworkName {
    /// Its bytes, which may be any.
    pub bytes: [u8; 32],
    /// How many of them count.
    pub length: u8,
}

impl NetworkName {
    pub(crate) const NONE: Self = Self { bytes: [0; 32], length: 0 };

    pub(crate) fn of(ssid: &Ssid) -> Self {
        let mut name = Self::NONE;
        let bytes = ssid.as_bytes();
        name.bytes[..bytes.len()].copy_from_slice(bytes);
        name.length = bytes.len() as u8;
        name
    }

    pub(crate) fn read(&self) -> Result<Ssid, crate::error::Error> {
        let bytes = self.bytes.get(..self.length.into()).ok_or(crate::error::Error::TooLong)?;
        Ssid::new(bytes).map_err(|_| crate::error::Error::TooLong)
    }
}

/// The device's address on the home network.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct StationAddress {
    /// The address; zeros are none.
    pub address: [u8; 4],
    /// The router; zeros are none.
    pub gateway: [u8; 4],
    /// How many bits of the address are the network's.
    pub prefix: u8,
}

impl StationAddress {
    pub(crate) fn of(link: Option<CoreAddress>) -> Self {
        link.map_or_else(Self::default, |link| Self {
            address: link.address.octets(),
            gateway: link.gateway.unwrap_or(Ipv4Addr::UNSPECIFIED).octets(),
            prefix: link.prefix,
        })
    }
}

/// What kind of event it is, and which fields it uses.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum EventKind {
    /// The device is in another state: `from`, `on`, `to`.
    State = 0,
    /// The access point came up (`up` is 1) or went down.
    AccessPoint = 1,
    /// A request was answered: `connection`, `interface`, `http_status`, `answer`, `client`.
    Answered = 2,
    /// The owner submitted a network that is tried now: `ssid`.
    Submitted = 3,
    /// The owner's submission cannot be tried: `problem`.
    Rejected = 4,
    /// A join failed: `ssid`, `failure`.
    JoinFailed = 5,
    /// The home network is joined: `ssid`, `link`.
    Joined = 6,
    /// The device's address has changed: `link`.
    AddressChanged = 7,
    /// The network is stored: `ssid`.
    Stored = 8,
    /// What was stored was forgotten.
    Forgotten = 9,
    /// The owner has been handed the result: `front_end`, `interface`.
    ResultDelivered = 10,
    /// Everything that is stored was tried in vain, and the portal does not open by itself.
    StaysClosed = 11,
    /// The home network has a sign-in page.
    CaptiveHome = 12,
    /// The flash failed: `fault`.
    StorageFault = 13,
}

/// How a request was answered.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum AnswerKind {
    /// A connectivity check, sent to the portal: `client`.
    Captured = 0,
    /// A connectivity check, answered as on the Internet: `client`.
    LetGo = 1,
    /// Any other foreign address, sent to the portal.
    Redirected = 2,
    /// The page to choose a network on.
    SetupPage = 3,
    /// The page that says that the network is being tried.
    JoiningPage = 4,
    /// The page with the result.
    ResultPage = 5,
    /// The page on the home network.
    HomePage = 6,
    /// The script of the pages.
    Script = 7,
    /// A form was taken.
    FormTaken = 8,
    /// The application's answer.
    Application = 9,
    /// The JSON interface's answer.
    Data = 10,
    /// A page that is still open has said so.
    KeptAlive = 11,
    /// A request that cannot be served.
    Refused = 12,
}

/// Something happened. What its kind does not use is 0, or VESTIBULE_UNKNOWN.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Event {
    /// A vestibule_event_kind.
    pub kind: u8,
    /// A vestibule_state.
    pub from: u8,
    /// A vestibule_input.
    pub on: u8,
    /// A vestibule_state.
    pub to: u8,
    /// 1 or 0.
    pub up: u8,
    /// Which connection.
    pub connection: u8,
    /// A vestibule_interface.
    pub interface: u8,
    /// A vestibule_answer_kind.
    pub answer: u8,
    /// A vestibule_client.
    pub client: u8,
    /// A vestibule_problem.
    pub problem: u8,
    /// A vestibule_join_failure.
    pub failure: u8,
    /// A vestibule_front_end.
    pub front_end: u8,
    /// A vestibule_storage_fault.
    pub fault: u8,
    /// The status that was sent.
    pub http_status: u16,
    /// The network.
    pub ssid: NetworkName,
    /// The device's address on it.
    pub link: StationAddress,
}

impl Event {
    const NOTHING: Self = Self {
        kind: VESTIBULE_UNKNOWN,
        from: VESTIBULE_UNKNOWN,
        on: VESTIBULE_UNKNOWN,
        to: VESTIBULE_UNKNOWN,
        up: 0,
        connection: 0,
        interface: VESTIBULE_UNKNOWN,
        answer: VESTIBULE_UNKNOWN,
        client: VESTIBULE_UNKNOWN,
        problem: VESTIBULE_UNKNOWN,
        failure: VESTIBULE_UNKNOWN,
        front_end: VESTIBULE_UNKNOWN,
        fault: VESTIBULE_UNKNOWN,
        http_status: 0,
        ssid: NetworkName::NONE,
        link: StationAddress { address: [0; 4], gateway: [0; 4], prefix: 0 },
    };

    fn new(kind: EventKind) -> Self {
        Self { kind: kind as u8, ..Self::NOTHING }
    }

    pub(crate) fn of(event: &CoreEvent) -> Self {
        let about = |kind, ssid| Self { ssid: NetworkName::of(ssid), ..Self::new(kind) };
        match event {
            CoreEvent::State { from, on, to } => Self {
                from: state_number(*from),
                on: input_number(*on),
                to: state_number(*to),
                ..Self::new(EventKind::State)
            },
            CoreEvent::AccessPoint { up } => Self { up: (*up).into(), ..Self::new(EventKind::AccessPoint) },
            CoreEvent::Answered { connection, interface, status, answer } => {
                let (answer, client) = answer_numbers(*answer);
                Self {
                    connection: connection.index() as u8,
                    interface: interface_number(Some(*interface)),
                    http_status: *status,
                    answer,
                    client,
                    ..Self::new(EventKind::Answered)
                }
            }
            CoreEvent::Submitted { ssid } => about(EventKind::Submitted, ssid),
            CoreEvent::Rejected(problem) => {
                Self { problem: problem_number(*problem), ..Self::new(EventKind::Rejected) }
            }
            CoreEvent::JoinFailed { ssid, reason } => {
                Self { failure: failure_number(*reason), ..about(EventKind::JoinFailed, ssid) }
            }
            CoreEvent::Joined { ssid, link } => {
                Self { link: StationAddress::of(Some(*link)), ..about(EventKind::Joined, ssid) }
            }
            CoreEvent::AddressChanged { link } => {
                Self { link: StationAddress::of(*link), ..Self::new(EventKind::AddressChanged) }
            }
            CoreEvent::Stored { ssid } => about(EventKind::Stored, ssid),
            CoreEvent::Forgotten => Self::new(EventKind::Forgotten),
            CoreEvent::ResultDelivered(delivery) => Self {
                front_end: front_end_number(delivery.over),
                interface: interface_number(delivery.interface),
                ..Self::new(EventKind::ResultDelivered)
            },
            CoreEvent::StaysClosed => Self::new(EventKind::StaysClosed),
            CoreEvent::CaptiveHome => Self::new(EventKind::CaptiveHome),
            CoreEvent::StorageFault(fault) => {
                Self { fault: fault_number(*fault), ..Self::new(EventKind::StorageFault) }
            }
            _ => Self::NOTHING,
        }
    }
}

fn answer_numbers(answer: CoreAnswer) -> (u8, u8) {
    let plain = |kind: AnswerKind| (kind as u8, VESTIBULE_UNKNOWN);
    match answer {
        CoreAnswer::Captured(client) => (AnswerKind::Captured as u8, client_number(client)),
        CoreAnswer::LetGo(client) => (AnswerKind::LetGo as u8, client_number(client)),
        CoreAnswer::Redirected => plain(AnswerKind::Redirected),
        CoreAnswer::SetupPage => plain(AnswerKind::SetupPage),
        CoreAnswer::JoiningPage => plain(AnswerKind::JoiningPage),
        CoreAnswer::ResultPage => plain(AnswerKind::ResultPage),
        CoreAnswer::HomePage => plain(AnswerKind::HomePage),
        CoreAnswer::Script => plain(AnswerKind::Script),
        CoreAnswer::FormTaken => plain(AnswerKind::FormTaken),
        CoreAnswer::Application => plain(AnswerKind::Application),
        CoreAnswer::Data => plain(AnswerKind::Data),
        CoreAnswer::KeptAlive => plain(AnswerKind::KeptAlive),
        CoreAnswer::Refused => plain(AnswerKind::Refused),
        _ => (VESTIBULE_UNKNOWN, VESTIBULE_UNKNOWN),
    }
}

/// The next event, into `event`.
///
/// Returns 1 if there is one, 0 if not, or an error. After every call it is asked until it returns 0; twelve wait at most.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_poll_event(portal: *mut Portal, event: *mut Event) -> i32 {
    let poll = |inside: crate::held::Inside<'_>| -> Answer {
        let place = inside.border.place(event)?;
        let Some(event) = inside.portal.poll_event() else { return NO };
        // SAFETY: C vouches for the place.
        unsafe { place.put(Event::of(&event)) };
        YES
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, poll) }
}

//! The numbers that stand for states, reasons and kinds. They are part of the ABI: what the core puts in between another
//! time does not change those that are here, and gets the next free one.
//!
//! C gives and gets them as plain bytes. A byte of C's is looked up here, never taken for one of these types.

use vestibule_core::detection::{AfterJoining, Client as CoreClient};
use vestibule_core::http::{Method as CoreMethod, Status};
use vestibule_core::pages::Notice as CoreNotice;
use vestibule_core::provisioning::{Input as CoreInput, ProvisioningState};
use vestibule_core::{
    BadPassphrase as Bad, FrontEnd as CoreFrontEnd, Interface as CoreInterface, JoinFailure as CoreFailure,
    JoinStage as CoreStage, MayOpen as CoreMayOpen, Problem as CoreProblem, Security as CoreSecurity,
    StorageFault as CoreFault,
};

use crate::error::Error;

/// The number of something that this version has no number for.
pub const VESTIBULE_UNKNOWN: u8 = 255;

/// What stands for what: a value of the core's and its number.
type Table<T, const N: usize> = [(T, u8); N];

fn number<T: PartialEq, const N: usize>(table: &Table<T, N>, value: &T) -> u8 {
    table.iter().find(|(known, _)| known == value).map_or(VESTIBULE_UNKNOWN, |(_, number)| *number)
}

fn named<T: Copy, const N: usize>(table: &Table<T, N>, number: u8) -> Result<T, Error> {
    table.iter().find(|(_, known)| *known == number).map(|(value, _)| *value).ok_or(Error::Number)
}

/// Where something comes from or goes to.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Interface {
    /// The device's own access point.
    AccessPoint = 0,
    /// The home network.
    Home = 1,
    /// Both, or none of them, where that is said.
    Any = 2,
}

pub(crate) fn interface(number: u8) -> Result<CoreInterface, Error> {
    named(&INTERFACES, number)
}

pub(crate) fn interface_number(interface: Option<CoreInterface>) -> u8 {
    interface.map_or(Interface::Any as u8, |interface| number(&INTERFACES, &interface))
}

const INTERFACES: Table<CoreInterface, 2> = [
    (CoreInterface::AccessPoint, Interface::AccessPoint as u8),
    (CoreInterface::Home, Interface::Home as u8),
];

/// Where the device stands.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum State {
    /// Nothing was asked of it yet, or it was told to forget.
    Idle = 0,
    /// Several networks are stored: listening for which of them is the strongest here.
    ScanningStored = 1,
    /// Joining with what is stored; no access point.
    Connecting = 2,
    /// A join failed, another follows shortly. No access point.
    Backoff = 3,
    /// Listening for networks before the access point goes up.
    Scanning = 4,
    /// The access point is up and the owner may submit.
    PortalOpen = 5,
    /// As VESTIBULE_STATE_PORTAL_OPEN, while what is stored is tried again.
    RetryingStored = 6,
    /// As VESTIBULE_STATE_PORTAL_OPEN, while what was submitted is tried.
    Joining = 7,
    /// A radio that cannot be both is about to try what was submitted.
    ClosingToJoin = 8,
    /// What was submitted is tried, the access point down.
    JoiningAlone = 9,
    /// What is stored is tried, the access point down meanwhile.
    RetryingAlone = 10,
    /// What was submitted did not join; the owner is told why and may submit again.
    Failed = 11,
    /// Joined; the access point stays up until the owner has read the result.
    ResultPending = 12,
    /// The result was read; the access point stays for a moment.
    Closing = 13,
    /// On the home network, the access point down.
    Connected = 14,
}

pub(crate) fn state_number(state: ProvisioningState) -> u8 {
    number(&STATES, &state)
}

const STATES: Table<ProvisioningState, 15> = {
    use ProvisioningState::*;
    [
        (Idle, State::Idle as u8),
        (ScanningStored, State::ScanningStored as u8),
        (Connecting, State::Connecting as u8),
        (Backoff, State::Backoff as u8),
        (Scanning, State::Scanning as u8),
        (PortalOpen, State::PortalOpen as u8),
        (RetryingStored, State::RetryingStored as u8),
        (Joining, State::Joining as u8),
        (ClosingToJoin, State::ClosingToJoin as u8),
        (JoiningAlone, State::JoiningAlone as u8),
        (RetryingAlone, State::RetryingAlone as u8),
        (Failed, State::Failed as u8),
        (ResultPending, State::ResultPending as u8),
        (Closing, State::Closing as u8),
        (Connected, State::Connected as u8),
    ]
};

/// What the machine took to get from one state to another.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Input {
    /// Connect or set up; one network is stored.
    StartStored = 0,
    /// Connect or set up; several networks are stored.
    StartSeveral = 1,
    /// Connect or set up; nothing is stored.
    StartEmpty = 2,
    /// Open the portal, whatever is stored.
    Setup = 3,
    /// The scan is over.
    ScanFinished = 4,
    /// The owner submitted a network.
    Submitted = 5,
    /// The same, of a radio that cannot be both.
    SubmittedAlone = 6,
    /// What is stored is to be tried by such a radio.
    RetryAlone = 7,
    /// The network is joined.
    Joined = 8,
    /// A join failed, and others follow.
    JoinFailed = 9,
    /// The last join failed, and the portal may open.
    LastJoinFailed = 10,
    /// The last join failed, and the device is to rest.
    GaveUp = 11,
    /// A wait is over.
    Timeout = 12,
    /// The owner has been handed the result.
    ResultDelivered = 13,
    /// The home network is gone.
    Disconnected = 14,
    /// The portal was open for long enough.
    PortalTimeout = 15,
    /// The device was told to forget.
    Cleared = 16,
}

pub(crate) fn input_number(input: CoreInput) -> u8 {
    number(&INPUTS, &input)
}

const INPUTS: Table<CoreInput, 17> = {
    use CoreInput::*;
    [
        (StartStored, Input::StartStored as u8),
        (StartSeveral, Input::StartSeveral as u8),
        (StartEmpty, Input::StartEmpty as u8),
        (Setup, Input::Setup as u8),
        (ScanFinished, Input::ScanFinished as u8),
        (Submitted, Input::Submitted as u8),
        (SubmittedAlone, Input::SubmittedAlone as u8),
        (RetryAlone, Input::RetryAlone as u8),
        (Joined, Input::Joined as u8),
        (JoinFailed, Input::JoinFailed as u8),
        (LastJoinFailed, Input::LastJoinFailed as u8),
        (GaveUp, Input::GaveUp as u8),
        (Timeout, Input::Timeout as u8),
        (ResultDelivered, Input::ResultDelivered as u8),
        (Disconnected, Input::Disconnected as u8),
        (PortalTimeout, Input::PortalTimeout as u8),
        (Cleared, Input::Cleared as u8),
    ]
};

/// Why a network was not joined.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum JoinFailure {
    /// The passphrase is wrong, or the link is too weak.
    WrongPassphrase = 0,
    /// No network of this name was found.
    NotFound = 1,
    /// The network's access point refused the device.
    Refused = 2,
    /// The network handed out no address.
    NoAddress = 3,
    /// The network has no router to others.
    NoGateway = 4,
    /// The radio does not know.
    Unknown = 5,
}

pub(crate) fn failure(number: u8) -> Result<CoreFailure, Error> {
    named(&FAILURES, number)
}

pub(crate) fn failure_number(failure: CoreFailure) -> u8 {
    number(&FAILURES, &failure)
}

const FAILURES: Table<CoreFailure, 6> = [
    (CoreFailure::WrongPassphrase, JoinFailure::WrongPassphrase as u8),
    (CoreFailure::NotFound, JoinFailure::NotFound as u8),
    (CoreFailure::Refused, JoinFailure::Refused as u8),
    (CoreFailure::NoAddress, JoinFailure::NoAddress as u8),
    (CoreFailure::NoGateway, JoinFailure::NoGateway as u8),
    (CoreFailure::Unknown, JoinFailure::Unknown as u8),
];

/// How far a join had come when the radio gave a reason code.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum JoinStage {
    /// The radio does not say.
    Unknown = 0,
    /// Looking for the network.
    Scan = 1,
    /// Open System authentication.
    OpenAuthentication = 2,
    /// SAE, first exchange.
    SaeCommit = 3,
    /// SAE, second exchange.
    SaeConfirm = 4,
    /// Association.
    Association = 5,
    /// The 4-way handshake.
    Handshake = 6,
}

pub(crate) fn stage(number: u8) -> Result<CoreStage, Error> {
    named(&STAGES, number)
}

const STAGES: Table<CoreStage, 7> = [
    (CoreStage::Unknown, JoinStage::Unknown as u8),
    (CoreStage::Scan, JoinStage::Scan as u8),
    (CoreStage::OpenAuthentication, JoinStage::OpenAuthentication as u8),
    (CoreStage::SaeCommit, JoinStage::SaeCommit as u8),
    (CoreStage::SaeConfirm, JoinStage::SaeConfirm as u8),
    (CoreStage::Association, JoinStage::Association as u8),
    (CoreStage::Handshake, JoinStage::Handshake as u8),
];

/// How a network is protected.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Security {
    /// Not at all.
    Open = 0,
    /// WPA or WPA2 with a passphrase.
    Wpa2 = 1,
    /// Either of the two.
    Wpa2Wpa3 = 2,
    /// WPA3 with a passphrase.
    Wpa3 = 3,
    /// By user names or certificates, which the device cannot join.
    Enterprise = 4,
    /// In a way that the device does not know.
    Unsupported = 5,
}

pub(crate) fn security(number: u8) -> Result<CoreSecurity, Error> {
    named(&SECURITIES, number)
}

pub(crate) fn security_number(security: CoreSecurity) -> u8 {
    number(&SECURITIES, &security)
}

const SECURITIES: Table<CoreSecurity, 6> = [
    (CoreSecurity::Open, Security::Open as u8),
    (CoreSecurity::Wpa2, Security::Wpa2 as u8),
    (CoreSecurity::Wpa2Wpa3, Security::Wpa2Wpa3 as u8),
    (CoreSecurity::Wpa3, Security::Wpa3 as u8),
    (CoreSecurity::Enterprise, Security::Enterprise as u8),
    (CoreSecurity::Unsupported, Security::Unsupported as u8),
];

/// When the portal may open by itself.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum MayOpen {
    /// Whenever nothing can be joined.
    Always = 0,
    /// For a while after power has come.
    AfterPowerUp = 1,
    /// The same, and once.
    OnceAfterPowerUp = 2,
    /// Never, only by vestibule_setup.
    WhenAsked = 3,
}

pub(crate) fn may_open(number: u8) -> Result<CoreMayOpen, Error> {
    named(&MAY_OPEN, number)
}

pub(crate) fn may_open_number(value: CoreMayOpen) -> u8 {
    number(&MAY_OPEN, &value)
}

const MAY_OPEN: Table<CoreMayOpen, 4> = [
    (CoreMayOpen::Always, MayOpen::Always as u8),
    (CoreMayOpen::AfterPowerUp, MayOpen::AfterPowerUp as u8),
    (CoreMayOpen::OnceAfterPowerUp, MayOpen::OnceAfterPowerUp as u8),
    (CoreMayOpen::WhenAsked, MayOpen::WhenAsked as u8),
];

/// What phones' checks are answered once the network is joined.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Afterwards {
    /// As on the Internet, where the owner's page stays all the same.
    LetGo = 0,
    /// As before, until the access point goes away.
    StayCaptive = 1,
}

pub(crate) fn afterwards(number: u8) -> Result<AfterJoining, Error> {
    match number {
        number if number == Afterwards::LetGo as u8 => Ok(AfterJoining::LetGo),
        number if number == Afterwards::StayCaptive as u8 => Ok(AfterJoining::StayCaptive),
        _ => Err(Error::Number),
    }
}

/// How the owner was handed the result.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum FrontEnd {
    /// On the page.
    Page = 0,
    /// By the JSON interface.
    Json = 1,
    /// By a WebSocket of an application's.
    WebSocket = 2,
    /// On a serial line.
    Serial = 3,
    /// By Bluetooth.
    Bluetooth = 4,
    /// By the application.
    Application = 5,
}

pub(crate) fn front_end(number: u8) -> Result<CoreFrontEnd, Error> {
    named(&FRONT_ENDS, number)
}

pub(crate) fn front_end_number(value: CoreFrontEnd) -> u8 {
    number(&FRONT_ENDS, &value)
}

const FRONT_ENDS: Table<CoreFrontEnd, 6> = [
    (CoreFrontEnd::Page, FrontEnd::Page as u8),
    (CoreFrontEnd::Json, FrontEnd::Json as u8),
    (CoreFrontEnd::WebSocket, FrontEnd::WebSocket as u8),
    (CoreFrontEnd::Serial, FrontEnd::Serial as u8),
    (CoreFrontEnd::Bluetooth, FrontEnd::Bluetooth as u8),
    (CoreFrontEnd::Application, FrontEnd::Application as u8),
];

/// What is wrong with the flash.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum StorageFault {
    /// It failed, or lost its power while it was written.
    Flash = 0,
    /// It holds no record that this firmware can read, and counts as empty.
    Unreadable = 1,
    /// There are too few sectors.
    TooSmall = 2,
}

pub(crate) fn fault_number(fault: CoreFault) -> u8 {
    number(&FAULTS, &fault)
}

const FAULTS: Table<CoreFault, 3> = [
    (CoreFault::Flash, StorageFault::Flash as u8),
    (CoreFault::Unreadable, StorageFault::Unreadable as u8),
    (CoreFault::TooSmall, StorageFault::TooSmall as u8),
];

/// What asked whether it is on the Internet.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Client {
    /// Android and what is made of it.
    Android = 0,
    /// iOS, iPadOS, macOS.
    Apple = 1,
    /// Windows.
    Windows = 2,
    /// ChromeOS.
    ChromeOs = 3,
    /// Firefox.
    Firefox = 4,
    /// NetworkManager on Linux.
    NetworkManager = 5,
    /// KDE.
    Kde = 6,
    /// Amazon's Fire OS.
    FireOs = 7,
    /// Kindle.
    Kindle = 8,
    /// Nintendo's consoles.
    Nintendo = 9,
}

pub(crate) fn client_number(client: CoreClient) -> u8 {
    number(&CLIENTS, &client)
}

const CLIENTS: Table<CoreClient, 10> = [
    (CoreClient::Android, Client::Android as u8),
    (CoreClient::Apple, Client::Apple as u8),
    (CoreClient::Windows, Client::Windows as u8),
    (CoreClient::ChromeOs, Client::ChromeOs as u8),
    (CoreClient::Firefox, Client::Firefox as u8),
    (CoreClient::NetworkManager, Client::NetworkManager as u8),
    (CoreClient::Kde, Client::Kde as u8),
    (CoreClient::FireOs, Client::FireOs as u8),
    (CoreClient::Kindle, Client::Kindle as u8),
    (CoreClient::Nintendo, Client::Nintendo as u8),
];

/// What is wrong with what the owner asked for.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Problem {
    /// No network was named.
    NoNetwork = 0,
    /// The network's name has more than 32 bytes.
    NetworkNameTooLong = 1,
    /// The network's name is not text.
    NetworkNameNotText = 2,
    /// A network of nearly that name was heard, and none of it; asked again, it is tried.
    NetworkNameAlike = 3,
    /// The passphrase has fewer than 8 characters.
    PassphraseTooShort = 4,
    /// The passphrase has more than 63 characters.
    PassphraseTooLong = 5,
    /// 64 characters are a key, and not all are hexadecimal digits.
    PassphraseNotHex = 6,
    /// The passphrase has a control character.
    PassphraseWithControl = 7,
    /// What was sent cannot be read.
    Unreadable = 8,
    /// A network is still being tried.
    Busy = 9,
    /// The network asks for a user name or a certificate.
    Enterprise = 10,
    /// The device does not have the network's protection.
    Unsupported = 11,
    /// The network asks for a passphrase.
    PassphraseMissing = 12,
    /// The network that was heard asks for no passphrase.
    PassphraseNeedless = 13,
    /// The passphrase is not text.
    PassphraseNotText = 14,
    /// One of the application's fields does not take its value.
    Field = 15,
    /// The values of the application's fields are too long together.
    FieldsTooLong = 16,
    /// The form carries no valid CSRF token.
    Stale = 17,
    /// The sealed form cannot be opened.
    SealBroken = 18,
    /// The sealed form cannot be opened by the label's code.
    WrongCode = 19,
    /// The sealed form was opened before.
    SentBefore = 20,
    /// The form is not sealed.
    NotSealed = 21,
    /// The rate limit is reached.
    TooMany = 22,
    /// The request comes from another site's page.
    Foreign = 23,
    /// The query holds what belongs into the body.
    InAddress = 24,
    /// The body is neither a form nor JSON.
    MediaType = 25,
    /// The device has joined a network.
    Joined = 26,
    /// The portal is not open.
    PortalClosed = 27,
    /// The flash could not be wiped.
    Storage = 28,
    /// The timeout is missing or out of range.
    NoTimeout = 29,
    /// The device is not known by this host name.
    Misdirected = 30,
    /// The path does not exist.
    NotFound = 31,
    /// The path does not take this method.
    NotAllowed = 32,
}

pub(crate) fn problem(number: u8) -> Result<CoreProblem, Error> {
    named(&PROBLEMS, number)
}

pub(crate) fn problem_number(problem: CoreProblem) -> u8 {
    number(&PROBLEMS, &problem)
}

const PROBLEMS: Table<CoreProblem, 33> = {
    use CoreProblem::*;
    [
        (NoNetwork, Problem::NoNetwork as u8),
        (NetworkNameTooLong, Problem::NetworkNameTooLong as u8),
        (NetworkNameNotText, Problem::NetworkNameNotText as u8),
        (NetworkNameAlike, Problem::NetworkNameAlike as u8),
        (CoreProblem::BadPassphrase(Bad::TooShort), Problem::PassphraseTooShort as u8),
        (CoreProblem::BadPassphrase(Bad::TooLong), Problem::PassphraseTooLong as u8),
        (CoreProblem::BadPassphrase(Bad::NotHex), Problem::PassphraseNotHex as u8),
        (CoreProblem::BadPassphrase(Bad::Control), Problem::PassphraseWithControl as u8),
        (Unreadable, Problem::Unreadable as u8),
        (Busy, Problem::Busy as u8),
        (Enterprise, Problem::Enterprise as u8),
        (Unsupported, Problem::Unsupported as u8),
        (PassphraseMissing, Problem::PassphraseMissing as u8),
        (PassphraseNeedless, Problem::PassphraseNeedless as u8),
        (PassphraseNotText, Problem::PassphraseNotText as u8),
        (Field, Problem::Field as u8),
        (FieldsTooLong, Problem::FieldsTooLong as u8),
        (Stale, Problem::Stale as u8),
        (SealBroken, Problem::SealBroken as u8),
        (WrongCode, Problem::WrongCode as u8),
        (SentBefore, Problem::SentBefore as u8),
        (NotSealed, Problem::NotSealed as u8),
        (TooMany, Problem::TooMany as u8),
        (Foreign, Problem::Foreign as u8),
        (InAddress, Problem::InAddress as u8),
        (MediaType, Problem::MediaType as u8),
        (Joined, Problem::Joined as u8),
        (PortalClosed, Problem::PortalClosed as u8),
        (Storage, Problem::Storage as u8),
        (NoTimeout, Problem::NoTimeout as u8),
        (Misdirected, Problem::Misdirected as u8),
        (NotFound, Problem::NotFound as u8),
        (NotAllowed, Problem::NotAllowed as u8),
    ]
};

/// What the owner is told above the form.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Notice {
    /// Nothing.
    Nothing = 0,
    /// The network could not be joined; the failure says why.
    Failed = 1,
    /// The same, probably because of characters beyond ASCII in its passphrase.
    NotAscii = 2,
    /// The firmware has failed and restarted several times.
    Restarted = 3,
    /// The submission could not be used; the problem says why.
    Problem = 4,
    /// What the flash holds could not be read.
    StoredUnreadable = 5,
}

/// The notice, its failure and its problem.
pub(crate) fn notice_numbers(notice: Option<CoreNotice>) -> (u8, u8, u8) {
    let (unknown, kind) = (VESTIBULE_UNKNOWN, |notice: Notice| notice as u8);
    match notice {
        None => (kind(Notice::Nothing), unknown, unknown),
        Some(CoreNotice::Failed(failure)) => (kind(Notice::Failed), failure_number(failure), unknown),
        Some(CoreNotice::NotAscii(failure)) => (kind(Notice::NotAscii), failure_number(failure), unknown),
        Some(CoreNotice::Restarted) => (kind(Notice::Restarted), unknown, unknown),
        Some(CoreNotice::Problem(problem)) => (kind(Notice::Problem), unknown, problem_number(problem)),
        Some(CoreNotice::StoredUnreadable) => (kind(Notice::StoredUnreadable), unknown, unknown),
    }
}

/// A method of HTTP that an application's route may take.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Method {
    /// GET, and HEAD, whose content is left out.
    Get = 0,
    /// POST.
    Post = 1,
    /// PUT.
    Put = 2,
    /// PATCH.
    Patch = 3,
    /// DELETE.
    Delete = 4,
}

pub(crate) fn method(number: u8) -> Result<CoreMethod, Error> {
    named(&METHODS, number)
}

/// The number of a request's method: one that a route takes.
pub(crate) fn method_number(method: CoreMethod) -> u8 {
    if method == CoreMethod::Head { Method::Get as u8 } else { number(&METHODS, &method) }
}

const METHODS: Table<CoreMethod, 5> = [
    (CoreMethod::Get, Method::Get as u8),
    (CoreMethod::Post, Method::Post as u8),
    (CoreMethod::Put, Method::Put as u8),
    (CoreMethod::Patch, Method::Patch as u8),
    (CoreMethod::Delete, Method::Delete as u8),
];

/// The statuses that an application may answer with.
pub(crate) fn status(code: u16) -> Option<Status> {
    use Status::*;
    [
        Ok,
        Accepted,
        NoContent,
        SeeOther,
        BadRequest,
        Forbidden,
        NotFound,
        Conflict,
        ContentTooLarge,
        UnsupportedMediaType,
        TooManyRequests,
        InternalServerError,
        NotImplemented,
        ServiceUnavailable,
    ]
    .into_iter()
    .find(|status| status.code() == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_whole<T: Copy + PartialEq + core::fmt::Debug, const N: usize>(table: &Table<T, N>, all: &[T]) {
        assert_eq!(table.map(|(value, _)| value).as_slice(), all, "every value has a number");
        for (place, (value, known)) in table.iter().enumerate() {
            assert_eq!(usize::from(*known), place, "no number is given twice");
            assert_eq!((number(table, value), named(table, *known)), (*known, Ok(*value)));
        }
        assert_eq!(named(table, VESTIBULE_UNKNOWN), Err(Error::Number));
    }

    #[test]
    fn whatever_the_core_knows_has_a_number() {
        is_whole(&STATES, &ProvisioningState::ALL);
        is_whole(&INPUTS, &CoreInput::ALL);
        is_whole(&FAILURES, &CoreFailure::ALL);
        is_whole(&FRONT_ENDS, &CoreFrontEnd::ALL);
        is_whole(&FAULTS, &CoreFault::ALL);
        is_whole(&CLIENTS, &CoreClient::ALL);
        is_whole(&PROBLEMS, &CoreProblem::ALL);
    }
}

//! Phones: the connectivity checks of operating systems as sans-IO state machines.
//!
//! A [`Checker`] is told what happened ([`Input`]) and says what it does ([`Output`]); it opens
//! no socket, reads no clock and takes its randomness from a seed, so a driver over real sockets
//! and a driver in virtual time see the same phone. The models are listed by [`models`]; what a
//! single recorded reply means to a client is answered by [`judge`].
//!
//! Every conclusion names the [`Rule`] that decided it. Nothing here may share parsing code with
//! the device: each side checks the other.
//!
//! How a driver uses a checker, after every call of [`Checker::handle`]:
//!
//! 1. take outputs from [`Checker::poll`] until it returns `None` and carry them out;
//! 2. call `handle` with [`Input::Deadline`] when [`Checker::poll_timeout`] is reached.
//!
//! An exchange ends when the driver reports [`Progress::Ended`], [`Progress::Reset`],
//! [`Progress::Refused`] or [`Progress::Unreachable`], or when the phone says
//! [`Output::Abandon`]. Reports about an exchange that has ended are ignored.

mod android;
mod apple;
mod capport;
mod chromeos;
mod chromium;
pub mod explain;
mod features;
mod fetch;
mod firefox;
pub mod judge;
mod kindle;
mod lookup;
mod machine;
mod model;
mod network_manager;
mod nintendo;
mod plain;
mod question;
pub mod recognise;
mod reply;
mod rule;
mod steps;
#[cfg(test)]
mod tests;
mod windows;
mod wire;

use std::net::{Ipv4Addr, SocketAddrV4};

use vestibule_core::Instant;

pub use features::Feature;
pub use model::{Family, Model, Need, Options, Presents, UnknownModel, all as models, by_id};
pub use reply::{BadReply, Ending, Reader, Reply};
pub use rule::{Grade, Rule};

/// What joining a network gave the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The phone's own address.
    pub address: Ipv4Addr,
    /// The router of the network.
    pub router: Ipv4Addr,
    /// Where the phone sends DNS questions, port 53 as a rule.
    pub resolver: SocketAddrV4,
}

/// Names one exchange of one phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(pub u32);

/// Something that the phone wants sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// One UDP datagram. The driver reports every datagram that comes back as
    /// [`Progress::Received`] until the phone abandons the exchange.
    Datagram {
        /// The receiver.
        to: SocketAddrV4,
        /// The bytes to send.
        payload: Vec<u8>,
    },
    /// A TCP connection on which `payload` is sent once it stands.
    Stream {
        /// The server.
        to: SocketAddrV4,
        /// The bytes to send.
        payload: Vec<u8>,
    },
    /// A TLS connection. **Simplification:** TLS is not spoken. The driver reports only whether
    /// the TCP connection was accepted ([`Progress::Connected`]) or not, and an accepted one can
    /// never present a certificate for `server_name`, so the phone then concludes a failed
    /// handshake at once. A driver that plays the genuine internet reports the decrypted reply
    /// with `Received` and `Ended` instead, and no `Connected`.
    Tls {
        /// The server.
        to: SocketAddrV4,
        /// The name in the handshake.
        server_name: String,
    },
}

/// How an exchange went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress<'a> {
    /// The TCP connection stands.
    Connected,
    /// Bytes came (one datagram, or any piece of a stream).
    Received(&'a [u8]),
    /// The peer closed the stream in an orderly way.
    Ended,
    /// The peer reset the connection.
    Reset,
    /// Nobody listens there.
    Refused,
    /// No route, or ICMP said unreachable.
    Unreachable,
}

/// What happened to the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// The phone joined a network by its owner's hand and has an address. A second one without
    /// [`Input::Left`] between them counts as leaving first.
    Joined(Link),
    /// DHCP option 114 of the network that will be joined next (RFC 8910); `None` when it has none.
    /// Kept for every later join.
    Announced {
        /// The URL of its captive portal API.
        captive_portal_api: Option<&'a str>,
    },
    /// The network is gone: out of range, switched off, or the owner left it.
    Left,
    /// Something about an exchange.
    Exchange {
        /// Which one.
        id: ExchangeId,
        /// What.
        progress: Progress<'a>,
    },
    /// The moment of [`Checker::poll_timeout`] has come.
    Deadline,
    /// The owner, or the sheet's browser on the owner's behalf, did something.
    Owner(OwnerAction<'a>),
}

/// What the owner does, and what the browser inside the sheet reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerAction<'a> {
    /// Taps the sign-in notification.
    TapNotification,
    /// The sheet's browser began to load a page.
    PageStarted {
        /// Its address.
        url: &'a str,
    },
    /// The sheet's browser finished loading a page.
    PageFinished {
        /// Its address.
        url: &'a str,
    },
    /// Cancel on Apple's sheet; on Android, closing the sign-in page.
    Cancel,
    /// Done on Apple's sheet.
    Done,
    /// "Use this network as is" (Android), "Use Without Internet" (Apple), or "stay" in answer
    /// to [`Output::AskToStay`].
    UseAsIs,
    /// "Do not use this network" (Android), or "leave" in answer to [`Output::AskToStay`].
    DoNotUse,
}

/// What the phone does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Begin an exchange.
    Open {
        /// Its name from here on.
        id: ExchangeId,
        /// What to send, and where.
        exchange: Exchange,
    },
    /// The phone has lost interest: close it, report nothing more.
    Abandon(ExchangeId),
    /// One evaluation of the network ended.
    Verdict {
        /// What the phone now believes.
        verdict: Verdict,
        /// The rule that decided.
        rule: &'static Rule,
    },
    /// A notification asks the owner to sign in.
    Notify {
        /// The page that a tap would open.
        url: String,
        /// Why that page.
        rule: &'static Rule,
    },
    /// A dialog asks whether to stay on a network without internet.
    AskToStay {
        /// Why it is asked.
        rule: &'static Rule,
    },
    /// The sign-in sheet opened, or the browser in its place: [`Model::presents`] says which.
    SheetOpened {
        /// The page it loads.
        url: String,
        /// The `User-Agent` of its browser.
        user_agent: String,
        /// Why that page.
        rule: &'static Rule,
    },
    /// The sign-in sheet closed.
    SheetClosed {
        /// Why.
        why: SheetClosed,
    },
    /// Apple's sheet now shows this button.
    SheetButton(Button),
    /// The phone leaves the network of its own accord, or of its owner's.
    Left {
        /// Why.
        why: Departure,
    },
    /// Something a portal's author will want to know.
    Finding(Finding),
}

/// What a phone believes about the network it joined.
///
/// ```
/// use vestibule::phone::Verdict;
///
/// let portal = Verdict::Portal { url: "http://192.168.4.1/".into() };
/// assert!(portal.is_portal() && !Verdict::NoInternet.is_portal());
/// assert!(Verdict::WORDS.contains(&portal.word()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The owner has to sign in.
    Portal {
        /// Where.
        url: String,
    },
    /// The internet is there (or the owner wants the network as it is).
    Online,
    /// HTTP works, HTTPS does not (Android).
    Partial,
    /// Not a portal, though the check did not succeed either: associated, no sheet (Apple).
    NotCaptive,
    /// Nothing could be learnt, so the phone assumes to be online: associated, no sheet (Apple).
    Inconclusive,
    /// No internet: associated, no sheet (Android, Windows).
    NoInternet,
    /// Names that nobody has lead somewhere (Chromium, beside its portal detector).
    NamesRedirected,
}

impl Verdict {
    /// Whether this is the one conclusion that brings a sign-in sheet.
    pub fn is_portal(&self) -> bool {
        matches!(self, Self::Portal { .. })
    }

    /// Every word of [`Verdict::word`].
    pub const WORDS: [&'static str; 7] =
        ["portal", "online", "partial", "not-captive", "inconclusive", "no-internet", "names-redirected"];

    /// In one word, as scenarios, recordings and traces write it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Portal { .. } => "portal",
            Self::Online => "online",
            Self::Partial => "partial",
            Self::NotCaptive => "not-captive",
            Self::Inconclusive => "inconclusive",
            Self::NoInternet => "no-internet",
            Self::NamesRedirected => "names-redirected",
        }
    }
}

/// The button in the corner of Apple's sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Button {
    /// Leaves the network.
    Cancel,
    /// Closes the sheet and stays.
    Done,
}

/// Why a sheet closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SheetClosed {
    /// The network was validated (Android 11 and later).
    Validated,
    /// The sheet's own check was answered 204 (Android 10).
    CheckSucceeded,
    /// The network went away.
    NetworkLost,
    /// The owner closed it.
    Cancelled,
    /// The owner pressed Done.
    Done,
    /// The owner uses the network as it is.
    UsedAsIs,
    /// The owner does not want the network.
    NotWanted,
}

/// Why a phone left a network of its own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Departure {
    /// Cancel on Apple's sheet disassociates.
    SheetCancelled,
    /// The owner said so.
    NotWanted,
    /// It has waited for the internet long enough ([`Options::leaves_without_internet`]).
    NoInternet,
}

/// Something odd about what the network answered, or about what the owner tried.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Finding {
    /// A datagram came back that is no DNS message.
    #[error("the answer to the {asked} question for {name} cannot be read: {problem}")]
    UnreadableAnswer {
        /// The name asked for.
        name: String,
        /// The type asked for.
        asked: String,
        /// What the reader says.
        problem: String,
    },
    /// A DNS answer carries another identifier than the question.
    #[error("an answer came with identifier {got:#06x} to the {asked} question {expected:#06x} for {name}")]
    ForeignIdentifier {
        /// The name asked for.
        name: String,
        /// The type asked for.
        asked: String,
        /// The question's identifier.
        expected: u16,
        /// The answer's identifier.
        got: u16,
    },
    /// A DNS answer repeats another question, or none, or is a question itself.
    #[error("an answer to another question came to the {asked} question for {name}")]
    OtherQuestion {
        /// The name asked for.
        name: String,
        /// The type asked for.
        asked: String,
    },
    /// A DNS answer holds a record of a type that was not asked for.
    #[error("the {asked} question for {name} was answered with a record of type {got}")]
    UnaskedRecord {
        /// The name asked for.
        name: String,
        /// The type asked for.
        asked: String,
        /// The type that came.
        got: String,
    },
    /// A DNS answer holds a record of another owner name.
    #[error("the {asked} question for {name} was answered with a record of {owner}")]
    OtherOwner {
        /// The name asked for.
        name: String,
        /// The type asked for.
        asked: String,
        /// The record's owner name.
        owner: String,
    },
    /// A DNS answer says that something is wrong.
    #[error("the {asked} question for {name} was answered with the error \"{code}\"")]
    QuestionFailed {
        /// The name asked for.
        name: String,
        /// The type asked for.
        asked: String,
        /// The response code in words.
        code: String,
    },
    /// A DNS question was not answered while the check that asked it ran.
    #[error("the {asked} question for {name} was not answered")]
    Unanswered {
        /// The name asked for.
        name: String,
        /// The type asked for.
        asked: String,
    },
    /// A reply to a check cannot be read as HTTP.
    #[error("the reply to the check of {host} cannot be read: {problem}")]
    UnreadableReply {
        /// Whom the check asked.
        host: String,
        /// What the reader says.
        problem: BadReply,
    },
    /// The owner reached for something that this phone does not show at this moment.
    #[error("this phone shows nothing that answers to: {0}")]
    NothingToPress(&'static str),
}

/// An operating system's connectivity check.
///
/// `Send`, so that a driver may move each phone to a task of its own.
///
/// ```
/// use vestibule::phone::{Input, Link, Output, by_id};
/// use vestibule_core::Instant;
///
/// let mut phone = by_id("ios-17").unwrap().new_checker(1);
/// let link = Link {
///     address: "192.168.4.2".parse().unwrap(),
///     router: "192.168.4.1".parse().unwrap(),
///     resolver: "192.168.4.1:53".parse().unwrap(),
/// };
/// let now = Instant::from_micros(0);
/// phone.handle(Input::Joined(link), now);
/// let now = phone.poll_timeout().unwrap_or(now);
/// phone.handle(Input::Deadline, now);
/// let mut sent = std::iter::from_fn(|| phone.poll()).filter(|output| matches!(output, Output::Open { .. }));
/// assert!(sent.next().is_some(), "the question for the name of its check");
/// ```
pub trait Checker: Send {
    /// Takes what happened at `now`. Moments must not go backwards; if they do, nothing worse
    /// happens than that deadlines come late.
    fn handle(&mut self, input: Input<'_>, now: Instant);

    /// The next thing that the phone does.
    #[must_use]
    fn poll(&mut self) -> Option<Output>;

    /// When the phone next has to be called although nothing happens.
    #[must_use]
    fn poll_timeout(&self) -> Option<Instant>;

    /// Which phone this is.
    fn model(&self) -> &'static Model;
}

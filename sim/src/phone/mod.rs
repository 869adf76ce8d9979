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
//!
//! # Layers
//!
//! From below; a file uses those above it in this list, never one below it.
//!
//! - `rule`, `dispute`, `reader_rules`, `engines`, `reply`, `exchange`, `verdict`, `finding`, `input`, `output`: the
//!   words.
//! - `question`, `judge`, `wire`, `lookup`, `fetch`, `capport`: one request, and what its outcome means.
//! - `table`, `check`, `system`, `features`, `model`, `checker`: what a family has to bring.
//! - `machine`, `transitions`, `url_probe`: what every family runs on.
//! - `families`: Android, Apple, Windows and the others. A generation of Android is added in
//!   `families/android/generations.rs`.
//! - `catalogue`: all models; `recognise`, `known` and `explain` ask it.

mod capport;
mod catalogue;
mod check;
mod checker;
mod dhcp;
mod dispute;
mod engines;
mod exchange;
pub mod explain;
mod families;
mod features;
mod fetch;
mod finding;
mod input;
pub mod judge;
mod known;
mod lookup;
mod machine;
mod model;
mod options;
mod output;
mod question;
mod reader_rules;
pub mod recognise;
mod reply;
mod rule;
mod service_question;
mod side_request;
mod system;
mod table;
#[cfg(test)]
mod tests;
mod transitions;
mod url_probe;
mod verdict;
mod wire;

#[cfg(feature = "cli")]
pub(crate) use catalogue::words;
pub use catalogue::{UnknownModel, all as models, android_that_asks, by_id, disputes, rules, select};
pub use checker::Checker;
pub use dhcp::DhcpFingerprint;
pub use dispute::Dispute;
pub use exchange::{Exchange, ExchangeId, Link, Progress};
pub use features::Feature;
pub use finding::Finding;
pub use input::{Input, OwnerAction};
pub(crate) use known::{judge_of, known};
pub use model::{Family, Model, Need, Presents};
pub use options::{JoinsBy, Options, PrivateDns};
pub use output::{Button, Departure, Output, SheetClosed};
pub use reader_rules::ReaderRules;
pub use reply::{BadReply, Ending, Reader, Reply};
pub use rule::{Grade, Rule};
pub use verdict::Verdict;

pub use crate::tls::HandshakeProblem;

//! The one record of a run. Everything that happens is appended here, and nothing is stored
//! elsewhere: the terminal's timeline, the dashboard, snapshots and files are projections of it.
//!
//! No secret enters it: submitted forms are not recorded, no event has a field that could hold a
//! passphrase, and frames are recorded without what the owner typed.

mod hex;
mod pcapng;
mod read;
mod svg;
mod timeline;

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use vestibule_core::Instant;

pub use crate::text::FilePosition;
pub use pcapng::{NoFrames, pcapng};
pub use read::{TraceError, parse, read};
pub use svg::svg;
pub use timeline::{Timeline, line, meaning, painted, words};

/// Records kept in memory; older ones are dropped. A journey has some two hundred.
pub const KEPT: usize = 20_000;

/// One thing that happened.
///
/// ```
/// use vestibule::trace::{Record, json, line, parse};
///
/// let record = Record::begins("a first join", 7);
/// assert!(line(&record).starts_with("   0.000 s  world"));
/// let written = json(&record);
/// assert!(written.starts_with(r#"{"us":0,"node":"world""#));
/// assert_eq!(json(&parse(&written, "t.jsonl".as_ref())?[0]), written);
/// # Ok::<(), vestibule::trace::TraceError>(())
/// ```
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// Which record of its run, from 0 on: a follower's place in it.
    #[serde(skip)]
    pub number: u64,
    /// Microseconds since the world began.
    #[serde(rename = "us", serialize_with = "micros")]
    pub at: Instant,
    /// To whom: `device`, `world`, or a phone's name.
    pub node: Arc<str>,
    /// On which layer.
    pub layer: Layer,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

impl Record {
    /// The record with which a run's trace begins in a file.
    #[must_use]
    pub fn begins(scenario: &str, seed: u64) -> Self {
        let what = What::Begins { scenario: scenario.into(), seed };
        let (at, layer) = (Instant::from_micros(0), what.layer());
        Self { number: 0, at, node: "world".into(), layer, what }
    }
}

fn micros<S: serde::Serializer>(at: &Instant, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(at.as_micros())
}

/// Where in the stack something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Layer {
    /// The scenario's script.
    Script,
    /// Power.
    Power,
    /// The radio.
    Radio,
    /// Names.
    Dns,
    /// Requests and answers.
    Http,
    /// The provisioning state machine.
    Provisioning,
    /// Flash.
    Storage,
    /// A phone's connectivity check.
    Check,
    /// A phone's sign-in sheet.
    Sheet,
    /// The person.
    Owner,
    /// The wire: whole Ethernet frames.
    Frame,
    /// Details that only a picture of the run needs: networks, flash sectors, pages, bytes on real sockets.
    Detail,
}

impl Layer {
    /// Whether it is recorded only where a run was asked for it ([`Trace::record_details`], the
    /// virtual driver's frames): no part of the run's hash or of its story.
    pub fn is_on_request(self) -> bool {
        matches!(self, Self::Frame | Self::Detail)
    }
}

/// What happened: the vocabulary of traces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum What {
    /// A run begins: the first record of a trace in a file.
    Begins {
        /// The scenario's name.
        scenario: String,
        /// The number that decided what the scenario leaves open.
        seed: u64,
    },
    /// A step of the script was carried out.
    Step {
        /// In words.
        does: String,
    },
    /// The device got power or lost it.
    Power {
        /// Whether it has power now.
        on: bool,
    },
    /// The device's access point came up or went down.
    AccessPoint {
        /// Whether it is up now.
        up: bool,
    },
    /// The device's access point has moved to another channel.
    ChannelMoved {
        /// Which.
        to: u8,
    },
    /// A webhook reached its receiver.
    Webhook {
        /// What that answered.
        status: u16,
    },
    /// A name is the device's own on the home network.
    Named {
        /// The name, without `.local`.
        name: String,
    },
    /// A message between a station, the device's or a phone, and an access point.
    Message {
        /// Whether the station sent it; otherwise the access point did.
        sent: bool,
        /// In words.
        message: String,
        /// The network.
        ssid: String,
        /// Its access point.
        bssid: String,
        /// Whether the other side did not receive it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        lost: bool,
    },
    /// The device's radio has aborted a join.
    JoinAborted {
        /// Which network was to be joined.
        ssid: String,
        /// How far it had come.
        stage: String,
        /// The reason code that the driver reports.
        reason: u16,
    },
    /// A station, the device's or a phone, has lost its access point.
    LinkLost {
        /// The reason code.
        reason: u16,
    },
    /// The device's radio was told what it cannot do, and did not do it.
    Unsupported {
        /// What that was.
        command: String,
    },
    /// The device's state machine took an edge.
    State {
        /// From this state
        from: String,
        /// by this input
        on: String,
        /// to this one.
        to: String,
    },
    /// The device answered a request.
    Answered {
        /// With this status
        status: u16,
        /// this, in words.
        answer: String,
        /// On which interface.
        interface: String,
    },
    /// The owner's form was taken and is tried.
    Submitted {
        /// For which network.
        ssid: String,
    },
    /// The owner's form cannot be tried.
    Rejected {
        /// Why.
        problem: String,
    },
    /// The device could not join.
    JoinFailed {
        /// Which network.
        ssid: String,
        /// Why.
        reason: String,
    },
    /// The device has joined.
    Joined {
        /// Which network.
        ssid: String,
        /// Its address there.
        address: String,
    },
    /// The device's address on the network that it has joined is another one.
    AddressChanged {
        /// The one that it has now, if it has one.
        address: Option<String>,
    },
    /// The device has stored its network.
    Stored {
        /// Which.
        ssid: String,
    },
    /// The device has forgotten its network.
    Forgotten,
    /// The device has handed out the result.
    ResultDelivered,
    /// Every stored network was tried in vain, and the device's portal does not open by itself.
    StaysClosed,
    /// The device has found that its home network has a captive portal.
    CaptiveHome,
    /// The device's flash failed.
    StorageFault {
        /// How.
        fault: String,
    },
    /// The phone was not let onto the device's access point.
    NotLetIn {
        /// Why.
        why: String,
    },
    /// The phone is on the device's access point.
    Associated,
    /// The phone is off it.
    Dissociated,
    /// The phone leaves it by its own decision.
    Departs {
        /// Why.
        why: String,
    },
    /// The phone goes to a network that it knows.
    Roams {
        /// Which.
        to: String,
    },
    /// The phone asks for a name.
    Question {
        /// The name.
        name: String,
        /// The type of record.
        kind: String,
    },
    /// The phone sends a request of its check.
    Request {
        /// The request line.
        line: String,
        /// The host that it names.
        host: String,
    },
    /// The phone opens a connection of its check that is to be encrypted.
    Secure {
        /// The host that it means.
        host: String,
    },
    /// The result of a question, a request or a connection of the phone's check.
    Outcome {
        /// Of what: the question's name or the request line.
        of: String,
        /// In words.
        result: String,
    },
    /// The phone has come to a conclusion.
    Verdict {
        /// Which.
        verdict: String,
        /// By which rule.
        rule: String,
        /// How well that rule is known.
        grade: String,
    },
    /// The phone noticed something wrong that changes no verdict.
    Finding {
        /// What.
        finding: String,
    },
    /// The phone offers its owner to sign in.
    Notified,
    /// The sign-in sheet is open.
    SheetOpened {
        /// At this address.
        url: String,
    },
    /// The sign-in sheet waits until the owner has the Wi-Fi settings or a networking app in front.
    SheetWaits,
    /// The sheet's button changed.
    SheetButton {
        /// Its label.
        label: String,
    },
    /// The sheet is closed.
    SheetClosed {
        /// Why.
        why: String,
    },
    /// The owner opens the phone's ordinary browser.
    BrowserOpened {
        /// At this address.
        url: String,
    },
    /// The owner opens the phone's Wi-Fi settings.
    OpensWifiSettings,
    /// The owner deviates from the setup.
    Deviates {
        /// In words.
        does: String,
    },
    /// The owner's sheet or browser loads a page.
    Loads {
        /// By this method
        method: String,
        /// from here.
        url: String,
    },
    /// The owner sees a page.
    Sees {
        /// Its status.
        status: u16,
        /// Its title.
        title: String,
        /// What it says first: an error, or else its status.
        message: String,
    },
    /// A page could not be loaded.
    LoadFailed {
        /// Why.
        why: String,
    },
    /// The owner knows where the device is now.
    Reads {
        /// On this network
        network: String,
        /// at this address.
        address: String,
    },
    /// The device's access point stays away, as its page had said it would if all is well: the owner takes the
    /// device for set up.
    TakesForSetUp,
    /// The phone, back on its home network, opens the device's page.
    Visits {
        /// At this address.
        url: String,
    },
    /// The owner has given up.
    GaveUp {
        /// Why.
        why: String,
    },
    /// A frame went onto the air; the record's node sent it. Only a run that was asked for its
    /// frames has these.
    Frame {
        /// On which home network: its place in the scenario and its name. None on the device's
        /// access point.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on: Option<String>,
        /// To whom: a node, or `everybody`.
        to: String,
        /// The Ethernet frame, without its check sequence.
        #[serde(with = "hex")]
        bytes: Vec<u8>,
        /// How many of its bytes held what the owner typed: those are replaced, and the checksum
        /// fits the replacement.
        #[serde(default, skip_serializing_if = "is_zero")]
        redacted: usize,
    },
    /// A snapshot of a network, at the beginning and after each change. A detail.
    Network {
        /// Its name.
        ssid: String,
        /// Its access point.
        bssid: String,
        /// Its channel.
        channel: u8,
        /// How strong the device hears it, in dBm.
        signal: i8,
        /// How it is protected.
        security: String,
        /// Whether it hides its name.
        hidden: bool,
        /// Whether it is on the air.
        on_air: bool,
    },
    /// A snapshot of a sector of the device's flash, at the beginning and after each change. It may hold a
    /// passphrase, so only the place of the change is recorded. A detail.
    Flash {
        /// Which sector, from 0 on.
        sector: usize,
        /// How often it was erased.
        wear: u32,
        /// How many of its bytes are programmed.
        used: usize,
        /// Where in it the change begins.
        at: usize,
        /// How many bytes it spans; none for the first showing.
        changed: usize,
    },
    /// The page that the owner sees, whole. A detail.
    Page {
        /// Its address.
        url: String,
        /// Its HTML.
        html: String,
    },
    /// Bytes went through a real socket of the device; the record's node sent them. A detail.
    SocketBytes {
        /// To whom: a node.
        to: String,
        /// How: UDP and the device's port, or TCP and the number of the connection.
        over: String,
        /// The bytes.
        #[serde(with = "hex")]
        bytes: Vec<u8>,
        /// How many of them held what the owner typed, and are replaced.
        #[serde(default, skip_serializing_if = "is_zero")]
        redacted: usize,
    },
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl What {
    /// The layer that it belongs to.
    pub fn layer(&self) -> Layer {
        match self {
            Self::Begins { .. } | Self::Step { .. } => Layer::Script,
            Self::Power { .. } => Layer::Power,
            Self::AccessPoint { .. }
            | Self::ChannelMoved { .. }
            | Self::Named { .. }
            | Self::Message { .. }
            | Self::JoinAborted { .. }
            | Self::LinkLost { .. }
            | Self::Unsupported { .. }
            | Self::JoinFailed { .. }
            | Self::Joined { .. }
            | Self::AddressChanged { .. }
            | Self::NotLetIn { .. }
            | Self::Associated
            | Self::Dissociated
            | Self::Departs { .. }
            | Self::Roams { .. } => Layer::Radio,
            Self::Question { .. } => Layer::Dns,
            Self::Webhook { .. }
            | Self::Answered { .. }
            | Self::Request { .. }
            | Self::Secure { .. }
            | Self::Outcome { .. } => Layer::Http,
            Self::State { .. }
            | Self::Submitted { .. }
            | Self::Rejected { .. }
            | Self::ResultDelivered
            | Self::StaysClosed
            | Self::CaptiveHome => Layer::Provisioning,
            Self::Stored { .. } | Self::Forgotten | Self::StorageFault { .. } => Layer::Storage,
            Self::Verdict { .. } | Self::Finding { .. } => Layer::Check,
            Self::Notified
            | Self::SheetWaits
            | Self::SheetOpened { .. }
            | Self::SheetButton { .. }
            | Self::SheetClosed { .. } => Layer::Sheet,
            Self::BrowserOpened { .. }
            | Self::OpensWifiSettings
            | Self::Deviates { .. }
            | Self::Loads { .. }
            | Self::Sees { .. }
            | Self::LoadFailed { .. }
            | Self::Reads { .. }
            | Self::TakesForSetUp
            | Self::Visits { .. }
            | Self::GaveUp { .. } => Layer::Owner,
            Self::Frame { .. } => Layer::Frame,
            Self::Network { .. } | Self::Flash { .. } | Self::Page { .. } | Self::SocketBytes { .. } => {
                Layer::Detail
            }
        }
    }
}

/// The record of a run.
///
/// ```
/// use vestibule::trace::{Trace, What};
/// use vestibule_core::Instant;
///
/// let mut trace = Trace::default();
/// let begins = |seed| What::Begins { scenario: "a first join".into(), seed };
/// trace.add(Instant::from_micros(0), &"world".into(), begins(7));
/// trace.detail(Instant::from_micros(1), &"world".into(), || unreachable!("nobody wants details"));
/// assert_eq!(trace.poll().unwrap().number, 0);
/// assert!(trace.poll().is_none());
/// assert_eq!(trace.records().count(), 1);
/// ```
#[derive(Debug, Default)]
pub struct Trace {
    added: u64,
    records: VecDeque<Arc<Record>>,
    unread: VecDeque<Arc<Record>>,
    /// What happens again and again is left out, and nothing is kept.
    is_story_only: bool,
    stopped: bool,
    details: bool,
}

impl Trace {
    /// Records nothing from now on, so that a benchmark measures the run and not the trace.
    pub fn stop_recording(&mut self) {
        self.stopped = true;
    }

    /// Records no traffic from now on, and keeps nothing of what [`Self::poll`] has handed out.
    pub fn tell_story_only(&mut self) {
        self.is_story_only = true;
        self.records.clear();
    }

    /// Records details from now on, which a picture of the run needs and its story does not.
    pub fn record_details(&mut self) {
        self.details = true;
    }

    /// Whether details are recorded.
    pub fn has_details(&self) -> bool {
        self.details
    }

    /// Appends a detail, if they are wanted.
    pub fn detail(&mut self, at: Instant, node: &Arc<str>, what: impl FnOnce() -> What) {
        if self.details {
            self.add(at, node, what());
        }
    }

    /// Appends what every request brings and no story tells, unless only the story is wanted.
    pub fn traffic(&mut self, at: Instant, node: &Arc<str>, what: impl FnOnce() -> What) {
        if !self.stopped && !self.is_story_only {
            self.add(at, node, what());
        }
    }

    /// Appends a record.
    pub fn add(&mut self, at: Instant, node: &Arc<str>, what: What) {
        if self.stopped {
            return;
        }
        let (number, node, layer) = (self.added, Arc::clone(node), what.layer());
        self.added += 1;
        let record = Arc::new(Record { number, at, node, layer, what });
        if !self.is_story_only {
            if self.records.len() == KEPT {
                self.records.pop_front();
            }
            self.records.push_back(Arc::clone(&record));
        }
        if self.unread.len() == KEPT {
            self.unread.pop_front();
        }
        self.unread.push_back(record);
    }

    /// The records, the oldest first.
    pub fn records(&self) -> impl Iterator<Item = &Arc<Record>> {
        self.records.iter()
    }

    /// The oldest record that was not handed out yet, for a follower of the run.
    pub fn poll(&mut self) -> Option<Arc<Record>> {
        self.unread.pop_front()
    }
}

/// A record as one line of JSON.
pub fn json(record: &Record) -> String {
    serde_json::to_string(record).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"))
}

/// A moment in seconds, to be shown.
pub(crate) fn seconds(at: Instant) -> f64 {
    at.as_micros() as f64 / 1e6
}

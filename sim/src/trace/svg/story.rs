//! The parts of a trace that the picture shows: for each node bars for states that last and events, and when the
//! access point was up. This module knows nothing of places on a page.

use vestibule_core::Instant;
use vestibule_core::provisioning::ProvisioningState;

use super::super::timeline::{Timeline, meaning, words};
use super::super::{Record, What};

/// A run, as it is to be drawn.
#[derive(Default)]
pub(super) struct Story {
    /// The scenario and its seed, if the trace tells.
    pub(super) title: Option<String>,
    /// The nodes, the device before the phones.
    pub(super) lanes: Vec<Lane>,
    /// When the access point was up, and whether it still is when the trace ends.
    pub(super) access_point: Vec<(Instant, Instant, bool)>,
    /// When the last thing happened.
    pub(super) end: Instant,
}

/// A node.
pub(super) struct Lane {
    pub(super) name: String,
    pub(super) bars: Vec<Bar>,
    pub(super) events: Vec<Event>,
    /// The bars that have not ended yet.
    open: Vec<Bar>,
}

/// Something that lasts.
#[derive(Clone)]
pub(super) struct Bar {
    pub(super) kind: BarKind,
    pub(super) from: Instant,
    pub(super) to: Instant,
    /// It has not ended when the trace ends.
    pub(super) goes_on: bool,
}

/// The kind of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BarKind {
    /// The device is in a state.
    State(ProvisioningState),
    /// The phone is on the access point.
    On,
    /// The phone's sign-in sheet is open.
    Sheet,
}

impl BarKind {
    /// The text in the bar.
    pub(super) fn label(self) -> String {
        match self {
            Self::State(state) => format!("{state:?}"),
            Self::On => String::new(),
            Self::Sheet => "sign-in sheet".into(),
        }
    }

    /// What it means.
    pub(super) fn meaning(self) -> &'static str {
        match self {
            Self::State(state) => meaning(state),
            Self::On => "on the device's access point",
            Self::Sheet => "the sign-in sheet is open",
        }
    }

    /// Its class in the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::State(ProvisioningState::PortalOpen | ProvisioningState::ClosingToJoin) => "bar opens",
            Self::State(
                ProvisioningState::Connecting
                | ProvisioningState::RetryingStored
                | ProvisioningState::Joining
                | ProvisioningState::JoiningAlone
                | ProvisioningState::RetryingAlone,
            ) => "bar tries",
            Self::State(ProvisioningState::Failed) => "bar fails",
            Self::State(ProvisioningState::ResultPending | ProvisioningState::Closing) => "bar tells",
            Self::State(ProvisioningState::Connected) => "bar connected",
            // Those in which it waits, and those that this picture does not know.
            Self::State(_) => "bar rests",
            Self::On => "bar on",
            Self::Sheet => "bar sheet",
        }
    }
}

/// Something that happens.
pub(super) struct Event {
    pub(super) at: Instant,
    pub(super) mood: &'static str,
    /// In short.
    pub(super) label: String,
    /// In full.
    pub(super) words: String,
}

impl Story {
    pub(super) fn of(records: &[Record]) -> Self {
        let mut story = Self::default();
        let mut timeline = Timeline::default();
        let mut up_since = None;
        for record in records {
            story.end = story.end.max(record.at);
            let matters = timeline.matters(record);
            match &record.what {
                What::Begins { scenario, seed } => story.title = Some(format!("{scenario}, seed {seed}")),
                What::AccessPoint { up: true } => up_since = up_since.or(Some(record.at)),
                What::AccessPoint { up: false } => {
                    story.access_point.extend(up_since.take().map(|since| (since, record.at, false)));
                }
                // The access point ends with the power, and the device cannot record that.
                What::Power { on: false } => {
                    story.access_point.extend(up_since.take().map(|since| (since, record.at, false)));
                    story.lane(&record.node).note(record, matters);
                }
                _ if record.layer.is_on_request() => {}
                _ => story.lane(&record.node).note(record, matters),
            }
        }
        let end = story.end;
        story.access_point.extend(up_since.map(|since| (since, end, true)));
        for lane in &mut story.lanes {
            let open = std::mem::take(&mut lane.open).into_iter();
            lane.bars.extend(open.map(|bar| Bar { to: end, goes_on: true, ..bar }));
            // Bars that lie on others come after them.
            lane.bars.sort_by_key(|bar| bar.kind == BarKind::Sheet);
        }
        story.lanes.retain(|lane| !lane.bars.is_empty() || !lane.events.is_empty());
        story.lanes.sort_by_key(|lane| rank(&lane.name));
        story
    }

    /// Every moment at which something begins, ends or happens, in order; none twice.
    pub(super) fn moments(&self) -> Vec<Instant> {
        let spans = self.access_point.iter().flat_map(|(from, to, _)| [*from, *to]);
        let lanes = self.lanes.iter().flat_map(|lane| {
            let bars = lane.bars.iter().flat_map(|bar| [bar.from, bar.to]);
            bars.chain(lane.events.iter().map(|event| event.at))
        });
        let ends = [Instant::from_micros(0), self.end];
        let mut moments: Vec<Instant> = ends.into_iter().chain(spans).chain(lanes).collect();
        moments.sort();
        moments.dedup();
        moments
    }

    /// The kinds of bars that there are.
    pub(super) fn kinds(&self) -> Vec<BarKind> {
        let known =
            ProvisioningState::ALL.into_iter().map(BarKind::State).chain([BarKind::On, BarKind::Sheet]);
        let occurs =
            |kind: &BarKind| self.lanes.iter().any(|lane| lane.bars.iter().any(|bar| bar.kind == *kind));
        known.filter(occurs).collect()
    }

    fn lane(&mut self, node: &str) -> &mut Lane {
        let index = self.lanes.iter().position(|lane| lane.name == node).unwrap_or_else(|| {
            self.lanes.push(Lane { name: node.into(), bars: vec![], events: vec![], open: vec![] });
            self.lanes.len() - 1
        });
        &mut self.lanes[index]
    }
}

/// The script first, then the device, then the phones by their numbers.
fn rank(node: &str) -> (usize, usize) {
    match (node, node.split_once('/').and_then(|(number, _)| number.parse().ok())) {
        ("world", _) => (0, 0),
        ("device", _) => (1, 0),
        (_, number) => (2, number.unwrap_or(usize::MAX)),
    }
}

impl Lane {
    fn note(&mut self, record: &Record, matters: bool) {
        let at = record.at;
        match &record.what {
            What::Power { on: true } => self.begin_bar(BarKind::State(ProvisioningState::Idle), at),
            What::Power { on: false } => self.end_all(at),
            What::State { to, .. } => {
                self.end_all(at);
                if let Some(state) =
                    ProvisioningState::ALL.into_iter().find(|state| format!("{state:?}") == *to)
                {
                    self.begin_bar(BarKind::State(state), at);
                }
            }
            What::Associated => self.begin_bar(BarKind::On, at),
            What::Dissociated => self.end_all(at),
            What::SheetOpened { .. } => self.begin_bar(BarKind::Sheet, at),
            What::SheetClosed { .. } => self.end_bars(|kind| kind == BarKind::Sheet, at),
            _ => {}
        }
        if matters && !matches!(record.what, What::State { .. }) {
            let (mood, label) = (mood(&record.what), label(&record.what));
            self.events.push(Event { at, mood, label, words: words(&record.what) });
        }
    }

    fn begin_bar(&mut self, kind: BarKind, at: Instant) {
        self.end_bars(|open| open == kind, at);
        self.open.push(Bar { kind, from: at, to: at, goes_on: false });
    }

    fn end_all(&mut self, at: Instant) {
        self.end_bars(|_| true, at);
    }

    fn end_bars(&mut self, left: impl Fn(BarKind) -> bool, at: Instant) {
        let (over, open) = std::mem::take(&mut self.open).into_iter().partition(|bar| left(bar.kind));
        self.open = open;
        let over: Vec<Bar> = over;
        // A bar of no length cannot be seen.
        self.bars.extend(over.into_iter().filter(|bar| bar.from < at).map(|bar| Bar { to: at, ..bar }));
    }
}

/// An event's class in the style sheet.
fn mood(what: &What) -> &'static str {
    match what {
        What::SheetOpened { .. }
        | What::Joined { .. }
        | What::Stored { .. }
        | What::Reads { .. }
        | What::TakesForSetUp => "good",
        What::JoinFailed { .. }
        | What::JoinAborted { .. }
        | What::LinkLost { .. }
        | What::Unsupported { .. }
        | What::NotLetIn { .. }
        | What::Rejected { .. }
        | What::StorageFault { .. }
        | What::Finding { .. }
        | What::LoadFailed { .. }
        | What::GaveUp { .. } => "bad",
        _ => "plain",
    }
}

/// The event in so few words that many labels fit next to each other.
fn label(what: &What) -> String {
    match what {
        What::Step { does } => does.clone(),
        What::Power { on: true } => "power".into(),
        What::Power { on: false } => "no power".into(),
        What::Submitted { ssid } => format!("tries \"{ssid}\""),
        What::Rejected { problem } => format!("cannot try it: {problem}"),
        What::JoinAborted { stage, reason, .. } => format!("{stage}: reason {reason}"),
        What::LinkLost { reason } => format!("reason {reason}"),
        What::Unsupported { command } => format!("refuses {command}"),
        What::JoinFailed { ssid, reason } => format!("\"{ssid}\" fails: {reason}"),
        What::Joined { ssid, .. } => format!("joined \"{ssid}\""),
        What::AddressChanged { address } => address.clone().unwrap_or_else(|| "address lost".into()),
        What::Stored { ssid } => format!("remembers \"{ssid}\""),
        What::ResultDelivered => "result handed out".into(),
        What::StaysClosed => "no portal".into(),
        What::CaptiveHome => "a sign-in page at home".into(),
        What::NotLetIn { .. } => "not let in".into(),
        What::Associated => "joins".into(),
        What::Dissociated => "is off".into(),
        What::Departs { .. } => "leaves".into(),
        What::Roams { to } => format!("goes to \"{to}\""),
        What::BrowserOpened { .. } => "opens the browser".into(),
        What::OpensWifiSettings => "opens Wi-Fi settings".into(),
        What::SheetWaits => "sheet waits".into(),
        What::Deviates { does } => does.clone(),
        What::Verdict { verdict, .. } => format!("concludes: {verdict}"),
        What::Notified => "notification".into(),
        What::SheetOpened { .. } => "SHEET OPENS".into(),
        What::SheetClosed { why } => format!("sheet closes: {why}"),
        What::Loads { .. } => "sends the form".into(),
        What::Sees { title, .. } => format!("sees \"{title}\""),
        What::TakesForSetUp => "takes it for set up".into(),
        What::Reads { network, address } => format!("reads: on \"{network}\" at {address}"),
        _ => words(what),
    }
}

//! A phone in a world: its operating system's check, its sheet, and the owner who holds it. Joins
//! the three, and writes down what they do.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use url::Url;
use vestibule_core::{Instant, Passphrase, Ssid};

use super::witness::seconds;
use super::{Effect, Load, Loaded, typed};
use crate::owner::{self, Habits, HomeNetwork, Person, Request};
use crate::phone::{
    Button, Checker, Exchange, ExchangeId, Input, Link, Output, OwnerAction, Progress, by_id,
};
use crate::radio::{Air, ChannelSwitch, Network, PhoneId};
use crate::scenario::judge::PhoneStanding;
use crate::scenario::{Joins, PhoneSpec};
use crate::trace::{Trace, What};

/// Bytes of a reply kept to say what it was. Its first line is enough.
const REPLY_SHOWN: usize = 512;

/// A phone, its sheet and its owner.
pub struct PhoneNode {
    id: PhoneId,
    name: Arc<str>,
    checker: Box<dyn Checker>,
    /// What the owner knows; without it the owner only looks.
    home: Option<HomeNetwork>,
    habits: Habits,
    person: Option<Person>,
    /// Whether the owner looks for the access point at all by now.
    looks: bool,
    /// When the owner next sets out to join the access point.
    joins_at: Option<Instant>,
    /// After how long the owner looks again when the phone has lost the access point.
    returns: Duration,
    on_switch: ChannelSwitch,
    is_on: bool,
    was_on: bool,
    /// What is under way, by what it asked.
    exchanges: BTreeMap<ExchangeId, Asked>,
    sheet_agent: String,
    /// What the sheet's button says, where it has one.
    button: Option<Button>,
    sheet_is_open: bool,
    loads: u64,
    /// Until when the owner does nothing.
    stalled_until: Instant,
    standing: PhoneStanding,
}

/// An exchange under way: what it asks, and the beginning of what came.
struct Asked {
    what: String,
    dns: bool,
    came: Vec<u8>,
    /// Its first line has been written down.
    told: bool,
}

impl PhoneNode {
    pub(super) fn new(id: PhoneId, spec: &PhoneSpec, networks: &[Network], seed: u64) -> Self {
        let model = by_id(spec.model.get_ref()).unwrap_or_else(|_| &crate::phone::models()[0]);
        let home = spec.wants.as_ref().map(|wants| {
            let ssid = wants.get_ref().0;
            let right =
                networks.iter().find(|network| network.ssid == ssid).map(|network| &network.passphrase);
            let right = right.cloned().unwrap_or(Passphrase::open());
            let passphrases = spec.tries.iter().map(|which| as_text(&typed(which, &right))).collect();
            HomeNetwork { ssid: ssid.as_bytes().to_vec(), passphrases }
        });
        let habits = spec.habits.habits();
        Self {
            id,
            name: format!("{}/{}", id + 1, model.id).into(),
            checker: model.new_checker(seed.wrapping_add(id as u64 + 1)),
            person: home.clone().map(|home| Person::new(home, habits.clone())),
            home,
            habits,
            looks: spec.joins != Joins::WhenTold,
            joins_at: match spec.joins {
                Joins::After(wait) => Some(Instant::from_micros(0) + wait),
                Joins::WhenTold => None,
            },
            returns: spec.returns,
            on_switch: spec.channel_switch,
            is_on: false,
            was_on: false,
            exchanges: BTreeMap::new(),
            sheet_agent: String::new(),
            button: None,
            sheet_is_open: false,
            loads: 0,
            stalled_until: Instant::from_micros(0),
            standing: PhoneStanding::default(),
        }
    }

    /// Its name in the trace: its number and model.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What has come of it.
    pub fn standing(&self) -> &PhoneStanding {
        &self.standing
    }

    /// Whether its system shows its owner a portal in setup at all.
    pub fn shows_portals(&self) -> bool {
        self.checker.model().at_a_setup_portal().1
    }

    /// Whether it is on the device's access point.
    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// Whether its sign-in sheet is open.
    pub fn sheet_is_open(&self) -> bool {
        self.sheet_is_open
    }

    /// The owner is told of a network's new passphrase, and uses it the next time.
    pub(super) fn learn(&mut self, ssid: &Ssid, passphrase: &Passphrase) {
        if let Some(home) = self.home.as_mut().filter(|home| home.ssid == ssid.as_bytes()) {
            home.passphrases = vec![as_text(passphrase.expose())];
        }
        // One who has not seen the portal yet types it right at once.
        if !self.is_on && !self.standing.told {
            self.person = self.home.clone().map(|home| Person::new(home, self.habits.clone()));
        }
    }

    /// The owner looks for the device's access point from now on.
    pub(super) fn wants_to_join(&mut self, now: Instant) {
        self.looks = true;
        self.standing.told = false;
        self.person = self.home.clone().map(|home| Person::new(home, self.habits.clone()));
        self.joins_at = Some(now);
    }

    /// The owner does nothing until then.
    pub(super) fn stall(&mut self, until: Instant) {
        self.stalled_until = self.stalled_until.max(until);
    }

    /// The owner starts over, once the phone has left the access point.
    pub(super) fn starts_over(&mut self, now: Instant) {
        self.wants_to_join(now + self.returns);
    }

    /// The phone was thrown off the access point; its owner looks for it again.
    pub(super) fn thrown_off(&mut self, now: Instant) {
        if self.looks && self.was_on && !self.standing.told && self.joins_at.is_none() {
            self.joins_at = Some(now + self.returns);
        }
    }

    /// Whether its owner was not told and will not be unless the owner starts over: hope is given
    /// up, or the phone is off an access point that is up.
    pub(super) fn is_stuck(&self) -> bool {
        let gave_up = self.person.as_ref().is_some_and(Person::is_finished);
        !self.standing.told && (gave_up || (!self.is_on && self.joins_at.is_none()))
    }

    /// What it and its owner wait for, in words.
    pub(super) fn waits(&self) -> String {
        let place = match (self.is_on, self.joins_at) {
            (true, _) => "on the access point".into(),
            (false, Some(at)) => format!("off the access point, joins at {:.3} s", seconds(at)),
            (false, None) => "off the access point, waits for one to come up".into(),
        };
        let sheet = if self.sheet_is_open { "sheet open" } else { "no sheet" };
        let check = match self.checker.poll_timeout() {
            Some(at) => format!("its check goes on at {:.3} s at the latest", seconds(at)),
            None => "its check waits for nothing".into(),
        };
        let owner = match &self.person {
            None => "its owner only looks".into(),
            Some(_) if self.standing.told => "its owner was told".into(),
            Some(person) if person.is_finished() => "its owner has given up".into(),
            Some(person) => match person.poll_timeout() {
                Some(at) => format!("its owner waits for a page, until {:.3} s at most", seconds(at)),
                None => "its owner waits for the sheet".into(),
            },
        };
        format!("{}: {place}; {sheet}; {check}; {owner}", self.name)
    }

    pub(super) fn access_point_is_up(&mut self, now: Instant) {
        if self.looks && !self.is_on && !self.standing.told && self.joins_at.is_none() {
            let wait = if self.was_on { self.returns } else { Duration::ZERO };
            self.joins_at = Some(now + wait);
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let joins_at = self.joins_at.filter(|_| !self.is_on);
        let person = self.person.as_ref().and_then(Person::poll_timeout);
        let owner = [joins_at, person].into_iter().flatten().min().map(|due| due.max(self.stalled_until));
        [owner, self.checker.poll_timeout()].into_iter().flatten().min()
    }

    pub(super) fn handle_timeout(&mut self, now: Instant, air: &mut Air) {
        let stalled = now < self.stalled_until;
        if !stalled && self.joins_at.is_some_and(|at| at <= now) {
            self.joins_at = None;
            // Nothing to join yet: `access_point_is_up` sets a new time.
            air.phone_joins(self.id, self.on_switch, now);
        }
        if self.checker.poll_timeout().is_some_and(|due| due <= now) {
            self.checker.handle(Input::Deadline, now);
        }
        if !stalled && self.person.as_ref().and_then(Person::poll_timeout).is_some_and(|due| due <= now) {
            self.tell_person(owner::Input::Deadline, now);
        }
    }

    pub(super) fn associated(&mut self, now: Instant, trace: &mut Trace) {
        self.is_on = true;
        self.was_on = true;
        trace.add(now, &self.name, What::Associated);
    }

    /// The phone has an address, so its check begins.
    pub(super) fn configured(&mut self, link: Link, now: Instant) {
        if self.is_on {
            self.checker.handle(Input::Joined(link), now);
        }
    }

    /// The owner does not look for the access point any more.
    pub(super) fn stays_away(&mut self) {
        self.looks = false;
        self.joins_at = None;
    }

    /// The phone is off the access point, which is still up or is not.
    pub(super) fn dissociated(&mut self, access_point_is_up: bool, now: Instant, trace: &mut Trace) {
        self.is_on = false;
        if access_point_is_up && self.on_switch == ChannelSwitch::Leaves {
            self.stays_away();
        }
        if access_point_is_up {
            self.access_point_is_up(now);
        }
        self.exchanges.clear();
        trace.add(now, &self.name, What::Dissociated);
        self.checker.handle(Input::Left, now);
    }

    pub(super) fn progress(
        &mut self,
        id: ExchangeId,
        progress: Progress<'_>,
        now: Instant,
        trace: &mut Trace,
    ) {
        if let Some(asked) = self.exchanges.get_mut(&id) {
            if let Progress::Received(bytes) = progress {
                let room = REPLY_SHOWN.saturating_sub(asked.came.len());
                asked.came.extend_from_slice(&bytes[..bytes.len().min(room)]);
            }
            if let Some(came) = outcome(asked, &progress) {
                trace.add(now, &self.name, What::Outcome { of: asked.what.clone(), came });
            }
        }
        self.checker.handle(Input::Exchange { id, progress }, now);
    }

    pub(super) fn loaded(&mut self, load: u64, loaded: Loaded, now: Instant, trace: &mut Trace) {
        if load != self.loads {
            return;
        }
        match loaded {
            Loaded::Page { url, status, html } => {
                let page = owner::parse(&html, &url);
                let says = page.alert.clone().or_else(|| page.status.clone()).unwrap_or_default();
                trace.add(now, &self.name, What::Sees { status, title: page.title, says });
                let at = url.to_string();
                self.tell_person(owner::Input::PageLoaded { url, status, html }, now);
                self.checker.handle(Input::Owner(OwnerAction::PageFinished { url: &at }), now);
            }
            Loaded::Failed { url, why } => {
                trace.add(now, &self.name, What::LoadFailed { why });
                self.tell_person(owner::Input::PageFailed { url }, now);
            }
        }
    }

    fn tell_person(&mut self, input: owner::Input, now: Instant) {
        if let Some(person) = &mut self.person {
            person.handle(input, now);
        }
    }

    /// The sheet's browser loads something.
    fn load(&mut self, request: Request, now: Instant, trace: &mut Trace, effects: &mut VecDeque<Effect>) {
        // Without the query: a portal whose form is sent by GET would put the passphrase there.
        let mut shown = request.url.clone();
        shown.set_query(None);
        let method = format!("{:?}", request.method).to_uppercase();
        trace.add(now, &self.name, What::Loads { method, url: shown.to_string() });
        self.checker.handle(Input::Owner(OwnerAction::PageStarted { url: shown.as_str() }), now);
        self.loads += 1;
        let load = Load { id: self.loads, request, user_agent: self.sheet_agent.clone() };
        effects.push_back(Effect::Load { phone: self.id, load });
    }

    /// Carries what the check and the owner do to each other and to the driver. Returns whether
    /// anything moved.
    pub(super) fn settle(
        &mut self,
        now: Instant,
        air: &mut Air,
        trace: &mut Trace,
        effects: &mut VecDeque<Effect>,
    ) -> bool {
        let mut moved = false;
        while let Some(output) = self.checker.poll() {
            self.check_does(output, now, air, trace, effects);
            moved = true;
        }
        while let Some(output) = self.person.as_mut().and_then(Person::poll) {
            self.person_does(output, now, trace, effects);
            moved = true;
        }
        moved
    }

    fn check_does(
        &mut self,
        output: Output,
        now: Instant,
        air: &mut Air,
        trace: &mut Trace,
        effects: &mut VecDeque<Effect>,
    ) {
        let name = Arc::clone(&self.name);
        let mut note = |what| trace.add(now, &name, what);
        match output {
            Output::Open { id, exchange } => {
                let (asked, what) = describe(&exchange);
                note(what);
                self.exchanges.insert(id, asked);
                effects.push_back(Effect::Open { phone: self.id, id, exchange });
            }
            Output::Abandon(id) => {
                self.exchanges.remove(&id);
                effects.push_back(Effect::Abandon { phone: self.id, id });
            }
            Output::Verdict { verdict, rule } => {
                let verdict = verdict.word();
                note(What::Verdict {
                    verdict: verdict.into(),
                    rule: rule.id.into(),
                    grade: rule.grade.to_string(),
                });
                self.standing.first_verdict.get_or_insert(verdict.into());
            }
            Output::Notify { .. } => {
                note(What::Notified);
                self.tell_person(owner::Input::Notified, now);
            }
            Output::SheetOpened { url, user_agent, .. } => {
                note(What::SheetOpened { url: url.clone() });
                self.standing.sheet = true;
                self.sheet_is_open = true;
                self.sheet_agent = user_agent;
                self.button = None;
                if let Ok(url) = Url::parse(&url) {
                    self.tell_person(owner::Input::SheetOpened { url: url.clone() }, now);
                    self.load(Request::get(url), now, trace, effects);
                }
            }
            Output::SheetClosed { why } => {
                note(What::SheetClosed { why: format!("{why:?}") });
                self.sheet_is_open = false;
                self.loads += 1;
                self.tell_person(owner::Input::SheetClosed, now);
            }
            Output::SheetButton(button) => {
                note(What::SheetButton { says: format!("{button:?}") });
                self.button = Some(button);
            }
            Output::AskToStay { .. } => self.checker.handle(Input::Owner(OwnerAction::UseAsIs), now),
            Output::Left { .. } => {
                self.stays_away();
                air.phone_leaves(self.id);
            }
            Output::Finding(finding) => {
                note(What::Finding { finding: finding.to_string() });
                self.standing.findings += 1;
            }
        }
    }

    fn person_does(
        &mut self,
        output: owner::Output,
        now: Instant,
        trace: &mut Trace,
        effects: &mut VecDeque<Effect>,
    ) {
        match output {
            owner::Output::TapNotification => {
                self.checker.handle(Input::Owner(OwnerAction::TapNotification), now);
            }
            owner::Output::Load(request) => self.load(request, now, trace, effects),
            // Where there is no "Done", the sheet is left by its only way out.
            owner::Output::PressDone => {
                let action =
                    if self.button == Some(Button::Done) { OwnerAction::Done } else { OwnerAction::Cancel };
                self.checker.handle(Input::Owner(action), now);
            }
            owner::Output::CloseSheet => self.checker.handle(Input::Owner(OwnerAction::Cancel), now),
            owner::Output::Read(outcome) => {
                let (network, address) = (outcome.network, outcome.address.to_string());
                trace.add(now, &self.name, What::Reads { network, address });
                self.standing.told = true;
            }
            owner::Output::GaveUp(why) => trace.add(now, &self.name, What::GaveUp { why: why.to_string() }),
        }
    }
}

/// What an exchange asks, in a word for its outcome and as it is written down.
fn describe(exchange: &Exchange) -> (Asked, What) {
    let asked = |what: String, dns| Asked { what, dns, came: Vec::new(), told: false };
    match exchange {
        Exchange::Datagram { payload, .. } => {
            let (name, kind) = crate::dns::describe_question(payload);
            (asked(format!("{kind} {name}"), true), What::Question { name, kind })
        }
        Exchange::Stream { payload, .. } => {
            let head = String::from_utf8_lossy(payload);
            let line = head.lines().next().unwrap_or_default().to_owned();
            let host =
                head.lines().find_map(|line| line.strip_prefix("Host: ")).unwrap_or_default().to_owned();
            (asked(format!("{line} ({host})"), false), What::Request { line, host })
        }
        Exchange::Tls { server_name, .. } => {
            (asked(format!("https to {server_name}"), false), What::Secure { host: server_name.clone() })
        }
    }
}

/// What came of it, in words, once that can be said.
fn outcome(asked: &mut Asked, progress: &Progress<'_>) -> Option<String> {
    match progress {
        Progress::Connected => None,
        Progress::Received(bytes) if asked.dns => Some(crate::dns::describe_answer(bytes)),
        Progress::Received(_) if asked.told => None,
        Progress::Received(_) => {
            let end = asked.came.iter().position(|byte| *byte == b'\n')?;
            asked.told = true;
            Some(String::from_utf8_lossy(&asked.came[..end]).trim_end().to_owned())
        }
        Progress::Ended if asked.came.is_empty() => Some("closed without an answer".into()),
        Progress::Ended => None,
        Progress::Reset => Some("reset".into()),
        Progress::Refused => Some("refused".into()),
        Progress::Unreachable => Some("unreachable".into()),
    }
}

/// What is typed on a keyboard: text. A passphrase of other bytes cannot be typed.
fn as_text(secret: &[u8]) -> String {
    String::from_utf8_lossy(secret).into_owned()
}

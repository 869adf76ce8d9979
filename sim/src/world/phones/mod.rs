//! A phone in a world: its operating system's check, its sheet, and the owner who holds it. Joins
//! the three, and writes down what they do.
//!
//! Here is the phone and where it is; [`owner`] is what its owner does with it, [`exchanges`] what
//! its check says.

mod exchanges;
mod owner;
mod visit;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddrV4;
use std::sync::Arc;
use std::time::Duration;

use url::Url;
use vestibule_core::mdns::HostName;
use vestibule_core::{Config, Instant, Passphrase, Ssid};

use super::{Effect, passphrase_typed, typed};
use crate::client::Clients;
use crate::owner::{Habits, HomeNetwork, Input as Shown, Owner, Request};
use crate::phone::{
    Button, Checker, Departure, ExchangeId, Input, Link, Options, Output, OwnerAction, Progress, Verdict,
    by_id,
};
use crate::radio::{Air, ChannelSwitch, Network, PhoneId, Refusal};
use crate::scenario::judge::PhoneRunState;
use crate::scenario::{Joins, PhoneSpec};
use crate::trace::{Trace, What, seconds};
use exchanges::{Asked, describe, outcome};
use visit::Visit;

/// Bytes of a reply kept to say what it was. Its first line is enough.
const REPLY_SHOWN: usize = 512;

/// A phone, its sheet and its owner.
pub struct PhoneNode {
    pub(super) id: PhoneId,
    pub(super) name: Arc<str>,
    checker: Box<dyn Checker>,
    /// What the owner types, one after another, where the device's access point asks for a passphrase.
    label_tries: VecDeque<Passphrase>,
    /// What the owner knows; without it the owner only looks.
    pub(super) home: Option<HomeNetwork>,
    habits: Habits,
    person: Option<Owner>,
    /// Whether the owner looks for the access point at all by now.
    looks: bool,
    /// When the owner next sets out to join the access point.
    joins_at: Option<Instant>,
    /// After how long the owner looks again when the phone has lost the access point.
    returns: Duration,
    on_switch: ChannelSwitch,
    /// Whether it has mobile data, which an ordinary browser prefers to a Wi-Fi without internet.
    mobile_data: bool,
    /// A network that it has joined before, and goes to when it is off the device's.
    knows: Option<Ssid>,
    /// The known network that it has gone to.
    elsewhere: Option<Ssid>,
    is_on: bool,
    was_on: bool,
    /// Where the device's page is: the owner reads it off the label.
    label: Option<Url>,
    /// What is under way, by what it asked.
    exchanges: BTreeMap<ExchangeId, Asked>,
    pub(super) sheet_agent: String,
    /// What the sheet's button says, where it has one.
    button: Option<Button>,
    sheet_is_open: bool,
    /// Whether the notification of a portal is there to be tapped.
    is_notified: bool,
    /// Whether the check has come to a conclusion on this network.
    has_concluded: bool,
    /// Whether the phone takes the Wi-Fi for one with internet, and makes it the default route.
    wifi_is_default: bool,
    pub(super) loads: u64,
    /// What the sheet or the browser is loading.
    loading: Option<Url>,
    visit: Visit,
    /// What runs on it beside its check and its owner's pages.
    pub(super) clients: Clients,
    /// Until when the owner does nothing.
    stalled_until: Instant,
    pub(super) run_state: PhoneRunState,
}

/// What a device's label tells the owners of phones.
pub(super) struct Label {
    /// The passphrase of its access point.
    passphrase: Passphrase,
    /// Its name on the home network.
    name: HostName,
}

impl Label {
    pub(super) fn of(config: &Config) -> Self {
        let passphrase = config.access_point_security.passphrase();
        Self { passphrase, name: HostName::of(&config.name) }
    }
}

impl PhoneNode {
    pub(super) fn new(id: PhoneId, spec: &PhoneSpec, networks: &[Network], label: &Label, seed: u64) -> Self {
        let model = by_id(spec.model.get_ref()).unwrap_or_else(|_| &crate::phone::models()[0]);
        let home = spec.wants.as_ref().map(|wants| {
            let ssid = wants.get_ref().0;
            let right =
                networks.iter().find(|network| network.ssid == ssid).map(|network| &network.passphrase);
            let right = right.cloned().unwrap_or(Passphrase::open());
            let passphrases = spec.tries.iter().map(|which| as_text(&typed(which, &right))).collect();
            HomeNetwork { ssid: ssid.as_bytes().to_vec(), passphrases }
        });
        let habits = Habits { opens: spec.opens, ..spec.habits.habits() };
        let options = Options { leaves_without_internet: spec.leaves_without_internet, ..Options::default() };
        Self {
            id,
            name: format!("{}/{}", id + 1, model.id).into(),
            checker: model.new_checker_with(seed, id, options),
            label_tries: spec
                .label_tries
                .iter()
                .map(|which| passphrase_typed(which, &label.passphrase))
                .collect(),
            person: home.clone().map(|home| Owner::new(home, habits.clone())),
            home,
            habits,
            looks: spec.joins != Joins::WhenTold,
            joins_at: match spec.joins {
                Joins::After(wait) => Some(Instant::from_micros(0) + wait),
                Joins::WhenTold => None,
            },
            returns: spec.returns,
            on_switch: spec.channel_switch,
            mobile_data: spec.mobile_data,
            knows: spec.knows.as_ref().map(|known| known.get_ref().0),
            elsewhere: None,
            is_on: false,
            was_on: false,
            label: None,
            exchanges: BTreeMap::new(),
            sheet_agent: String::new(),
            button: None,
            sheet_is_open: false,
            is_notified: false,
            has_concluded: false,
            wifi_is_default: false,
            loads: 0,
            loading: None,
            clients: Clients::default(),
            visit: Visit::new(spec.visits, spec.by_name.then(|| label.name.as_str().to_owned())),
            stalled_until: Instant::from_micros(0),
            run_state: PhoneRunState::default(),
        }
    }

    /// Its name in the trace: its number and model.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What has come of it.
    pub fn run_state(&self) -> &PhoneRunState {
        &self.run_state
    }

    /// Whether its system shows its owner a portal in setup at all. One that is never let onto the
    /// access point has none to show.
    pub fn shows_portals(&self) -> bool {
        self.checker.model().at_a_setup_portal().1 && !self.label_tries.is_empty()
    }

    /// Whether it is on the device's access point.
    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// Whether its owner wants to know what became of the device, and may still learn it: the phone
    /// has not left for good.
    pub(crate) fn can_be_told(&self) -> bool {
        self.person.is_some() && !self.run_state.told && self.may_come()
    }

    /// Whether it is on the access point or may come: it has not left for good.
    pub(crate) fn may_come(&self) -> bool {
        self.is_on || self.looks || self.joins_at.is_some()
    }

    /// Whether its owner wants the device on a network.
    pub(super) fn wants_something(&self) -> bool {
        self.person.is_some()
    }

    /// Whether its owner looks for the device's access point, or has found it.
    pub fn is_about(&self) -> bool {
        self.is_on || self.looks
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
        if !self.is_on && !self.run_state.told {
            self.person = self.new_person();
        }
    }

    /// The owner looks for the device's access point from now on.
    pub(super) fn wants_to_join(&mut self, now: Instant) {
        self.looks = !self.label_tries.is_empty();
        self.run_state.told = false;
        self.visit.give_up();
        self.person = self.new_person();
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

    /// The phone was thrown off the access point, or off its way there; its owner looks for it again.
    pub(super) fn thrown_off(&mut self, now: Instant) {
        if self.looks && !self.run_state.told && self.joins_at.is_none() {
            self.joins_at = Some(now + self.returns);
        }
    }

    /// Whether its owner was not told and will not be unless the owner starts over: hope is given
    /// up, or the phone is off an access point that is up.
    pub(super) fn is_stuck(&self) -> bool {
        let gave_up = self.person.as_ref().is_some_and(Owner::is_finished);
        !self.run_state.told && (gave_up || (!self.is_on && self.joins_at.is_none()))
    }

    /// What it and its owner wait for, in words.
    pub(super) fn waits(&self) -> String {
        let off = match &self.elsewhere {
            Some(ssid) => format!("on \"{ssid}\" instead of the access point"),
            None => "off the access point".into(),
        };
        let place = match (self.is_on, self.joins_at, self.looks) {
            (true, _, _) => "on the access point".into(),
            (false, Some(at), _) => format!("{off}, joins at {:.3} s", seconds(at)),
            (false, None, true) => format!("{off}, waits for one to come up"),
            (false, None, false) => format!("{off}, and does not come back unless it is told to"),
        };
        let sheet = if self.sheet_is_open { "sheet open" } else { "no sheet" };
        let check = match self.checker.poll_timeout() {
            Some(at) => format!("its check goes on at {:.3} s at the latest", seconds(at)),
            None => "its check waits for nothing".into(),
        };
        let stalled = match self.stalled_until > Instant::from_micros(0) {
            true => format!(" (looks elsewhere until {:.3} s)", seconds(self.stalled_until)),
            false => String::new(),
        };
        let owner = match &self.person {
            None => "its owner only looks".into(),
            Some(_) if self.run_state.told => "its owner was told".into(),
            Some(person) if person.is_finished() => "its owner has given up".into(),
            Some(person) => {
                let left: String =
                    person.deviations().iter().map(|deviation| format!(", and once {deviation}")).collect();
                format!("its owner {}{left}", person.intends())
            }
        };
        format!("{}: {place}; {sheet}; {check}; {owner}{stalled}", self.name)
    }

    pub(super) fn access_point_is_up(&mut self, now: Instant) {
        if self.looks && !self.is_on && !self.run_state.told && self.joins_at.is_none() {
            let wait = if self.was_on { self.returns } else { Duration::ZERO };
            self.joins_at = Some(now + wait);
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let joins_at = self.joins_at.filter(|_| !self.is_on);
        let person = self.person.as_ref().and_then(Owner::poll_timeout);
        let owner = [joins_at, person].into_iter().flatten().min().map(|due| due.max(self.stalled_until));
        let others = [self.checker.poll_timeout(), self.visit.poll_timeout(), self.clients.poll_timeout()];
        others.into_iter().chain([owner]).flatten().min()
    }

    pub(super) fn handle_timeout(&mut self, now: Instant, air: &mut Air) {
        let stalled = now < self.stalled_until;
        if !stalled && self.joins_at.is_some_and(|at| at <= now) {
            self.joins_at = None;
            // Nothing to join yet: `access_point_is_up` sets a new time.
            if let Some(typed) = self.label_tries.front() {
                air.phone_joins(self.id, typed, self.on_switch, now);
            }
        }
        if self.checker.poll_timeout().is_some_and(|due| due <= now) {
            self.checker.handle(Input::Deadline, now);
        }
        self.clients.handle_timeout(now);
        if !stalled && self.person.as_ref().and_then(Owner::poll_timeout).is_some_and(|due| due <= now) {
            self.tell_person(Shown::Deadline, now);
        }
    }

    /// The phone is not on the access point that it set out to join. Its owner types something else,
    /// or tries again; who has typed all there is gives up.
    pub(super) fn not_let_in(&mut self, why: Refusal, now: Instant, trace: &mut Trace) {
        trace.add(now, &self.name, What::NotLetIn { why: why.to_string() });
        if why == Refusal::WrongPassphrase {
            self.label_tries.pop_front();
        }
        if self.label_tries.is_empty() {
            self.stays_away();
        } else {
            self.thrown_off(now);
        }
    }

    pub(super) fn associated(&mut self, now: Instant, trace: &mut Trace) {
        self.is_on = true;
        self.was_on = true;
        self.elsewhere = None;
        trace.add(now, &self.name, What::Associated);
    }

    /// The phone has an address and maybe a captive portal API, so its check begins. The device
    /// serves pages on `port`.
    pub(super) fn configured(
        &mut self,
        link: Link,
        captive_portal_api: Option<&str>,
        port: u16,
        now: Instant,
    ) {
        if self.is_on {
            self.label = Url::parse(&format!("http://{}:{port}/", link.router)).ok();
            self.forget_conclusions();
            // Also that there is none: what another network announced is not kept.
            self.checker.handle(Input::Announced { captive_portal_api }, now);
            self.checker.handle(Input::Joined(link), now);
            self.clients.reach(SocketAddrV4::new(link.router, port), now);
        }
    }

    /// The owner does not look for the access point any more.
    pub(super) fn stays_away(&mut self) {
        self.looks = false;
        self.joins_at = None;
    }

    /// The phone goes elsewhere, and its owner brings it back then.
    pub(super) fn goes_elsewhere(&mut self, until: Instant) {
        if self.looks && !self.run_state.told {
            self.joins_at = Some(self.joins_at.map_or(until, |at| at.max(until)));
        }
    }

    /// The phone is off the access point, which has moved to another channel or has not.
    pub(super) fn dissociated(&mut self, air: &Air, moved: bool, now: Instant, trace: &mut Trace) {
        let access_point_is_up = air.access_point_is_up();
        self.is_on = false;
        if moved && self.on_switch == ChannelSwitch::Leaves {
            self.stays_away();
        }
        if access_point_is_up {
            self.access_point_is_up(now);
        }
        self.exchanges.clear();
        self.clients.leave();
        trace.add(now, &self.name, What::Dissociated);
        self.visit.goes_home(now);
        self.checker.handle(Input::Left, now);
        self.forget_conclusions();
        // A browser stays open, and what it was loading does not come.
        if let Some(url) = self.loading.take().filter(|_| !self.sheet_is_open) {
            self.loads += 1;
            self.tell_person(Shown::PageFailed { url }, now);
        }
        let known = self.knows.and_then(|knows| air.networks().iter().find(|there| there.ssid == knows));
        self.elsewhere = known.filter(|there| there.on_air).map(|there| there.ssid);
        if let Some(ssid) = self.elsewhere {
            trace.add(now, &self.name, What::Roams { to: ssid.to_string() });
        }
    }

    /// What the check concluded was about the network that the phone was on.
    fn forget_conclusions(&mut self) {
        (self.is_notified, self.has_concluded, self.wifi_is_default) = (false, false, false);
    }

    pub(super) fn progress(
        &mut self,
        id: ExchangeId,
        progress: Progress<'_>,
        now: Instant,
        trace: &mut Trace,
    ) {
        if self.clients.progress(id, progress, now) {
            return;
        }
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
        while let Some(output) = self.person.as_mut().and_then(Owner::poll) {
            self.person_does(output, now, air, trace, effects);
            moved = true;
        }
        if let Some(visit) = self.settle_visit(now, air, trace) {
            effects.push_back(visit);
            moved = true;
        }
        while let Some((id, does)) = self.clients.poll() {
            effects.push_back(Effect::Talk { phone: self.id, id, does });
            moved = true;
        }
        self.run_state.served = self.clients.served();
        self.run_state.longest_answer = self.clients.longest_answer();
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
                self.has_concluded = true;
                self.wifi_is_default =
                    matches!(verdict, Verdict::Online | Verdict::NotCaptive | Verdict::Inconclusive);
                self.is_notified &= verdict != Verdict::Online;
                let verdict = verdict.word();
                note(What::Verdict {
                    verdict: verdict.into(),
                    rule: rule.id.into(),
                    grade: rule.grade.to_string(),
                });
                self.run_state.first_verdict.get_or_insert(verdict);
                self.run_state.last_verdict = Some(verdict);
            }
            Output::Notify { .. } => {
                note(What::Notified);
                self.is_notified = true;
                self.tell_person(Shown::Notified, now);
            }
            Output::SheetOpened { url, user_agent, .. } => {
                note(What::SheetOpened { url: url.clone() });
                self.run_state.sheet = true;
                self.sheet_is_open = true;
                self.sheet_agent = user_agent;
                self.button = None;
                if let Ok(url) = Url::parse(&url) {
                    self.tell_person(Shown::SheetOpened { url: url.clone() }, now);
                    self.load(Request::get(url), now, trace, effects);
                }
            }
            Output::SheetClosed { why } => {
                note(What::SheetClosed { why: format!("{why:?}") });
                self.sheet_is_open = false;
                self.button = None;
                self.loads += 1;
                self.loading = None;
                self.tell_person(Shown::SheetClosed, now);
            }
            Output::SheetButton(button) => {
                note(What::SheetButton { says: format!("{button:?}") });
                self.button = Some(button);
            }
            Output::AskToStay { .. } => self.checker.handle(Input::Owner(OwnerAction::UseAsIs), now),
            Output::Left { why } => {
                note(What::Departs { why: in_words(why).into() });
                // An owner who still wants to know comes back.
                let is_over = self.run_state.told || self.person.as_ref().is_none_or(Owner::is_finished);
                if is_over {
                    self.stays_away();
                } else {
                    self.joins_at = Some(now + self.returns);
                }
                air.phone_leaves(self.id);
            }
            Output::Finding(finding) => {
                note(What::Finding { finding: finding.to_string() });
                self.run_state.findings += 1;
            }
        }
    }
}

fn in_words(why: Departure) -> &'static str {
    match why {
        Departure::SheetCancelled => "its sheet was cancelled",
        Departure::NotWanted => "its owner does not want the network",
        Departure::NoInternet => "there was no internet for too long",
    }
}

/// What is typed on a keyboard: text. A passphrase of other bytes cannot be typed.
fn as_text(secret: &[u8]) -> String {
    String::from_utf8_lossy(secret).into_owned()
}

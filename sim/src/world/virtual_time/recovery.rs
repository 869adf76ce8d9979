//! Waits for a world to recover from its last fault, and gives it the chances that the promise of
//! [`crate::invariant::recovery`] is about: owners who start over, and a visitor with every kind of
//! phone where nobody wants anything.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use vestibule_core::provisioning::State;
use vestibule_core::{Instant, Ssid};

use crate::invariant::Violation;
use crate::invariant::recovery::{BOUND, RecoveryState, missing, violation};
use crate::phone::models;
use crate::radio::PhoneId;
use crate::scenario::{Action, PhoneSpec, Scenario, Try};
use crate::trace::{Record, What};
use crate::world::World;

/// After how long owners who have not been told start over although they still wait. Chosen.
const START_OVER: Duration = Duration::from_secs(120);

/// The time from one visitor's departure to the next one's coming. Chosen: no crowd comes to see a
/// device being set up.
const BETWEEN_VISITORS: Duration = Duration::from_secs(1);

/// The wait for a world to be well.
pub(super) struct Recovery {
    /// When the last fault is over.
    faults_end: Instant,
    /// Which network each phone's owner can get the device onto.
    wants: Vec<Ssid>,
    /// Since when nothing goes wrong and no step is due.
    calm_since: Option<Instant>,
    next_start_over: Instant,
    /// Something submitted since then is tried.
    trying: bool,
    submitted: bool,
    told: bool,
    /// Names of the phones whose sheet has opened since then.
    sheets: BTreeSet<Arc<str>>,
    /// Models that have not visited yet, the next one last.
    visitors: Vec<&'static str>,
    visitor: Option<PhoneId>,
    next_visitor_at: Instant,
}

impl Recovery {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let faults_end = scenario.faults.iter().map(|fault| fault.get_ref().ends()).max();
        let gets_on = |phone: &&PhoneSpec| scenario.device.lets_on(phone);
        let knows = |phone: &&PhoneSpec| matches!(phone.tries.last(), Some(Try::Right));
        let knowing = scenario.phones.iter().filter(gets_on).filter(knows);
        Self {
            faults_end: Instant::from_micros(0) + faults_end.unwrap_or_default(),
            wants: knowing.filter_map(|phone| Some(phone.wants.as_ref()?.get_ref().0)).collect(),
            calm_since: None,
            next_start_over: Instant::from_micros(0),
            trying: false,
            submitted: false,
            told: false,
            sheets: BTreeSet::new(),
            visitors: Vec::new(),
            visitor: None,
            next_visitor_at: Instant::from_micros(0),
        }
    }

    /// When it has to look again, if nothing happens before.
    pub(super) fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        match self.calm_since {
            None => Some(self.faults_end).filter(|at| *at > now),
            Some(since) => [self.next_start_over, since + BOUND, self.next_visitor_at]
                .into_iter()
                .filter(|at| *at > now)
                .min(),
        }
    }

    /// Something was written down.
    pub(super) fn note(&mut self, record: &Record) {
        match &record.what {
            // Where the sheet needs a tap, its notification is what the portal can bring about.
            What::SheetOpened { .. } | What::Notified => {
                self.sheets.insert(Arc::clone(&record.node));
            }
            What::Submitted { .. } => self.trying = true,
            What::JoinFailed { .. } | What::Power { .. } => self.trying = false,
            What::Joined { .. } => self.submitted |= std::mem::take(&mut self.trying),
            What::Reads { .. } => self.told = true,
            // An owner who does something wrong only now is a fault that lasted until now.
            What::Deviates { .. } => self.calm_since = None,
            _ => {}
        }
    }

    /// Whether the world has recovered.
    ///
    /// # Errors
    /// It has not, and its time is over.
    pub(super) fn judge(&mut self, world: &mut World, now: Instant) -> Result<bool, Violation> {
        if now < self.faults_end || world.script_is_due() {
            self.calm_since = None;
            return Ok(false);
        }
        let Some(since) = self.calm_since else {
            self.calm_since = Some(now);
            self.next_start_over = now + START_OVER;
            (self.submitted, self.told) = (false, false);
            self.sheets.clear();
            self.invite_visitors(world, now);
            if self.is_missing(world).is_some() {
                world.owners_start_over(false, now);
            }
            return Ok(false);
        };
        let Some((name, found)) = self.is_missing(world) else {
            return Ok(true);
        };
        if now >= since + BOUND {
            return Err(violation(name, now - Instant::from_micros(0), found, world.waits()));
        }
        if now >= self.next_start_over {
            self.next_start_over = now + START_OVER;
            if has_closed_in_time(world) {
                world.act(Action::Restart, now);
            }
            world.owners_start_over(true, now);
        }
        self.send_visitors(world, now);
        Ok(false)
    }

    fn is_missing(&self, world: &mut World) -> Option<(&'static str, String)> {
        let state = self.state(world);
        missing(&state)
    }

    fn state(&self, world: &mut World) -> RecoveryState {
        let wanted: Vec<Ssid> =
            self.wants.iter().filter(|wanted| can_be_joined(world, wanted)).copied().collect();
        // Matters only where nobody can get the device onto a network.
        let sheets = if wanted.is_empty() { self.sheets_of(world) } else { Vec::new() };
        RecoveryState {
            state: world.device().portal().map(|portal| portal.state()),
            joined: world.air().joined_network().map(|network| network.ssid),
            wanted,
            submitted: self.submitted,
            // A phone that has left for good is not waited for.
            told: self.told || !world.phones().any(|phone| phone.can_be_told()),
            sheets,
        }
    }

    /// The phones that show portals, those that have not come by yet as well, and whether each has.
    fn sheets_of(&self, world: &World) -> Vec<(String, bool)> {
        let visitors = self.visitors.iter().map(|id| (format!("a visitor's {id}"), false));
        world
            .phones()
            .filter(|phone| phone.shows_portals() && phone.may_come())
            .map(|phone| (phone.name().to_owned(), self.sheets.contains(phone.name())))
            .chain(visitors)
            .collect()
    }

    /// Every model is to come by, whoever came before; those that show nothing of any portal have
    /// nothing to come for.
    fn invite_visitors(&mut self, world: &mut World, now: Instant) {
        if let Some(visitor) = self.visitor.take() {
            world.act(Action::PhoneLeaves(visitor), now);
        }
        let shows = models().iter().rev().filter(|model| model.at_a_setup_portal().1);
        self.visitors = shows.map(|model| model.id).collect();
    }

    /// Where no owner wants the device on a network that is there: every model comes by, one at a
    /// time, and leaves once its sheet has opened.
    fn send_visitors(&mut self, world: &mut World, now: Instant) {
        if self.wants.iter().any(|wanted| can_be_joined(world, wanted)) || !world.air().access_point_is_up() {
            return;
        }
        if let Some(visitor) = self.visitor {
            let shown = world.phones().nth(visitor).is_some_and(|phone| self.sheets.contains(phone.name()));
            if !shown {
                return;
            }
            world.act(Action::PhoneLeaves(visitor), now);
            self.visitor = None;
            self.next_visitor_at = now + BETWEEN_VISITORS;
        }
        if now < self.next_visitor_at {
            return;
        }
        if let Some(model) = self.visitors.pop() {
            self.visitor = Some(world.add_phone(&PhoneSpec::who_only_looks(model), now));
        }
    }
}

/// Whether a device that knows the passphrase would get onto the network now.
fn can_be_joined(world: &World, ssid: &Ssid) -> bool {
    world.air().can_be_joined(ssid)
}

/// Whether the device has closed its portal because it was configured to, and waits for its owner to
/// power it anew. One that is idle for any other reason is left to be found.
fn has_closed_in_time(world: &mut World) -> bool {
    let config = world.device().config();
    let closes = config.idle_timeout.or(config.absolute_timeout).is_some();
    closes && world.device().portal().is_some_and(|portal| portal.state() == State::Idle)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::scenario::load;
    use crate::trace::What;
    use crate::world::virtual_time::VirtualTime;

    /// Whether a world recovers, with what happened in it.
    fn recovers(text: &str, seed: u64) -> (bool, Vec<What>) {
        let text = format!("name = \"recovers\"\n[expect]\nliveness = true\n{text}");
        let scenario = load::parse(&text, Path::new("recovers")).unwrap();
        let mut happened = Vec::new();
        let outcome =
            VirtualTime::new(&scenario, seed).run(&scenario, |record| happened.push(record.what.clone()));
        (outcome.unmet.is_empty() && outcome.violation.is_none(), happened)
    }

    /// Found by a campaign, as is the next: these are what was left of their seeds.
    #[test]
    fn an_owner_powers_a_device_anew_that_has_closed_its_portal_in_time() {
        let text = r#"
            [device]
            idle_timeout = "10min"
            may_open = "once-after-power-up"
            [[network]]
            ssid = "Home"
            [[phone]]
            model = "ios-17"
            wants = "Home"
            joins = "22s"
            [[fault]]
            at = "21s"
            kind = "clock-jump"
            by = "54min"
        "#;
        let (recovers, happened) = recovers(text, 1);
        assert!(happened.iter().any(|what| matches!(what, What::Power { on: false })), "the plug was pulled");
        assert!(recovers);
    }

    #[test]
    fn an_owner_who_deviates_after_the_last_fault_has_the_full_time_from_then_on() {
        let text = r#"
            [device]
            security = "wpa2-wpa3"
            result_linger = "1s"
            [[network]]
            ssid = "Home"
            [[phone]]
            model = "android-14"
            label_tries = ["wrong"]
            [[phone]]
            model = "ios-17"
            wants = "Home"
            habits = "hurried"
            label_tries = ["wrong", "right"]
            [[fault]]
            at = "5s 370ms"
            kind = "router-reboot"
            network = "Home"
            lasts = "6s 265ms"
            [[fault]]
            at = "10s 637ms"
            kind = "deviation"
            phone = 2
            does = "close-result"
            [[fault]]
            at = "11s 446ms"
            kind = "jitter"
            by = "370ms"
            lasts = "6s 523ms"
        "#;
        let (recovers, happened) = recovers(text, 32);
        let deviates = happened.iter().position(|what| matches!(what, What::Deviates { .. }));
        assert!(deviates.is_some(), "nobody deviates any more: this needs another seed");
        assert!(recovers);
    }
}

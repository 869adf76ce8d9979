//! Waits for a world to recover from its last fault. Meanwhile it causes what the liveness property of
//! [`crate::invariant::recovery`] assumes: owners start over, and where no owner can set the device up, a
//! visitor with every phone model comes by.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::{Instant, Ssid};

use crate::invariant::Violation;
use crate::invariant::recovery::{BOUND, RecoveryState, missing, violation};
use crate::phone::models;
use crate::radio::PhoneId;
use crate::scenario::{Action, PhoneSpec, Scenario, Try};
use crate::trace::{Record, What};
use crate::world::World;

/// The interval at which owners who do not know the result start over, even if they still wait. Chosen.
const START_OVER_INTERVAL: Duration = Duration::from_secs(120);

/// The time from one visitor's departure to the next one's arrival. Chosen.
const VISITOR_INTERVAL: Duration = Duration::from_secs(1);

/// The wait for a world to recover.
pub(super) struct Recovery {
    /// The end of the last fault.
    faults_end: Instant,
    /// The networks that owners can set the device up for.
    wants: Vec<Ssid>,
    /// The time since which no fault is active and no step is due.
    calm_since: Option<Instant>,
    next_start_over: Instant,
    /// Whether the device tries something that was submitted since then.
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
        let knows = |phone: &&PhoneSpec| phone.tries.last().is_some_and(Try::may_be_right);
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

    /// The time of the next check, if nothing happens before.
    pub(super) fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        match self.calm_since {
            None => Some(self.faults_end).filter(|at| *at > now),
            Some(since) => [self.next_start_over, since + BOUND, self.next_visitor_at]
                .into_iter()
                .filter(|at| *at > now)
                .min(),
        }
    }

    /// A record was made.
    pub(super) fn note(&mut self, record: &Record) {
        match &record.what {
            // Where the sheet opens on a tap, the portal has done its part with the notification.
            What::SheetOpened { .. } | What::Notified => {
                self.sheets.insert(Arc::clone(&record.node));
            }
            What::Submitted { .. } => self.trying = true,
            What::JoinFailed { .. } | What::Power { .. } => self.trying = false,
            What::Joined { .. } => self.submitted |= std::mem::take(&mut self.trying),
            What::Reads { .. } | What::TakesForSetUp => self.told = true,
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
            self.next_start_over = now + START_OVER_INTERVAL;
            (self.submitted, self.told) = (false, false);
            self.sheets.clear();
            self.reset_visitors(world, now);
            if self.unrecovered(world).is_some() {
                world.owners_start_over(false, now);
            }
            return Ok(false);
        };
        let Some((name, found)) = self.unrecovered(world) else {
            return Ok(true);
        };
        if now >= since + BOUND {
            return Err(violation(name, now - Instant::from_micros(0), found, world.waits()));
        }
        if now >= self.next_start_over {
            self.next_start_over = now + START_OVER_INTERVAL;
            if has_timed_out(world) {
                world.act(Action::Restart, now);
            }
            world.owners_start_over(true, now);
        }
        self.send_visitors(world, now);
        Ok(false)
    }

    fn unrecovered(&self, world: &mut World) -> Option<(&'static str, String)> {
        let state = self.state(world);
        missing(&state)
    }

    fn state(&self, world: &mut World) -> RecoveryState {
        let wanted: Vec<Ssid> =
            self.wants.iter().filter(|wanted| can_be_joined(world, wanted)).copied().collect();
        let wanted = if is_found(world) { wanted } else { Vec::new() };
        // Matters only where nobody can get the device onto a network.
        let shows = wanted.is_empty() && is_found(world);
        let sheets = if shows { self.sheets_of(world) } else { Vec::new() };
        RecoveryState {
            state: world.device().portal().map(|portal| portal.state()),
            joined: world.air().joined_network().map(|network| network.ssid),
            wanted,
            submitted: self.submitted,
            // A phone that has left for good cannot be told.
            told: self.told || !is_found(world) || !world.phones().any(|phone| phone.can_be_told()),
            sheets,
        }
    }

    /// The phones that show captive portals, future visitors included, and whether each has shown this one.
    fn sheets_of(&self, world: &World) -> Vec<(String, bool)> {
        let visitors = self.visitors.iter().map(|id| (format!("a visitor's {id}"), false));
        world
            .phones()
            .filter(|phone| phone.shows_portals() && phone.may_come())
            .map(|phone| (phone.name().to_owned(), self.sheets.contains(phone.name())))
            .chain(visitors)
            .collect()
    }

    /// Makes every model a future visitor, also one that has visited before. Models that never show a portal are left out,
    /// and those that make a check that failed not again: the device's radio may have been deaf for that one.
    fn reset_visitors(&mut self, world: &mut World, now: Instant) {
        if let Some(visitor) = self.visitor.take() {
            world.act(Action::PhoneLeaves(visitor), now);
        }
        let shows = models().iter().rev().filter(|model| model.at_a_setup_portal().1 && model.checks_again());
        self.visitors = shows.map(|model| model.id).collect();
    }

    /// If no owner can set the device up for a network on the air, lets every model visit, one at a time; it
    /// leaves once its sheet has opened.
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
            self.next_visitor_at = now + VISITOR_INTERVAL;
        }
        if now < self.next_visitor_at {
            return;
        }
        if let Some(model) = self.visitors.pop() {
            self.visitor = Some(world.add_phone(&PhoneSpec::who_only_looks(model), now));
        }
    }
}

/// Whether a phone that is to join the device does not take another access point of its name instead.
fn is_found(world: &World) -> bool {
    world.air().stronger_namesake().is_none()
}

/// Whether a device that knows the passphrase would get onto the network now.
fn can_be_joined(world: &World, ssid: &Ssid) -> bool {
    world.air().can_be_joined(ssid)
}

/// Whether the device has closed its portal after a configured timeout, and waits for a power cycle. A device
/// that is idle for another reason has not recovered, and the campaign is to find it.
fn has_timed_out(world: &mut World) -> bool {
    let config = world.device().config();
    let closes = config.idle_timeout.or(config.absolute_timeout).is_some();
    closes && world.device().portal().is_some_and(|portal| portal.state() == ProvisioningState::Idle)
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

    /// Found by a campaign, as is the next; these are the minimised scenarios.
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
            ap_shutdown_delay = "1s"
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

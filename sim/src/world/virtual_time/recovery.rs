//! Waits for a world to recover from its last fault. Meanwhile it causes what the liveness property of
//! [`crate::invariant::recovery`] assumes: owners start over, unplug a device that says that it opens by that alone,
//! and plug it in again; and where no owner can set the device up, a visitor with every phone model comes by.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::{Instant, MayOpen, Ssid};

use crate::invariant::Violation;
use crate::invariant::recovery::{BOUND, RecoveryState, missing, violation};
use crate::phone::models;
use crate::radio::PhoneId;
use crate::scenario::{Action, PhoneSpec, Scenario, Try};
use crate::trace::{Record, What};
use crate::world::World;

/// How long after all faults a world that needs nothing is looked at again: an event may be hours away then. Chosen.
const FIRST_LOOK: Duration = Duration::from_secs(1);

/// The interval at which owners who do not know the result start over, even if they still wait. Chosen: shorter than a
/// device keeps a result for its owner, two minutes unless it is configured otherwise.
const START_OVER_INTERVAL: Duration = Duration::from_secs(100);

/// The time from one visitor's departure to the next one's arrival. Chosen.
const VISITOR_INTERVAL: Duration = Duration::from_secs(1);

/// A visitor who has seen nothing for this long joins anew, as people do: the device's radio may have been deaf for the
/// check, while an owner tried a network, and many phones check once for each join, or take a network whose check came to
/// nothing for one that needs no sheet, as Apple's do. Chosen, longer than any check takes.
const VISITOR_TIMEOUT: Duration = Duration::from_secs(120);

/// The wait for a world to recover.
pub(super) struct Recovery {
    /// The end of the last fault.
    faults_end: Instant,
    /// The networks that owners can set the device up for.
    wants: Vec<Ssid>,
    /// The time since which no fault is active and no step is due.
    calm_since: Option<Instant>,
    next_start_over: Instant,
    /// Steps of the script that were carried out by then: one that waits for a state may come at any time.
    steps_done: usize,
    /// Whether the device tries something that was submitted since then.
    trying: bool,
    submitted: bool,
    told: bool,
    /// Whether the device has said that it opens no portal, and has not been unplugged since.
    stays_closed: bool,
    /// Names of the phones whose sheet was open then or has opened since.
    sheets: BTreeSet<Arc<str>>,
    /// Models that have not visited yet, the next one last.
    visitors: Vec<&'static str>,
    visitor: Option<(PhoneId, &'static str)>,
    /// When the next one comes, or the one that is there has waited for long enough.
    next_visitor_at: Instant,
}

impl Recovery {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let faults_end = scenario.faults.iter().map(|fault| fault.get_ref().ends()).max();
        let gets_on = |phone: &&PhoneSpec| scenario.device.lets_on(phone);
        // Who types a wrong code, or seals with the right one for somebody in between, is refused for good.
        let code_is_taken = |phone: &PhoneSpec| {
            phone.types_code.as_ref().is_none_or(|code| code.may_be_right() && !phone.in_between)
        };
        let knows =
            |phone: &&PhoneSpec| phone.tries.last().is_some_and(Try::may_be_right) && code_is_taken(phone);
        let knowing = scenario.phones.iter().filter(gets_on).filter(knows);
        Self {
            faults_end: Instant::from_micros(0) + faults_end.unwrap_or_default(),
            wants: knowing.filter_map(|phone| Some(phone.wants.as_ref()?.get_ref().0)).collect(),
            calm_since: None,
            next_start_over: Instant::from_micros(0),
            steps_done: 0,
            trying: false,
            submitted: false,
            told: false,
            stays_closed: false,
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
            Some(since) => [since + FIRST_LOOK, self.next_start_over, since + BOUND, self.next_visitor_at]
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
            What::StaysClosed => self.stays_closed = true,
            What::Power { .. } => (self.trying, self.stays_closed) = (false, false),
            What::AccessPoint { up: true } => self.stays_closed = false,
            What::JoinFailed { .. } => self.trying = false,
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
        let goes_on = std::mem::replace(&mut self.steps_done, world.steps_done()) != world.steps_done();
        if now < self.faults_end || world.script_is_due() {
            self.calm_since = None;
            return Ok(false);
        }
        if goes_on {
            self.calm_since = None;
        }
        let Some(since) = self.calm_since else {
            self.calm_since = Some(now);
            self.next_start_over = now + START_OVER_INTERVAL;
            (self.submitted, self.told) = (false, false);
            // One that opened a moment ago is shown still, and opens no second time.
            let open = world.phones().filter(|phone| phone.sheet_is_open());
            self.sheets = open.map(|phone| phone.name().into()).collect();
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
            // Power alone opens no portal of a device that only connects, or opens it when asked.
            if waits_for_its_button(world) {
                world.act(Action::Setup, now);
            } else if has_timed_out(world) || self.opens_by_power(world) {
                world.act(Action::Restart, now);
            }
            world.owners_start_over(true, now);
        }
        self.send_visitors(world, now);
        Ok(false)
    }

    /// Whether the device has said that it opens no portal, and its owner has read on its page and its label that it
    /// does once it was unplugged. One that opens none for another reason has not recovered.
    fn opens_by_power(&self, world: &mut World) -> bool {
        let is_told =
            matches!(world.device().config().may_open, MayOpen::AfterPowerUp | MayOpen::OnceAfterPowerUp);
        self.stays_closed && is_told
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
        let without_sheet = if shows { self.without_sheet(world) } else { None };
        RecoveryState {
            state: world.device().state(),
            joined: world.air().joined_network().map(|network| network.ssid),
            stale_address: world.stale_address(),
            wanted,
            submitted: self.submitted,
            // A phone that has left for good cannot be told.
            told: self.told || !is_found(world) || !world.phones().any(|phone| phone.can_be_told()),
            without_sheet,
        }
    }

    /// The first phone that shows captive portals and has not shown this one, future visitors included.
    fn without_sheet(&self, world: &World) -> Option<String> {
        let mut phones = world.phones().filter(|phone| phone.shows_portals() && phone.may_come());
        let phone = phones.find(|phone| !self.sheets.contains(phone.name()));
        let visitor = || self.visitors.first().map(|id| format!("a visitor's {id}"));
        phone.map(|phone| phone.name().to_owned()).or_else(visitor)
    }

    /// Makes every model a future visitor, also one that has visited before. Models that never show a portal are left out.
    fn reset_visitors(&mut self, world: &mut World, now: Instant) {
        if let Some((visitor, _)) = self.visitor.take() {
            world.act(Action::PhoneLeaves(visitor), now);
        }
        let shows = models().iter().rev().filter(|model| model.at_a_setup_portal().1);
        self.visitors = shows.map(|model| model.id).collect();
    }

    /// If no owner can set the device up for a network on the air, lets every model visit, one at a time; it
    /// leaves once its sheet has opened. One that shows nothing for [`VISITOR_TIMEOUT`] leaves and joins once more.
    fn send_visitors(&mut self, world: &mut World, now: Instant) {
        if self.wants.iter().any(|wanted| can_be_joined(world, wanted)) || !world.air().access_point_is_up() {
            return;
        }
        if let Some((visitor, model)) = self.visitor {
            let shown = world.phones().nth(visitor).is_some_and(|phone| self.sheets.contains(phone.name()));
            if !shown && now < self.next_visitor_at {
                return;
            }
            if !shown {
                self.visitors.push(model);
            }
            world.act(Action::PhoneLeaves(visitor), now);
            self.visitor = None;
            self.next_visitor_at = now + VISITOR_INTERVAL;
        }
        if now < self.next_visitor_at {
            return;
        }
        if let Some(model) = self.visitors.pop() {
            self.visitor = Some((world.add_phone(&PhoneSpec::who_only_looks(model), now), model));
            self.next_visitor_at = now + VISITOR_TIMEOUT;
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
    closes && world.device().state() == Some(ProvisioningState::Idle)
}

/// Whether the device opens no portal by itself, has not got onto its network, and is idle.
fn waits_for_its_button(world: &mut World) -> bool {
    let device = world.device();
    let opens_when_asked = device.only_connects() || device.config().may_open == MayOpen::WhenAsked;
    opens_when_asked && device.state() == Some(ProvisioningState::Idle)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::FIRST_LOOK;
    use crate::phone::models;
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

    /// A clock that has jumped is one clock: what an owner's phone asks by datagrams keeps the access point of a radio
    /// with one role, as it does before the jump.
    #[test]
    fn an_owner_who_needs_a_moment_is_not_thrown_off_after_a_jump_of_the_clock() {
        let text = r#"
            [device]
            stored = "Old home"
            retry_interval = "2s"
            stored_attempts = 1
            radio = { concurrent = false }
            [[network]]
            ssid = "Old home"
            on_air = false
            [[network]]
            ssid = "Home"
            [[phone]]
            model = "ios-17"
            wants = "Home"
            joins = "45s"
            joins_by = "camera"
            [[fault]]
            at = "40s"
            kind = "clock-jump"
            by = "54min"
        "#;
        let (recovers, happened) = recovers(text, 1);
        let waits = happened.iter().position(|what| matches!(what, What::SheetWaits)).expect("it waits");
        let down = |what: &&What| matches!(what, What::AccessPoint { up: false });
        let until_sheet =
            happened[waits..].iter().take_while(|what| !matches!(what, What::SheetOpened { .. }));
        assert_eq!(until_sheet.filter(down).count(), 0);
        assert!(recovers);
    }

    /// Its sheet opens while a jump of the clock is a fault, and its owner goes on looking at it.
    #[test]
    fn a_sheet_that_is_open_already_is_one() {
        let text = r#"
            [device]
            stored = "Home"
            stored_attempts = 1
            opening_window = "5s"
            [[network]]
            ssid = "Home"
            [[phone]]
            model = "ios-17"
            [[fault]]
            at = "7s 595ms"
            kind = "factory-reset"
            [[fault]]
            at = "23s 187ms"
            kind = "clock-jump"
            by = "31m 27s 129ms"
        "#;
        assert!(recovers(text, 9_000_096).0);
    }

    /// Nobody can set the device up, so every model visits that shows portals, and joins once more if it shows nothing.
    #[test]
    fn a_portal_that_pops_up_on_no_phone_has_not_recovered_however_often_phones_join() {
        let at = |setting: &str| recovers(&format!("[device]\n{setting}"), 1);
        let visits = |happened: &[What]| {
            let models = models().iter().filter(|model| model.at_a_setup_portal().1);
            models
                .map(|model| {
                    let of_model = format!("/{}", model.id);
                    let comes =
                        |what: &&What| matches!(what, What::Step { does } if does.ends_with(&of_model));
                    happened.iter().filter(comes).count()
                })
                .collect::<Vec<_>>()
        };
        let (is_good, happened) = at("");
        assert!(is_good && visits(&happened).iter().all(|times| *times == 1), "{:?}", visits(&happened));
        let (is_good, happened) = at("mutant = \"says-online\"");
        assert!(!is_good && visits(&happened).iter().max() > Some(&1), "{:?}", visits(&happened));
    }

    /// Each that is carried out although an earlier one took its place plans another: a run had ten events a frame.
    #[test]
    fn wakes_do_not_multiply_while_a_world_recovers() {
        let text = r#"
            name = "no router"
            [expect]
            liveness = true
            [device]
            stored = "Home"
            [[network]]
            ssid = "Home"
            dhcp = false
            [[fault]]
            at = "1s"
            kind = "jitter"
            by = "100ms"
            lasts = "1s"
        "#;
        let scenario = load::parse(text, Path::new("no-router")).unwrap();
        let outcome = VirtualTime::new(&scenario, 1).run(&scenario, |_| {});
        assert_eq!(outcome.violation, None);
        assert!(outcome.events < 2 * outcome.frames, "{} events, {} frames", outcome.events, outcome.frames);
    }

    #[test]
    fn a_world_that_needs_nothing_is_judged_soon_although_nothing_happens_in_it() {
        let text = r#"
            name = "all is well"
            [expect]
            liveness = true
            [device]
            stored = "Home"
            [[network]]
            ssid = "Home"
            [[fault]]
            at = "5min"
            kind = "duplicate"
            percent = 1
            lasts = "1s"
        "#;
        let scenario = load::parse(text, Path::new("well")).unwrap();
        let outcome = VirtualTime::new(&scenario, 1).run(&scenario, |_| {});
        let faults_end = Duration::from_secs(5 * 60 + 1);
        assert_eq!((outcome.violation, outcome.took), (None, faults_end + FIRST_LOOK));
    }

    /// The home was moved, long after the device got its power.
    const MOVED: &str = r#"
        [device]
        stored = "Home"
        DEVICE
        [[network]]
        ssid = "Home"
        [[network]]
        ssid = "New home"
        on_air = false
        [[phone]]
        model = "ios-17"
        wants = "New home"
        joins = "30s"
        [[step]]
        at = "20s"
        do = "network-off"
        network = "Home"
        [[step]]
        wait = "1min"
        do = "network-on"
        network = "New home"
        [[fault]]
        at = "10s"
        kind = "clock-jump"
        by = "1h"
    "#;

    #[test]
    fn an_owner_unplugs_a_device_that_opens_by_that_alone() {
        let (recovers, happened) = recovers(&MOVED.replace("DEVICE", ""), 1);
        let position = |wanted: fn(&What) -> bool| happened.iter().position(wanted);
        let says =
            position(|what| matches!(what, What::StaysClosed)).expect("it says that it opens no portal");
        let plug = position(|what| matches!(what, What::Power { on: false })).expect("the plug is pulled");
        let open = position(|what| matches!(what, What::AccessPoint { up: true })).expect("then it opens");
        assert!(says < plug && plug < open && recovers);
    }

    #[test]
    fn a_device_that_unplugging_does_not_open_has_not_recovered() {
        let with = |setting: &str| recovers(&MOVED.replace("DEVICE", setting), 1).0;
        assert!(!with("mutant = \"never-opens\""));
        assert!(!with("may_open = \"when-asked\""), "nobody presses the button here");
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

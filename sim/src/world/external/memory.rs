//! Whether a device remembers the network that it has joined: judged by what it joins with after its power was away,
//! which the router sees. Nothing inside the device is looked at, and no passphrase is told.

use std::time::Duration;

use vestibule_core::{Credentials, Instant};

/// How long a device has on its network to store what it has joined with: from then on no power cut may lose it. Before
/// that it may open its portal again. Chosen: a chip's flash needs some 0.4 s for a sector.
const STORE_TIME: Duration = Duration::from_secs(3);

/// How long a device may have its portal open after power-on without having tried to join. Chosen.
const FIRST_TRY: Duration = Duration::from_secs(10);

/// By when after power-on it must be back on its network, if that can be joined. Chosen.
const RETURN: Duration = Duration::from_secs(45);

/// What a device that got its power back owes.
#[derive(Clone, Copy)]
struct Debt {
    since: Instant,
    /// Whether it must come back, and may not open its portal instead.
    must_return: bool,
    has_tried: bool,
    has_opened: bool,
}

/// What a device must remember.
#[derive(Default)]
pub(super) struct Memory {
    /// What has joined, the latest last.
    worked: Vec<Credentials>,
    /// When the latest has first joined.
    since: Option<Instant>,
    /// Whether the latest must survive a power cut.
    is_stored: bool,
    debt: Option<Debt>,
}

impl Memory {
    /// A network was joined with these.
    pub(super) fn joined(&mut self, with: &Credentials, now: Instant) {
        let debt = self.debt.take();
        let is_latest = self.worked.last() == Some(with) && self.since.is_some();
        match debt {
            // It has come back with them.
            Some(Debt { has_opened: false, .. }) if is_latest => return self.is_stored = true,
            None if is_latest => return,
            // An owner may have typed them anew.
            _ => {}
        }
        self.worked.retain(|known| known != with);
        self.worked.push(with.clone());
        (self.since, self.is_stored) = (Some(now), false);
    }

    /// The network is gone. A device that is turned away at once may take its join for one that failed, and store nothing.
    pub(super) fn lost(&mut self, now: Instant) {
        if !self.is_stored && self.since.is_some_and(|since| now < since + STORE_TIME) {
            self.since = None;
        }
    }

    /// An owner has read that the device is on its network.
    pub(super) fn told(&mut self) {
        self.is_stored |= !self.worked.is_empty();
    }

    /// The device was told to forget.
    pub(super) fn cleared(&mut self) {
        *self = Self::default();
    }

    pub(super) fn power_off(&mut self, now: Instant) {
        self.is_stored |= self.since.is_some_and(|since| now >= since + STORE_TIME);
    }

    pub(super) fn power_on(&mut self, now: Instant) {
        let debt = Debt { since: now, must_return: self.is_stored, has_tried: false, has_opened: false };
        self.debt = (!self.worked.is_empty()).then_some(debt);
    }

    /// Whether it has had the time to store what it has joined with.
    pub(super) fn may_be_tested(&self, now: Instant) -> bool {
        self.is_stored || self.since.is_some_and(|since| now >= since + STORE_TIME)
    }

    /// Whether nothing has to be remembered: it was told to forget, and has not joined since.
    pub(super) fn owes_nothing(&self) -> bool {
        !self.is_stored && self.since.is_none()
    }

    /// The device has raised its access point.
    pub(super) fn opened(&mut self) {
        if let Some(debt) = &mut self.debt {
            debt.has_opened = true;
        }
    }

    /// Whether it has come back since it last got its power, or had nothing to come back to.
    pub(super) fn is_settled(&self) -> bool {
        self.debt.is_none()
    }

    /// The device joins with these.
    ///
    /// # Errors
    /// They are not what it should remember.
    pub(super) fn joins(&mut self, with: &Credentials) -> Result<(), String> {
        let (Some(debt), Some(latest)) = (&mut self.debt, self.worked.last()) else { return Ok(()) };
        debt.has_tried = true;
        if self.worked.contains(with) {
            return Ok(());
        }
        let (right, tried) = (latest.passphrase.expose(), with.passphrase.expose());
        let is_cut = with.ssid == latest.ssid && tried.len() < right.len() && right.starts_with(tried);
        // Once its portal is open, an owner may have typed something else.
        if debt.has_opened && !is_cut {
            return Ok(());
        }
        let (ssid, other) = (latest.ssid, with.ssid);
        let found = if ssid != other {
            format!("it joins \"{other}\" after its power was away, and had joined \"{ssid}\"")
        } else if tried.is_empty() {
            format!(
                "it joins \"{ssid}\" without a passphrase after its power was away: what it stored was lost"
            )
        } else if is_cut {
            format!(
                "it joins \"{ssid}\" with the beginning of its passphrase after its power was away: what it stored \
                     was cut"
            )
        } else {
            format!(
                "it joins \"{ssid}\" with another passphrase after its power was away: what it stored was mangled"
            )
        };
        Err(found)
    }

    /// The network that the device must come back to cannot be joined now: its time begins anew.
    pub(super) fn wait(&mut self, now: Instant) {
        if let Some(debt) = &mut self.debt {
            debt.since = now;
        }
    }

    /// The network that the device must come back to.
    pub(super) fn owed(&self) -> Option<&Credentials> {
        self.worked.last().filter(|_| self.debt.is_some())
    }

    /// Judges what the device has done since its power is back.
    ///
    /// # Errors
    /// Its time to come back is over.
    pub(super) fn judge(&mut self, now: Instant) -> Result<(), String> {
        let (Some(debt), Some(latest)) = (self.debt, self.worked.last()) else { return Ok(()) };
        let waited = now - debt.since;
        let seconds = waited.as_secs();
        let ssid = latest.ssid;
        if debt.has_opened && !debt.must_return {
            // Nothing says that it had stored it by then, and its owner can set it up again: all begins anew.
            (self.debt, self.since) = (None, None);
            return Ok(());
        }
        if debt.has_opened && !debt.has_tried && waited >= FIRST_TRY {
            return Err(format!(
                "it has opened its portal after its power was away, and not tried \"{ssid}\" within {seconds} s: what \
                 it had joined with is gone"
            ));
        }
        if waited >= RETURN {
            let did = match (debt.has_tried, debt.has_opened) {
                (true, _) => "has tried to join, in vain",
                (false, true) => "has opened its portal",
                (false, false) => "has done nothing at all",
            };
            return Err(format!(
                "it is not back on \"{ssid}\" {seconds} s after its power was back, although that can be joined; it {did}"
            ));
        }
        Ok(())
    }

    /// When [`Memory::judge`] may find something, if nothing happens before.
    pub(super) fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        let debt = self.debt?;
        [debt.since + FIRST_TRY, debt.since + RETURN].into_iter().find(|at| *at > now)
    }
}

#[cfg(test)]
mod tests {
    use vestibule_core::{Passphrase, Ssid};

    use super::*;

    fn credentials(ssid: &str, passphrase: &str) -> Credentials {
        let passphrase = Passphrase::new(passphrase.as_bytes()).unwrap();
        Credentials { ssid: Ssid::new(ssid.as_bytes()).unwrap(), passphrase }
    }

    fn at(seconds: u64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    /// One that has joined in time to have stored it, and got its power back.
    fn restarted() -> Memory {
        let mut memory = Memory::default();
        memory.joined(&credentials("Home", "four green lanterns"), at(10));
        memory.power_off(at(20));
        memory.power_on(at(21));
        memory
    }

    #[test]
    fn what_comes_back_is_compared_with_what_has_worked() {
        assert_eq!(restarted().joins(&credentials("Home", "four green lanterns")), Ok(()));
        for (ssid, passphrase, said) in [
            ("Home", "four green", "was cut"),
            ("Home", "four green lanternz", "was mangled"),
            ("Home", "", "was lost"),
            ("Hom", "four green lanterns", "joins \"Hom\""),
        ] {
            let found = restarted().joins(&credentials(ssid, passphrase)).unwrap_err();
            assert!(found.contains(said) && !found.contains("green"), "{found}");
        }
    }

    #[test]
    fn an_open_portal_is_a_loss_only_of_what_was_surely_stored() {
        let mut memory = restarted();
        memory.opened();
        assert_eq!(memory.judge(at(22)), Ok(()), "it may still try");
        assert!(memory.judge(at(32)).unwrap_err().contains("is gone"));

        let mut memory = Memory::default();
        memory.joined(&credentials("Home", "four green lanterns"), at(10));
        memory.power_off(at(11));
        memory.power_on(at(12));
        memory.opened();
        assert_eq!(memory.judge(at(40)), Ok(()), "nobody knows that it had stored it by then");
        assert!(memory.is_settled());
        // Its owner sets it up again, and the power fails again at once.
        memory.joined(&credentials("Home", "four green lanterns"), at(41));
        memory.power_off(at(42));
        memory.power_on(at(43));
        memory.opened();
        assert_eq!(memory.judge(at(60)), Ok(()), "nor now");
    }

    #[test]
    fn one_that_was_turned_away_at_once_need_not_have_stored_it() {
        let (with, lost_at) = (credentials("Home", "four green lanterns"), Instant::from_micros(10_004_000));
        for (lost, owes) in [(Some(lost_at), false), (Some(at(14)), true), (None, true)] {
            let mut memory = Memory::default();
            memory.joined(&with, at(10));
            if let Some(lost) = lost {
                memory.lost(lost);
            }
            memory.power_off(at(20));
            memory.power_on(at(21));
            memory.opened();
            assert_eq!(memory.judge(at(40)).is_err(), owes, "{lost:?}");
        }
        // On its network again, its time begins anew.
        let mut memory = Memory::default();
        memory.joined(&with, at(10));
        memory.lost(lost_at);
        memory.joined(&with, at(11));
        assert!(memory.may_be_tested(at(14)) && !memory.may_be_tested(at(13)));
    }

    #[test]
    fn one_that_does_nothing_is_found_in_time() {
        let mut memory = restarted();
        assert_eq!(memory.judge(at(60)), Ok(()));
        assert!(memory.judge(at(66)).unwrap_err().contains("nothing at all"));
        memory.wait(at(66));
        assert_eq!(memory.judge(at(67)), Ok(()), "its router was away");
        memory.joined(&credentials("Home", "four green lanterns"), at(68));
        assert!(memory.is_settled());
    }
}

//! One opening of the portal: when it began, when it was last used, who its owner is, what the setup page shows
//! first, and whether the owner has been handed the result. Which clients may use it is decided in `web/guard`; the
//! state of the device is in `joining`.

use crate::csrf_token::ClientId;
use crate::limits::OWNER_TIME;
use crate::pages::Notice;
use crate::time::earliest;
use crate::{Config, Instant, Ssid};

pub(super) struct Session {
    opened_at: Instant,
    last_activity: Instant,
    /// When the scan under way is given up.
    pub(super) scan_ends: Instant,
    /// The portal may not open by itself any more, until power returns.
    pub(super) stays_closed: bool,
    /// The notice that the setup page shows first.
    pub(super) notice: Option<Notice>,
    /// The network that the owner chose last, so that nobody has to choose it twice; empty if none was.
    pub(super) chosen_ssid: Ssid,
    /// The client whose submission is tried, has failed or has joined; none while there is none, and where it came
    /// over a cable.
    pub(super) owner: Option<ClientId>,
    /// When the owner was handed the result, the last time.
    pub(super) result_delivered_at: Option<Instant>,
}

impl Session {
    #[inline(always)]
    pub(super) const fn new() -> Self {
        Self {
            opened_at: Instant::from_micros(0),
            last_activity: Instant::from_micros(0),
            scan_ends: Instant::from_micros(0),
            stays_closed: false,
            notice: None,
            chosen_ssid: Ssid::EMPTY,
            owner: None,
            result_delivered_at: None,
        }
    }

    /// The portal opens.
    pub(super) fn open(&mut self, now: Instant) {
        (self.opened_at, self.last_activity) = (now, now);
        self.owner = None;
    }

    /// Somebody uses the portal.
    pub(super) fn touch(&mut self, now: Instant) {
        self.last_activity = now;
    }

    /// Until when a radio that cannot be both leaves the access point up for an owner; `None` while nobody
    /// has used the portal.
    pub(super) fn owner_stays_until(&self) -> Option<Instant> {
        (self.last_activity != self.opened_at).then(|| self.last_activity + OWNER_TIME)
    }

    /// When the portal closes because nobody uses it, or because it has been open for so long.
    pub(super) fn closes_at(&self, config: &Config) -> Option<Instant> {
        let idle = config.idle_timeout.map(|timeout| self.last_activity + timeout);
        earliest(idle, self.ends_at(config))
    }

    /// When it ends whatever anybody does: nothing is begun after that.
    pub(super) fn ends_at(&self, config: &Config) -> Option<Instant> {
        config.absolute_timeout.map(|timeout| self.opened_at + timeout)
    }

    /// The owner chose a network; a notice is about the attempt before.
    pub(super) fn choose(&mut self, ssid: Ssid) {
        self.chosen_ssid = ssid;
        self.notice = None;
    }

    /// A network is joined, and its owner does not know yet.
    pub(super) fn joined(&mut self) {
        self.notice = None;
        self.result_delivered_at = None;
    }

    /// Everything was forgotten.
    pub(super) fn forget(&mut self) {
        self.choose(Ssid::EMPTY);
    }
}

//! One opening of the portal: when it began, when it was last used, who its owner is, what the setup page shows
//! first, and whether the owner has been handed the result. Which clients may use it is decided in `web/guard`; the
//! state of the device is in `joining`.

use crate::csrf_token::ClientId;
use crate::limits::OWNER_TIME;
use crate::pages::Notice;
use crate::time::earliest;
use crate::{Config, Instant, Ssid};

/// What stands for no moment.
const NOT_STARTED: Instant = Instant::from_micros(0);

pub(super) struct Session {
    opened_at: Instant,
    last_activity: Instant,
    /// Until when a device that knows a network may have its portal open by itself; 0 before its first start.
    window_ends: Instant,
    /// Since power came, what is stored has not been tried to the end and nothing was joined.
    first_tries: bool,
    /// Somebody who holds the device has asked for this opening.
    pub(super) asked: bool,
    /// When the scan under way is given up.
    pub(super) scan_ends: Instant,
    /// The portal has closed by a timeout, or a network was joined and lost, since power came.
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
            window_ends: NOT_STARTED,
            first_tries: false,
            asked: false,
            scan_ends: Instant::from_micros(0),
            stays_closed: false,
            notice: None,
            chosen_ssid: Ssid::EMPTY,
            owner: None,
            result_delivered_at: None,
        }
    }

    /// The device is started: the first time, power came.
    pub(super) fn start(&mut self, config: &Config, now: Instant) {
        if self.window_ends == NOT_STARTED {
            self.window_ends = now + config.opening_window;
            self.first_tries = true;
        }
    }

    /// What is stored was tried to the end. The first time since power came the window begins anew, however long that
    /// took: or else a device whose tries take longer than its window would open no portal ever again.
    pub(super) fn tries_failed(&mut self, config: &Config, now: Instant) {
        if self.first_tries && !config.opening_window.is_zero() {
            self.window_ends = now + config.opening_window;
        }
        self.first_tries = false;
    }

    /// Whether it is still soon after power came.
    pub(super) fn is_in_window(&self, now: Instant) -> bool {
        now < self.window_ends
    }

    /// When a portal closes that is open only because power came: at the end of the window, or once nobody uses it
    /// any more. Who is on it then could have set the device up before, so nothing is gained by throwing them off.
    pub(super) fn window_closes_at(&self) -> Instant {
        self.owner_stays_until().map_or(self.window_ends, |until| until.max(self.window_ends))
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
        self.first_tries = false;
    }

    /// Everything was forgotten.
    pub(super) fn forget(&mut self) {
        self.choose(Ssid::EMPTY);
    }
}

//! A phone's Wi-Fi: whether it is on the device's access point, when its owner next lets it join, and
//! which other network it goes to meanwhile.
//!
//! What happens on the air is `radio`'s; here is what the phone and its owner intend.

use std::collections::VecDeque;
use std::time::Duration;

use vestibule_core::{Instant, Passphrase, Ssid};

use super::label::Label;
use crate::phone::JoinsBy;
use crate::radio::{Air, ChannelSwitch, PhoneId, Refusal};
use crate::scenario::{Joins, PhoneSpec};
use crate::trace::seconds;
use crate::world::passphrases::passphrase_typed;

pub(super) struct PhoneWifi {
    /// What the owner types, one after another, where the device's access point asks for a passphrase.
    label_tries: VecDeque<Passphrase>,
    /// Whether the owner looks for the access point at all by now.
    looks: bool,
    /// When the owner next sets out to join the access point.
    joins_at: Option<Instant>,
    /// After how long the owner looks again when the phone has lost the access point.
    return_delay: Duration,
    on_switch: ChannelSwitch,
    /// A network that it has joined before, and goes to when it is off the device's.
    known: Option<Ssid>,
    /// The known network that it has gone to.
    elsewhere: Option<Ssid>,
    is_on: bool,
    was_on: bool,
}

impl PhoneWifi {
    pub(super) fn new(spec: &PhoneSpec, label: &Label) -> Self {
        let tries = spec.label_tries.iter();
        let label_tries = match spec.joins_by.get_ref() {
            JoinsBy::Camera => label.read_by_camera().into_iter().collect(),
            _ => tries.map(|which| passphrase_typed(which, &label.passphrase)).collect(),
        };
        Self {
            label_tries,
            looks: spec.joins != Joins::WhenTold,
            joins_at: match spec.joins {
                Joins::After(wait) => Some(Instant::from_micros(0) + wait),
                Joins::WhenTold => None,
            },
            return_delay: spec.returns,
            on_switch: spec.channel_switch,
            known: spec.knows.as_ref().map(|known| known.get_ref().0),
            elsewhere: None,
            is_on: false,
            was_on: false,
        }
    }

    /// Whether it is on the device's access point.
    pub(super) fn is_on(&self) -> bool {
        self.is_on
    }

    /// Whether the owner looks for the access point.
    pub(super) fn looks(&self) -> bool {
        self.looks
    }

    /// Whether the access point may let it on: its owner has a passphrase left to type.
    pub(super) fn may_be_let_on(&self) -> bool {
        !self.label_tries.is_empty()
    }

    /// Whether it is on the access point or may come: it has not left for good.
    pub(super) fn may_come(&self) -> bool {
        self.is_on || self.looks || self.joins_at.is_some()
    }

    /// Whether it is off the access point, and no time is set to join it.
    pub(super) fn has_no_plan(&self) -> bool {
        !self.is_on && self.joins_at.is_none()
    }

    pub(super) fn return_delay(&self) -> Duration {
        self.return_delay
    }

    /// The owner looks for the access point from now on, and joins it at that moment.
    pub(super) fn wants_to_join(&mut self, at: Instant) {
        self.looks = self.may_be_let_on();
        self.joins_at = Some(at);
    }

    /// The owner joins it now, unless a time is set already.
    pub(super) fn joins_by(&mut self, now: Instant) {
        self.joins_at.get_or_insert(now);
    }

    /// The owner brings the phone back after a while.
    pub(super) fn returns(&mut self, now: Instant) {
        self.joins_at = Some(now + self.return_delay);
    }

    /// The owner does not look for the access point any more.
    pub(super) fn stays_away(&mut self) {
        self.looks = false;
        self.joins_at = None;
    }

    /// The phone was thrown off the access point, or off its way there; its owner looks for it again.
    pub(super) fn thrown_off(&mut self, now: Instant) {
        if self.looks && self.joins_at.is_none() {
            self.returns(now);
        }
    }

    /// The phone goes elsewhere, and its owner does not bring it back before that moment.
    pub(super) fn goes_elsewhere(&mut self, until: Instant) {
        if self.looks {
            self.joins_at = Some(self.joins_at.map_or(until, |at| at.max(until)));
        }
    }

    /// The access point can be joined.
    pub(super) fn access_point_is_up(&mut self, now: Instant) {
        if self.looks && !self.is_on && self.joins_at.is_none() {
            let delay = if self.was_on { self.return_delay } else { Duration::ZERO };
            self.joins_at = Some(now + delay);
        }
    }

    /// When the owner next lets it join.
    pub(super) fn join_time(&self) -> Option<Instant> {
        self.joins_at.filter(|_| !self.is_on)
    }

    /// Whether a time is set to join, and it is on.
    pub(super) fn joins_although_on(&self) -> bool {
        self.is_on && self.joins_at.is_some()
    }

    /// Joins if the time has come. If there is no access point yet, [`Self::access_point_is_up`] sets
    /// a new time.
    pub(super) fn join_if_due(&mut self, id: PhoneId, air: &mut Air, now: Instant) {
        if self.joins_at.take_if(|at| *at <= now).is_some()
            && let Some(typed) = self.label_tries.front()
        {
            air.phone_joins(id, typed, self.on_switch, now);
        }
    }

    /// The access point did not let it on. A wrong passphrase is not typed again.
    pub(super) fn refused(&mut self, why: Refusal) {
        if why == Refusal::WrongPassphrase {
            self.label_tries.pop_front();
        }
    }

    pub(super) fn associated(&mut self) {
        self.is_on = true;
        self.was_on = true;
        self.elsewhere = None;
    }

    /// It is off the access point, because that has moved to another channel or for another reason.
    pub(super) fn dissociated(&mut self, access_point_moved: bool) {
        self.is_on = false;
        if access_point_moved && self.on_switch == ChannelSwitch::Leaves {
            self.stays_away();
        }
    }

    /// Goes to the network that it knows, if that is on the air. Returns its name.
    pub(super) fn roams(&mut self, air: &Air) -> Option<Ssid> {
        let known = self.known.and_then(|known| air.networks().iter().find(|there| there.ssid == known));
        self.elsewhere = known.filter(|there| there.on_air).map(|there| there.ssid);
        self.elsewhere
    }

    /// Where it is and what it waits for, in words.
    pub(super) fn waits(&self) -> String {
        let off = match &self.elsewhere {
            Some(ssid) => format!("on \"{ssid}\" instead of the access point"),
            None => "off the access point".into(),
        };
        match (self.is_on, self.joins_at, self.looks) {
            (true, _, _) => "on the access point".into(),
            (false, Some(at), _) => format!("{off}, joins at {:.3} s", seconds(at)),
            (false, None, true) => format!("{off}, waits for one to come up"),
            (false, None, false) => format!("{off}, and does not come back unless it is told to"),
        }
    }
}

//! A phone's owner: what the owner knows and wants, and the moments at which the owner does nothing.

use url::form_urlencoded;
use vestibule_core::{Instant, Passphrase, Ssid};

use super::Label;
use crate::owner::{Deviation, Habits, HomeNetwork, Input, Output, Owner};
use crate::phone::{JoinsBy, by_id};
use crate::radio::Network;
use crate::scenario::PhoneSpec;
use crate::trace::seconds;
use crate::world::passphrases::typed;

pub(super) struct PhoneOwner {
    /// What the owner knows; without it the owner only looks.
    home: Option<HomeNetwork>,
    habits: Habits,
    owner: Option<Owner>,
    /// The owner was told nothing, but takes the device for set up.
    takes_for_set_up: bool,
    /// Until when the owner does nothing.
    stalled_until: Instant,
}

impl PhoneOwner {
    pub(super) fn new(spec: &PhoneSpec, networks: &[Network], label: &Label) -> Self {
        let home = spec.wants.as_ref().map(|wants| {
            let ssid = wants.get_ref().0;
            let right =
                networks.iter().find(|network| network.ssid == ssid).map(|network| &network.passphrase);
            let right = right.cloned().unwrap_or(Passphrase::open());
            let passphrases = spec.tries.iter().map(|which| as_text(&typed(which, &right, &ssid))).collect();
            let typed = spec.types_name.as_ref().map(|name| name.get_ref().0.as_bytes().to_vec());
            HomeNetwork { ssid: ssid.as_bytes().to_vec(), typed, passphrases }
        });
        let knows_to = label.says_what_to_open && *spec.joins_by.get_ref() != JoinsBy::Settings;
        let opening_settings = knows_to.then(|| spec.habits.opening_settings());
        let has_address_bar = by_id(spec.model.get_ref()).is_ok_and(|model| !model.page_is_bound());
        let habits = Habits { opens: spec.opens, opening_settings, has_address_bar, ..spec.habits.habits() };
        let owner = home.clone().map(|home| Owner::new(home, habits.clone()));
        Self { home, habits, owner, takes_for_set_up: false, stalled_until: Instant::from_micros(0) }
    }

    /// The network that the owner wants the device on.
    pub(super) fn home(&self) -> Option<&HomeNetwork> {
        self.home.as_ref()
    }

    /// Whether a form, in an address or in a body, holds a passphrase of the owner's that anybody can read.
    pub(super) fn has_typed_any_of(&self, form: &[u8]) -> bool {
        let typed = |value: &str| {
            self.home.as_ref().is_some_and(|home| home.passphrases.iter().any(|own| own == value))
        };
        form_urlencoded::parse(form).any(|(_, value)| !value.is_empty() && typed(&value))
    }

    /// Whether the owner wants the device on a network.
    pub(super) fn wants_something(&self) -> bool {
        self.owner.is_some()
    }

    /// Whether the owner does nothing more: has read the result, has given up, or only looks.
    pub(super) fn is_finished(&self) -> bool {
        self.owner.as_ref().is_none_or(Owner::is_finished)
    }

    /// Whether the owner wanted something and does nothing more about it.
    pub(super) fn has_ended(&self) -> bool {
        self.owner.as_ref().is_some_and(Owner::is_finished)
    }

    /// The owner begins anew. Deviations that were not made yet stay to be made.
    pub(super) fn begin_anew(&mut self) {
        let Some(home) = self.home.clone() else { return };
        let mut owner = Owner::new(home, self.habits.clone());
        let deviations = self.owner.as_ref().map_or(&[][..], Owner::deviations);
        deviations.iter().for_each(|deviation| owner.deviates(*deviation));
        if let Some(before) = &self.owner {
            owner.remembers(before);
        }
        self.owner = Some(owner);
        self.takes_for_set_up = false;
    }

    /// The owner takes the device for set up, without having been told.
    pub(super) fn takes_for_set_up(&mut self) {
        self.takes_for_set_up = true;
    }

    /// The owner has been told, or what is seen now says that the device is not set up. Returns whether the
    /// owner has taken it for that until now.
    pub(super) fn finds_out(&mut self) -> bool {
        std::mem::take(&mut self.takes_for_set_up)
    }

    /// The owner is told of a network's new passphrase, and uses it the next time.
    pub(super) fn learn(&mut self, ssid: &Ssid, passphrase: &Passphrase) {
        if let Some(home) = self.home.as_mut().filter(|home| home.ssid == ssid.as_bytes()) {
            home.passphrases = vec![as_text(passphrase.expose())];
        }
    }

    /// The owner will make this deviation.
    pub(super) fn deviates(&mut self, deviation: Deviation) {
        if let Some(owner) = &mut self.owner {
            owner.deviates(deviation);
        }
    }

    /// The owner does nothing until then.
    pub(super) fn stall(&mut self, until: Instant) {
        self.stalled_until = self.stalled_until.max(until);
    }

    pub(super) fn is_stalled(&self, now: Instant) -> bool {
        now < self.stalled_until
    }

    pub(super) fn stalled_until(&self) -> Instant {
        self.stalled_until
    }

    /// The phone shows the owner something.
    pub(super) fn notify(&mut self, input: Input, now: Instant) {
        if let Some(owner) = &mut self.owner {
            owner.handle(input, now);
        }
    }

    pub(super) fn poll(&mut self) -> Option<Output> {
        self.owner.as_mut().and_then(Owner::poll)
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.owner.as_ref().and_then(Owner::poll_timeout)
    }

    /// Lets the owner do what is due.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_some_and(|due| due <= now) {
            self.notify(Input::Deadline, now);
        }
    }

    /// What the owner waits for, in words.
    pub(super) fn waits(&self, told: bool) -> String {
        let waits = match &self.owner {
            None => "its owner only looks".into(),
            Some(_) if told => "its owner was told".into(),
            Some(owner) if owner.is_finished() => "its owner has given up".into(),
            Some(owner) => {
                let left = owner.deviations().iter().map(|deviation| format!(", and once {deviation}"));
                format!("its owner {}{}", owner.intends(), left.collect::<String>())
            }
        };
        match self.stalled_until > Instant::from_micros(0) {
            true => format!("{waits} (looks elsewhere until {:.3} s)", seconds(self.stalled_until)),
            false => waits,
        }
    }
}

/// What is typed on a keyboard: text. A passphrase of other bytes cannot be typed.
fn as_text(secret: &[u8]) -> String {
    String::from_utf8_lossy(secret).into_owned()
}

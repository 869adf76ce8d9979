//! The world of `vestibule demo`: what its scenario file says, with or without the journey.

use std::path::Path;

use vestibule_core::Ssid;

use crate::scenario::{Scenario, load};

/// The scenario, as text.
const JOURNEY: &str = include_str!("journey.toml");

/// The device and the networks around it; with `journey` also the phones, and the script that
/// takes them through it. In the end the device's portal is open.
///
/// # Panics
/// Never: the file is part of the program, and tested.
pub(crate) fn scenario(journey: bool) -> Scenario {
    let mut scenario = load::parse(JOURNEY, Path::new("demo/journey.toml"))
        .unwrap_or_else(|error| unreachable!("the demo's own scenario: {error}"));
    if !journey {
        scenario.phones.clear();
        scenario.steps.clear();
    }
    scenario
}

/// The same as text, as a file would have it.
pub(crate) fn text(journey: bool) -> String {
    if journey { JOURNEY.to_owned() } else { without_journey(JOURNEY) }
}

/// A scenario's world as text, in which nobody comes by and nothing is done.
pub(crate) fn without_journey(text: &str) -> String {
    let mut scenario: toml::Table = text.parse().unwrap_or_default();
    for part in ["phone", "step", "fault", "expect"] {
        scenario.remove(part);
    }
    toml::to_string(&scenario).unwrap_or_default()
}

/// The network that its owners want the device on: the first of the file.
pub(crate) fn home(scenario: &Scenario) -> Ssid {
    scenario.networks.first().map_or(Ssid::EMPTY, |network| network.ssid.get_ref().0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::virtual_time::VirtualTime;

    #[test]
    fn the_journey_goes_as_it_is_told() {
        let scenario = scenario(true);
        let outcome = VirtualTime::new(&scenario, 1).run(&scenario, |_| {});
        assert_eq!(outcome.unmet, []);
        assert!(outcome.took.as_secs() < 40, "a reader waited {:?}", outcome.took);
    }

    #[test]
    fn without_a_journey_nobody_comes_by() {
        let scenario = scenario(false);
        assert!(scenario.phones.is_empty() && scenario.steps.is_empty());
        let text = load::parse(&text(false), Path::new("x.toml")).unwrap();
        assert!(text.phones.is_empty() && text.steps.is_empty());
        assert_eq!(text.networks.len(), scenario.networks.len());
        assert_eq!(home(&scenario).as_bytes(), b"Home");
    }
}

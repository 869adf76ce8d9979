//! The random numbers of a run: from its one seed, each part of it that draws has ChaCha8 streams of its
//! own, so that one more draw in one part changes nothing in another. Nothing else in a run may seed a
//! generator, and this module does not know what the numbers are for.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What draws random numbers. Each has its own streams, as many as it has [indices](stream), and shares none. The numbers
/// are part of what a seed means: a new stream takes a new number, and an old one never changes its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RandomStream {
    /// The portal's entropy, by the device's boots.
    Portal = 1,
    /// That of its name on the home network, by boots.
    HostName = 2,
    /// That of its webhook, by boots.
    Webhook = 3,
    /// The seed that a machine outside this process is given, by boots.
    Machine = 4,
    /// The secret on the device's label.
    Label = 5,
    /// The device's stack on its access point.
    DeviceStack = 6,
    /// Its stack on a home network, by the number of the join.
    StationStack = 7,
    /// A phone's connectivity checks, by phone.
    Checker = 8,
    /// A phone's stack on the access point, by phone.
    PhoneStack = 9,
    /// Its DHCP client there, by phone.
    PhoneDhcp = 10,
    /// Its stack on a home network, by phone.
    VisitorStack = 11,
    /// Its DHCP client there, by phone.
    VisitorDhcp = 12,
    /// A router's stack, by network.
    RouterStack = 13,
    /// The passphrase of a network whose scenario says none, by network.
    Passphrase = 14,
    /// When a network's router happened to start, by network.
    BeaconPhase = 15,
    /// The neighbours' networks.
    Neighbours = 16,
    /// What is heard of weak networks.
    Radio = 17,
    /// The impairments of frames on the access point (packet loss, delay, corruption).
    Impairment = 18,
    /// The same on the home networks.
    HomeImpairment = 19,
    /// A campaign's faults.
    Faults = 20,
    /// What an erasure leaves that lost its power, where that is undefined.
    Erasure = 21,
    /// The impairments of a link to a real device, by direction.
    LinkImpairment = 22,
    /// A campaign's settings.
    Settings = 23,
    /// The key pairs that a phone's pages draw to seal forms with, by phone.
    PageKeys = 24,
    /// The key pairs of whoever is between a phone and the device, by phone.
    InBetween = 25,
    /// What people do in a campaign, and who else comes along.
    People = 26,
    /// The secrets of chips from which keys are derived: the device's own, and another's.
    DeviceKey = 27,
    /// What the records of a scenario's beginning are sealed with.
    StoredBefore = 28,
    /// What goes wrong in a campaign with the driver of a radio.
    DriverFaults = 29,
}

/// The generator of a stream, and of the one of its things with that index.
pub(crate) fn stream(seed: u64, of: RandomStream, index: u64) -> ChaCha8Rng {
    /// Bits of a stream's number that tell the things of one stream apart.
    const INDEX: u32 = 48;
    debug_assert!(index < 1 << INDEX, "{of:?} {index} would draw from another's stream");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream((of as u64) << INDEX | index);
    random
}

/// The first number of such a stream: for a generator that is not ours and wants a seed, or where one
/// number is all.
pub(crate) fn number(seed: u64, of: RandomStream, index: u64) -> u64 {
    stream(seed, of, index).next_u64()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Some streams, with those of its neighbours by number, which a wrong shift would reach.
    const SOME: [RandomStream; 6] = [
        RandomStream::Portal,
        RandomStream::HostName,
        RandomStream::Webhook,
        RandomStream::Checker,
        RandomStream::Faults,
        RandomStream::Erasure,
    ];

    #[test]
    fn no_two_share_a_stream_whatever_the_seeds() {
        let mut seen = BTreeSet::new();
        for seed in 0..20 {
            for of in SOME {
                for index in [0, 1, 2, 3, 4, 5, 100, (1 << 48) - 1] {
                    let first = number(seed, of, index);
                    assert!(seen.insert(first), "{of:?} {index} of seed {seed} is another's");
                }
            }
        }
    }

    #[test]
    fn a_stream_is_the_same_each_time() {
        let [mut one, mut again] = [(); 2].map(|()| stream(7, RandomStream::Radio, 3));
        assert_eq!([(); 9].map(|()| one.next_u64()), [(); 9].map(|()| again.next_u64()));
    }
}

//! Neighbours' networks, made up from a seed: as many as a block of flats has, with names that have
//! broken portals before or that are meant to. They are on the air and nothing else.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use vestibule_core::{MacAddress, Passphrase, Security, Ssid};

use super::{Network, Presence, Subnet};
use crate::random_streams::{RandomStream, stream};

/// Most that a scenario may have.
pub(crate) const MOST: usize = 200;

/// Names that somebody would give a network to see what happens.
const HOSTILE: &[&[u8]] = &[
    b"<script>alert(1)</script>",
    b"\"><img src=x onerror=alert(1)>",
    b"</option></select><h1>",
    b"'; DROP TABLE wifi; --",
    b"%s%s%s%n",
    b"&lt;&amp;&quot;&#39;",
    b"${jndi:ldap://x}{{7*7}}",
    // Control bytes: NUL, bell, escape, line ends.
    b"a\0b",
    b"\x07\x1b[2J\x1b]0;x\x07",
    b"line\r\nSet-Cookie: a=b",
    // No UTF-8: cut off, overlong, a lone surrogate, bytes that never occur.
    b"caf\xc3",
    b"\xc0\xaf\xe0\x80\xaf",
    b"\xed\xa0\x80",
    b"\xff\xfe\xfd",
    // 32 bytes: of letters, of four-byte characters, of quotes.
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZ123456",
    b"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80",
    b"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"",
    // Written from right to left, or turned around; zero width; an apostrophe that is none.
    b"\xe2\x80\xaemoc.knab",
    b"\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
    b"Ho\xe2\x80\x8bme",
    b"Bob\xe2\x80\x99s",
    b" ",
    b"0",
    b"null",
    b"undefined",
    b".",
];

/// So many neighbours of somebody whose network has that name. Some of their names look like it;
/// none is the same.
#[must_use]
pub(crate) fn neighbours(number: usize, seed: u64, home: Option<&Ssid>) -> Vec<Network> {
    let mut random = stream(seed, RandomStream::Neighbours, 0);
    let home = home.map_or(&b"Home"[..], Ssid::as_bytes);
    let alike: Vec<Ssid> = [
        [home, b" "].concat(),
        [b" ", home].concat(),
        [home, b"\0"].concat(),
        home.to_ascii_uppercase(),
        [home, b"_5G"].concat(),
    ]
    .iter()
    .filter_map(|name| Ssid::new(name).ok().filter(|name| name.as_bytes() != home))
    .collect();
    (0..number.min(MOST)).map(|place| neighbour(place, &alike, home, &mut random)).collect()
}

fn neighbour(place: usize, alike: &[Ssid], home: &[u8], random: &mut ChaCha8Rng) -> Network {
    let mut below = |end: usize| random.next_u32() as usize % end;
    let ordinary = format!("FRITZ!Box {:04}", below(10_000));
    let hostile = place.checked_sub(alike.len()).and_then(|place| HOSTILE.get(place));
    let name = alike.get(place).map(Ssid::as_bytes).or(hostile.copied()).unwrap_or(ordinary.as_bytes());
    let ssid = Ssid::new(name).ok().filter(|name| name.as_bytes() != home).unwrap_or(Ssid::EMPTY);
    // Most stand on the three channels that do not overlap.
    let channel = match below(8) {
        0 => 1 + below(13),
        other => [1, 6, 11][other % 3],
    };
    let security = [Security::Wpa2, Security::Wpa2, Security::Wpa2Wpa3, Security::Wpa3, Security::Enterprise]
        .get(below(6))
        .copied()
        .unwrap_or(Security::Open);
    let secret = Passphrase::new(format!("neighbour {:08x}", below(1 << 30)).as_bytes());
    let is_free = matches!(security, Security::Open | Security::Enterprise);
    Network {
        ssid,
        // Locally administered, and other than those of the scenario's own.
        bssid: MacAddress([0x02, 0x76, 0x65, 0x73, 0x01, place as u8]),
        security,
        passphrase: secret.ok().filter(|_| !is_free).unwrap_or(Passphrase::open()),
        channel: channel as u8,
        // -50 to -96 dBm: some are heard now and then.
        signal: -50 - below(47) as i8,
        on_air: true,
        boots_in: Duration::ZERO,
        beacon_phase: Duration::from_micros(below(102_400) as u64),
        hidden: below(10) == 0,
        subnet: Subnet::new(None, None, None),
        address: None,
        five_ghz: false,
        only_fast_transition: false,
        ends_join: None,
        presence: Presence::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_have_every_hostile_name_and_never_the_homes() {
        let home = Ssid::new(b"Home").unwrap();
        let all = neighbours(80, 7, Some(&home));
        assert_eq!(all.len(), 80);
        assert!(all.iter().all(|network| network.ssid != home && (1..=13).contains(&network.channel)));
        for hostile in HOSTILE {
            assert!(all.iter().any(|network| network.ssid.as_bytes() == *hostile));
        }
        assert!(all.iter().any(|network| network.ssid.as_bytes() == b"Home "));
        assert!(all.iter().any(|network| network.hidden) && all.iter().any(|network| network.signal < -80));
        let names = |seed| neighbours(80, seed, None).iter().map(Network::scan_record).collect::<Vec<_>>();
        assert_eq!(names(7), names(7));
        assert_ne!(names(7), names(8));
        assert_eq!(neighbours(1000, 7, None).len(), MOST);
    }

    #[test]
    fn a_home_with_a_hostile_name_has_no_twin() {
        let home = Ssid::new(HOSTILE[0]).unwrap();
        assert!(neighbours(MOST, 1, Some(&home)).iter().all(|network| network.ssid != home));
    }
}

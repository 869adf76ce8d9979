//! Why a network could not be joined, and what a radio driver's reason code says about that: one table, for
//! firmware and for the simulated air. It knows no driver.

use core::fmt;

use crate::scan_record::Security;

/// Why a network could not be joined, as far as the radio could tell.
///
/// ```
/// use vestibule_core::JoinFailure;
///
/// assert_eq!(JoinFailure::NotFound.to_string(), "no network of this name was found");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum JoinFailure {
    /// The handshake failed as it does when the passphrase is wrong.
    WrongPassphrase,
    /// No network of that name was heard.
    NotFound,
    /// The access point turned the device away.
    Refused,
    /// The network was joined, but it handed out no address.
    NoAddress,
    /// The network was joined and handed out an address, but it has no router that leads to other
    /// networks. No driver says so: the portal concludes it from [`StationAddress::gateway`](crate::StationAddress::gateway), as far as
    /// [`Config::without_gateway`](crate::Config::without_gateway) has it refuse such a network.
    NoGateway,
    /// Nothing conclusive within the time allowed.
    Unknown,
}

/// How far a join had come when it failed, as far as the driver can tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JoinStage {
    /// The driver does not say.
    #[default]
    Unknown,
    /// Looking for the network.
    Scan,
    /// Authenticating as "open system", which checks no passphrase: WPA2 and open networks.
    OpenAuthentication,
    /// The first messages of SAE, before either side has shown that it knows the passphrase: WPA3.
    SaeCommit,
    /// The second ones, which check the passphrase.
    SaeConfirm,
    /// Associating.
    Association,
    /// The four-way handshake, in which WPA2 checks the passphrase.
    Handshake,
}

impl JoinFailure {
    /// Every failure.
    pub const ALL: [Self; 6] = [
        Self::WrongPassphrase,
        Self::NotFound,
        Self::Refused,
        Self::NoAddress,
        Self::NoGateway,
        Self::Unknown,
    ];

    /// What a reason code means to the owner, of a network that was heard with this protection. Codes below
    /// 200 are IEEE 802.11-2020 table 9-49, sent by the access point or by the driver in its name; those from
    /// 200 on are Espressif's own (`wifi_err_reason_t` in ESP-IDF's `esp_wifi_types_generic.h`).
    ///
    /// A wrong passphrase has no code of its own. It shows as 15 or 204 in the four-way handshake
    /// of WPA2 (`hostapd` gives up with 15; Espressif's driver by its own timer with 204), as 202
    /// in SAE (`hostapd` rejects the confirm with status 15 or 1), as 14 or 2 in a handshake with
    /// some routers (espressif/esp-idf issues 3246 and 6861). The same codes come of a link so weak
    /// that the handshake's messages are lost, which no code tells apart.
    ///
    /// Where SAE has checked the passphrase, a handshake that fails afterwards says nothing against it: routers
    /// in transition mode end it with 15, 2 or 1 (martin-ger/esp32_nat_router issue 249), and so do some that
    /// have forgotten a key that the station has kept (prusa3d/Prusa-Firmware-Buddy issue 3864). And where there
    /// is no SAE, an authentication that fails has checked none (micropython/micropython#4842 shows 202 there,
    /// and the same passphrase taken seconds later).
    ///
    /// ```
    /// use vestibule_core::{JoinFailure, JoinStage, Security};
    ///
    /// let wpa2 = Some(Security::Wpa2);
    /// let failure = |reason, security| JoinFailure::from_reason(reason, JoinStage::Unknown, security);
    /// assert_eq!(failure(15, wpa2), JoinFailure::WrongPassphrase);
    /// assert_eq!(failure(201, wpa2), JoinFailure::NotFound);
    /// // SAE has accepted the passphrase before the handshake.
    /// assert_eq!(failure(15, Some(Security::Wpa2Wpa3)), JoinFailure::Unknown);
    /// // A filter of hardware addresses refuses before any passphrase is checked.
    /// assert_eq!(failure(202, wpa2), JoinFailure::Refused);
    /// ```
    pub const fn from_reason(reason: u16, stage: JoinStage, security: Option<Security>) -> Self {
        use JoinStage::{Handshake, OpenAuthentication, SaeCommit, Unknown};
        let by_sae = matches!(security, Some(Security::Wpa3 | Security::Wpa2Wpa3));
        let without_sae = matches!(security, Some(Security::Open | Security::Wpa2));
        match (reason, stage) {
            // 4-way handshake timeout (IEEE), handshake timeout (Espressif); authentication expired, message
            // integrity.
            (15 | 204, _) | (2 | 14, Handshake) if by_sae => Self::Unknown,
            (15 | 204, _) | (2 | 14, Handshake) => Self::WrongPassphrase,
            // Authentication failed (Espressif).
            (202, OpenAuthentication | SaeCommit) => Self::Refused,
            (202, Unknown) if without_sae => Self::Refused,
            (202, _) => Self::WrongPassphrase,
            // No access point found; none strong enough (Espressif).
            (201 | 212, _) => Self::NotFound,
            // Too many stations, power capability, channels, elements, ciphers, key management.
            (5 | 10 | 11 | 13 | 17..=22 | 24 | 29 | 30, _) => Self::Refused,
            // IEEE 802.1X: a user name or a certificate was wanted.
            (23, _) => Self::Refused,
            // Association failed, comeback time too long, no compatible security, none at or above
            // the least security that is accepted (Espressif).
            (203 | 208 | 210 | 211, _) => Self::Refused,
            // Everything else says that it is over, not why: 1 unspecified, 3 and 8 leaving, 4
            // inactivity, 6, 7 and 9 out of order, 12 transition, 16 group key, 200 beacons lost,
            // 205 connection failed, 206 the router's clock was reset, 207 roaming, 209 SA query.
            _ => Self::Unknown,
        }
    }
}

/// For a log or a terminal. What an owner reads is on the pages.
impl fmt::Display for JoinFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongPassphrase => "the passphrase is wrong, or the link is too weak",
            Self::NotFound => "no network of this name was found",
            Self::Refused => "the access point refused the device",
            Self::NoAddress => "the network handed out no address",
            Self::NoGateway => "the network has no router to other networks",
            Self::Unknown => "the join failed, and the radio does not know why",
        })
    }
}

impl core::error::Error for JoinFailure {}

#[cfg(test)]
mod tests {
    use super::*;

    const STAGES: [JoinStage; 7] = [
        JoinStage::Unknown,
        JoinStage::Scan,
        JoinStage::OpenAuthentication,
        JoinStage::SaeCommit,
        JoinStage::SaeConfirm,
        JoinStage::Association,
        JoinStage::Handshake,
    ];

    const SECURITIES: [Option<Security>; 7] = [
        None,
        Some(Security::Open),
        Some(Security::Wpa2),
        Some(Security::Wpa2Wpa3),
        Some(Security::Wpa3),
        Some(Security::Enterprise),
        Some(Security::Unsupported),
    ];

    fn by_sae(security: Option<Security>) -> bool {
        matches!(security, Some(Security::Wpa2Wpa3 | Security::Wpa3))
    }

    #[test]
    fn codes_that_mean_one_thing_mean_it_at_every_stage() {
        for (failure, codes) in [
            (JoinFailure::NotFound, &[201, 212][..]),
            (
                JoinFailure::Refused,
                &[5, 10, 11, 13, 17, 18, 19, 20, 21, 22, 23, 24, 29, 30, 203, 208, 210, 211],
            ),
            (
                JoinFailure::Unknown,
                &[0, 1, 3, 4, 6, 7, 8, 9, 12, 16, 25, 200, 205, 206, 207, 209, 213, 999, u16::MAX],
            ),
        ] {
            for &code in codes {
                for (stage, security) in everywhere() {
                    let found = JoinFailure::from_reason(code, stage, security);
                    assert_eq!(found, failure, "{code} at {stage:?}, {security:?}");
                }
            }
        }
    }

    fn everywhere() -> impl Iterator<Item = (JoinStage, Option<Security>)> {
        STAGES.into_iter().flat_map(|stage| SECURITIES.map(|security| (stage, security)))
    }

    #[test]
    fn a_handshake_blames_the_passphrase_only_where_none_was_checked_before() {
        for (stage, security) in everywhere() {
            for code in [15, 204] {
                let expected = match by_sae(security) {
                    true => JoinFailure::Unknown,
                    false => JoinFailure::WrongPassphrase,
                };
                let found = JoinFailure::from_reason(code, stage, security);
                assert_eq!(found, expected, "{code} at {stage:?}, {security:?}");
            }
        }
    }

    #[test]
    fn an_expired_authentication_blames_the_passphrase_only_where_that_is_checked() {
        for (stage, security) in everywhere() {
            let expected = match stage {
                JoinStage::Handshake if !by_sae(security) => JoinFailure::WrongPassphrase,
                _ => JoinFailure::Unknown,
            };
            for code in [2, 14] {
                let found = JoinFailure::from_reason(code, stage, security);
                assert_eq!(found, expected, "{code} at {stage:?}, {security:?}");
            }
        }
    }

    #[test]
    fn a_failed_authentication_that_checks_no_passphrase_blames_none() {
        for (stage, security) in everywhere() {
            let expected = match (stage, security) {
                (JoinStage::OpenAuthentication | JoinStage::SaeCommit, _)
                | (JoinStage::Unknown, Some(Security::Open | Security::Wpa2)) => JoinFailure::Refused,
                _ => JoinFailure::WrongPassphrase,
            };
            assert_eq!(JoinFailure::from_reason(202, stage, security), expected, "{stage:?}, {security:?}");
        }
    }

    #[test]
    fn no_code_speaks_of_addresses_or_routers() {
        let all = (0..=u16::MAX).flat_map(|code| {
            everywhere().map(move |(stage, security)| JoinFailure::from_reason(code, stage, security))
        });
        let after_joining = [JoinFailure::NoAddress, JoinFailure::NoGateway];
        assert!(all.into_iter().all(|failure| !after_joining.contains(&failure)));
    }
}

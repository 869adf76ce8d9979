//! Reason codes in words: why a link ended, or did not come about.

/// What a reason code says, in a few words: IEEE 802.11-2020 table 9-49, and from 200 on
/// Espressif's own.
pub(crate) fn reason_words(reason: u16) -> &'static str {
    match reason {
        1 => "unspecified",
        2 => "authentication expired",
        3 => "the sender is leaving",
        4 => "inactivity",
        5 => "too many stations",
        6 => "not authenticated",
        7 => "not associated",
        8 => "disassociated, leaving",
        9 => "not authenticated for association",
        14 => "message integrity failed",
        15 => "4-way handshake timeout",
        16 => "group key handshake timeout",
        23 => "802.1X authentication failed",
        200 => "beacons lost",
        201 => "no access point found",
        202 => "authentication failed",
        203 => "association failed",
        204 => "handshake timeout",
        205 => "connection failed",
        210 => "no access point with compatible security",
        211 => "no access point as secure as asked for",
        212 => "no access point strong enough",
        _ => "another reason",
    }
}

/// Codes that the simulated air uses.
pub(super) const AUTH_EXPIRED: u16 = 2;
pub(crate) const LEAVING: u16 = 3;
pub(super) const INACTIVITY: u16 = 4;
pub(super) const NOT_ASSOCIATED: u16 = 7;
pub(super) const FOUR_WAY_TIMEOUT: u16 = 15;
pub(super) const BEACONS_LOST: u16 = 200;
pub(super) const NO_AP_FOUND: u16 = 201;
pub(super) const AUTH_FAILED: u16 = 202;
pub(super) const ASSOC_FAILED: u16 = 203;
pub(super) const HANDSHAKE_TIMEOUT: u16 = 204;
pub(super) const NO_COMPATIBLE_SECURITY: u16 = 210;
pub(super) const BELOW_THRESHOLD: u16 = 211;

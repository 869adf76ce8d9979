//! Why a join failed: the driver's reasons in the core's terms.
//!
//! The reasons and their numbers are ESP-IDF's (`wifi_err_reason_t`, source). What a wrong
//! passphrase gives depends on the router: Espressif's network_provisioning takes 15, 202, 204 and 14
//! for one (`manager.c`, source), and so does this table; 15 has other causes too (tzapu/WiFiManager
//! issue 1714, report). Which reasons mean that the router refused is read from their names alone:
//! E (unverified). No board has been tried.

use esp_radio::wifi::DisconnectReason as Reason;
use vestibule_core::JoinFailure;

/// What to tell the owner.
pub(crate) fn failure(reason: Reason) -> JoinFailure {
    match reason {
        Reason::FourWayHandshakeTimeout
        | Reason::HandshakeTimeout
        | Reason::MicFailure
        | Reason::AuthenticationFailed => JoinFailure::WrongPassphrase,
        Reason::NoAccessPointFound | Reason::NoAccessPointFoundInRssiThreshold => JoinFailure::NotFound,
        Reason::AssociationTooMany
        | Reason::AssociationFailed
        | Reason::AssociationComebackTimeTooLong
        | Reason::NoAccessPointFoundWithCompatibleSecurity
        | Reason::NoAccessPointFoundInAuthmodeThreshold
        | Reason::GroupCipherInvalid
        | Reason::PairwiseCipherInvalid
        | Reason::AkmpInvalid
        | Reason::UnsupportedRsnIeVersion
        | Reason::InvalidRsnIeCapabilities
        | Reason::_802_1xAuthenticationFailed
        | Reason::CipherSuiteRejected
        | Reason::BadCipherOrAkm
        | Reason::NotAuthorizedThisLocation => JoinFailure::Refused,
        _ => JoinFailure::Unsure,
    }
}

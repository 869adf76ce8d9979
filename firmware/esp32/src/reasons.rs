//! Why a join failed: the driver's reasons in the core's terms.
//!
//! The driver's numbers are those of IEEE 802.11-2020 table 9-49 up to 68 and ESP-IDF's own from
//! 200 on (`wifi_err_reason_t`). Which of them a wrong passphrase gives is ESP-IDF's Wi-Fi guide's:
//! a router that does not answer the second message of the four-way handshake runs into a timeout
//! (15, 204), and one that knows that the passphrase is wrong refuses the authentication (202).

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

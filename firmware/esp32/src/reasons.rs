//! Why a join failed: the driver's reasons as the numbers of ESP-IDF. The core decides what they mean
//! ([`JoinFailure::from_reason`](vestibule_core::JoinFailure::from_reason)).
//!
//! esp-radio returns names in place of the numbers. This is its own table backwards
//! (`DisconnectReason::from_raw`, source), for every number that the core distinguishes.

use esp_radio::wifi::DisconnectReason as Reason;

/// The number of a reason.
pub(crate) fn number(reason: Reason) -> u16 {
    match reason {
        Reason::AuthenticationExpired => 2,
        Reason::AssociationTooMany => 5,
        Reason::DisassociatedPowerCapabilityBad => 10,
        Reason::DisassociatedUnsupportedChannel => 11,
        Reason::IeInvalid => 13,
        Reason::MicFailure => 14,
        Reason::FourWayHandshakeTimeout => 15,
        Reason::IeIn4wayDiffers => 17,
        Reason::GroupCipherInvalid => 18,
        Reason::PairwiseCipherInvalid => 19,
        Reason::AkmpInvalid => 20,
        Reason::UnsupportedRsnIeVersion => 21,
        Reason::InvalidRsnIeCapabilities => 22,
        Reason::_802_1xAuthenticationFailed => 23,
        Reason::CipherSuiteRejected => 24,
        Reason::BadCipherOrAkm => 29,
        Reason::NotAuthorizedThisLocation => 30,
        Reason::NoAccessPointFound => 201,
        Reason::AuthenticationFailed => 202,
        Reason::AssociationFailed => 203,
        Reason::HandshakeTimeout => 204,
        Reason::AssociationComebackTimeTooLong => 208,
        Reason::NoAccessPointFoundWithCompatibleSecurity => 210,
        Reason::NoAccessPointFoundInAuthmodeThreshold => 211,
        Reason::NoAccessPointFoundInRssiThreshold => 212,
        // "Unspecified": no other reason says anything about a join.
        _ => 1,
    }
}

//! Why a join failed: the driver's reasons as the numbers that the core's table knows. What they
//! mean is decided there, [`JoinFailure::from_reason`], and nothing here.
//!
//! esp-radio hands out names in place of ESP-IDF's numbers; these are its own table backwards
//! (`DisconnectReason::from_raw`, source), for every number that the core tells apart.

use esp_radio::wifi::DisconnectReason as Reason;
use vestibule_core::{JoinFailure, JoinStage};

/// What to tell the owner.
pub(crate) fn failure(reason: Reason) -> JoinFailure {
    // The driver does not say how far the join had come.
    JoinFailure::from_reason(number(reason), JoinStage::Unknown)
}

fn number(reason: Reason) -> u16 {
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
        // "Unspecified", as whatever else tells nothing of a join.
        _ => 1,
    }
}

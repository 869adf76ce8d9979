//! Enumerations as words: called as in the core, every value listed.

use vestibule_core::detection::{AfterJoining, Client};
use vestibule_core::provisioning::{Input, ProvisioningState};
use vestibule_core::{
    FrontEnd, Interface, JoinFailure, JoinStage, MayOpen, Security, StorageFault, WithoutGateway,
};

/// A word for every value.
pub(crate) trait Named: Sized + Copy + PartialEq + 'static {
    const ALL: &'static [(&'static str, Self)];

    /// The word for this value.
    fn name(self) -> &'static str {
        // Every value is listed, or this crate does not compile. The reader would refuse "?".
        Self::ALL.iter().find(|(_, value)| *value == self).map_or("?", |(name, _)| name)
    }

    /// The value that a word stands for.
    fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)
    }
}

macro_rules! named {
    ($type:ident: $($value:ident)*) => {
        impl Named for $type {
            const ALL: &'static [(&'static str, Self)] = &[$((stringify!($value), Self::$value)),*];
        }
    };
}

/// Names the values of an enumeration to which the core may add one, and does not compile when one is missing.
macro_rules! named_growing {
    ($type:ident: $($value:ident)*) => {
        named!($type: $($value)*);
        const _: () = assert!(<$type as Named>::ALL.len() == $type::ALL.len(), "a value has no name");
    };
}

/// The same for an enumeration whose values are fixed.
macro_rules! named_fixed {
    ($type:ident: $($value:ident)*) => {
        named!($type: $($value)*);
        const _: fn($type) = |value| match value {
            $($type::$value => (),)*
        };
    };
}

named_fixed!(AfterJoining: StayCaptive LetGo);
named_growing!(Client: Android Apple Windows ChromeOs Firefox NetworkManager Kde FireOs Kindle Nintendo);
named_growing!(FrontEnd: Page Json WebSocket Serial Bluetooth Application);
named_growing!(Input: StartStored StartSeveral StartEmpty ScanFinished Setup Submitted SubmittedAlone RetryAlone Joined JoinFailed LastJoinFailed GaveUp Timeout ResultDelivered Disconnected PortalTimeout Cleared);
named_fixed!(MayOpen: Always AfterPowerUp OnceAfterPowerUp WhenAsked);
named_fixed!(Interface: AccessPoint Home);
named_growing!(JoinFailure: WrongPassphrase NotFound Refused NoAddress NoGateway Unknown);
named_fixed!(JoinStage: Unknown Scan OpenAuthentication SaeCommit SaeConfirm Association Handshake);
named_fixed!(Security: Open Wpa2 Wpa2Wpa3 Wpa3 Enterprise Unsupported);
named_growing!(ProvisioningState: Idle ScanningStored Connecting Backoff Scanning PortalOpen RetryingStored Joining ClosingToJoin JoiningAlone RetryingAlone Failed ResultPending Closing Connected);
named_growing!(StorageFault: Flash Unreadable TooSmall);
named_fixed!(WithoutGateway: Refuse Accept);

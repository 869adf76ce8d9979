//! Enumerations as words: called as in the core, every value listed.

use vestibule_core::detection::{AfterJoining, Client};
use vestibule_core::provisioning::{Input, ProvisioningState};
use vestibule_core::{FrontEnd, Interface, JoinFailure, MayOpen, Security, StorageFault, WithoutGateway};

/// A word for every value.
pub(crate) trait Named: Sized + Copy + PartialEq + 'static {
    const ALL: &'static [(&'static str, Self)];

    /// The word for this value.
    fn name(self) -> &'static str {
        // Every value is listed, which a test sees to; a hole would be refused by the reader.
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

        // Does not compile when a value is missing above.
        const _: fn($type) = |value| match value {
            $($type::$value => (),)*
        };
    };
}

named!(AfterJoining: StayCaptive LetGo);
named!(Client: Android Apple Windows ChromeOs Firefox NetworkManager Kde FireOs Kindle Nintendo);
named!(FrontEnd: Page Json WebSocket Serial Bluetooth Application);
named!(Input: StartStored StartSeveral StartEmpty ScanFinished Setup Submitted SubmittedAlone RetryAlone Joined JoinFailed LastJoinFailed GaveUp Timeout ResultDelivered Disconnected PortalTimeout Cleared);
named!(MayOpen: Always OnceAfterPowerUp WhenAsked);
named!(Interface: AccessPoint Home);
named!(JoinFailure: WrongPassphrase NotFound Refused NoAddress NoGateway Unknown);
named!(Security: Open Wpa2 Wpa2Wpa3 Wpa3 Enterprise);
named!(ProvisioningState: Idle ScanningStored Connecting Backoff Scanning PortalOpen RetryingStored Joining ClosingToJoin JoiningAlone RetryingAlone Failed ResultPending Closing Connected);
named!(StorageFault: Flash Unreadable TooSmall);
named!(WithoutGateway: Refuse Accept);

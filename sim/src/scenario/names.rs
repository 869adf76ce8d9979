//! How scenarios name what the core has words for: states, failures, when the portal may open, what becomes
//! of a network that leads nowhere, how what is stored is sealed.

use schemars::JsonSchema;
use serde::Deserialize;
use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::{JoinFailure, MayOpen, WithoutGateway};

/// When the portal may open by itself: [`MayOpen`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Opening {
    /// [`MayOpen::Always`]
    Always,
    /// [`MayOpen::AfterPowerUp`]
    #[default]
    AfterPowerUp,
    /// [`MayOpen::OnceAfterPowerUp`]
    OnceAfterPowerUp,
    /// [`MayOpen::WhenAsked`]
    WhenAsked,
}

impl From<Opening> for MayOpen {
    fn from(opening: Opening) -> Self {
        match opening {
            Opening::Always => Self::Always,
            Opening::AfterPowerUp => Self::AfterPowerUp,
            Opening::OnceAfterPowerUp => Self::OnceAfterPowerUp,
            Opening::WhenAsked => Self::WhenAsked,
        }
    }
}

/// What becomes of a network that is set up and has no router to others: [`WithoutGateway`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LeadsNowhere {
    /// [`WithoutGateway::Refuse`]
    #[default]
    Refuse,
    /// [`WithoutGateway::Accept`]
    Accept,
}

impl From<LeadsNowhere> for WithoutGateway {
    fn from(choice: LeadsNowhere) -> Self {
        match choice {
            LeadsNowhere::Refuse => Self::Refuse,
            LeadsNowhere::Accept => Self::Accept,
        }
    }
}

/// A name of the core's, as scenarios write it: `PortalOpen` is `portal-open`.
pub(super) fn in_toml(name: impl std::fmt::Debug) -> String {
    let mut word = String::new();
    for letter in format!("{name:?}").chars() {
        if letter.is_ascii_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}

/// A state of the device, as scenarios write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StateName {
    /// [`ProvisioningState::Idle`]
    Idle,
    /// [`ProvisioningState::ScanningStored`]
    ScanningStored,
    /// [`ProvisioningState::Connecting`]
    Connecting,
    /// [`ProvisioningState::Backoff`]
    Backoff,
    /// [`ProvisioningState::Scanning`]
    Scanning,
    /// [`ProvisioningState::PortalOpen`]
    PortalOpen,
    /// [`ProvisioningState::RetryingStored`]
    RetryingStored,
    /// [`ProvisioningState::Joining`]
    Joining,
    /// [`ProvisioningState::ClosingToJoin`]
    ClosingToJoin,
    /// [`ProvisioningState::JoiningAlone`]
    JoiningAlone,
    /// [`ProvisioningState::RetryingAlone`]
    RetryingAlone,
    /// [`ProvisioningState::Failed`]
    Failed,
    /// [`ProvisioningState::ResultPending`]
    ResultPending,
    /// [`ProvisioningState::Closing`]
    Closing,
    /// [`ProvisioningState::Connected`]
    Connected,
}

impl From<StateName> for ProvisioningState {
    fn from(name: StateName) -> Self {
        match name {
            StateName::Idle => Self::Idle,
            StateName::ScanningStored => Self::ScanningStored,
            StateName::Connecting => Self::Connecting,
            StateName::Backoff => Self::Backoff,
            StateName::Scanning => Self::Scanning,
            StateName::PortalOpen => Self::PortalOpen,
            StateName::RetryingStored => Self::RetryingStored,
            StateName::Joining => Self::Joining,
            StateName::ClosingToJoin => Self::ClosingToJoin,
            StateName::JoiningAlone => Self::JoiningAlone,
            StateName::RetryingAlone => Self::RetryingAlone,
            StateName::Failed => Self::Failed,
            StateName::ResultPending => Self::ResultPending,
            StateName::Closing => Self::Closing,
            StateName::Connected => Self::Connected,
        }
    }
}

/// Why a join failed, as scenarios write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FailureName {
    /// [`JoinFailure::WrongPassphrase`]
    WrongPassphrase,
    /// [`JoinFailure::NotFound`]
    NotFound,
    /// [`JoinFailure::Refused`]
    Refused,
    /// [`JoinFailure::NoAddress`]
    NoAddress,
    /// [`JoinFailure::NoGateway`]
    NoGateway,
    /// [`JoinFailure::Unknown`]
    Unknown,
}

impl From<FailureName> for JoinFailure {
    fn from(name: FailureName) -> Self {
        match name {
            FailureName::WrongPassphrase => Self::WrongPassphrase,
            FailureName::NotFound => Self::NotFound,
            FailureName::Refused => Self::Refused,
            FailureName::NoAddress => Self::NoAddress,
            FailureName::NoGateway => Self::NoGateway,
            FailureName::Unknown => Self::Unknown,
        }
    }
}

/// How a device's flash was written before a scenario begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StoredSeal {
    /// In clear, by a firmware that did not seal yet.
    InClear,
    /// With the device's own key.
    OwnKey,
    /// With that of another chip: this one was put in since, or the flash was.
    AnotherKey,
}

/// What the device's program has it do when power comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Starts {
    /// It joins what is stored, and opens its portal if that fails and it may.
    #[default]
    ConnectOrSetup,
    /// It joins what is stored, and waits for its button if that fails.
    Connect,
}

//! How scenarios name what the core has words for: states, failures, when the portal may open, what becomes
//! of a network that leads nowhere.

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
    #[default]
    Always,
    /// [`MayOpen::OnceAfterPowerUp`]
    OnceAfterPowerUp,
    /// [`MayOpen::WhenAsked`]
    WhenAsked,
}

impl From<Opening> for MayOpen {
    fn from(opening: Opening) -> Self {
        match opening {
            Opening::Always => Self::Always,
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

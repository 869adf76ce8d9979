//! The provisioning state machine: from power-on to "joined and told", and back when a network
//! is lost. Pure: a state and an input give a state and actions. It holds no data, no timer and
//! no radio; [`crate::Portal`] carries the actions out.
//!
//! Two rules are to be read off [`EDGES`]: [`Action::Commit`] stands only on the edge on which
//! the submitted credentials have joined, and no failure touches what is stored.

use core::fmt::{self, Write};

use ProvisioningState::*;

/// Where the device stands.
///
/// ```
/// use vestibule_core::provisioning::ProvisioningState;
///
/// assert!(ProvisioningState::Joining.has_access_point() && ProvisioningState::Joining.is_joining() && !ProvisioningState::Joining.is_joined());
/// assert!(!ProvisioningState::JoiningAlone.has_access_point(), "a radio that cannot be both");
/// let both = ProvisioningState::ALL.into_iter().filter(|state| state.has_access_point() && state.is_joined());
/// assert!(both.eq([ProvisioningState::ResultPending, ProvisioningState::Closing]), "while the owner reads the result");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ProvisioningState {
    /// Nothing was asked of it yet, or it was told to forget.
    Idle,
    /// Several networks are stored: listening for which of them is the strongest here.
    ScanningStored,
    /// Joining with the stored credentials; no access point.
    Connecting,
    /// A join failed; another follows shortly. No access point.
    Backoff,
    /// Listening for networks before the access point goes up: while it listens it serves nobody,
    /// and what it hears tells on which channel the access point will not have to move.
    Scanning,
    /// The access point is up and the owner may submit.
    PortalOpen,
    /// As [`ProvisioningState::PortalOpen`], while the stored credentials are tried again: the router may only
    /// have been slow.
    RetryingStored,
    /// As [`ProvisioningState::PortalOpen`], while the submitted credentials are tried.
    Joining,
    /// The submitted credentials are to be tried by a radio that cannot be access point and station at
    /// once: the access point stays for a moment, for the answer to the owner.
    ClosingToJoin,
    /// The submitted credentials are tried, the access point down.
    JoiningAlone,
    /// The stored credentials are tried, the access point down meanwhile, while nobody uses the portal.
    RetryingAlone,
    /// The submitted credentials did not join; the owner is told why and may submit again.
    Failed,
    /// Joined; the access point stays up until the owner has read the result, or a deadline.
    ResultPending,
    /// The result was read; the access point stays for a moment, for the phone's last check.
    Closing,
    /// On the home network, the access point down.
    Connected,
}

impl ProvisioningState {
    /// Every state, in the order of a journey.
    pub const ALL: [Self; 15] = [
        Idle,
        ScanningStored,
        Connecting,
        Backoff,
        Scanning,
        PortalOpen,
        RetryingStored,
        Joining,
        ClosingToJoin,
        JoiningAlone,
        RetryingAlone,
        Failed,
        ResultPending,
        Closing,
        Connected,
    ];

    /// Whether the access point is up.
    pub const fn has_access_point(self) -> bool {
        matches!(
            self,
            PortalOpen | RetryingStored | Joining | ClosingToJoin | Failed | ResultPending | Closing
        )
    }

    /// Whether a join is under way.
    pub const fn is_joining(self) -> bool {
        matches!(self, Connecting | RetryingStored | Joining | JoiningAlone | RetryingAlone)
    }

    /// Whether what the owner submitted is being tried.
    pub const fn tries_submitted(self) -> bool {
        matches!(self, Joining | JoiningAlone)
    }

    /// Whether a submission has no result yet.
    pub const fn awaits_result(self) -> bool {
        matches!(self, Joining | ClosingToJoin | JoiningAlone)
    }

    /// Whether the portal is open but for its access point, which is down only while a radio that cannot
    /// be both joins.
    pub const fn is_alone(self) -> bool {
        matches!(self, JoiningAlone | RetryingAlone)
    }

    /// Whether the home network is joined.
    pub const fn is_joined(self) -> bool {
        matches!(self, ResultPending | Closing | Connected)
    }
}

/// What can happen to it.
///
/// ```
/// use vestibule_core::provisioning::{Input, ProvisioningState, step};
///
/// let moves = |state| Input::ALL.into_iter().filter(move |input| step(state, *input).is_some());
/// assert!(moves(ProvisioningState::Closing).eq([Input::Timeout, Input::Disconnected, Input::Cleared]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Input {
    /// Connect, or set up if that fails: one network is stored.
    StartStored,
    /// Connect, or set up if that fails: several networks are stored.
    StartSeveral,
    /// Connect, or set up if that fails: nothing is stored.
    StartEmpty,
    /// Open the portal, whatever is stored.
    Setup,
    /// The scan is over.
    ScanFinished,
    /// The owner submitted credentials that can be tried.
    Submitted,
    /// The same, and the radio cannot be access point and station at once.
    SubmittedAlone,
    /// The stored credentials are to be tried again by such a radio, and nobody uses the portal.
    RetryAlone,
    /// The network is joined and has given an address.
    Joined,
    /// A join failed, and others follow: more attempts are allowed, or the portal may not open.
    JoinFailed,
    /// The last allowed attempt failed, and the portal may open.
    LastJoinFailed,
    /// The last allowed attempt failed, and the device is to rest.
    GaveUp,
    /// The wait that belongs to the state is over.
    Timeout,
    /// The owner has been handed the result in full.
    ResultDelivered,
    /// The home network is gone.
    Disconnected,
    /// The idle timeout or the absolute timeout of the portal has passed, or the time after power came in which it
    /// may be open.
    PortalTimeout,
    /// The device was told to forget its network.
    Cleared,
}

impl Input {
    /// Every input.
    pub const ALL: [Self; 17] = [
        Self::StartStored,
        Self::StartSeveral,
        Self::StartEmpty,
        Self::Setup,
        Self::ScanFinished,
        Self::Submitted,
        Self::SubmittedAlone,
        Self::RetryAlone,
        Self::Joined,
        Self::JoinFailed,
        Self::LastJoinFailed,
        Self::GaveUp,
        Self::Timeout,
        Self::ResultDelivered,
        Self::Disconnected,
        Self::PortalTimeout,
        Self::Cleared,
    ];
}

/// What is to be done on an edge, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Raise the access point.
    RaiseAccessPoint,
    /// Take the access point down.
    DropAccessPoint,
    /// Listen for networks to list.
    Scan,
    /// Join with the stored credentials.
    JoinStored,
    /// Join with the submitted credentials.
    JoinSubmitted,
    /// Leave the home network, or give up joining it.
    Leave,
    /// Store the submitted credentials: they have just joined.
    Commit,
}

/// One edge: in `from`, on `on`, go to `to` and do `then`.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    /// The state it starts from.
    pub from: ProvisioningState,
    /// The input that takes it.
    pub on: Input,
    /// The state it leads to.
    pub to: ProvisioningState,
    /// What is done on the way.
    pub then: &'static [Action],
}

const fn edge(from: ProvisioningState, on: Input, to: ProvisioningState, then: &'static [Action]) -> Edge {
    Edge { from, on, to, then }
}

use Action::{Commit, DropAccessPoint, JoinStored, JoinSubmitted, Leave, RaiseAccessPoint, Scan};
use Input::{
    Cleared, Disconnected, GaveUp, JoinFailed, Joined, LastJoinFailed, PortalTimeout, ResultDelivered,
    RetryAlone, ScanFinished, Setup, StartEmpty, StartSeveral, StartStored, Submitted, SubmittedAlone,
    Timeout,
};

/// Every edge. What is not here leaves the state as it is.
///
/// ```
/// use vestibule_core::provisioning::{Action, EDGES, Input, ProvisioningState};
///
/// // What is written to flash has just joined.
/// let commits = EDGES.iter().filter(|edge| edge.then.contains(&Action::Commit));
/// let joined = |state| (state, Input::Joined);
/// assert!(commits.map(|edge| (edge.from, edge.on)).eq([ProvisioningState::Joining, ProvisioningState::JoiningAlone].map(joined)));
/// ```
#[rustfmt::skip]
pub const EDGES: &[Edge] = &[
    edge(Idle,           StartStored,     Connecting,     &[JoinStored]),
    edge(Idle,           StartSeveral,    ScanningStored, &[Scan]),
    edge(Idle,           StartEmpty,      Scanning,       &[Scan]),
    edge(Idle,           Setup,           Scanning,       &[Scan]),

    edge(ScanningStored, ScanFinished,    Connecting,     &[JoinStored]),
    edge(ScanningStored, Timeout,         Connecting,     &[JoinStored]),
    edge(ScanningStored, Setup,           Scanning,       &[]),
    edge(ScanningStored, Cleared,         Idle,           &[]),

    edge(Connecting,     Joined,          Connected,      &[]),
    edge(Connecting,     JoinFailed,      Backoff,        &[Leave]),
    edge(Connecting,     LastJoinFailed,  Scanning,       &[Leave, Scan]),
    edge(Connecting,     GaveUp,          Idle,           &[Leave]),
    edge(Connecting,     Setup,           Scanning,       &[Leave, Scan]),
    edge(Connecting,     Cleared,         Idle,           &[Leave]),

    edge(Backoff,        Timeout,         Connecting,     &[JoinStored]),
    edge(Backoff,        Setup,           Scanning,       &[Scan]),
    edge(Backoff,        Cleared,         Idle,           &[]),

    edge(Scanning,       ScanFinished,    PortalOpen,     &[RaiseAccessPoint]),
    edge(Scanning,       Timeout,         PortalOpen,     &[RaiseAccessPoint]),
    edge(Scanning,       Cleared,         Idle,           &[]),

    edge(PortalOpen,     Submitted,       Joining,        &[JoinSubmitted]),
    edge(PortalOpen,     Timeout,         RetryingStored, &[JoinStored]),
    edge(PortalOpen,     SubmittedAlone,  ClosingToJoin,  &[]),
    edge(PortalOpen,     RetryAlone,      RetryingAlone,  &[DropAccessPoint, JoinStored]),
    edge(PortalOpen,     PortalTimeout,   Idle,           &[DropAccessPoint]),
    edge(PortalOpen,     Cleared,         Idle,           &[DropAccessPoint]),

    edge(RetryingStored, Joined,          ResultPending,  &[]),
    edge(RetryingStored, JoinFailed,      PortalOpen,     &[Leave]),
    edge(RetryingStored, Submitted,       Joining,        &[Leave, JoinSubmitted]),
    edge(RetryingStored, PortalTimeout,   Idle,           &[Leave, DropAccessPoint]),
    edge(RetryingStored, Cleared,         Idle,           &[Leave, DropAccessPoint]),

    edge(Joining,        Joined,          ResultPending,  &[Commit]),
    edge(Joining,        JoinFailed,      Failed,         &[Leave]),
    edge(Joining,        Submitted,       Joining,        &[Leave, JoinSubmitted]),
    edge(Joining,        Cleared,         Idle,           &[Leave, DropAccessPoint]),

    edge(ClosingToJoin,  Timeout,         JoiningAlone,   &[DropAccessPoint, JoinSubmitted]),
    edge(ClosingToJoin,  SubmittedAlone,  ClosingToJoin,  &[]),
    edge(ClosingToJoin,  Cleared,         Idle,           &[DropAccessPoint]),

    edge(JoiningAlone,   Joined,          Connected,      &[Commit]),
    edge(JoiningAlone,   JoinFailed,      Failed,         &[Leave, RaiseAccessPoint]),
    edge(JoiningAlone,   Cleared,         Idle,           &[Leave]),

    edge(RetryingAlone,  Joined,          Connected,      &[]),
    edge(RetryingAlone,  JoinFailed,      PortalOpen,     &[Leave, RaiseAccessPoint]),
    edge(RetryingAlone,  Setup,           PortalOpen,     &[Leave, RaiseAccessPoint]),
    edge(RetryingAlone,  Cleared,         Idle,           &[Leave]),

    edge(Failed,         Submitted,       Joining,        &[JoinSubmitted]),
    edge(Failed,         SubmittedAlone,  ClosingToJoin,  &[]),
    edge(Failed,         RetryAlone,      RetryingAlone,  &[DropAccessPoint, JoinStored]),
    edge(Failed,         Timeout,         RetryingStored, &[JoinStored]),
    edge(Failed,         PortalTimeout,   Idle,           &[DropAccessPoint]),
    edge(Failed,         Cleared,         Idle,           &[DropAccessPoint]),

    edge(ResultPending,  ResultDelivered, Closing,        &[]),
    edge(ResultPending,  Timeout,         Connected,      &[DropAccessPoint]),
    edge(ResultPending,  Disconnected,    RetryingStored, &[JoinStored]),
    edge(ResultPending,  Cleared,         Idle,           &[Leave, DropAccessPoint]),

    edge(Closing,        Timeout,         Connected,      &[DropAccessPoint]),
    edge(Closing,        Disconnected,    RetryingStored, &[JoinStored]),
    edge(Closing,        Cleared,         Idle,           &[Leave, DropAccessPoint]),

    edge(Connected,      Disconnected,    Connecting,     &[JoinStored]),
    edge(Connected,      Setup,           Scanning,       &[Leave, Scan]),
    edge(Connected,      Cleared,         Idle,           &[Leave]),
];

/// The edge that `on` takes out of `from`, if there is one.
///
/// ```
/// use vestibule_core::provisioning::{Input, ProvisioningState, step};
///
/// let edge = step(ProvisioningState::Scanning, Input::ScanFinished).unwrap();
/// assert_eq!(edge.to, ProvisioningState::PortalOpen);
/// assert!(step(ProvisioningState::PortalOpen, Input::Joined).is_none(), "that leaves the state as it is");
/// ```
pub fn step(from: ProvisioningState, on: Input) -> Option<&'static Edge> {
    EDGES.iter().find(|edge| edge.from == from && edge.on == on)
}

/// Writes the machine as a Graphviz graph, with `current` (if any) filled.
///
/// # Errors
/// Those of `out`.
///
/// ```
/// use vestibule_core::provisioning::{ProvisioningState, dot};
///
/// let mut graph = String::new();
/// dot(&mut graph, Some(ProvisioningState::PortalOpen))?;
/// assert!(graph.contains("\n  PortalOpen [style=\"rounded,filled\"];\n"));
/// assert!(graph.contains("\n  PortalOpen -> Joining [label=\"Submitted\\nJoinSubmitted\"];\n"));
/// # Ok::<(), core::fmt::Error>(())
/// ```
pub fn dot(out: &mut impl Write, current: Option<ProvisioningState>) -> fmt::Result {
    writeln!(out, "digraph provisioning {{\n  rankdir=LR;\n  node [shape=box, style=rounded];")?;
    for state in ProvisioningState::ALL {
        let style = if current == Some(state) { " [style=\"rounded,filled\"]" } else { "" };
        writeln!(out, "  {state:?}{style};")?;
    }
    for edge in EDGES {
        write!(out, "  {:?} -> {:?} [label=\"{:?}", edge.from, edge.to, edge.on)?;
        for action in edge.then {
            write!(out, "\\n{action:?}")?;
        }
        writeln!(out, "\"];")?;
    }
    writeln!(out, "}}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    use super::*;

    #[test]
    fn the_table_reads_like_this() {
        let mut table = String::new();
        for state in ProvisioningState::ALL {
            for input in Input::ALL {
                if let Some(edge) = step(state, input) {
                    table += &format!("{state:?} + {input:?} -> {:?} {:?}\n", edge.to, edge.then);
                }
            }
        }
        insta::assert_snapshot!("edges", table);
        let mut graph = String::new();
        dot(&mut graph, Some(ProvisioningState::PortalOpen)).unwrap();
        insta::assert_snapshot!("graph", graph);
    }

    #[test]
    fn no_input_has_two_edges_out_of_a_state() {
        let pairs: BTreeSet<_> = EDGES.iter().map(|edge| (edge.from, edge.on)).collect();
        assert_eq!(pairs.len(), EDGES.len());
    }

    #[test]
    fn credentials_are_committed_only_when_they_have_joined() {
        for edge in EDGES.iter().filter(|edge| edge.then.contains(&Commit)) {
            assert!(edge.from.tries_submitted() && edge.on == Joined, "{edge:?}");
        }
        for state in ProvisioningState::ALL.into_iter().filter(|state| state.tries_submitted()) {
            assert!(step(state, Joined).unwrap().then.contains(&Commit), "{state:?}");
        }
    }

    #[test]
    fn the_access_point_is_up_exactly_where_the_state_says_so() {
        for edge in EDGES {
            let mut up = edge.from.has_access_point();
            for action in edge.then {
                match action {
                    RaiseAccessPoint => up = true,
                    DropAccessPoint => up = false,
                    _ => {}
                }
            }
            assert_eq!(up, edge.to.has_access_point(), "{edge:?}");
        }
    }

    #[test]
    fn a_state_that_joins_was_told_to() {
        for edge in EDGES {
            let joins = edge.then.iter().any(|action| matches!(action, JoinStored | JoinSubmitted));
            assert_eq!(joins, edge.to.is_joining(), "{edge:?}");
        }
    }

    #[test]
    fn a_radio_that_cannot_be_both_is_never_asked_to() {
        // Such a portal never takes an input that joins while the access point is up.
        let is_beside = |input| matches!(input, Submitted);
        let mut reached: Vec<ProvisioningState> = [Idle].into();
        let mut next = 0;
        while let Some(from) = reached.get(next).copied() {
            next += 1;
            for edge in EDGES.iter().filter(|edge| edge.from == from && !is_beside(edge.on)) {
                // A timeout tries the stored networks while the access point is up.
                let is_retry = matches!(from, PortalOpen | Failed) && edge.on == Timeout;
                if !is_retry && !reached.contains(&edge.to) {
                    reached.push(edge.to);
                }
            }
        }
        for state in reached {
            let both = state.has_access_point() && (state.is_joining() || state.is_joined());
            assert!(!both, "{state:?}");
        }
    }

    #[test]
    fn every_state_is_reached_and_can_be_left() {
        let mut reached: Vec<ProvisioningState> = [Idle].into();
        for from in ProvisioningState::ALL {
            for edge in EDGES.iter().filter(|edge| edge.from == from) {
                if !reached.contains(&edge.to) {
                    reached.push(edge.to);
                }
            }
            assert!(EDGES.iter().any(|edge| edge.from == from && edge.to != from), "{from:?} is a trap");
        }
        assert_eq!(reached.len(), ProvisioningState::ALL.len());
    }

    #[test]
    fn clearing_ends_in_idle_from_everywhere() {
        for state in ProvisioningState::ALL.into_iter().filter(|state| *state != Idle) {
            assert_eq!(step(state, Cleared).unwrap().to, Idle, "{state:?}");
        }
    }
}

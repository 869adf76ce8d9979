//! What contradicts itself in how a network's router treats who joins it.

use super::Contradiction;
use crate::radio::SecurityKind;
use crate::scenario::{EndsAt, NetworkSpec};

/// Its router ends joins by what it can say at that stage.
pub(super) fn check_join_end(network: &NetworkSpec) -> Result<(), Contradiction> {
    let Some(given) = &network.ends_join else { return Ok(()) };
    let end = given.get_ref();
    let has_answer = matches!(end.stage, EndsAt::Authentication | EndsAt::Association);
    let is_joined_without_keys = network.security == SecurityKind::Open;
    let message = match (end.status, end.reason) {
        (Some(_), Some(_)) => "an answer has a status, a deauthentication a reason: expected one of the two",
        (Some(0), _) => "status 0 is success: expected another",
        (Some(_), None) if !has_answer => {
            "only an answer to an authentication or association has a status: expected `reason`"
        }
        (None, None) if end.stage == EndsAt::After => {
            "a router that falls silent after a join gives no address: expected `reason`, or `dhcp = false`"
        }
        _ if end.stage == EndsAt::Handshake && is_joined_without_keys => {
            "an open network has no handshake: expected another stage"
        }
        _ if end.stale_pmksa && !matches!(end.stage, EndsAt::Association | EndsAt::Handshake) => {
            "a key of an earlier join is used at the association and in the handshake: expected one of these stages"
        }
        _ if end.stale_pmksa && !matches!(network.security, SecurityKind::Wpa3 | SecurityKind::Wpa2Wpa3) => {
            "only a join by SAE leaves a key that a router can lose: expected \"wpa3\" or \"wpa2-wpa3\""
        }
        _ if end.times == Some(0) => "a router that ends no join ends none: expected at least one of `times`",
        _ => return Ok(()),
    };
    Err((given.span(), message.into()))
}

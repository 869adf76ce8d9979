//! Where a portal sends its visitors to a name in `.local`: whether anybody on the link answers for it by multicast,
//! which is how most systems ask for such a name. What is told here is a warning.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use tokio::time::timeout;
use url::{Host, Url};

use super::access::PortalAccess;
use crate::dns::{ask_address, read_address};
use crate::phone::Reply;

/// Where questions for names in `.local` go (RFC 6762 section 3).
const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(224, 0, 0, 251), 5353);

/// How long an answer may take, and how often it is asked for: multicasts are not repeated by an access point.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
const QUESTIONS: usize = 3;

/// Asks for the name that `request` is redirected to, if it is one of `.local`.
pub(super) async fn local_name(portal: &PortalAccess, request: &str) -> Option<String> {
    let name = local_part(&portal.reply_head(request).await?)?;
    let PortalAccess::Link(access) = portal else {
        return Some(format!(
            "the portal sends visitors to {name}, a name that Apple's systems, Windows and Android from 13 on ask for by \
             multicast and not of the portal's DNS (RFC 6762): over sockets that cannot be asked; `check --link` does. \
             Redirect to an address"
        ));
    };
    let question = ask_address(0, &name)?;
    for _ in 0..QUESTIONS {
        let answered = timeout(ANSWER_TIMEOUT, async {
            // The device may say other things to the group.
            while read_address(&access.ask_group(GROUP, &question).await).is_none() {}
        });
        if answered.await.is_ok() {
            return None;
        }
    }
    Some(format!(
        "the portal sends visitors to {name}, and nobody answers for that name by multicast, which is how Apple's \
         systems, Windows and Android from 13 on ask for it (RFC 6762): they find no page. Answer mDNS, or redirect to \
         an address"
    ))
}

fn local_part(reply: &Reply) -> Option<String> {
    match Url::parse(reply.header("location")?).ok()?.host()? {
        Host::Domain(name) if name.to_ascii_lowercase().ends_with(".local") => Some(name.to_owned()),
        _ => None,
    }
}

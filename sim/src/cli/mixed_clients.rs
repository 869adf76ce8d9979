//! Several clients behind one address, as a router or a proxy makes them look: what each concludes cannot be told from what is
//! recorded of all. Whether a recording is of such is said wherever one is made or judged.

use crate::capture::{Capture, Sent};
use crate::phone::recognise;

/// What is to be said of a recording in which several operating systems speak.
pub(super) fn mixed(capture: &Capture) -> Option<String> {
    let requests = capture.exchanges.iter().filter_map(|exchange| match &exchange.sent {
        Sent::Request { request, .. } => Some(request.as_bytes()),
        _ => None,
    });
    let systems = recognise::systems(requests);
    if systems.len() < 2 {
        return None;
    }
    let judge = &capture.judge;
    Some(format!(
        "several clients are mixed here, as behind a router: {} speak from one address, and all are judged as {judge}. Capture \
         where each has an address of its own",
        systems.join(" and ")
    ))
}

//! What to change in a portal, in a sentence: from the exchange that decided, the rule, and what is
//! to be seen in the sheet. It advises on what came; why that matters is the rule's to say.
//!
//! Each sentence names the call, the place and the answer. All of them ask for one and the same answer to a check,
//! to a question and to a page, so that no advice undoes another; what is disputed says its own
//! ([`crate::phone::Dispute`]).

use url::{Position, Url};

use super::log::{End, Entry, RequestKind};
use super::portal_address::PortalAddress;
use super::project::ChangeKind;
use super::{ChangeWords, Sheet};
use crate::phone::{Ending, Reply};

/// What decided.
pub(super) struct Decided<'a> {
    /// What the phone concluded from; that which closed its sheet, if it did.
    pub(super) exchange: Option<&'a Entry>,
    /// The last exchange of the sheet's page.
    pub(super) page: Option<&'a Entry>,
}

/// The sentence; `None` when there is nothing to change.
pub(super) fn change(place: PortalAddress, sheet: &Sheet, decided: &Decided<'_>) -> Option<String> {
    match sheet {
        Sheet::Shown { .. } => None,
        Sheet::Closes { .. } => Some(for_a_sheet_that_closes(place, decided.exchange)),
        Sheet::Empty { why, .. } => Some(for_the_page(place, why, decided.page)),
        Sheet::None => Some(for_the_check(place, decided.exchange)),
    }
}

/// What in the advice is this phone's own: its call, its URL, its host. Another phone that is told the same with words of
/// its own is helped by the same change.
pub(super) fn words(place: PortalAddress, sheet: &Sheet, decided: &Decided<'_>) -> ChangeWords {
    let entry = match sheet {
        Sheet::Empty { .. } => decided.page,
        _ => decided.exchange,
    };
    let (call, own) = match entry.map(|entry| &entry.asked) {
        Some(RequestKind::Request { url, .. }) => {
            let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
            (Some(call(url)), [url.clone()].into_iter().chain(host).collect())
        }
        Some(RequestKind::Question { name, .. } | RequestKind::Handshake { name }) => {
            (None, vec![name.clone()])
        }
        None => (None, Vec::new()),
    };
    let kind = kind(place, sheet, entry).map(|kind| (kind, place));
    ChangeWords { call, own, in_short: None, kind }
}

/// What the advice is about, where a project may have words of its own for it.
fn kind(place: PortalAddress, sheet: &Sheet, entry: Option<&Entry>) -> Option<ChangeKind> {
    let is_empty = match sheet {
        Sheet::Shown { .. } => return None,
        Sheet::Closes { .. } => return Some(ChangeKind::Checks),
        Sheet::Empty { .. } => true,
        Sheet::None => false,
    };
    let Some(entry) = entry else { return is_empty.then_some(ChangeKind::Checks) };
    let is_elsewhere = |url: &str| !url.starts_with(&format!("http://{}", entry.to.ip()));
    match &entry.asked {
        RequestKind::Question { .. } => Some(ChangeKind::Names),
        RequestKind::Handshake { .. } => Some(ChangeKind::Checks),
        RequestKind::Request { url, .. } if !is_empty && entry.foreign && is_elsewhere(url) => {
            Some(ChangeKind::Names)
        }
        RequestKind::Request { .. } if entry.foreign => Some(ChangeKind::Checks),
        // What is wrong with its page is the portal's own, not its project's.
        RequestKind::Request { .. } if is_empty => None,
        RequestKind::Request { url, .. } if Url::parse(url).is_ok_and(|url| is_own(place, &url)) => None,
        RequestKind::Request { .. } if entry.connected => Some(ChangeKind::Checks),
        RequestKind::Request { .. } => Some(ChangeKind::Port),
    }
}

fn is_own(place: PortalAddress, url: &Url) -> bool {
    url.host_str() == Some(&place.address.to_string())
}

/// What every check over HTTP is to be answered.
fn redirect(place: PortalAddress) -> String {
    format!(
        "status 302, \"Location: http://{}/\", \"Content-Length: 7\" and the body \"sign in\"",
        place.address
    )
}

/// What the sheet's page is to be answered.
const PAGE: &str = "status 200, \"Content-Type: text/html\", a Content-Length and a page of HTML";

/// What a request is called: method, path and host.
fn call(url: &str) -> String {
    match Url::parse(url) {
        Ok(parsed) => {
            let host = &parsed[Position::BeforeHost..Position::AfterPort];
            format!("GET {} with Host {host}", &parsed[Position::BeforePath..Position::AfterQuery])
        }
        Err(_) => format!("GET {url}"),
    }
}

/// What a check in a recording should have been answered, and was not.
pub(super) fn for_a_recorded_check(url: &str, answered: Option<&Reply>) -> String {
    let right = "status 302, a Location with http:// and the portal's own address, \"Content-Length: 7\" and the body \"sign in\"";
    match answered {
        Some(reply) => format!("Answer {} with {right}, and not with {}.", call(url), what_is_wrong(reply)),
        None => format!("Answer {} with {right}: no whole reply to it is recorded.", call(url)),
    }
}

fn for_a_sheet_that_closes(place: PortalAddress, closing: Option<&Entry>) -> String {
    let asked = match closing.map(|entry| &entry.asked) {
        Some(RequestKind::Request { url, .. }) => call(url),
        _ => "the check".into(),
    };
    format!(
        "Answer {asked} on {} with {} until the owner is done, also after the page was shown: this phone asks it again \
         while the page is open.",
        place.http(),
        redirect(place)
    )
}

fn for_the_page(place: PortalAddress, why: &str, last: Option<&Entry>) -> String {
    let (http, address) = (place.http(), place.address);
    let Some(entry) = last else {
        return format!(
            "Answer the check on {http} with {}, and GET / there with {PAGE}: {why}.",
            redirect(place)
        );
    };
    match &entry.asked {
        RequestKind::Question { name, .. } => for_the_question(place, name, entry),
        RequestKind::Request { .. } if entry.foreign => format!(
            "Answer the check on {http} with {}: redirect to the portal's own address, and not to {}; answer GET / there \
             with {PAGE}.",
            redirect(place),
            entry.to.ip()
        ),
        RequestKind::Request { url, .. } => {
            if let Some(deaf) = deaf_port(place, url, entry) {
                return deaf;
            }
            let redirects = entry.reply().is_some_and(|reply| (300..400).contains(&reply.status));
            let leads_on = redirects && !is_own_page(place, url);
            let or = if leads_on { format!(", or redirect it to http://{address}/") } else { String::new() };
            let http = place.http_at(entry.to.port());
            format!("Answer {} on {http}, where the sheet opens, with {PAGE}{or}: {why}.", call(url))
        }
        RequestKind::Handshake { .. } => format!(
            "Answer the check on {http} with {}, and not with https; answer GET / there with {PAGE}: {why}.",
            redirect(place)
        ),
    }
}

/// Whether it is the portal's own page that is asked for: to redirect that to the portal would be a loop.
fn is_own_page(place: PortalAddress, url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| {
        url.host_str() == Some(&place.address.to_string())
            && url.port_or_known_default().is_some_and(|port| place.is_http(port))
    })
}

/// What to do about a port of the portal's that a URL leads to and where nobody listens.
fn deaf_port(place: PortalAddress, url: &str, entry: &Entry) -> Option<String> {
    let port = entry.to.port();
    let is_deaf = match entry.end {
        Some(End::Refused | End::Unreachable) => true,
        None => !entry.connected,
        Some(End::Closed | End::Reset | End::Handshake(_)) => false,
    };
    (is_deaf && !place.is_http(port)).then(|| {
        format!(
            "Nobody listens on TCP port {port} of {address}, where the portal leads phones ({}): listen there, or redirect \
             to http://{address}/.",
            call(url),
            address = place.address
        )
    })
}

fn for_the_check(place: PortalAddress, decider: Option<&Entry>) -> String {
    let Some(entry) = decider else {
        return format!(
            "Nothing was asked of {} or {}, so nothing in the portal can be told to be wrong.",
            place.dns(),
            place.http()
        );
    };
    match &entry.asked {
        RequestKind::Question { name, .. } => for_the_question(place, name, entry),
        RequestKind::Handshake { name } => format!(
            "Answer checks on {} with {}, and redirect none to https://{name}/: no device has a certificate that phones \
             trust.",
            place.http(),
            redirect(place)
        ),
        RequestKind::Request { url, .. } => for_the_request(place, url, entry),
    }
}

fn for_the_question(place: PortalAddress, name: &str, entry: &Entry) -> String {
    let right = format!(
        "answer every A question, that for {name} for one, with {}, and every other type at once with NOERROR and no \
         record",
        place.address
    );
    match entry.answer {
        None => format!("Serve DNS on {}: {right}; the question for {name} was not answered.", place.dns()),
        Some(_) => format!(
            "In DNS on {}, {right}; the answer for {name} was of no use: {}.",
            place.dns(),
            entry.came()
        ),
    }
}

fn for_the_request(place: PortalAddress, url: &str, entry: &Entry) -> String {
    let (http, right, address) = (place.http(), redirect(place), place.address);
    if entry.foreign {
        let told = entry.to.ip();
        return if url.starts_with(&format!("http://{told}")) {
            format!(
                "Answer checks on {http} with {right}: redirect to the portal's own address, and not to {told}."
            )
        } else {
            format!(
                "In DNS on {}, answer every A question with the portal's own address, {address}, and not with {told}.",
                place.dns()
            )
        };
    }
    if let Some(deaf) = deaf_port(place, url, entry) {
        return deaf;
    }
    let (asked, http) = (call(url), place.http_at(entry.to.port()));
    if let Some(bad) = entry.bad {
        return format!(
            "Answer {asked} on {http} with {right}, beginning with the line HTTP/1.1 302 Found: {bad}."
        );
    }
    if let Some(reply) = entry.reply() {
        // To redirect the portal's own page to itself would be a loop.
        let is_own = Url::parse(url).is_ok_and(|url| is_own(place, &url));
        let right = if is_own { PAGE.to_owned() } else { right };
        let to_portal = |location| location_host(location).as_deref() == Some(&address.to_string());
        if !is_own && entry.end.is_none() && reply.ending == Ending::Complete {
            // It could not be answered better: what is missed is the end of the connection.
            if reply.header("location").is_some_and(to_portal) {
                return format!(
                    "Close the connection on {http} after the reply to {asked}: it was left open."
                );
            }
        }
        let wrong = match (reply.ending, entry.end) {
            (Ending::Complete, _) | (_, Some(_)) => what_is_wrong(reply),
            _ => format!(
                "a reply that does not end ({}): say its Content-Length, or close the connection after it",
                reply.status
            ),
        };
        return format!("Answer {asked} on {http} with {right}, and not with {wrong}.");
    }
    match entry.end {
        Some(End::Refused) => format!("Listen on {http}, and answer {asked} with {right}: it was refused."),
        Some(End::Unreachable) => {
            format!("Let {http} be reached from where this check runs: nobody answers there.")
        }
        Some(End::Closed | End::Reset | End::Handshake(_)) => {
            format!("Answer {asked} on {http} with {right} before the connection is closed.")
        }
        None if entry.connected => format!(
            "Answer {asked} on {http} at once, several connections at a time, with {right}: the connection was accepted \
             and no whole reply came."
        ),
        None => format!(
            "Accept connections on {http}, and answer {asked} with {right}: the attempt was met with silence."
        ),
    }
}

/// The host of an absolute `Location`.
fn location_host(location: &str) -> Option<String> {
    Some(Url::parse(location).ok()?.host_str()?.to_owned())
}

fn what_is_wrong(reply: &Reply) -> String {
    let status = reply.status;
    if status == 204 {
        return "204, which says that the internet is there".into();
    }
    if status == 200 && String::from_utf8_lossy(&reply.body).contains("Success") {
        return "a page titled \"Success\", which says that the internet is there".into();
    }
    if status == 200 && reply.body_bytes < 5 && reply.ending == Ending::Complete {
        return "200 and next to nothing".into();
    }
    match reply.header("location") {
        Some(location) => format!("{status} to {location}"),
        None if status >= 400 => format!("{status}: any host and path may be asked"),
        None => format!("{status}"),
    }
}

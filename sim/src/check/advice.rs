//! What to change in a portal, in a sentence: from the exchange that decided, the rule, and what is
//! to be seen in the sheet. It advises on what came; why that matters is the rule's to say.

use std::net::Ipv4Addr;

use super::Sheet;
use super::log::{End, Entry, RequestKind};
use crate::phone::{Ending, Reply, Rule};

/// The sentence; `None` when there is nothing to change.
pub(super) fn change(
    portal: Ipv4Addr,
    sheet: &Sheet,
    rule: Option<&Rule>,
    decider: Option<&Entry>,
) -> Option<String> {
    match sheet {
        Sheet::Shown { .. } => None,
        Sheet::Empty { url, why } => Some(for_the_page(portal, url, why)),
        Sheet::None => Some(for_the_check(portal, rule, decider)),
    }
}

fn for_the_page(portal: Ipv4Addr, url: &str, why: &str) -> String {
    if url.starts_with("https:") {
        return format!("Redirect to http://{portal}/ and not to https: {why}.");
    }
    format!("Let {url}, where the sheet opens, lead to a page: 200 with some HTML ({why}).")
}

fn for_the_check(portal: Ipv4Addr, rule: Option<&Rule>, decider: Option<&Entry>) -> String {
    // Named by the rule alone: the phone sends nothing that could tell it.
    if rule.is_some_and(|rule| rule.id.contains("private")) {
        return "Give the access point an address outside the private ranges: this phone asks no private one."
            .into();
    }
    let Some(entry) = decider else {
        return "Nothing was asked of the portal, so nothing in it can be told to be wrong.".into();
    };
    match &entry.asked {
        RequestKind::Question { name, .. } => for_the_question(portal, name, entry),
        RequestKind::Handshake { .. } => format!(
            "Leave port 443 closed and redirect no check to https; answer port 80 with {}.",
            redirect(portal)
        ),
        RequestKind::Request { url, .. } => for_the_request(portal, url, entry),
    }
}

fn redirect(portal: Ipv4Addr) -> String {
    format!("302, Location: http://{portal}/, a Content-Length and a short body")
}

fn for_the_question(portal: Ipv4Addr, name: &str, entry: &Entry) -> String {
    let right = format!(
        "answer every A question with {portal}, and every other question at once with NOERROR and no record"
    );
    match entry.answer {
        None => format!("Serve DNS on UDP port 53: {right}; the question for {name} was not answered."),
        Some(_) => format!("In DNS, {right}; the answer for {name} was of no use: {}.", entry.came()),
    }
}

fn for_the_request(portal: Ipv4Addr, url: &str, entry: &Entry) -> String {
    if entry.foreign {
        let told = entry.to.ip();
        return if url.starts_with(&format!("http://{told}")) {
            format!("Redirect to the portal's own address, http://{portal}/, and not to {told}.")
        } else {
            format!("Answer every A question with the portal's own address, {portal}, and not with {told}.")
        };
    }
    if let Some(bad) = entry.bad {
        return format!("Begin replies with a status line such as HTTP/1.1 302 Found: {bad}.");
    }
    if let Some(reply) = entry.reply() {
        return for_the_reply(portal, url, reply);
    }
    let right = redirect(portal);
    match entry.end {
        Some(End::Refused) => format!("Listen for HTTP on TCP port 80 of {portal}, and answer with {right}."),
        Some(End::Unreachable) => {
            format!("Let {portal} be reached from where this check runs: nobody answers there.")
        }
        Some(End::Closed | End::Reset) => {
            format!("Send a reply before the connection is closed: {right}.")
        }
        None if entry.connected => {
            format!(
                "Answer every connection at once, several at a time: it was accepted and {url} got no whole reply; \
                 {right}."
            )
        }
        None => format!("Accept connections on TCP port 80 of {portal}: the attempt was met with silence."),
    }
}

fn for_the_reply(portal: Ipv4Addr, url: &str, reply: &Reply) -> String {
    let right = redirect(portal);
    let says_success = String::from_utf8_lossy(&reply.body).contains("Success");
    match reply.status {
        204 => {
            format!("Do not answer {url} with 204, which says that the internet is there, but with {right}.")
        }
        200 if says_success => {
            format!(
                "Do not answer {url} with the page titled \"Success\", which says that the internet is \
                     there, but with {right}."
            )
        }
        200 if reply.body_bytes < 5 && reply.ending == Ending::Complete => {
            format!("Do not answer {url} with 200 and next to nothing, but with {right}.")
        }
        300..=399 => format!(
            "Redirect {url} to a place that can be reached, written in full (http://{portal}/), and answer there."
        ),
        400..=599 => format!("Answer every host and path, not {} to {url}, but {right}.", reply.status),
        status => format!("Do not answer {url} with {status}, but with {right}."),
    }
}

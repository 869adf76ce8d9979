//! What the owner sees once the form is sent, and the small pages for everyone else.

use core::fmt::{self, Write};
use core::net::Ipv4Addr;

use super::escape::{Escaped, Shown};
use super::{Surroundings, frame, link};

use crate::http::{Format, Location, Status};
use crate::plain::{Dotted, Number, Plain};
use crate::{Ssid, Window};

/// How a page goes on by itself without JavaScript, and how often it asks.
const TRYING_REFRESH: &str = "2; url=/";

/// What the owner has to know when the flash has failed.
const FORGETS: &str = "<p role=\"alert\">The device could not store this network: it will ask again \
     when it next loses power.</p>\n";

pub(super) fn trying(ssid: Ssid, out: &mut Window<'_>) -> fmt::Result {
    let ssid = Shown(ssid.as_bytes());
    frame(out, format_args!("Connecting…"), Some(TRYING_REFRESH), |out| {
        write!(
            out,
            "<h1>Connecting to <bdi>{ssid}</bdi></h1>\n\
             <p role=\"status\">The device is joining the network now. \
             This page goes on by itself.</p>\n\
             <p>Your phone may lose this setup network for a moment. If it does, \
             join the setup network again: the result is kept there for you.</p>\n\
             <p><a href=\"/\">Look again now</a></p>\n<script src=\"/live.js\"></script>\n"
        )
    })
}

pub(super) fn joined(
    ssid: Ssid,
    address: Ipv4Addr,
    port: u16,
    remembered: bool,
    surroundings: &Surroundings<'_>,
    out: &mut Window<'_>,
) -> fmt::Result {
    if let Some(note) = surroundings.application.result {
        let note = |out: &mut Window<'_>| note(ssid, address, &mut Escaped::new(out));
        let length = Window::measure(|out| {
            // A window takes everything.
            let _ = note(out);
        });
        if length > 0 {
            return joined_with_note(ssid, note, remembered, surroundings, out);
        }
    }
    let (ssid, name) = (Shown(ssid.as_bytes()), Shown(surroundings.device_name));
    let (link, forgets) = (link(address, port), Plain(if remembered { "" } else { FORGETS }));
    frame(out, format_args!("{name} is connected"), None, |out| {
        write!(
            out,
            "<h1><bdi>{name}</bdi> is connected</h1>\n\
             <p role=\"status\">It has joined <bdi>{ssid}</bdi>.</p>\n{forgets}\
             <h2>Its address there</h2>\n\
             <p class=\"address\"><code>{}</code></p>\n\
             <p><a href=\"{link}\">{link}</a></p>\n\
             <h2>What happens next</h2>\n\
             <p>Note the address, then close this page. This setup network goes away, and your phone \
             returns to its own network. Open the address there: it works for phones and computers \
             on <bdi>{ssid}</bdi>.</p>\n",
            Dotted(address),
        )
    })
}

/// As [`joined`], with what the application has the owner note in place of the address.
fn joined_with_note(
    ssid: Ssid,
    note: impl FnOnce(&mut Window<'_>) -> fmt::Result,
    remembered: bool,
    surroundings: &Surroundings<'_>,
    out: &mut Window<'_>,
) -> fmt::Result {
    let (ssid, name) = (Shown(ssid.as_bytes()), Shown(surroundings.device_name));
    let forgets = Plain(if remembered { "" } else { FORGETS });
    frame(out, format_args!("{name} is connected"), None, |out| {
        write!(
            out,
            "<h1><bdi>{name}</bdi> is connected</h1>\n\
             <p role=\"status\">It has joined <bdi>{ssid}</bdi>.</p>\n{forgets}\
             <h2>Note this</h2>\n<p class=\"address\"><code>"
        )?;
        note(out)?;
        out.write_str(
            "</code></p>\n<h2>What happens next</h2>\n\
             <p>Close this page. This setup network goes away, and your phone returns to its own \
             network.</p>\n",
        )
    })
}

pub(super) fn home(ssid: Ssid, link: Location, device_name: &[u8], out: &mut Window<'_>) -> fmt::Result {
    let (ssid, name) = (Shown(ssid.as_bytes()), Shown(device_name));
    frame(out, format_args!("{name} on your network"), None, |out| {
        write!(
            out,
            "<h1><bdi>{name}</bdi></h1>\n\
             <p role=\"status\">Connected to <bdi>{ssid}</bdi>.</p>\n\
             <p>Its address is <a href=\"{link}\">{link}</a>.</p>\n"
        )
    })
}

/// Without the frame: every check of every phone is answered with it.
pub(super) fn redirect(link: Location, out: &mut Window<'_>) -> fmt::Result {
    out.write_str(concat!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Wi-Fi setup</title>\n",
        "<p><a href=\""
    ))?;
    link.write(out)?;
    out.write_str("\">Open the setup page</a></p>\n</html>\n")
}

/// A status alone: as a page, as a problem (RFC 9457 section 3.1), or as a line.
pub(super) fn error(status: Status, format: Format, out: &mut Window<'_>) -> fmt::Result {
    let (code, reason) = (Number(status.code().into()), Plain(status.reason()));
    match format {
        Format::Text => writeln!(out, "{reason}"),
        Format::Json => write!(out, "{{\"title\":\"{reason}\",\"status\":{code}}}"),
        Format::Html => frame(out, format_args!("{reason}"), None, |out| {
            let what = match status {
                Status::NotFound => "Nothing is here",
                Status::MethodNotAllowed => "This cannot be asked like that",
                Status::BadRequest => "This cannot be understood",
                Status::Forbidden => "Another site has sent this",
                Status::MisdirectedRequest => "This device is not known by that name",
                _ => status.reason(),
            };
            write!(out, "<h1>{}</h1>\n<p><a href=\"/\">Go to the first page</a></p>\n", Plain(what))
        }),
    }
}

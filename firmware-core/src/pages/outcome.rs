//! What the owner sees once the form is sent, and the small pages for everyone else. Their markup is in
//! `outcome.html`.

use core::fmt::Write;
use core::net::Ipv4Addr;

use super::context::PageContext;
use super::frame::{self, Frame};
use super::language::Text;
use super::markup;
use super::writer::Writer;
use crate::byte_window::ByteWindow;
use crate::escape::Escaped;
use crate::http::{Format, Status};
use crate::ssid::Ssid;
use crate::text::{Number, Plain};

pub(super) fn joining(ssid: Ssid, context: &PageContext<'_>, out: &mut ByteWindow<'_>) {
    let mut page = Writer::about(context, out);
    page.facts.network = ssid.as_bytes();
    let branding = context.application.branding;
    let stays = context.radio.concurrent;
    let frame = Frame { goes_on: stays, scripted: true, waits: true, branding };
    frame::open(frame, Text::CONNECTING, &mut page);
    page.put(markup::JOINING);
    page.put(if stays { markup::JOINING_GOES_ON } else { markup::JOINING_GOES_AWAY });
    page.put(markup::LOOK_AGAIN);
    page.put(markup::END);
}

/// A network that was joined, and where the device is found there.
#[derive(Clone, Copy)]
pub(super) struct JoinedNetwork {
    pub(super) ssid: Ssid,
    pub(super) address: Ipv4Addr,
    pub(super) port: u16,
    /// Whether the flash has taken it.
    pub(super) remembered: bool,
    /// Whether it has a captive portal.
    pub(super) captive: bool,
}

fn about<'a, 'w, 'b>(
    network: &'a JoinedNetwork,
    context: &PageContext<'a>,
    out: &'w mut ByteWindow<'b>,
) -> Writer<'a, 'w, 'b> {
    let mut page = Writer::about(context, out);
    page.facts.network = network.ssid.as_bytes();
    (page.facts.address, page.facts.port) = (network.address, network.port);
    page
}

pub(super) fn joined(network: &JoinedNetwork, context: &PageContext<'_>, out: &mut ByteWindow<'_>) {
    let mut page = about(network, context, out);
    let frame = Frame { scripted: true, branding: context.application.branding, ..Frame::PLAIN };
    frame::open(frame, Text::CONNECTED, &mut page);
    page.put(markup::JOINED);
    warnings(network, &mut page);
    if note(network, context, &mut page) {
        page.put(markup::COPY);
        page.put(markup::NEXT_NOTED);
    } else {
        page.put(markup::ADDRESS);
        page.put(markup::COPY);
        page.put_if(!context.host_name.is_empty(), markup::LOCAL);
        page.put(markup::NEXT);
    }
    page.put_if(context.reopens, markup::REOPENS);
    page.put(markup::END);
}

/// What the owner has to know of the network before anything else.
fn warnings(network: &JoinedNetwork, page: &mut Writer<'_, '_, '_>) {
    page.put_if(!network.remembered, markup::FORGETS);
    page.put_if(network.captive, markup::CAPTIVE);
}

/// Writes the application's note for the owner, which takes the place of the address; `false` if there is none.
fn note(network: &JoinedNetwork, context: &PageContext<'_>, page: &mut Writer<'_, '_, '_>) -> bool {
    let Some(write) = context.application.result else { return false };
    let JoinedNetwork { ssid, address, .. } = *network;
    // A window takes everything.
    let length = ByteWindow::measure(|out| {
        let _ = write(ssid, address, &mut Escaped::new(out));
    });
    if length > 0 {
        page.put(markup::NOTE_OPENS);
        let _ = write(ssid, address, &mut Escaped::new(page.out));
        page.put(markup::NOTE_ENDS);
    }
    length > 0
}

pub(super) fn home(network: &JoinedNetwork, context: &PageContext<'_>, out: &mut ByteWindow<'_>) {
    let mut page = about(network, context, out);
    frame::open(
        Frame { branding: context.application.branding, ..Frame::PLAIN },
        Text::ON_YOUR_NETWORK,
        &mut page,
    );
    page.put(markup::HOME);
    warnings(network, &mut page);
    page.put_if(context.reopens, markup::REOPENS);
    page.put(markup::END);
}

/// Without the frame, and in English: every check of every phone is answered with it.
pub(super) fn redirect(address: Ipv4Addr, port: u16, context: &PageContext<'_>, out: &mut ByteWindow<'_>) {
    let mut page = Writer::about(context, out);
    (page.facts.address, page.facts.port) = (address, port);
    page.put(markup::REDIRECT);
}

/// A status alone: as a page, as a problem (RFC 9457 section 3.1), or as a line.
pub(super) fn error(status: Status, format: Format, context: &PageContext<'_>, out: &mut ByteWindow<'_>) {
    let (code, reason) = (Number(status.code().into()), Plain(status.reason()));
    // A window takes everything.
    let _ = match format {
        Format::Text => writeln!(out, "{reason}"),
        Format::Json => write!(out, "{{\"title\":\"{reason}\",\"status\":{code}}}"),
        Format::Html => {
            error_page(status, context, out);
            Ok(())
        }
    };
}

fn error_page(status: Status, context: &PageContext<'_>, out: &mut ByteWindow<'_>) {
    let what = match status {
        Status::NotFound => Some(Text::NOTHING_HERE),
        Status::MethodNotAllowed => Some(Text::NOT_LIKE_THAT),
        Status::BadRequest => Some(Text::NOT_UNDERSTOOD),
        Status::Forbidden => Some(Text::ANOTHER_SITE),
        Status::MisdirectedRequest => Some(Text::NOT_BY_THAT_NAME),
        _ => None,
    };
    let say = |page: &mut Writer<'_, '_, '_>| match what {
        Some(text) => page.text_bare(text),
        None => page.out.put(status.reason().as_bytes()),
    };
    let mut page = Writer::about(context, out);
    let frame = Frame { branding: context.application.branding, ..Frame::PLAIN };
    frame::top(frame, &mut page);
    say(&mut page);
    frame::body(frame, &mut page);
    page.put(markup::ERROR_OPENS);
    say(&mut page);
    page.put(markup::ERROR_ENDS);
    page.put(markup::END);
}

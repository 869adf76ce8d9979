//! What the JSON interface says, written anew for each piece of an answer, from a description that
//! holds everything that may change meanwhile. `openapi.yaml` documents it.
//!
//! Nothing is decided here, and no secret comes here but the token of the portal's forms, which other
//! sites' pages cannot read.

use core::fmt::{self, Write};
use core::net::Ipv4Addr;

use crate::http::Status;
use crate::json::{ObjectWriter, write_object};
use crate::pages::{CsrfToken, Notice, code, sentences};
use crate::provisioning::State;
use crate::scan_list::ScanList;
use crate::text::Dotted;
use crate::{ByteWindow, JoinFailure, Problem, ScanRecord, Security, Ssid};

/// One answer.
#[derive(Clone, Copy)]
pub(super) enum Data {
    /// The networks in sight.
    Networks { scanning: bool, token: CsrfToken },
    /// Where the device stands.
    Standing(Standing),
    /// The same as an event (HTML standard, server-sent events).
    Event(Standing),
    /// A search begins.
    Searching,
    /// A problem (RFC 9457).
    Refusal { status: Status, problem: Problem },
}

/// Where the device stands.
#[derive(Clone, Copy)]
pub(super) struct Standing {
    pub(super) state: State,
    /// The network that was joined, is tried or was tried; empty if none was.
    pub(super) ssid: Ssid,
    pub(super) address: Option<Ipv4Addr>,
    pub(super) remembered: bool,
    pub(super) failure: Option<JoinFailure>,
}

impl Data {
    pub(super) const fn content_type(&self) -> &'static str {
        match self {
            Self::Refusal { .. } => "application/problem+json",
            Self::Event(_) => "text/event-stream",
            _ => "application/json",
        }
    }

    pub(super) fn write(&self, networks: &ScanList, out: &mut ByteWindow<'_>) -> fmt::Result {
        let is_event = matches!(self, Self::Event(_));
        if is_event {
            // Who asks again, for there is one event an answer, does so after two seconds.
            out.write_str("retry: 2000\ndata: ")?;
        }
        write_object(out, |object| match self {
            Self::Networks { scanning, token } => {
                object.bool("scanning", *scanning)?;
                object.text("token", token)?;
                object.array("access_points", |array| {
                    networks
                        .shown()
                        .iter()
                        .try_for_each(|record| array.object(|object| network(record, object)))
                })
            }
            Self::Standing(standing) | Self::Event(standing) => standing.write(object),
            Self::Searching => object.text("next", "Ask for the access points in some seconds."),
            Self::Refusal { status, problem } => {
                let notice = Notice::Problem(*problem);
                let (what, remedy) = sentences(notice);
                object.text("title", status.reason())?;
                object.number("status", status.code())?;
                object.text("code", code(notice))?;
                object.text("detail", what)?;
                object.text("remedy", remedy)
            }
        })?;
        if is_event { out.write_str("\n\n") } else { Ok(()) }
    }
}

fn network(record: &ScanRecord, object: &mut ObjectWriter<'_, ByteWindow<'_>>) -> fmt::Result {
    object.bytes("ssid", "ssid_hex", record.ssid.as_bytes())?;
    object.number("signal", record.signal)?;
    object.number("channel", record.channel)?;
    object.text("security", security(record.security))?;
    object.bool("supported", record.security != Security::Enterprise)
}

const fn security(security: Security) -> &'static str {
    match security {
        Security::Open => "open",
        Security::Wpa2 => "wpa2",
        Security::Wpa2Wpa3 => "wpa2-wpa3",
        Security::Wpa3 => "wpa3",
        Security::Enterprise => "enterprise",
    }
}

impl Standing {
    fn write(&self, object: &mut ObjectWriter<'_, ByteWindow<'_>>) -> fmt::Result {
        let (state, next) = self.words();
        object.text("state", state)?;
        if !self.ssid.is_empty() {
            object.bytes("ssid", "ssid_hex", self.ssid.as_bytes())?;
        }
        if let Some(address) = self.address {
            object.text("address", Dotted(address))?;
            object.bool("remembered", self.remembered)?;
        }
        if let Some(failure) = self.failure {
            let notice = Notice::Failed(failure);
            let (what, remedy) = sentences(notice);
            object.object("failure", |object| {
                object.text("code", code(notice))?;
                object.text("sentence", what)?;
                object.text("remedy", remedy)
            })?;
        }
        object.text("next", next)
    }

    /// The state in a word that never changes, and what comes next in a sentence.
    const fn words(&self) -> (&'static str, &'static str) {
        match self.state {
            State::Idle => ("idle", "Nothing happens by itself."),
            State::Choosing | State::Connecting | State::Resting => {
                ("connecting", "The device joins a network that it knows.")
            }
            State::Surveying | State::Open | State::Knocking => {
                ("setup", "The device waits for a network and its passphrase.")
            }
            State::Trying => ("trying", "The device joins the network; ask for the status in two seconds."),
            State::Failed => ("failed", "The device waits for a network and its passphrase."),
            State::Reporting | State::Closing => {
                ("joined", "The setup network goes away; the device is found at its address on the network.")
            }
            State::Connected => ("joined", "The device is on the network."),
        }
    }
}

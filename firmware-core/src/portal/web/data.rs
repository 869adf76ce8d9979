//! The answers of the JSON interface, written again for each piece of an answer, from a description that
//! holds everything that may change meanwhile. `openapi.yaml` documents it.
//!
//! Nothing is decided here, and no secret comes here but the token of the portal's forms, which other
//! sites' pages cannot read.

use core::fmt::{self, Write};

use crate::http::Status;
use crate::json::{ObjectWriter, write_object};
use crate::pages::{CsrfToken, Notice, PageSeal, code, sentences};
use crate::provisioning::ProvisioningState;
use crate::scan_list::ScanList;
use crate::text::{Dotted, Hex};
use crate::{ByteWindow, Problem, ProvisioningStatus, ScanRecord, Security};

/// One answer.
#[derive(Clone, Copy)]
pub(in crate::portal) enum Data {
    /// The networks in sight.
    Networks { scanning: bool },
    /// How far the setup has come.
    Status(ProvisioningStatus),
    /// The same as an event (HTML standard, server-sent events).
    Event(ProvisioningStatus),
    /// A network is tried; by the token its program is known from now on.
    Submitted(ProvisioningStatus),
    /// A scan begins.
    ScanBegins,
    /// A problem (RFC 9457).
    Refusal { status: Status, problem: Problem },
}

impl Data {
    pub(super) const fn content_type(&self) -> &'static str {
        match self {
            Self::Refusal { .. } => "application/problem+json",
            Self::Event(_) => "text/event-stream",
            _ => "application/json",
        }
    }

    /// `token` is the client's.
    pub(super) fn write(
        &self,
        networks: &ScanList,
        token: CsrfToken,
        seal: Option<PageSeal<'_>>,
        out: &mut ByteWindow<'_>,
    ) -> fmt::Result {
        let is_event = matches!(self, Self::Event(_));
        if is_event {
            // There is one event an answer. A browser asks again, after two seconds.
            out.write_str("retry: 2000\ndata: ")?;
        }
        write_object(out, |object| match self {
            Self::Networks { scanning } => {
                object.bool("scanning", *scanning)?;
                object.number("left_out", networks.left_out())?;
                object.text("token", token)?;
                if let Some(seal) = seal {
                    object.text("sealing_key", Hex(seal.key))?;
                    object.bool("label_code", seal.takes_code)?;
                }
                object.array("access_points", |array| {
                    networks
                        .shown()
                        .iter()
                        .try_for_each(|record| array.object(|object| network(record, object)))
                })
            }
            Self::Status(status) | Self::Event(status) => write_status(status, object),
            Self::Submitted(status) => {
                write_status(status, object)?;
                object.text("token", token)
            }
            Self::ScanBegins => object.text("next", "Ask for the access points in some seconds."),
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
    object.bool("supported", record.can_be_joined())
}

const fn security(security: Security) -> &'static str {
    match security {
        Security::Open => "open",
        Security::Wpa2 => "wpa2",
        Security::Wpa2Wpa3 => "wpa2-wpa3",
        Security::Wpa3 => "wpa3",
        Security::Enterprise => "enterprise",
        Security::Unsupported => "unsupported",
    }
}

fn write_status(status: &ProvisioningStatus, object: &mut ObjectWriter<'_, ByteWindow<'_>>) -> fmt::Result {
    let (state, next) = state_words(status.state);
    object.text("state", state)?;
    if !status.ssid.is_empty() {
        object.bytes("ssid", "ssid_hex", status.ssid.as_bytes())?;
    }
    if let Some(address) = status.address {
        object.text("address", Dotted(address))?;
        object.bool("remembered", status.remembered)?;
        object.bool("captive", status.captive)?;
    }
    if let Some(notice) = status.notice {
        let (what, remedy) = sentences(notice);
        let is_warning = matches!(notice, Notice::StoredUnreadable | Notice::Restarted);
        let member = if is_warning { "warning" } else { "failure" };
        object.object(member, |object| {
            object.text("code", code(notice))?;
            object.text("sentence", what)?;
            object.text("remedy", remedy)
        })?;
    }
    object.text("next", next)
}

/// The state in a word that never changes, and what comes next in a sentence.
const fn state_words(state: ProvisioningState) -> (&'static str, &'static str) {
    match state {
        ProvisioningState::Idle => ("idle", "Nothing happens by itself."),
        ProvisioningState::ScanningStored | ProvisioningState::Connecting | ProvisioningState::Backoff => {
            ("connecting", "The device joins a network that it knows.")
        }
        ProvisioningState::Scanning
        | ProvisioningState::PortalOpen
        | ProvisioningState::RetryingStored
        | ProvisioningState::RetryingAlone => ("setup", "The device waits for a network and its passphrase."),
        ProvisioningState::Joining => {
            ("joining", "The device joins the network; ask for the status in two seconds.")
        }
        ProvisioningState::ClosingToJoin | ProvisioningState::JoiningAlone => {
            ("joining", "The setup network goes away meanwhile, and comes back if the join fails.")
        }
        ProvisioningState::Failed => ("failed", "The device waits for a network and its passphrase."),
        ProvisioningState::ResultPending | ProvisioningState::Closing => {
            ("joined", "The setup network goes away; the device is found at its address on the network.")
        }
        ProvisioningState::Connected => ("joined", "The device is on the network."),
    }
}

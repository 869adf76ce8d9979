//! What the air reports and what the device does: passed on to the device, the phones and the script, and
//! logged.

use vestibule_core::{Event, Instant, RadioEvent};

use super::virtual_time::DEVICE_MAC;
use super::{PhoneNode, World};
use crate::invariant::Observation;
use crate::radio::{Report, Sender};
use crate::trace::What;

impl World {
    pub(super) fn deliver(&mut self, report: Report, now: Instant) {
        let log = &mut self.log;
        match report {
            Report::Device(event) => {
                if self.device_node.radio_reports(event, &self.air, now) == RadioEvent::AccessPointUp {
                    self.phones.access_point_is_up(now);
                }
            }
            Report::Message { network, sender, message, lost } => {
                let Some(network) = self.air.networks().get(network) else { return };
                let (ssid, bssid) = (network.ssid.to_string(), network.bssid.to_string());
                let (message, sent) = (message.to_string(), sender == Sender::Device);
                log.device(now, What::Message { sent, message, ssid, bssid, lost });
            }
            Report::JoinAborted { ssid, stage, reason } => {
                let (ssid, stage) = (ssid.to_string(), format!("{stage:?}"));
                log.device(now, What::JoinAborted { ssid, stage, reason });
            }
            Report::LinkLost { reason } => log.device(now, What::LinkLost { reason }),
            Report::Unsupported(what) => {
                self.device_node.observe(|| Observation::Unsupported(what));
                log.device(now, What::Unsupported { command: what.to_string() });
            }
            Report::ChannelMoved { to } => log.device(now, What::ChannelMoved { to }),
            Report::PhoneMessage { phone, by_phone, message, lost } => {
                let (ssid, message) =
                    (self.device_node.device.config().name.to_string(), message.to_string());
                if let Some(name) = self.phones.get(phone).map(PhoneNode::shared_name) {
                    let bssid = DEVICE_MAC.to_string();
                    log.trace.add(now, &name, What::Message { sent: by_phone, message, ssid, bssid, lost });
                }
            }
            Report::PhoneRefused { phone, why } => self.phones.refused(phone, why, now, &mut log.trace),
            Report::PhoneJoined(phone) => self.phones.joined(phone, now, &mut log.trace),
            Report::PhoneLeft { phone, how } => self.phones.left(phone, how, &self.air, now, &mut log.trace),
        }
    }

    /// Logs an event of the device. A state that it has reached may be one that the script waits for.
    pub(super) fn log_event(&mut self, event: Event, now: Instant) {
        let what = match event {
            Event::State { from, on, to } => {
                self.script.state_reached(to, now);
                What::State { from: format!("{from:?}"), on: format!("{on:?}"), to: format!("{to:?}") }
            }
            Event::AccessPoint { up } => What::AccessPoint { up },
            Event::Answered { interface, status, answer, .. } => {
                return self.log.device_traffic(now, || What::Answered {
                    status,
                    answer: format!("{answer:?}"),
                    interface: format!("{interface:?}"),
                });
            }
            Event::Submitted { ssid } => What::Submitted { ssid: ssid.to_string() },
            Event::Rejected(problem) => What::Rejected { problem: format!("{problem:?}") },
            Event::JoinFailed { ssid, reason } => {
                What::JoinFailed { ssid: ssid.to_string(), reason: format!("{reason:?}") }
            }
            Event::Joined { ssid, link } => {
                What::Joined { ssid: ssid.to_string(), address: link.address.to_string() }
            }
            Event::AddressChanged { link } => {
                What::AddressChanged { address: link.map(|link| link.address.to_string()) }
            }
            Event::Stored { ssid } => What::Stored { ssid: ssid.to_string() },
            Event::Forgotten => What::Forgotten,
            Event::ResultDelivered(_) => What::ResultDelivered,
            Event::StaysClosed => What::StaysClosed,
            Event::CaptiveHome => What::CaptiveHome,
            Event::StorageFault(fault) => What::StorageFault { fault: format!("{fault:?}") },
            unknown => {
                tracing::warn!("the trace has no word for an event of the device: {unknown:?}");
                return;
            }
        };
        self.log.device(now, what);
    }
}

//! What the radio is to do, and what it reports.

use core::net::Ipv4Addr;

use vestibule_core::{
    AccessPointSecurity, MacAddress, RadioCommand as CoreCommand, RadioEvent as CoreEvent, ScanRecord,
    StationAddress as CoreAddress,
};

use crate::error::{Answer, Error, NO, YES};
use crate::event::{NetworkName, StationAddress};
use crate::held::{CorePortal, Inside, Portal, enter};
use crate::names::{self, Security, VESTIBULE_UNKNOWN};

/// What the radio is to do.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum RadioCommandKind {
    /// Raise the access point `ssid` on `channel`, protected as `security` says by `passphrase`, with `address`.
    RaiseAccessPoint = 0,
    /// Take it down.
    DropAccessPoint = 1,
    /// Look for networks.
    Scan = 2,
    /// Look for the network `ssid`, which may be hidden.
    ScanFor = 3,
    /// Join the network `ssid` with `passphrase`, which is empty for an open one.
    Join = 4,
    /// Leave the network, or give up joining it.
    Leave = 5,
}

/// What the radio is to do. A later command of a kind (the access point, a scan, the station) replaces one that was not
/// taken. What comes of it is reported by vestibule_handle_radio.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct RadioCommand {
    /// A vestibule_radio_command_kind.
    pub kind: u8,
    /// How the access point is protected, a vestibule_security.
    pub security: u8,
    /// The channel of the access point.
    pub channel: u8,
    /// How many bytes of the passphrase count.
    pub passphrase_length: u8,
    /// The device's address on the access point; its network has 24 bits.
    pub address: [u8; 4],
    /// The network.
    pub ssid: NetworkName,
    /// The passphrase. Wipe it when the radio has it.
    pub passphrase: [u8; 64],
}

/// What the radio reports.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum RadioEventKind {
    /// The access point is up.
    AccessPointUp = 0,
    /// The access point is down, as was asked or not.
    AccessPointDown = 1,
    /// A scan has found a network: `ssid`, `bssid`, `channel`, `signal`, `security`.
    NetworkFound = 2,
    /// The scan is over.
    ScanFinished = 3,
    /// The network is joined and has given an address: `link`.
    Joined = 4,
    /// The join failed: `failure`.
    JoinFailed = 5,
    /// The join failed, and the radio gave a reason code: `reason`, `stage`.
    JoinAborted = 6,
    /// The network that was joined is gone.
    Disconnected = 7,
    /// The device has another address: `link`.
    AddressChanged = 8,
    /// The device has no address for the time being.
    AddressLost = 9,
}

/// What the radio reports. What its kind does not use may be anything.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct RadioEvent {
    /// A vestibule_radio_event_kind.
    pub kind: u8,
    /// A vestibule_security.
    pub security: u8,
    /// The channel.
    pub channel: u8,
    /// How strong it is, in dBm.
    pub signal: i8,
    /// A vestibule_join_failure.
    pub failure: u8,
    /// A vestibule_join_stage.
    pub stage: u8,
    /// The reason code of IEEE 802.11 or Espressif.
    pub reason: u16,
    /// The access point's hardware address.
    pub bssid: [u8; 6],
    /// The network.
    pub ssid: NetworkName,
    /// The device's address on it.
    pub link: StationAddress,
}

fn link(link: &StationAddress) -> Result<CoreAddress, Error> {
    let address = Ipv4Addr::from(link.address);
    if link.prefix > 32 || address.is_unspecified() {
        return Err(Error::Number);
    }
    let gateway = Some(Ipv4Addr::from(link.gateway)).filter(|gateway| !gateway.is_unspecified());
    Ok(CoreAddress { address, prefix: link.prefix, gateway })
}

impl RadioEvent {
    fn read(&self) -> Result<CoreEvent, Error> {
        use RadioEventKind::*;
        let is = |kind: RadioEventKind| self.kind == kind as u8;
        Ok(if is(AccessPointUp) {
            CoreEvent::AccessPointUp
        } else if is(AccessPointDown) {
            CoreEvent::AccessPointDown
        } else if is(NetworkFound) {
            CoreEvent::NetworkFound(ScanRecord {
                ssid: self.ssid.read()?,
                bssid: MacAddress(self.bssid),
                channel: self.channel,
                signal: self.signal,
                security: names::security(self.security)?,
            })
        } else if is(ScanFinished) {
            CoreEvent::ScanFinished
        } else if is(Joined) {
            CoreEvent::Joined(link(&self.link)?)
        } else if is(JoinFailed) {
            CoreEvent::JoinFailed(names::failure(self.failure)?)
        } else if is(JoinAborted) {
            CoreEvent::JoinAborted { reason: self.reason, stage: names::stage(self.stage)? }
        } else if is(Disconnected) {
            CoreEvent::Disconnected
        } else if is(AddressChanged) {
            CoreEvent::AddressChanged(link(&self.link)?)
        } else if is(AddressLost) {
            CoreEvent::AddressLost
        } else {
            return Err(Error::Number);
        })
    }
}

/// The radio reports something. Returns 0 or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_handle_radio(
    portal: *mut Portal,
    event: *const RadioEvent,
    now_us: u64,
) -> i32 {
    let handle = |inside: Inside<'_>| -> Answer {
        // SAFETY: C vouches for the event.
        let event = unsafe { inside.border.value(event)? }.read()?;
        let now = inside.at(now_us)?;
        inside.portal.handle_radio(event, now);
        NO
    };
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, handle) }
}

fn command(command: &CoreCommand) -> RadioCommand {
    let mut out = RadioCommand {
        kind: VESTIBULE_UNKNOWN,
        security: VESTIBULE_UNKNOWN,
        channel: 0,
        passphrase_length: 0,
        address: [0; 4],
        ssid: NetworkName::NONE,
        passphrase: [0; 64],
    };
    let mut secret = |bytes: &[u8]| {
        if let Some(room) = out.passphrase.get_mut(..bytes.len()) {
            room.copy_from_slice(bytes);
            out.passphrase_length = bytes.len() as u8;
        }
    };
    match command {
        CoreCommand::RaiseAccessPoint(access_point) => {
            secret(access_point.security.passphrase().expose());
            out.kind = RadioCommandKind::RaiseAccessPoint as u8;
            out.ssid = NetworkName::of(&access_point.ssid);
            out.channel = access_point.channel;
            out.address = access_point.address.octets();
            out.security = match access_point.security {
                AccessPointSecurity::Open => Security::Open,
                AccessPointSecurity::Wpa2(_) => Security::Wpa2,
                AccessPointSecurity::Wpa2Wpa3(_) => Security::Wpa2Wpa3,
                AccessPointSecurity::Wpa3(_) => Security::Wpa3,
            } as u8;
        }
        CoreCommand::DropAccessPoint => out.kind = RadioCommandKind::DropAccessPoint as u8,
        CoreCommand::Scan => out.kind = RadioCommandKind::Scan as u8,
        CoreCommand::ScanFor(ssid) => {
            out.kind = RadioCommandKind::ScanFor as u8;
            out.ssid = NetworkName::of(ssid);
        }
        CoreCommand::Join(credentials) => {
            secret(credentials.passphrase.expose());
            out.kind = RadioCommandKind::Join as u8;
            out.ssid = NetworkName::of(&credentials.ssid);
        }
        CoreCommand::Leave => out.kind = RadioCommandKind::Leave as u8,
    }
    out
}

fn poll(
    inside: Inside<'_>,
    out: *mut RadioCommand,
    next: impl FnOnce(&mut CorePortal) -> Option<CoreCommand>,
) -> Answer {
    let place = inside.border.place(out)?;
    let Some(next) = next(inside.portal) else { return NO };
    // SAFETY: C vouches for the place.
    unsafe { place.put(command(&next)) };
    YES
}

/// The next command for the radio, into `command`. Returns 1 if there is one, 0 if not, or an error.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_poll_radio(portal: *mut Portal, command: *mut RadioCommand) -> i32 {
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, |inside| poll(inside, command, CorePortal::poll_radio)) }
}

/// As vestibule_poll_radio, but only VESTIBULE_RADIO_COMMAND_KIND_JOIN or _LEAVE, past what else waits: for a program that
/// carries out one command after the other, while it waits for a join that such a command ends.
///
/// # Safety
/// As everywhere: the pointers are null or the program's own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vestibule_poll_radio_for_station(
    portal: *mut Portal,
    command: *mut RadioCommand,
) -> i32 {
    // SAFETY: C vouches for the handle.
    unsafe { enter(portal, |inside| poll(inside, command, CorePortal::poll_radio_for_station)) }
}

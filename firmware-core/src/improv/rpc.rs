//! The commands of Improv's clients, and the lists of strings that answer them.

use super::packet::{PACKET_BYTES, RPC_RESULT, Writer};

/// What a client asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Command<'a> {
    /// Join this network.
    SendWifiSettings { ssid: &'a [u8], passphrase: &'a [u8] },
    /// How far the setup has come.
    RequestCurrentState,
    /// What the device is.
    RequestDeviceInformation,
    /// The networks in sight.
    RequestScannedNetworks,
    /// The host name; another one, where the text is not empty.
    HostName(&'a [u8]),
    /// The device's name, likewise.
    DeviceName(&'a [u8]),
    /// Whether it is online, and over what.
    RequestNetworkState,
}

/// The numbers of the commands.
pub(super) const SEND_WIFI_SETTINGS: u8 = 1;
pub(super) const REQUEST_CURRENT_STATE: u8 = 2;
pub(super) const REQUEST_DEVICE_INFORMATION: u8 = 3;
pub(super) const REQUEST_SCANNED_NETWORKS: u8 = 4;
pub(super) const HOST_NAME: u8 = 5;
pub(super) const DEVICE_NAME: u8 = 6;
pub(super) const REQUEST_NETWORK_STATE: u8 = 7;

/// Why a command is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoCommand {
    /// Its lengths do not agree.
    Malformed,
    /// There is none of this number.
    Unknown,
}

impl<'a> Command<'a> {
    /// Reads the data of a packet.
    pub(super) fn parse(data: &'a [u8]) -> Result<Self, NoCommand> {
        let (&number, rest) = data.split_first().ok_or(NoCommand::Malformed)?;
        let (text, behind) = sized(rest).ok_or(NoCommand::Malformed)?;
        if !behind.is_empty() {
            return Err(NoCommand::Malformed);
        }
        Ok(match number {
            SEND_WIFI_SETTINGS => {
                let (ssid, rest) = sized(text).ok_or(NoCommand::Malformed)?;
                let (passphrase, behind) = sized(rest).ok_or(NoCommand::Malformed)?;
                if !behind.is_empty() {
                    return Err(NoCommand::Malformed);
                }
                Self::SendWifiSettings { ssid, passphrase }
            }
            REQUEST_CURRENT_STATE => Self::RequestCurrentState,
            REQUEST_DEVICE_INFORMATION => Self::RequestDeviceInformation,
            REQUEST_SCANNED_NETWORKS => Self::RequestScannedNetworks,
            HOST_NAME => Self::HostName(text),
            DEVICE_NAME => Self::DeviceName(text),
            REQUEST_NETWORK_STATE => Self::RequestNetworkState,
            _ => return Err(NoCommand::Unknown),
        })
    }
}

/// What has its length before it, and what comes behind that.
fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = bytes.split_first()?;
    rest.split_at_checked(length.into())
}

/// Bytes of data at which the field's client loses a packet: that length is the byte of a line end, and it looks for one
/// wherever a packet's head is not over (`improv-wifi-serial-sdk` 2.8.1).
const LOST_LENGTH: usize = b'\n' as usize;

/// Writes the answer to a command: these strings.
pub(super) fn write_result(command: u8, strings: &[&[u8]], out: &mut [u8; PACKET_BYTES]) -> usize {
    let length: usize = strings.iter().map(|string| 1 + string.len().min(usize::from(u8::MAX))).sum();
    // One string more, without a letter: clients read those that they know of.
    let padding: &[u8] = if 2 + length == LOST_LENGTH { &[0] } else { &[] };
    let mut writer = Writer::new(out, RPC_RESULT);
    writer.put(&[command, (length + padding.len()).min(usize::from(u8::MAX)) as u8]);
    for string in strings {
        let string = string.get(..usize::from(u8::MAX)).unwrap_or(string);
        writer.put(&[string.len() as u8]);
        writer.put(string);
    }
    writer.put(padding);
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_as_the_specification_writes_them() {
        let settings = b"\x01\x1e\x0cMyWirelessAP\x10mysecurepassword";
        let Ok(Command::SendWifiSettings { ssid, passphrase }) = Command::parse(settings) else { panic!() };
        assert_eq!((ssid, passphrase), (&b"MyWirelessAP"[..], &b"mysecurepassword"[..]));
        let open = Command::parse(b"\x01\x06\x04Open\x00");
        assert!(open == Ok(Command::SendWifiSettings { ssid: b"Open", passphrase: b"" }));
        assert!(Command::parse(b"\x02\x00") == Ok(Command::RequestCurrentState));
        assert!(Command::parse(b"\x05\x04lamp") == Ok(Command::HostName(b"lamp")));
        assert!(Command::parse(b"\x05\x00") == Ok(Command::HostName(b"")));
        assert!(Command::parse(b"\x08\x00") == Err(NoCommand::Unknown));
    }

    #[test]
    fn lengths_that_do_not_agree_are_told() {
        let settings = b"\x01\x1e\x0cMyWirelessAP\x10mysecurepassword";
        for end in 0..settings.len() {
            assert!(Command::parse(&settings[..end]) == Err(NoCommand::Malformed), "{end}");
        }
        for wrong in [&b"\x01\x03\x01a\x01"[..], b"\x01\x04\x01a\x00b", b"\x02\x00x", b"\x01\x00"] {
            assert!(Command::parse(wrong) == Err(NoCommand::Malformed), "{wrong:?}");
        }
    }

    #[test]
    fn no_answer_has_the_length_that_the_fields_client_loses() {
        for length in 0..=255 {
            let mut out = [0; PACKET_BYTES];
            let text = [b'x'; 255];
            let end = write_result(HOST_NAME, &[&text[..length]], &mut out);
            assert_ne!(out[9], b'\n', "{length}");
            assert!(end <= PACKET_BYTES);
        }
    }
}

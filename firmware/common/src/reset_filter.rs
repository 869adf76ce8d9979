//! A network device that drops the resets with which a stack turns clients away.
//!
//! When every listening socket is taken, `smoltcp` answers a SYN with a reset, and a phone concludes that
//! there is no server. Other systems drop such a SYN, and the client repeats it after a second (RFC 6298
//! section 2), when a socket may be free again. This filter therefore drops the resets that answer a SYN,
//! on the portal's port and no other. Resets of connections pass.

use core::task::Context;

use embassy_net::driver::{Capabilities, Driver, HardwareAddress, LinkState, TxToken};

/// A network device whose stack serves HTTP on one port.
pub struct ResetFilter<D> {
    device: D,
    port: u16,
}

impl<D: Driver> ResetFilter<D> {
    /// Filters what goes to `device`. A socket of its stack has to listen on this port as long as it runs, or
    /// clients would be left without an answer for ever.
    pub fn new(device: D, port: u16) -> Self {
        Self { device, port }
    }
}

impl<D: Driver> Driver for ResetFilter<D> {
    type RxToken<'a>
        = D::RxToken<'a>
    where
        Self: 'a;
    type TxToken<'a>
        = FilteredToken<D::TxToken<'a>>
    where
        Self: 'a;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Self::RxToken<'_>, Self::TxToken<'_>)> {
        let port = self.port;
        self.device.receive(context).map(|(arrived, token)| (arrived, FilteredToken { token, port }))
    }

    fn transmit(&mut self, context: &mut Context<'_>) -> Option<Self::TxToken<'_>> {
        let port = self.port;
        self.device.transmit(context).map(|token| FilteredToken { token, port })
    }

    fn link_state(&mut self, context: &mut Context<'_>) -> LinkState {
        self.device.link_state(context)
    }

    fn capabilities(&self) -> Capabilities {
        self.device.capabilities()
    }

    fn hardware_address(&self) -> HardwareAddress {
        self.device.hardware_address()
    }
}

/// A token that checks its frame before it sends it.
pub struct FilteredToken<T> {
    token: T,
    port: u16,
}

/// Bytes of a frame that is a reset and nothing else: Ethernet, IPv4 and TCP without options.
const RESET_BYTES: usize = 14 + 20 + 20;

impl<T: TxToken> TxToken for FilteredToken<T> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        if length != RESET_BYTES {
            return self.token.consume(length, write);
        }
        let mut frame = [0; RESET_BYTES];
        let written = write(&mut frame);
        if !is_refusal(&frame, self.port) {
            self.token.consume(length, |room| room.copy_from_slice(&frame));
        }
        written
    }
}

/// Whether a frame is a reset from this port that answers a SYN. Its sequence number is 0, because a SYN
/// acknowledges nothing (RFC 9293 section 3.10.7.1).
fn is_refusal(frame: &[u8; RESET_BYTES], port: u16) -> bool {
    const IPV4: [u8; 2] = [0x08, 0x00];
    const WITHOUT_OPTIONS: u8 = 0x45;
    const TCP: u8 = 6;
    const RESET: u8 = 1 << 2;
    frame[12..14] == IPV4
        && frame[14] == WITHOUT_OPTIONS
        && frame[23] == TCP
        && frame[34..36] == port.to_be_bytes()
        && frame[38..42] == [0; 4]
        && frame[47] & RESET != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reset as `smoltcp` writes it.
    fn reset(port: u16, sequence: u32) -> [u8; RESET_BYTES] {
        let mut frame = [0; RESET_BYTES];
        frame[12..16].copy_from_slice(&[0x08, 0x00, 0x45, 0x00]);
        frame[23] = 6;
        frame[34..36].copy_from_slice(&port.to_be_bytes());
        frame[38..42].copy_from_slice(&sequence.to_be_bytes());
        frame[46..48].copy_from_slice(&[0x50, 0x14]);
        frame
    }

    struct Sent<'a>(&'a mut usize);

    impl TxToken for Sent<'_> {
        fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
            *self.0 += 1;
            write(&mut [0; 1514][..length])
        }
    }

    fn goes_out(frame: &[u8]) -> bool {
        let mut sent = 0;
        FilteredToken { token: Sent(&mut sent), port: 80 }
            .consume(frame.len(), |room| room.copy_from_slice(frame));
        sent == 1
    }

    #[test]
    fn only_a_request_to_connect_to_the_portal_is_left_unanswered() {
        assert!(!goes_out(&reset(80, 0)));
        assert!(goes_out(&reset(80, 1)), "of a connection");
        assert!(goes_out(&reset(443, 0)), "of a port where nobody ever listens");
        let mut acknowledgement = reset(80, 0);
        acknowledgement[47] = 0x10;
        assert!(goes_out(&acknowledgement));
        assert!(goes_out(&[0; 60]));
    }
}

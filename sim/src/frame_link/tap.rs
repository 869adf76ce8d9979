//! A TAP interface: what the machine, or an emulator beside it, sends on the interface arrives here.

use std::io;

use tun_rs::{AsyncDevice, DeviceBuilder, Layer};

use super::{FRAME_BYTES, LinkError, LinkSpec, refused};

/// An open TAP interface. One that was made for it goes with it.
pub(super) struct Tap {
    device: AsyncDevice,
}

impl Tap {
    /// Opens it, makes it if there is none, and sets it up.
    pub(super) fn open(spec: &LinkSpec, name: &str) -> Result<Self, LinkError> {
        let device = DeviceBuilder::new().name(name).layer(Layer::L2).packet_information(false).build_async();
        Ok(Self { device: device.map_err(|error| refused(spec, error))? })
    }

    pub(super) async fn send(&mut self, frame: &[u8]) -> io::Result<()> {
        self.device.send(frame).await.map(|_| ())
    }

    pub(super) async fn receive(&mut self) -> io::Result<Vec<u8>> {
        let mut frame = vec![0; FRAME_BYTES];
        let length = self.device.recv(&mut frame).await?;
        frame.truncate(length);
        Ok(frame)
    }
}

//! QEMU's `virt` machine with the device's firmware: a process from power-on to power cut, its control
//! channel and its two network devices. It decodes the lines of the control channel into messages, and does
//! not act on them or look into frames.
//!
//! Everything goes over 127.0.0.1, which is the same on every operating system: the control channel is a
//! connection that QEMU opens, and each frame is a datagram.

use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket as StdUdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use vestibule_core::{Interface, MacAddress};
use vestibule_device_protocol::{FromDevice, FromHost};

use super::error::{QemuError, about};
use crate::world::virtual_time::{DEVICE_MAC, STATION_MAC};

/// The time that QEMU has to open the control channel. It takes some 0.1 s on an idle machine.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// More bytes than any frame has.
const FRAME_BYTES: usize = 2048;

/// The bytes at the end of the log that an error message shows.
const LOG_TAIL_BYTES: usize = 2000;

/// A machine with power.
pub(super) struct Machine {
    process: Child,
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
    line: Vec<u8>,
    access_point: NetworkDevice,
    home: NetworkDevice,
    log: PathBuf,
}

/// Something that the machine sent.
pub(super) enum MachineEvent {
    /// A line of the control channel; `None` if it is not a message.
    Message(Option<FromDevice>),
    /// A frame that the device sends on one of its networks.
    Frame(Interface, Vec<u8>),
    /// The machine has ended.
    End,
}

impl Machine {
    /// Switches it on. `folder` holds its flash image and gets its log.
    pub(super) async fn power_on(firmware: &Path, folder: &Path) -> Result<Self, QemuError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(about("control channel"))?;
        let control = listener.local_addr().map_err(about("control channel"))?;
        let access_point = NetworkDevice::new().await.map_err(about("network"))?;
        let home = NetworkDevice::new().await.map_err(about("network"))?;
        let (log, stderr) = (folder.join("log"), folder.join("qemu"));
        let errors = std::fs::File::create(&stderr).map_err(about("log"))?;
        let mut process = Command::new("qemu-system-riscv32")
            .args(["-machine", "virt", "-cpu", "rv32", "-m", "32M", "-smp", "1"])
            .args(["-nographic", "-monitor", "none", "-no-reboot"])
            .args(["-global", "virtio-mmio.force-legacy=false"])
            .arg("-serial")
            .arg(format!("file:{}", log.display()))
            // As firmware, not as a kernel: with a flash in unit 1 QEMU loads no kernel.
            .arg("-bios")
            .arg(firmware)
            .args(access_point.arguments("ap", 0, DEVICE_MAC))
            .args(home.arguments("home", 1, STATION_MAC))
            .args(["-chardev", &format!("socket,id=control,host=127.0.0.1,port={}", control.port())])
            .args(["-device", "virtio-serial-device,bus=virtio-mmio-bus.2"])
            .args(["-device", "virtconsole,chardev=control"])
            .arg("-drive")
            .arg(format!("if=pflash,unit=1,format=raw,file={}", flash_image(folder).display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors)
            .spawn()
            .map_err(QemuError::NoQemu)?;
        let stream = match connected(&listener, &mut process).await {
            Ok(stream) => stream,
            Err(error) => {
                end(&mut process);
                let message = std::fs::read_to_string(&stderr).unwrap_or_default();
                return Err(error.unwrap_or_else(|| QemuError::Refused(message.trim().into())));
            }
        };
        // Lines are short, and the receiver waits for each.
        stream.set_nodelay(true).map_err(about("control channel"))?;
        let (reader, writer) = stream.into_split();
        let reader = BufReader::new(reader);
        Ok(Self { process, reader, writer, line: Vec::new(), access_point, home, log })
    }

    /// Waits for the next event. Cancel safe: nothing is lost if the future is dropped.
    pub(super) async fn next_event(&mut self) -> MachineEvent {
        tokio::select! {
            biased;
            read = self.reader.read_until(b'\n', &mut self.line) => {
                if !matches!(read, Ok(1..)) || !self.line.ends_with(b"\n") {
                    return MachineEvent::End;
                }
                let line = std::mem::take(&mut self.line);
                let text = std::str::from_utf8(&line[..line.len() - 1]);
                MachineEvent::Message(text.ok().and_then(FromDevice::read))
            }
            frame = self.access_point.receive() => MachineEvent::Frame(Interface::AccessPoint, frame),
            frame = self.home.receive() => MachineEvent::Frame(Interface::Home, frame),
        }
    }

    /// Sends it a message. If it has ended, [`Machine::next_event`] says so.
    pub(super) async fn send_message(&mut self, message: &FromHost) {
        let mut line = String::new();
        if message.write(&mut line).is_ok() {
            line.push('\n');
            let _ = self.writer.write_all(line.as_bytes()).await;
        }
    }

    /// Sends it a frame. If the socket's buffer is full the frame is lost, as on a network.
    pub(super) fn send_frame(&self, on: Interface, frame: &[u8]) {
        match on {
            Interface::AccessPoint => self.access_point.send(frame),
            Interface::Home => self.home.send(frame),
        }
    }

    /// The end of what it has logged.
    pub(super) fn log(&self) -> String {
        let log = std::fs::read(&self.log).unwrap_or_default();
        let tail = &log[log.len().saturating_sub(LOG_TAIL_BYTES)..];
        String::from_utf8_lossy(tail).into_owned()
    }
}

/// Dropping a machine cuts its power.
impl Drop for Machine {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

/// Where the machine's flash image is.
pub(super) fn flash_image(folder: &Path) -> PathBuf {
    folder.join("flash.img")
}

fn end(process: &mut Child) {
    // It may have ended by itself.
    let _ = process.kill();
    let _ = process.wait();
}

/// Waits until QEMU opens the control channel. No error means that it has ended instead.
async fn connected(listener: &TcpListener, process: &mut Child) -> Result<TcpStream, Option<QemuError>> {
    const POLL_INTERVAL: Duration = Duration::from_millis(50);
    let until = tokio::time::Instant::now() + START_TIMEOUT;
    loop {
        match tokio::time::timeout(POLL_INTERVAL, listener.accept()).await {
            Ok(Ok((stream, _))) => return Ok(stream),
            Ok(Err(error)) => return Err(Some(about("control channel")(error))),
            Err(_) => {}
        }
        let ended = process.try_wait().map_err(|error| Some(about("process")(error)))?;
        if ended.is_some() || tokio::time::Instant::now() > until {
            return Err(None);
        }
    }
}

/// One of the machine's network devices, as a UDP socket: each datagram is a frame.
struct NetworkDevice {
    socket: UdpSocket,
    /// This end.
    host: SocketAddrV4,
    /// QEMU's end.
    guest: SocketAddrV4,
}

impl NetworkDevice {
    async fn new() -> std::io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = |address: std::net::SocketAddr| SocketAddrV4::new(Ipv4Addr::LOCALHOST, address.port());
        let host = port(socket.local_addr()?);
        // A port that is free now. If another program takes it before QEMU does, QEMU reports it.
        let guest = port(StdUdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?);
        Ok(Self { socket, host, guest })
    }

    /// QEMU's arguments for this device in a slot.
    fn arguments(&self, id: &str, slot: u8, mac: MacAddress) -> [String; 4] {
        let (host, guest, [a, b, c, d, e, f]) = (self.host, self.guest, mac.0);
        [
            "-netdev".into(),
            format!(
                "dgram,id={id},local.type=inet,local.host={},local.port={},remote.type=inet,remote.host={},remote.port={}",
                guest.ip(),
                guest.port(),
                host.ip(),
                host.port()
            ),
            "-device".into(),
            format!(
                "virtio-net-device,bus=virtio-mmio-bus.{slot},netdev={id},mac={a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}"
            ),
        ]
    }

    /// The next frame from QEMU.
    async fn receive(&self) -> Vec<u8> {
        let mut frame = vec![0; FRAME_BYTES];
        loop {
            // An error here is the ICMP answer to an earlier datagram that QEMU did not receive.
            if let Ok((length, from)) = self.socket.recv_from(&mut frame).await
                && from == self.guest.into()
            {
                frame.truncate(length);
                return frame;
            }
        }
    }

    fn send(&self, frame: &[u8]) {
        let _ = self.socket.try_send_to(frame, self.guest.into());
    }
}

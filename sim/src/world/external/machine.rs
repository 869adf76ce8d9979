//! QEMU's `virt` machine with the device's firmware: its command line, from power-on to power cut.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tokio::net::TcpListener;
use vestibule_core::MacAddress;

use super::control::Control;
use super::error::{ExternalError, about};
use super::network_device::NetworkDevice;
use super::process::{self, connected};
use crate::world::virtual_time::{DEVICE_MAC, STATION_MAC};

/// A machine with power.
pub(super) struct Machine {
    process: Child,
    pub(super) control: Control,
    pub(super) access_point: NetworkDevice,
    pub(super) home: NetworkDevice,
    log: PathBuf,
}

impl Machine {
    /// Switches it on. `folder` holds its flash image and gets its log; `serial` becomes a socket that is its serial line.
    pub(super) async fn power_on(
        firmware: &Path,
        folder: &Path,
        serial: Option<&Path>,
    ) -> Result<Self, ExternalError> {
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
            .args(serial_line(&log, serial))
            // As firmware, not as a kernel: with a flash in unit 1 QEMU loads no kernel.
            .arg("-bios")
            .arg(firmware)
            .args(arguments(&access_point, "ap", 0, DEVICE_MAC))
            .args(arguments(&home, "home", 1, STATION_MAC))
            .args(["-chardev", &format!("socket,id=control,host=127.0.0.1,port={}", control.port())])
            .args(["-device", "virtio-serial-device,bus=virtio-mmio-bus.2"])
            .args(["-device", "virtconsole,chardev=control"])
            .arg("-drive")
            .arg(format!("if=pflash,unit=1,format=raw,file={}", flash_image(folder).display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors)
            .spawn()
            .map_err(ExternalError::NoQemu)?;
        let Some(stream) = connected(&listener, &mut process).await.map_err(about("control channel"))? else {
            process::end(&mut process);
            let message = std::fs::read_to_string(&stderr).unwrap_or_default();
            return Err(ExternalError::Refused(message.trim().into()));
        };
        let control = Control::new(stream).map_err(about("control channel"))?;
        Ok(Self { process, control, access_point, home, log })
    }

    /// The end of what it has logged.
    pub(super) fn log(&self) -> String {
        process::end_of_log(&self.log)
    }
}

/// Dropping a machine cuts its power.
impl Drop for Machine {
    fn drop(&mut self) {
        process::end(&mut self.process);
    }
}

/// Where the machine's flash image is.
pub(super) fn flash_image(folder: &Path) -> PathBuf {
    folder.join("flash.img")
}

/// QEMU's arguments for the serial line: its log goes to a file, and whoever connects to the socket, if there is one, is at its
/// other end.
fn serial_line(log: &Path, socket: Option<&Path>) -> [String; 4] {
    let ending = match socket {
        Some(socket) => {
            format!("socket,id=serial,path={},server=on,wait=off,logfile={}", socket.display(), log.display())
        }
        None => format!("file,id=serial,path={}", log.display()),
    };
    ["-chardev".into(), ending, "-serial".into(), "chardev:serial".into()]
}

/// QEMU's arguments for a network device in a slot.
fn arguments(device: &NetworkDevice, id: &str, slot: u8, mac: MacAddress) -> [String; 4] {
    let address = |end: SocketAddrV4| (*end.ip(), end.port());
    let ((host, host_port), (guest, guest_port)) = (address(device.host), address(device.guest));
    [
        "-netdev".into(),
        format!(
            "dgram,id={id},local.type=inet,local.host={guest},local.port={guest_port},\
             remote.type=inet,remote.host={host},remote.port={host_port}"
        ),
        "-device".into(),
        format!("virtio-net-device,bus=virtio-mmio-bus.{slot},netdev={id},mac={mac}"),
    ]
}

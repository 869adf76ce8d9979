//! QEMU's `virt` machine: its command line, its beginning and its end.

use std::io::ErrorKind;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::FlashImage;
use crate::control::Control;

/// What the access point's network device is linked to.
pub enum AccessPointLink<'a> {
    /// QEMU's own network, which passes [`Ports`] on to the guest's address, 192.168.4.1.
    Forwarded,
    /// Datagrams of one frame each between these two Unix sockets: the guest's and the host's,
    /// which must exist already.
    Frames {
        /// Where QEMU makes its socket.
        guest: &'a Path,
        /// Where the host has its own.
        host: &'a Path,
    },
}

/// Ports of 127.0.0.1 that lead to the guest.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// TCP, to port 80 on the access point.
    pub http: u16,
    /// UDP, to port 53 on the access point.
    pub dns: u16,
    /// TCP, to port 80 on the home network.
    pub home_http: u16,
}

/// A machine with power.
pub struct Machine {
    process: Child,
    /// The control channel.
    pub control: Control,
    /// Where to reach it, with [`AccessPointLink::Forwarded`].
    pub ports: Ports,
    folder: TempDir,
}

impl Machine {
    /// Switches a machine on, with this flash or none.
    pub fn on(flash: Option<&FlashImage>, access_point: &AccessPointLink<'_>) -> Self {
        let folder = TempDir::new().expect("a folder for the machine");
        let control = folder.path().join("control");
        let listener = UnixListener::bind(&control).expect("a socket for the control channel");
        let ports = Ports { http: free_tcp(), dns: free_udp(), home_http: free_tcp() };
        let mut command = Command::new("qemu-system-riscv32");
        command
            .args([
                "-machine",
                "virt",
                "-cpu",
                "rv32",
                "-m",
                "32M",
                "-smp",
                "1",
                "-nographic",
                "-monitor",
                "none",
            ])
            .args(["-no-reboot", "-global", "virtio-mmio.force-legacy=false"])
            .arg("-serial")
            .arg(format!("file:{}", log(&folder).display()))
            // As firmware, not as a kernel: with a flash in unit 1 QEMU loads no kernel.
            .arg("-bios")
            .arg(firmware())
            .args(["-netdev", &network(access_point, ports)])
            .args(["-device", "virtio-net-device,bus=virtio-mmio-bus.0,netdev=ap,mac=02:00:00:00:04:01"])
            .args(["-netdev", &format!("user,id=home,hostfwd=tcp:127.0.0.1:{}-:80", ports.home_http)])
            .args(["-device", "virtio-net-device,bus=virtio-mmio-bus.1,netdev=home,mac=02:00:00:00:01:4d"])
            .arg("-chardev")
            .arg(format!("socket,id=control,path={}", control.display()))
            .args(["-device", "virtio-serial-device,bus=virtio-mmio-bus.2"])
            .args(["-device", "virtconsole,chardev=control"]);
        if let Some(flash) = flash {
            command.args(["-drive", &flash.drive()]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let mut process = command.spawn().unwrap_or_else(|error| panic!("qemu-system-riscv32: {error}"));
        let control = accept(&listener, &mut process);
        Self { process, control, ports, folder }
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(log(&self.folder)).expect("QEMU writes the log")
    }

    /// Takes its power away, whatever it is doing.
    pub fn cut(mut self) -> String {
        self.kill();
        self.log()
    }

    /// Waits until it resets itself, which ends QEMU here. Returns what it has logged.
    pub fn until_reset(mut self) -> String {
        let until = Instant::now() + Duration::from_secs(10);
        while self.process.try_wait().expect("a child can be waited for").is_none() {
            assert!(Instant::now() < until, "it does not reset itself: {}", self.log());
            sleep(Duration::from_millis(20));
        }
        self.log()
    }

    fn kill(&mut self) {
        // It may be gone by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("--- the guest's log\n{}", self.log());
        }
    }
}

fn log(folder: &TempDir) -> PathBuf {
    folder.path().join("log")
}

fn firmware() -> PathBuf {
    std::env::var_os("VESTIBULE_DEVICE").expect("VESTIBULE_DEVICE is set: see ci/firmware.sh").into()
}

fn network(access_point: &AccessPointLink<'_>, ports: Ports) -> String {
    match access_point {
        AccessPointLink::Forwarded => format!(
            "user,id=ap,net=192.168.4.0/24,host=192.168.4.254,dns=192.168.4.253,\
             hostfwd=tcp:127.0.0.1:{}-192.168.4.1:80,hostfwd=udp:127.0.0.1:{}-192.168.4.1:53",
            ports.http, ports.dns
        ),
        AccessPointLink::Frames { guest, host } => format!(
            "dgram,id=ap,local.type=unix,local.path={},remote.type=unix,remote.path={}",
            guest.display(),
            host.display()
        ),
    }
}

fn accept(listener: &UnixListener, process: &mut Child) -> Control {
    listener.set_nonblocking(true).expect("a listener can be asked without waiting");
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false).expect("a stream can be waited for");
                return Control::new(stream);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => panic!("the control channel failed: {error}"),
        }
        let ended = process.try_wait().expect("a child can be waited for");
        assert!(ended.is_none() && Instant::now() < until, "QEMU does not start: {ended:?}");
        sleep(Duration::from_millis(10));
    }
}

/// A port that is free now. If another process takes it before QEMU does, QEMU fails with a message.
fn free_tcp() -> u16 {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
    socket.local_addr().expect("it is bound").port()
}

fn free_udp() -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.local_addr().expect("it is bound").port()
}

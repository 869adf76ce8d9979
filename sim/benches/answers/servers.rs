//! The servers, each a process of its own: `vestibule serve` and, if they are installed, those that it is measured
//! beside, with the least that makes them do the same.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::load::{self, Work};

/// The processors of load and servers, where there are two and `taskset` to tell them so.
const LOAD_PROCESSOR: &str = "0";
const SERVER_PROCESSOR: &str = "1";

/// A server until it is dropped.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) at: SocketAddr,
    process: Child,
    folder: Option<PathBuf>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

impl Server {
    /// What users start, with its lines going nowhere.
    pub(crate) fn vestibule(work: Work) -> Option<Self> {
        let (dns, http) = (free_udp()?, free_tcp()?);
        let mut command = pinned(env!("CARGO_BIN_EXE_vestibule"));
        command.arg("serve").arg(format!("--dns-port={}", dns.port()));
        command.arg(format!("--http-port={}", http.port()));
        let at = if work == Work::Names { dns } else { http };
        Self::start("vestibule", command, at, work, None)
    }

    /// Starts a server and waits until it answers.
    fn start(
        name: &'static str,
        mut command: Command,
        at: SocketAddr,
        work: Work,
        folder: Option<PathBuf>,
    ) -> Option<Self> {
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let server = Self { name, at, process, folder };
        let answers = |_| {
            thread::sleep(Duration::from_millis(100));
            load::ask(work, at, 1, Duration::from_millis(1)).failed == 0
        };
        (0..100).any(answers).then_some(server)
    }

    /// The processor time that all its threads have used.
    pub(crate) fn processor_time(&self) -> Duration {
        let tasks = format!("/proc/{}/task", self.process.id());
        let tasks = std::fs::read_dir(tasks).into_iter().flatten().flatten();
        let nanoseconds = tasks.filter_map(|task| {
            let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(nanoseconds.sum())
    }
}

/// A server of somebody else's; `None` if it is not installed.
pub(crate) fn peer(name: &str) -> Option<Server> {
    let started = if name == "dnsmasq" { dnsmasq() } else { nginx() };
    if started.is_none() {
        println!("{name} is not installed or did not start: nothing to compare with");
    }
    started
}

/// `dnsmasq`, answering every name with one address.
fn dnsmasq() -> Option<Server> {
    let at = free_udp()?;
    let mut command = pinned("dnsmasq");
    command.args([
        "--keep-in-foreground",
        "--conf-file=/dev/null",
        "--no-resolv",
        "--no-hosts",
        "--bind-interfaces",
    ]);
    command.args(["--listen-address=127.0.0.1", "--address=/#/192.168.4.1", "--user=root", "--pid-file="]);
    command.arg(format!("--port={}", at.port()));
    Server::start("dnsmasq", command, at, Work::Names, None)
}

/// `nginx` in one process, answering every request with a redirect.
fn nginx() -> Option<Server> {
    let at = free_tcp()?;
    let folder = std::env::temp_dir().join(format!("vestibule-bench-{}-{}", std::process::id(), at.port()));
    std::fs::create_dir_all(&folder).ok()?;
    let file = folder.join("nginx.conf");
    let settings = format!(
        "worker_processes 1; master_process off; daemon off; pid {folder}/pid; error_log stderr emerg;\n\
         events {{ worker_connections 512; }}\n\
         http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {folder}; \
         proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};\n\
         server {{ listen {at}; location / {{ return 302 http://192.168.4.1/; }} }} }}\n",
        folder = folder.display()
    );
    std::fs::write(&file, settings).ok()?;
    let mut command = pinned("nginx");
    command.arg("-c").arg(&file);
    Server::start("nginx", command, at, Work::ChecksClosing, Some(folder))
}

/// A command that runs on the servers' processor.
fn pinned(program: &str) -> Command {
    if !can_pin() {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["-c", SERVER_PROCESSOR, program]);
    command
}

/// Keeps the load, which is this process, away from the servers.
pub(crate) fn pin_load() {
    if can_pin() {
        let own = std::process::id().to_string();
        let _ = Command::new("taskset").args(["-apc", LOAD_PROCESSOR, &own]).stdout(Stdio::null()).status();
    } else {
        println!("no second processor, or no taskset: servers and load share what there is");
    }
}

fn can_pin() -> bool {
    let mut trial = Command::new("taskset");
    trial.args(["-c", SERVER_PROCESSOR, "true"]).stdout(Stdio::null()).stderr(Stdio::null());
    trial.status().is_ok_and(|status| status.success())
}

fn free_udp() -> Option<SocketAddr> {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).ok()?.local_addr().ok()
}

fn free_tcp() -> Option<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).ok()?.local_addr().ok()
}

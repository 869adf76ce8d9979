//! The servers that the device is measured beside, if they are installed, with the least that
//! makes them do the same.

use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A server of somebody else's, until it is dropped.
pub(crate) struct Peer {
    pub(crate) at: SocketAddr,
    process: Child,
    folder: Option<PathBuf>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// `dnsmasq`, answering every name with one address.
pub(crate) fn dnsmasq() -> Option<Peer> {
    let at = UdpSocket::bind("127.0.0.1:0").ok()?.local_addr().ok()?;
    let mut command = Command::new("dnsmasq");
    command.args([
        "--keep-in-foreground",
        "--conf-file=/dev/null",
        "--no-resolv",
        "--no-hosts",
        "--bind-interfaces",
    ]);
    command.args(["--listen-address=127.0.0.1", "--address=/#/192.168.4.1", "--user=root", "--pid-file="]);
    command.arg(format!("--port={}", at.port()));
    let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
    let peer = Peer { at, process, folder: None };
    let socket = UdpSocket::bind("127.0.0.1:0").ok()?;
    socket.set_read_timeout(Some(Duration::from_millis(100))).ok()?;
    let question = b"\0\0\x01\0\0\x01\0\0\0\0\0\0\x01x\0\0\x01\0\x01";
    let answered = |_| socket.send_to(question, at).is_ok() && socket.recv(&mut [0; 512]).is_ok();
    (0..50).any(answered).then_some(peer)
}

/// `nginx`, answering every request with a redirect.
pub(crate) fn nginx() -> Option<Peer> {
    let at = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?;
    let folder = std::env::temp_dir().join(format!("vestibule-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).ok()?;
    let file = folder.join("nginx.conf");
    let settings = format!(
        "worker_processes 1; daemon off; pid {folder}/pid; error_log stderr emerg;\n\
         events {{ worker_connections 256; }}\n\
         http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {folder}; \
         proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};\n\
         server {{ listen {at}; location / {{ return 302 http://192.168.4.1/; }} }} }}\n",
        folder = folder.display()
    );
    std::fs::write(&file, settings).ok()?;
    let process = Command::new("nginx")
        .arg("-c")
        .arg(&file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let peer = Peer { at, process, folder: Some(folder) };
    let listens = |_| {
        std::thread::sleep(Duration::from_millis(50));
        TcpStream::connect(at).is_ok()
    };
    (0..50).any(listens).then_some(peer)
}

//! `vestibule journey` as tests run it, and the devices that it sets up: the built-in one, and stand-ins. For tests of the
//! command.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use vestibule::profile::{Ports, StandIn, StandInHome, load};

/// The passphrase of the built-in device's network, and of every stand-in's.
pub(crate) const PASSPHRASE: &str = "four green lanterns";

/// What `journey` says with these arguments, its passphrase on standard input: nothing of that.
pub(crate) fn journey(arguments: &[&str], ssid: &str, passphrase: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .arg("journey")
        .args(arguments)
        .args(["--ssid", ssid, "--passphrase-file", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(passphrase.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = text(&output);
    assert!(!said.contains(passphrase), "{said}");
    output
}

/// What was said, lines joined.
pub(crate) fn text(output: &Output) -> String {
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What was said as JSON.
pub(crate) fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(output)))
}

/// Files with the code on a device's label and with another, in this folder.
pub(crate) fn code_files(folder: &Path) -> [String; 2] {
    [("label", "k7mp-w3xq-9vtd"), ("other", "k7mp-w3xq-0000")].map(|(name, code)| {
        let path = folder.join(name);
        std::fs::write(&path, code).unwrap();
        path.to_str().unwrap().to_owned()
    })
}

/// The built-in device, whose portal is open until this is dropped.
pub(crate) struct Device {
    child: Child,
    /// Where it answers requests.
    pub(crate) http: String,
    /// Where it answers questions.
    pub(crate) dns: String,
}

impl Device {
    /// Starts one, with a label that has the code in this file.
    pub(crate) fn start(code: Option<&Path>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        command.args(["demo", "--ready-json", "--exit-after", "120s"]);
        if let Some(code) = code {
            command.arg("--code-file").arg(code);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let place = |name: &str| said[name].as_str().unwrap().to_owned();
        Self { child, http: place("portal"), dns: place("dns") }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of this machine for datagrams that nobody has.
pub(crate) fn free() -> SocketAddr {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A stand-in of this profile on free ports, whose device joins this network with [`PASSPHRASE`].
pub(crate) async fn stand_in(profile: vestibule::profile::Profile, ssid: &str) -> StandIn {
    let home = StandInHome { ssid: ssid.into(), passphrase: PASSPHRASE.into() };
    let ports = Ports { address: Ipv4Addr::LOCALHOST, ..Ports::default() };
    StandIn::start_near(profile, ports, Some(home)).await.unwrap()
}

/// The same of a made-up portal's pages; a check is led to `/page`.
pub(crate) async fn stand_in_with(pages: &[(&str, &str)], form: &str, ssid: &str) -> StandIn {
    stand_in(load::parse(&profile(pages, form), Path::new("lamp.toml")).unwrap(), ssid).await
}

/// The profile of such a portal. Its form has the fields `s` and `p` unless `form` names them; beside those pages it has
/// `/save`, which goes on to `/done`, which says how the join went.
pub(crate) fn profile(pages: &[(&str, &str)], form: &str) -> String {
    let known = "source = \"made up\"\ngrade = \"C\"\n";
    let html = |body: &str| {
        format!(
            "reply = {{ status = 200, headers = {{ Content-Type = \"text/html; charset=utf-8\" }}, body = \"{body}\" }}"
        )
    };
    let fields = if form.contains("network = ") { "" } else { "network = \"s\"\npassphrase = \"p\"\n" };
    let of_pages: String = pages
        .iter()
        .map(|(path, body)| format!("[[http]]\npath = \"{path}\"\n{}\n{known}", html(body)))
        .collect();
    format!(
        "name = \"a portal\"\nwhat = \"made up\"\naddress = \"192.168.4.1\"\n{known}\
         [dns.address]\nanswer = \"portal\"\n{known}[dns.other]\nanswer = \"nothing\"\n{known}\
         [https]\nanswer = \"refused\"\n{known}\
         [form]\naction = \"/save\"\n{fields}result = \"/done\"\n{form}\n{known}{of_pages}\
         [[http]]\npath = \"/save\"\n{}\n{known}\
         [[http]]\npath = \"/done\"\nwhen = \"joined\"\n{}\n{known}\
         [[http]]\npath = \"/done\"\nwhen = \"failed\"\n{}\n{known}\
         [[http]]\nreply = {{ status = 302, headers = {{ Location = \"http://{{portal}}/page\" }}, body = \"moved\" }}\n\
         {known}[dhcp]\nlease = 3600\n{known}[radio]\njoin = 0\n{known}",
        html("<meta http-equiv=refresh content='0;url=/done'>Trying."),
        html("Connected to {network}. Its address is {address}."),
        html("Could not connect to {network}."),
    )
}

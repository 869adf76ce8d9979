//! Failures of other projects' portals whose cause is known (`fixtures/hindcast`): does what the command prints name it?
//! The score is printed and may only rise, and right portals bring no warning.

#![expect(clippy::print_stdout, reason = "the score is for whoever runs it with --nocapture")]

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use portals::{Fault, Portal};
use serde::Deserialize;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use vestibule::check::{FrameLink, LinkSpec};
use vestibule::profile::{Ports, Profile, StandIn, StandInHome, answer_on_link, load};

#[allow(dead_code, reason = "each test has portals of its own kind")]
#[path = "portals/mod.rs"]
mod portals;

/// How many of the portals' faults are predicted. Raise it with the score.
const PREDICTED: usize = 52;

/// How many are played side by side: each waits for most of its time.
const AT_ONCE: usize = 6;

/// The address of a portal as chips have it, and one outside the private ranges.
const PRIVATE: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 1);
const PUBLIC: Ipv4Addr = Ipv4Addr::new(4, 3, 2, 1);

/// The owner's network, unless a report is about its name, and what the owner types.
const SSID: &str = "Café & Co";
const PASSPHRASE: &str = "four green lanterns";

/// What `check` says of a portal with one mistake.
const MOST_LINES: usize = 40;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reports {
    report: Vec<Report>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    seen: String,
    cause: String,
    class: String,
    #[serde(default)]
    phones: String,
    #[serde(default)]
    stand_in: WrongPortal,
    #[serde(default)]
    journey: bool,
    says: Option<String>,
    missed: Option<String>,
}

/// What is wrong; a right portal otherwise.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrongPortal {
    reply: Option<String>,
    page: Option<String>,
    names: Option<String>,
    dhcp: Option<String>,
    fault: Option<String>,
    /// Its address on its own access point: played over a link, where it really has that.
    address: Option<Ipv4Addr>,
    /// The port of its HTTP: played over a link too.
    port: Option<u16>,
    /// What is wrong with its form, which is right otherwise.
    form: Option<String>,
    /// How much it takes.
    limits: Option<String>,
    /// What is wrong with its radio.
    radio: Option<String>,
    /// The owner's network and passphrase, where they are what a report is about.
    ssid: Option<String>,
    passphrase: Option<String>,
}

impl WrongPortal {
    /// The same portal, repaired.
    fn repaired(&self) -> Self {
        Self {
            fault: self.fault.as_ref().map(|_| "none".into()),
            dhcp: self.dhcp.as_ref().map(|_| "lease = 3600".into()),
            address: self.address.map(|_| PUBLIC),
            port: self.port.map(|_| 80),
            // A device that can be set up, as before, with nothing wrong.
            form: self.form.as_ref().or(self.limits.as_ref()).map(|_| String::new()),
            ssid: self.ssid.clone(),
            passphrase: self.passphrase.clone(),
            ..Self::default()
        }
    }

    /// The tables of a device that can be set up.
    fn device(&self) -> String {
        let known = "source = \"made up\"\ngrade = \"C\"\n";
        let mut text = String::new();
        if let Some(form) = &self.form {
            text +=
                &format!("[form]\naction = \"/save\"\nnetwork = \"s\"\npassphrase = \"p\"\n{form}\n{known}");
        }
        if let Some(limits) = &self.limits {
            text += &format!("[limits]\n{limits}\n{known}");
        }
        let radio = self.radio.as_deref().unwrap_or("join = 0");
        text + &format!("[radio]\n{radio}\n{known}")
    }

    fn profile(&self) -> Profile {
        let known = "source = \"made up\"\ngrade = \"C\"\n";
        let page = match self.form {
            Some(_) => {
                "{ status = 200, headers = { Content-Type = \"text/html\" }, body = \"<title>Lamp</title>{form}\" }"
            }
            None => {
                "{ status = 200, headers = { Content-Type = \"text/html\" }, body = \"<form><input name=s></form>\" }"
            }
        };
        let html = |body: &str| {
            format!(
                "reply = {{ status = 200, headers = {{ Content-Type = \"text/html\" }}, body = \"{body}\" }}"
            )
        };
        let joined = html("Connected to {network}. Its address is {address}.");
        let failed = html("Could not connect to {network}.");
        let reply = "{ status = 302, headers = { Location = \"http://{portal}/page\" }, body = \"moved\" }";
        let text = format!(
            "name = \"a portal\"\nwhat = \"of a report\"\naddress = \"{}\"\nport = {}\n{known}\
             [dns.address]\nanswer = \"{}\"\n{known}[dns.other]\nanswer = \"nothing\"\n{known}\
             [https]\nanswer = \"refused\"\n{known}\
             [[http]]\nhost = \"portal\"\npath = \"/page\"\nreply = {}\n{known}\
             [[http]]\npath = \"/save\"\nwhen = \"joined\"\n{joined}\n{known}\
             [[http]]\npath = \"/save\"\nwhen = \"failed\"\n{failed}\n{known}\
             [[http]]\nreply = {}\n{known}[dhcp]\n{}\n{known}{}",
            self.address.unwrap_or(if self.port.is_some() { PUBLIC } else { PRIVATE }),
            self.port.unwrap_or(80),
            self.names.as_deref().unwrap_or("portal"),
            self.page.as_deref().unwrap_or(page),
            self.reply.as_deref().unwrap_or(reply),
            self.dhcp.as_deref().unwrap_or_default(),
            self.device(),
        );
        load::parse(&text, Path::new("report.toml")).unwrap_or_else(|error| panic!("{error}"))
    }

    fn fault(&self) -> Option<Fault> {
        Some(match self.fault.as_deref()? {
            "head-of-512" => Fault::HeadLimit(512),
            "no-form" => Fault::NoForm,
            "edns" => Fault::Edns,
            "no-question" => Fault::NoQuestion,
            "one-connection" => Fault::OneConnection,
            "first-read" => Fault::FirstRead,
            "vanishes" => Fault::Vanishes,
            "upload" => Fault::Upload,
            "closes-itself" => Fault::ClosesItself,
            "none" => Fault::None,
            other => panic!("there is no fault {other}"),
        })
    }
}

async fn run(arguments: &[&str], typed: &str) -> (bool, String) {
    let typed = typed.to_owned();
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    let is_check = arguments[0] == "check";
    tokio::task::spawn_blocking(move || {
        let mut child = Command::new(env!("CARGO_BIN_EXE_vestibule"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        assert!(!is_check || said.lines().count() <= MOST_LINES, "{said}");
        (status.success(), said.split_whitespace().collect::<Vec<_>>().join(" "))
    })
    .await
    .unwrap()
}

fn free_address() -> SocketAddr {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// What the command prints of a portal, and whether it is content.
async fn told(wrong: &WrongPortal, phones: &str, journey: bool) -> (bool, String) {
    if let Some(fault) = wrong.fault() {
        let portal = Portal::start(fault);
        let (mut well, mut said) = (true, String::new());
        if journey {
            let to = ["--ssid", SSID, "--passphrase-file", "-", "--phones", "ios-17"];
            let first =
                run(&[&["journey", &portal.http, "--dns", &portal.dns][..], &to].concat(), PASSPHRASE).await;
            (well, said) = first;
        }
        // A portal that is gone after the form has nothing more to be asked.
        if fault != Fault::Vanishes {
            let phones = if phones.is_empty() { "ios-17" } else { phones };
            let checked = run(&["check", &portal.http, "--dns", &portal.dns, "--phones", phones], "").await;
            well &= checked.0;
            said += &checked.1;
        }
        return (well, said);
    }
    if wrong.dhcp.is_some() || wrong.address.is_some() || wrong.port.is_some() {
        let (here, there) = (free_address(), free_address());
        let portal = FrameLink::open(&LinkSpec::Udp { local: there, peer: here }).await.unwrap();
        let answering = tokio::spawn(answer_on_link(wrong.profile(), portal));
        let link = format!("udp:{here},{there}");
        let said = run(&["check", "--link", &link, "--phones", phones], "").await;
        answering.abort();
        return said;
    }
    let profile = wrong.profile();
    let ssid = wrong.ssid.clone().unwrap_or(SSID.to_owned());
    let passphrase = wrong.passphrase.clone().unwrap_or(PASSPHRASE.to_owned());
    let home = StandInHome { ssid: ssid.clone(), passphrase: passphrase.clone() };
    let ports = Ports { address: Ipv4Addr::LOCALHOST, ..Ports::default() };
    let portal = StandIn::start_near(profile, ports, Some(home)).await.unwrap();
    let (http, dns) = (portal.http.to_string(), portal.dns.to_string());
    if journey {
        let to = ["--ssid", &ssid, "--passphrase-file", "-", "--phones", "ios-17"];
        return run(&[&["journey", &http, "--dns", &dns][..], &to].concat(), &passphrase).await;
    }
    run(&["check", &http, "--dns", &dns, "--phones", phones], "").await
}

/// How many lines warn of something.
fn alarms(said: &str) -> usize {
    [" odd ", " change ", " disputed "].iter().map(|word| said.matches(word).count()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_field_reported_is_predicted_and_right_portals_bring_no_warning() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hindcast/reports.toml");
    let reports: Reports = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut score: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut playing = JoinSet::new();
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    for report in reports.report {
        score.entry(report.class.clone()).or_default().1 += 1;
        let Some(says) = report.says else {
            assert!(report.missed.is_some(), "{}: neither predicted nor missed", report.seen);
            continue;
        };
        let turns = Arc::clone(&turns);
        playing.spawn(async move {
            let _turn = turns.acquire().await.unwrap();
            let (_, said) = told(&report.stand_in, &report.phones, report.journey).await;
            let (well, right) = told(&report.stand_in.repaired(), &report.phones, report.journey).await;
            let of = format!("{} ({}): \"{says}\"", report.seen, report.cause);
            let alarms = alarms(&right);
            // Words that are there whatever the portal does would predict nothing.
            let wrong = match (said.contains(&says), right.contains(&says) || !well || alarms > 0) {
                (true, false) => None,
                (false, _) => Some(format!("{of} is not in: {said}")),
                (true, true) => {
                    Some(format!("{of} is there, or an alarm, where the portal is repaired: {right}"))
                }
            };
            (report.class, wrong, alarms)
        });
    }
    let (mut wrong, mut false_alarms) = (Vec::new(), 0);
    while let Some(played) = playing.join_next().await {
        let (class, why, alarms) = played.unwrap();
        false_alarms += alarms;
        match why {
            None => score.entry(class).or_default().0 += 1,
            Some(why) => wrong.push(why),
        }
    }
    score.remove("none");
    for (class, (predicted, of)) in &score {
        println!("{class:10} {predicted:3} of {of}");
    }
    let (predicted, of) = score.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    println!("all        {predicted:3} of {of}, {false_alarms} false alarms at repaired portals");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert_eq!(false_alarms, 0);
    assert!(predicted >= PREDICTED, "{predicted} are predicted, and it were {PREDICTED}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_portal_brings_no_warning_by_whatever_way() {
    let phones = "android-6,android-9,android-11,android-14,ios-13,ios-17,macos-15,windows-10";
    let ways = [
        (WrongPortal::default(), false),
        (WrongPortal { dhcp: Some("lease = 3600".into()), ..WrongPortal::default() }, false),
        (WrongPortal { fault: Some("none".into()), ..WrongPortal::default() }, true),
    ];
    for (right, journey) in ways {
        let (well, said) = told(&right, phones, journey).await;
        let alarms = alarms(&said);
        println!("a right portal: {alarms} false alarms");
        assert!(well && alarms == 0, "{said}");
    }
}

//! `vestibule demo`: a journey of two phones, then a portal for the reader's own browser.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use clap::{Args, Parser};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use toml::Spanned;
use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::{OwnPassphrase, Passphrase, Ssid};

use super::file_kind::{self, FileKind};
use super::passphrase_file::{CODE_FILE, code, refused};
use super::terminal::{complain, is_verbose, print_line};
use super::{Exit, Usage, interrupt, seed};
use crate::dashboard::{Dashboard, Show as ShownWorld};
use crate::demo;
use crate::flash::{Flash, FlashError};
use crate::scenario::{Scenario, Secret, load};
use crate::text::io_words;
use crate::trace::{Record, Timeline, painted};
use crate::world::loopback::{Loopback, Ports};
use crate::world::{FLASH_SECTORS, Kept, SimulatedKey, World, stored_network};

/// Show a journey of two phones, then serve the device's portal for your own browser, with a dashboard beside it.
///
/// Ctrl-C ends it.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Open the portal at once.
    #[arg(long)]
    skip_journey: bool,
    /// Show the world of this scenario: its networks, its device and, unless --skip-journey is given, what happens in it.
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Print one line of JSON with the addresses once they answer, and nothing else; for programs.
    ///
    /// Plays no journey.
    #[arg(long)]
    ready_json: bool,
    /// End by itself after this time, `10s` say.
    #[arg(long, value_name = "TIME", value_parser = crate::text::time::parse, allow_hyphen_values = true)]
    exit_after: Option<Duration>,
    /// The port of the device's DNS (UDP); 0 is a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    dns_port: u16,
    /// The port of the device's portal (TCP); 0 is a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    http_port: u16,
    /// The port of the dashboard (TCP); 0 is a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    dashboard_port: u16,
    /// Serve the dashboard on this address of this machine, for other machines to reach: whoever does sees
    /// the simulated network's passphrase and may press every button.
    #[arg(long, value_name = "IPV4", default_value_t = Ipv4Addr::LOCALHOST, value_parser = one_address)]
    dashboard_address: Ipv4Addr,
    /// Show a run on the dashboard, step by step: a trace that `vestibule run --trace` has written, or a
    /// scenario, carried out in virtual time under --seed.
    #[arg(long, value_name = "FILE")]
    open: Option<PathBuf>,
    /// The device's flash: what it remembers outlasts this command.
    ///
    /// A device that remembers a network plays no journey, so that nothing of it is wiped. The file holds the
    /// passphrase as it was typed, unless there is a --key.
    #[arg(long, value_name = "FILE")]
    flash: Option<PathBuf>,
    /// The secret of the device's chip, 32 bytes (`head -c 32 /dev/urandom >FILE` draws one): with it the device seals
    /// what it stores.
    #[arg(long, value_name = "FILE", requires = "flash")]
    key: Option<PathBuf>,
    /// Give the device a label with the code that is the first line of this file: its owner may seal what is sent with
    /// it, so that somebody in between has to guess it.
    #[arg(long, value_name = "FILE")]
    code_file: Option<PathBuf>,
    /// The number that decides what is left to chance.
    #[arg(long, default_value_t = 1, value_parser = seed::parse, allow_hyphen_values = true)]
    seed: u64,
}

impl Demo {
    /// As without any argument.
    pub(super) fn by_default() -> Self {
        #[derive(Parser)]
        struct Alone {
            #[command(flatten)]
            demo: Demo,
        }
        Alone::parse_from([""]).demo
    }

    pub(super) async fn run(self) -> Result<Exit, Usage> {
        // Before anything is printed: whoever reads that it runs may end it.
        let asked_to_end = interrupt::asked_to_end()?;
        let key = self.key.as_deref().map(open_key).transpose()?;
        let flash = self.flash.as_deref().map(open_flash).transpose()?;
        let kept = flash.map(|flash| Kept { flash, key });
        let remembers = kept.as_ref().and_then(stored_network).is_some();
        let journey = !(self.skip_journey || self.ready_json || remembers);
        let (base, mut scenario) = match &self.scenario {
            Some(path) => own_world(path, journey)?,
            None => (demo::text(journey), demo::scenario(journey)),
        };
        if let Some(path) = &self.code_file {
            scenario.device.label_code = Some(label_code(path, &scenario.device.name.get_ref().0)?);
        }
        let home = demo::home(&scenario);

        let ports = Ports { dns: self.dns_port, http: self.http_port, ..Ports::default() };
        let world = Loopback::start(&scenario, self.seed, ports, kept).await.map_err(Usage::from)?;
        let world = Arc::new(world);
        let shown = ShownWorld {
            world: Arc::clone(&world),
            home,
            base,
            seed: self.seed,
            opened: self.open.as_deref().map(opened).transpose()?,
        };
        let dashboard = Dashboard::serve(shown, self.dashboard_address, self.dashboard_port);
        let dashboard = dashboard.await.map_err(Usage::from)?;

        let timeout = scenario.expect.within;
        let show = Show { world: &world, dashboard: &dashboard, home };
        tokio::select! {
            () = show.go_on(&self, journey, timeout) => {}
            () = asked_to_end => {}
            () = sleep_or_forever(self.exit_after) => {}
        }
        Ok(Exit::Well)
    }
}

async fn sleep_or_forever(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

/// An address that a browser can name.
fn one_address(text: &str) -> Result<Ipv4Addr, String> {
    match text.parse() {
        Ok(Ipv4Addr::UNSPECIFIED) => Err("expected one address of this machine, not all of them".into()),
        Ok(address) => Ok(address),
        Err(_) => Err("expected an address such as 192.168.1.20".into()),
    }
}

/// A file to be shown, by its name and text.
fn opened(path: &Path) -> Result<(String, String), Usage> {
    file_kind::expect(path, &[FileKind::Trace, FileKind::Scenario])?;
    let text = std::fs::read_to_string(path).map_err(|error| {
        Usage(format!("--open: {} cannot be read: {why}", path.display(), why = io_words(&error)))
    })?;
    Ok((path.display().to_string(), text))
}

/// The world of a scenario, as text and read; without a journey nobody comes by and nothing happens.
fn own_world(path: &Path, journey: bool) -> Result<(String, Scenario), Usage> {
    file_kind::expect(path, &[FileKind::Scenario])?;
    let wrong = |why: &str| Usage(format!("--scenario: {}: {why}", path.display()));
    let scenario = load::load(path).map_err(|error| Usage(error.in_full()))?;
    let text = std::fs::read_to_string(path)
        .map_err(|error| wrong(&format!("it cannot be read: {}", io_words(&error))))?;
    if scenario.networks.is_empty() {
        return Err(wrong("it has no [[network]] that the device could be set up for"));
    }
    if !journey {
        let text = demo::without_journey(&text);
        let scenario = load::parse(&text, path).map_err(|error| Usage(error.in_full()))?;
        return Ok((text, scenario));
    }
    let mut faults = scenario.faults.iter().map(|fault| &fault.get_ref().fault);
    match faults.find(|fault| !fault.can_be_on_loopback()) {
        Some(fault) => Err(wrong(&format!(
            "real sockets do not know this: {fault}; --open FILE shows it in the simulated air"
        ))),
        None => Ok((text, scenario)),
    }
}

/// The label's code from a file, if one can be it.
fn label_code(path: &Path, device_name: &Ssid) -> Result<Spanned<Secret>, Usage> {
    let refused = |why: &str| refused(CODE_FILE, path, why);
    let line = code(path)?;
    OwnPassphrase::new(line.as_bytes(), device_name).map_err(|error| refused(&error.to_string()))?;
    let code = Passphrase::new(line.as_bytes()).map_err(|error| refused(&error.to_string()))?;
    Ok(Spanned::new(0..0, Secret(code)))
}

fn open_flash(path: &Path) -> Result<Flash, Usage> {
    Flash::in_file(path, FLASH_SECTORS).map_err(|error| match &error {
        FlashError::File { source, .. } => Usage(format!("--flash: {error}: {source}")),
        _ => Usage(format!("--flash: {error}")),
    })
}

fn open_key(path: &Path) -> Result<SimulatedKey, Usage> {
    SimulatedKey::in_file(path).map_err(|error| Usage(format!("--key: {}: {error}", path.display())))
}

/// What the reader is shown.
struct Show<'a> {
    world: &'a Loopback,
    dashboard: &'a Dashboard,
    home: Ssid,
}

impl Show<'_> {
    /// Starts the world and tells what happens in it, until it is ended.
    async fn go_on(&self, demo: &Demo, journey: bool, timeout: Duration) {
        let mut records = self.world.follow();
        if demo.ready_json {
            self.world.power_on();
            self.wait_until(&mut records, timeout, can_be_reached, |_| {}).await;
            print_line(&self.addresses_as_json());
            return std::future::pending().await;
        }
        self.introduce(journey && demo.scenario.is_none());
        let mut timeline = Timeline::default();
        let mut print_record = |record: &Record| {
            let story = timeline.line(record);
            if let Some(line) = if is_verbose() { Some(painted(record)) } else { story } {
                print_line(&line);
            }
        };
        self.world.power_on();
        // However it goes: who meddles with the journey is invited all the same.
        self.wait_until(&mut records, timeout, is_the_readers_turn, &mut print_record).await;
        self.invite();
        self.wait_until(&mut records, Duration::MAX, |_| false, &mut print_record).await;
    }

    /// Tells what happens until `enough` holds, or until it has lasted too long.
    async fn wait_until(
        &self,
        records: &mut Receiver<Arc<Record>>,
        timeout: Duration,
        enough: impl Fn(&mut World) -> bool,
        mut print_record: impl FnMut(&Record),
    ) {
        let telling = async {
            loop {
                match records.recv().await {
                    Ok(record) => print_record(&record),
                    Err(RecvError::Lagged(missed)) => complain(&format!("{missed} records were lost")),
                    Err(RecvError::Closed) => return,
                }
                // Everything that happened is told before anything is said about it.
                if records.is_empty() && self.world.with(|world, _| enough(world)) {
                    return;
                }
            }
        };
        // The same when it has lasted too long.
        let _ = tokio::time::timeout(timeout, telling).await;
    }

    fn addresses_as_json(&self) -> String {
        serde_json::json!({
            "portal": format!("http://{}", self.world.portal()),
            "dns": self.world.dns().to_string(),
            "dashboard": format!("http://{}", self.dashboard.address()),
        })
        .to_string()
    }

    fn introduce(&self, journey: bool) {
        let bold = Style::new().bold();
        let (name, home) = (self.world.with(|world, _| world.device().config().name), self.home);
        print_line(&format!(
            "{bold}{name}{bold:#}, a device to be set up, and \"{home}\", the network it belongs on,"
        ));
        print_line("simulated on this machine around the very portal that is flashed to a chip.");
        print_line("");
        self.list(&[
            (
                "Dashboard",
                format!("http://{}/ (open this one: it says what to do)", self.dashboard.address()),
            ),
            ("Portal", format!("http://{}/ (while its access point is up)", self.world.portal())),
            ("DNS", format!("{} (UDP)", self.world.dns())),
        ]);
        print_line("");
        if journey {
            print_line(
                "First a journey of some 40 seconds; --skip-journey leaves it out. Then it is your turn.",
            );
            print_line("");
        }
    }

    /// Says what the reader can do now.
    fn invite(&self) {
        let (state, passphrase) =
            self.world.with(|world, _| (world.run_state().state, passphrase(world, self.home)));
        let invitation = AnsiColor::Green.on_default().bold();
        let joined = state.is_some_and(ProvisioningState::is_joined);
        print_line("");
        if joined {
            print_line(&format!(
                "{invitation}The device remembered its network and joined it.{invitation:#}"
            ));
            self.list(&[
                ("Its page", format!("http://{}/", self.world.home())),
                (
                    "Dashboard",
                    format!("http://{}/  (\"Clear\" opens the portal again)", self.dashboard.address()),
                ),
            ]);
        } else {
            print_line(&format!("{invitation}The portal is open. Now you are the phone:{invitation:#}"));
            let dns = self.world.dns();
            // The one secret that is ever printed: the simulated router's, for the reader to type.
            self.list(&[
                (
                    "Dashboard",
                    format!(
                        "http://{}/  (all of this on one page, and what to do next)",
                        self.dashboard.address()
                    ),
                ),
                ("Open", format!("http://{}/  in your browser", self.world.portal())),
                ("Choose", self.home.to_string()),
                ("Type", format!("{passphrase}  (the passphrase of the simulated router)")),
                ("Ask", format!("dig @{} -p {} example.org", dns.ip(), dns.port())),
            ]);
        }
        print_line("Ctrl-C ends it.");
        print_line("");
    }

    fn list(&self, rows: &[(&str, String)]) {
        let bold = Style::new().bold();
        for (what, says) in rows {
            print_line(&format!("  {bold}{what:<10}{bold:#} {says}"));
        }
    }
}

/// Whether a program that is told so finds somebody: the portal, or a device that needs none.
fn can_be_reached(world: &mut World) -> bool {
    let state = world.run_state().state;
    world.air().access_point_is_up()
        || state.is_some_and(|state| state.is_joined() || state == ProvisioningState::Connecting)
}

/// Whether the script is through and the device waits for an owner, or has none to wait for.
fn is_the_readers_turn(world: &mut World) -> bool {
    let run_state = world.run_state();
    run_state.script_done
        && match run_state.state {
            Some(ProvisioningState::PortalOpen) => world.air().access_point_is_up(),
            state => state == Some(ProvisioningState::Connected),
        }
}

fn passphrase(world: &World, ssid: Ssid) -> String {
    let network = world.air().networks().iter().find(|network| network.ssid == ssid);
    let passphrase = network.map_or(Passphrase::open(), |network| network.passphrase.clone());
    String::from_utf8_lossy(passphrase.expose()).into_owned()
}

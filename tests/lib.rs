//! What the integration tests share: a device alone in its world, and its sockets; and a device on a
//! bench, without a world.

pub mod bench;
pub mod docs;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use tokio::runtime::Runtime;
use vestibule::internal::SampleApplication;
use vestibule::scenario::Scenario;
use vestibule::scenario::load::parse;
use vestibule::world::loopback::{Loopback, Ports};
use vestibule_core::provisioning::ProvisioningState;

/// The passphrase of the network in sight.
pub const PASSPHRASE: &str = "correct horse";

/// A device on loopback sockets whose portal is up.
pub struct Device {
    runtime: Runtime,
    world: Option<Loopback>,
}

impl Device {
    /// A device that has one network in sight, `Home`.
    ///
    /// # Panics
    /// When this machine has no sockets to spare.
    pub fn start() -> Self {
        Self::start_with(SampleApplication::default())
    }

    /// The same with an application beside its portal.
    ///
    /// # Panics
    /// When this machine has no sockets to spare.
    pub fn start_with(application: SampleApplication) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let scenario = scenario(&format!(
            "name = \"a device\"\n[[network]]\nssid = \"Home\"\npassphrase = \"{PASSPHRASE}\""
        ));
        let world =
            runtime.block_on(Loopback::start(&scenario, 1, Ports::default(), None)).expect("free ports");
        world.install(application);
        runtime.block_on(async {
            world.power_on();
            while !world.access_point_is_up() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        Self { runtime, world: Some(world) }
    }

    fn world(&self) -> &Loopback {
        self.world.as_ref().expect("it runs until it is dropped")
    }

    /// Where its portal is.
    pub fn portal(&self) -> SocketAddr {
        self.world().portal()
    }

    /// Where the home network finds it, once it has joined.
    pub fn home(&self) -> SocketAddr {
        self.world().home()
    }

    /// Where its DNS is.
    pub fn dns(&self) -> SocketAddr {
        self.world().dns()
    }

    /// Its state, and whether its flash holds a network.
    pub fn run_state(&self) -> (Option<ProvisioningState>, bool) {
        let run_state = self.world().run_state();
        (run_state.state, run_state.stored.is_some())
    }

    /// A connection to its portal.
    ///
    /// # Panics
    /// When there is none to be had.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.portal()).expect("the portal listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        stream
    }

    /// Sends bytes on a connection of their own and reads until its end.
    pub fn ask(&self, request: &[u8]) -> String {
        let mut stream = self.connect();
        // The device may answer and close before it has read everything.
        let _ = stream.write_all(request);
        read_to_end(&mut stream)
    }

    /// What the setup page's forms carry now.
    ///
    /// # Panics
    /// When the page is no setup page.
    pub fn token(&self) -> String {
        let host = self.portal();
        let page =
            self.ask(format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes());
        bench::token_of(&page).expect("a form with a token")
    }

    /// Loads the page and says whether it is the setup page.
    pub fn serves_the_page(&self) -> bool {
        let host = self.portal();
        let page =
            self.ask(format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes());
        page.starts_with("HTTP/1.1 200 ") && page.contains("type=\"password\"")
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        if let Some(world) = self.world.take() {
            self.runtime.block_on(world.stop());
        }
    }
}

/// Everything that comes until the end, however it ends.
pub fn read_to_end(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// A scenario from its text.
///
/// # Panics
/// When it is none.
pub fn scenario(text: &str) -> Scenario {
    parse(text, Path::new("test")).unwrap_or_else(|error| panic!("{error}"))
}

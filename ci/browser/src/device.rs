//! The device under test: the demo, one for each journey, as whoever tries it out starts it.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A device with its portal open. It ends with this.
pub(crate) struct Device {
    /// The address of its portal, with a slash behind it.
    pub(crate) portal: String,
    /// The address of the dashboard.
    pub(crate) dashboard: String,
    _process: Child,
}

/// The network that it is to join, and its passphrase, as the demo says.
pub(crate) const HOME: &str = "Home";
pub(crate) const PASSPHRASE: &str = "four green lanterns";

impl Device {
    /// Starts one, and waits until its access point is up.
    pub(crate) async fn start(program: &Path) -> Result<Self, String> {
        Self::start_with(program, &[]).await
    }

    /// The same with these arguments of the demo's.
    pub(crate) async fn start_with(program: &Path, arguments: &[&str]) -> Result<Self, String> {
        let mut process = Command::new(program)
            .args(["demo", "--ready-json"])
            .args(arguments)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let out = process.stdout.take().ok_or("the demo has no output")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).await.map_err(|error| error.to_string())?;
        let ready: Value =
            serde_json::from_str(&line).map_err(|error| format!("the demo said {line:?}: {error}"))?;
        let portal = ready["portal"].as_str().ok_or("the demo does not say where its portal is")?;
        let dashboard = ready["dashboard"].as_str().ok_or("the demo does not say where its dashboard is")?;
        Ok(Self { portal: format!("{portal}/"), dashboard: format!("{dashboard}/"), _process: process })
    }
}

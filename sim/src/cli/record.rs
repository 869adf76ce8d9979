//! `vestibule record`: what real clients say to a portal, as recordings.

use std::path::{Path, PathBuf};

use clap::Args;

use super::serve::{ServedAt, print_addresses, print_events};
use super::terminal::complain;
use super::{Exit, Usage, import, interrupt, target};
use crate::capture::import::Settings;
use crate::capture::record::{Forwarder, Recorder};

/// Serve the portal to real clients and record what they say.
///
/// Nothing is kept but what is on a list: no address of hardware, nothing that is typed, no names of strangers'
/// hosts. Ctrl-C ends it and writes the file.
#[derive(Debug, Args)]
pub(super) struct Record {
    /// Write the recording here; those of further clients beside it, numbered.
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Record another portal instead: requests are handed on to it, names lead here.
    #[arg(long, value_name = "HOST[:PORT]", conflicts_with = "dhcp")]
    upstream: Option<String>,
    /// Keep the names of all hosts, not only those of known probes.
    #[arg(long)]
    all_names: bool,
    #[command(flatten)]
    place: ServedAt,
}

impl Record {
    pub(super) async fn run(self) -> Result<Exit, Usage> {
        let asked_to_end = interrupt::asked_to_end()?;
        let (mut recorder, observer) = Recorder::new();
        match &self.upstream {
            Some(upstream) => {
                let upstream = target::socket(upstream, Some(80), "--upstream").await?;
                let ports = self.place.ports()?;
                let forwarder = Forwarder::start(self.place.address, &ports, upstream, observer)
                    .await
                    .map_err(Usage::from)?;
                print_addresses(&forwarder.http.to_string(), &forwarder.dns.to_string(), None);
                tokio::select! {
                    () = recorder.listen() => {}
                    () = self.place.until_ended(asked_to_end) => {}
                }
            }
            None => {
                let world = self.place.device().await?;
                world.observe_sockets(observer);
                print_addresses(
                    &world.portal().to_string(),
                    &world.dns().to_string(),
                    self.place.dhcp.as_deref(),
                );
                tokio::select! {
                    () = print_events(&world) => {}
                    () = recorder.listen() => {}
                    () = self.place.until_ended(asked_to_end) => {}
                }
            }
        }
        let settings = Settings { client: None, all_names: self.all_names };
        let (recordings, left_out) = recorder.finish(&settings);
        left_out.iter().for_each(|left_out| complain(&left_out.to_string()));
        if recordings.is_empty() {
            return Err(Usage("nobody came by, so nothing was recorded and no file is written".into()));
        }
        import::write(&recordings, &self.output, Path::new("recorded by vestibule"))?;
        Ok(Exit::Well)
    }
}

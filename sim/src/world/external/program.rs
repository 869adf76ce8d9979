//! A device that is a program of this machine: the command that starts it, what it finds in its environment, and its
//! end by power cut.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::net::TcpListener;

use super::control::Control;
use super::error::{DeviceFault, ExternalError, about};
use super::network_device::NetworkDevice;
use super::process::{self, START_TIMEOUT, connected};
use crate::world::virtual_time::{DEVICE_MAC, STATION_MAC};

/// A program with power.
pub(super) struct Program {
    process: Child,
    pub(super) control: Control,
    pub(super) access_point: NetworkDevice,
    pub(super) home: NetworkDevice,
    log: PathBuf,
}

impl Program {
    /// Starts it by the shell, in the present folder. `files` is the folder that it may keep files in, `log` where what
    /// it prints goes.
    pub(super) async fn power_on(
        command: &str,
        files: &Path,
        log: PathBuf,
        seed: u64,
    ) -> Result<Self, ExternalError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(about("control channel"))?;
        let control = listener.local_addr().map_err(about("control channel"))?;
        let access_point = NetworkDevice::new().await.map_err(about("network"))?;
        let home = NetworkDevice::new().await.map_err(about("network"))?;
        // What it printed before a power cut is kept: that may be why it does not come back.
        let printed = std::fs::File::options().create(true).append(true).open(&log).map_err(about("log"))?;
        let errors = printed.try_clone().map_err(about("log"))?;
        let frames = |device: &NetworkDevice| format!("{},{}", device.guest, device.host);
        let mut shell = shell(command);
        shell
            .env("VESTIBULE_CONTROL", control.to_string())
            .env("VESTIBULE_FOLDER", files)
            .env("VESTIBULE_SEED", seed.to_string())
            .env("VESTIBULE_ACCESS_POINT_FRAMES", frames(&access_point))
            .env("VESTIBULE_ACCESS_POINT_MAC", DEVICE_MAC.to_string())
            .env("VESTIBULE_HOME_FRAMES", frames(&home))
            .env("VESTIBULE_HOME_MAC", STATION_MAC.to_string())
            .stdin(Stdio::null())
            .stdout(printed)
            .stderr(errors);
        process::in_a_group(&mut shell);
        let mut process = shell.spawn().map_err(ExternalError::NoShell)?;
        let stream = connected(&listener, &mut process).await;
        let ended = process.try_wait().ok().flatten();
        let Some(stream) = stream.map_err(about("control channel"))? else {
            process::end_group(&mut process);
            let log = process::end_of_log(&log);
            return Err(match ended {
                Some(status) => DeviceFault::Ended { how: status.to_string(), log },
                None => DeviceFault::NotConnected { seconds: START_TIMEOUT.as_secs(), log },
            }
            .into());
        };
        let control = Control::new(stream).map_err(about("control channel"))?;
        Ok(Self { process, control, access_point, home, log })
    }

    /// How it has ended, in words. Its connection is closed a moment before the process is gone.
    pub(super) async fn how_ended(&mut self) -> String {
        for _ in 0..200 {
            if let Ok(Some(status)) = self.process.try_wait() {
                return status.to_string();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        "it has closed its control channel".into()
    }

    /// The end of what it has printed.
    pub(super) fn log(&self) -> String {
        process::end_of_log(&self.log)
    }
}

fn shell(command: &str) -> Command {
    let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut shell = Command::new(shell);
    shell.arg(option).arg(command);
    shell
}

/// Dropping a program cuts its power.
impl Drop for Program {
    fn drop(&mut self) {
        process::end_group(&mut self.process);
    }
}

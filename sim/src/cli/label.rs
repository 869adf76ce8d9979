//! `vestibule label`: what is stuck on the device.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use vestibule_core::{Passphrase, Ssid};

use super::passphrase_file::{CODE_FILE, PASSPHRASE_FILE, code, first_line, refused};
use super::terminal::print_line;
use super::{Exit, Usage};
use crate::label::{PRESS, Picture, UNPLUG};
use crate::text::io_words;

/// Make the device's label: its name, a QR code that joins its access point, the passphrase to type.
///
/// The label shows the passphrase, and with `--code-file` the code; nothing else that this command writes does.
#[derive(Debug, Args)]
pub(super) struct Label {
    /// The access point's name: at most 32 bytes.
    #[arg(long)]
    name: String,
    #[command(flatten)]
    secret: SecretFrom,
    /// What the access point speaks: wpa2 also where it offers WPA3 beside.
    ///
    /// That phones join one of WPA3 alone by a code is known of Android only.
    #[arg(long, value_enum, default_value_t = Security::Wpa2, conflicts_with = "open")]
    security: Security,
    /// The address of the portal.
    #[arg(long, value_name = "IPV4", default_value = "192.168.4.1")]
    address: Ipv4Addr,
    /// The portal of a device that knows a network opens by a button alone, not after it was unplugged.
    #[arg(long)]
    button: bool,
    /// Also a second QR code, for phones that have joined: it opens the page with the label's code, which is the
    /// first line of this file.
    ///
    /// Of an open access point that is the firmware's `label_code`, of a protected one its passphrase.
    #[arg(long, value_name = "FILE")]
    code_file: Option<PathBuf>,
    #[command(flatten)]
    wanted: Wanted,
}

/// Where the passphrase comes from.
///
/// Not from an argument: every user of a machine sees those, and shells write them down.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct SecretFrom {
    /// The access point's passphrase is the first line of this file; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The access point is open: there is no passphrase.
    #[arg(long)]
    open: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct Wanted {
    /// Write the label here as SVG, in millimetres.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write the label here as PNG, at 290 dots an inch.
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Security {
    /// WPA2, alone or beside WPA3.
    Wpa2,
    /// WPA3 alone.
    Wpa3,
}

impl Label {
    pub(super) fn run(self) -> Result<Exit, Usage> {
        if self.name.is_empty() {
            return Err(Usage("--name: the name is empty: say the access point's, at most 32 bytes".into()));
        }
        let name =
            Ssid::new(self.name.as_bytes()).map_err(|error| Usage(format!("--name: {error}; shorten it")))?;
        let passphrase = self.secret.read()?;
        let sae = self.security == Security::Wpa3;
        let reopens = if self.button { PRESS } else { UNPLUG };
        let picture = Picture::new(&name, &passphrase, sae, self.address, reopens).map_err(Usage::from)?;
        let picture = match &self.code_file {
            Some(path) => {
                let code = code(path)?;
                let code = Passphrase::new(code.as_bytes())
                    .map_err(|error| refused(CODE_FILE, path, &error.to_string()))?;
                if !passphrase.is_open() && code != passphrase {
                    return Err(refused(
                        CODE_FILE,
                        path,
                        "the code of a protected access point is its passphrase",
                    ));
                }
                picture.with_code(&code, self.address).map_err(Usage::from)?
            }
            None => picture,
        };
        // Both are made before either is written.
        let png = self.wanted.png.as_deref().map(|path| picture.png().map(|png| (path, png))).transpose();
        let png = png.map_err(|error| Usage(format!("--png: {error}")))?;
        if let Some(path) = self.wanted.svg.as_deref() {
            write(path, picture.svg().as_bytes())?;
        }
        if let Some((path, png)) = png {
            write(path, &png)?;
        }
        Ok(Exit::Well)
    }
}

impl SecretFrom {
    fn read(&self) -> Result<Passphrase, Usage> {
        let Some(path) = &self.passphrase_file else { return Ok(Passphrase::open()) };
        match first_line(PASSPHRASE_FILE, path)?.as_str() {
            "" => Err(refused(
                PASSPHRASE_FILE,
                path,
                "its first line is empty; for an open access point say --open",
            )),
            line => Passphrase::new(line.as_bytes())
                .map_err(|error| refused(PASSPHRASE_FILE, path, &error.to_string())),
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Usage> {
    std::fs::write(path, bytes).map_err(|error| {
        Usage(format!("{} cannot be written: {why}", path.display(), why = io_words(&error)))
    })?;
    print_line(&format!("{}: the label; it shows the passphrase to whoever sees it", path.display()));
    Ok(())
}

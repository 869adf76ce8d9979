//! Which engines there are, what each needs on this machine, and how each is started so that it has one way out: the
//! proxy.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde_json::{Value, json};
use tokio::process::Command;

use super::browser_profile::BrowserProfile;

/// A browser engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Engine {
    /// Chromium, nearest to Android's WebView.
    Chromium,
    /// WebKitGTK, nearest to Apple's sheet.
    WebKit,
    /// Firefox.
    Firefox,
}

/// There is no engine of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no engine: chromium, webkit or firefox")]
pub(crate) struct UnknownEngine(String);

/// A program of an engine is not on this machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{program} is not installed, which {engine} needs: {remedy}")]
pub(crate) struct MissingProgram {
    engine: Engine,
    program: &'static str,
    remedy: &'static str,
}

/// The programs of an engine on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    pub(super) engine: Engine,
    pub(super) driver: PathBuf,
    pub(super) browser: PathBuf,
    /// A display without a screen, where the engine needs one.
    pub(super) display: Option<PathBuf>,
}

impl FromStr for Engine {
    type Err = UnknownEngine;

    fn from_str(text: &str) -> Result<Self, UnknownEngine> {
        match text {
            "chromium" => Ok(Self::Chromium),
            "webkit" => Ok(Self::WebKit),
            "firefox" => Ok(Self::Firefox),
            other => Err(UnknownEngine(other.to_owned())),
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Chromium => "chromium",
            Self::WebKit => "webkit",
            Self::Firefox => "firefox",
        })
    }
}

impl Engine {
    /// Its programs.
    ///
    /// # Errors
    /// One of them is not there; the error says which, and where it comes from.
    pub(crate) fn programs(self) -> Result<Programs, MissingProgram> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        self.programs_in(&std::env::split_paths(&path).collect::<Vec<_>>(), &libraries())
    }

    fn programs_in(self, path: &[PathBuf], libraries: &[PathBuf]) -> Result<Programs, MissingProgram> {
        let missing = |program, remedy| MissingProgram { engine: self, program, remedy };
        let find = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| path.iter().map(|folder| folder.join(name)).find(|file| file.is_file()))
        };
        let need = |names: &[&'static str], remedy| find(names).ok_or_else(|| missing(names[0], remedy));
        Ok(match self {
            Self::Chromium => Programs {
                engine: self,
                driver: need(&["chromedriver"], "Debian's package chromium-driver has it")?,
                browser: need(
                    &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
                    "Debian's package chromium has it",
                )?,
                display: None,
            },
            Self::WebKit => Programs {
                engine: self,
                driver: need(&["WebKitWebDriver"], "Debian's package webkit2gtk-driver has it")?,
                browser: libraries.iter().find(|file| file.is_file()).cloned().ok_or_else(|| {
                    missing(
                        "MiniBrowser",
                        "Debian's package libwebkit2gtk-4.1-0 has it, of the driver's version",
                    )
                })?,
                display: Some(need(&["Xvfb"], "Debian's package xvfb has it")?),
            },
            Self::Firefox => Programs {
                engine: self,
                driver: need(&["geckodriver"], "`cargo install geckodriver` makes it")?,
                browser: need(&["firefox", "firefox-esr"], "Debian's package firefox-esr has it")?,
                display: None,
            },
        })
    }
}

/// Where WebKit's own browser may be: it is on no path.
fn libraries() -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from("/usr/libexec")];
    let machines =
        std::fs::read_dir("/usr/lib").into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    folders.extend(machines.filter(|folder| folder.is_dir()));
    let versions = ["webkit2gtk-4.1", "webkitgtk-6.0", "webkit2gtk-4.0"];
    let browsers = |folder: &PathBuf| versions.map(|version| folder.join(version).join("MiniBrowser"));
    folders.iter().flat_map(browsers).collect()
}

impl Programs {
    /// The command that starts the driver on this port of loopback.
    pub(super) fn driver_command(&self, port: u16, home: &Path, display: Option<&str>) -> Command {
        let mut command = Command::new(&self.driver);
        match self.engine {
            Engine::Chromium => {
                command.arg(format!("--port={port}"));
            }
            Engine::WebKit => {
                command.args([format!("--port={port}"), "--host=127.0.0.1".into()]);
                command.env("GTK_A11Y", "none").env("NO_AT_BRIDGE", "1").env("GIO_USE_VFS", "local");
                command.env("GSETTINGS_BACKEND", "memory").env("GDK_BACKEND", "x11");
                command.env("LIBGL_ALWAYS_SOFTWARE", "1");
            }
            Engine::Firefox => {
                command.args(["--port", &port.to_string(), "--host", "127.0.0.1", "--websocket-port", "0"]);
                command.args(["--log", "error"]).arg("--profile-root").arg(home);
                command.env("MOZ_HEADLESS", "1").env("MOZ_CRASHREPORTER_DISABLE", "1");
            }
        }
        if let Some(display) = display {
            command.env("DISPLAY", display);
        }
        command
    }

    /// What the driver is asked for.
    pub(super) fn capabilities(&self, profile: &BrowserProfile, proxy: SocketAddr, home: &Path) -> Value {
        let mut wanted = json!({ "pageLoadStrategy": "none", "unhandledPromptBehavior": "dismiss" });
        match self.engine {
            Engine::Chromium => {
                wanted["goog:loggingPrefs"] = json!({ "browser": "ALL" });
                wanted["goog:chromeOptions"] = chromium_options(&self.browser, profile, proxy, home);
            }
            Engine::WebKit => {
                wanted["webkitgtk:browserOptions"] = webkit_options(&self.browser, profile, proxy)
            }
            Engine::Firefox => wanted["moz:firefoxOptions"] = firefox_options(&self.browser, profile, proxy),
        }
        wanted
    }
}

/// Chromium without what it does of its own accord. Names stay with the proxy (`--host-resolver-rules`), addresses of
/// this machine go to it too (`<-loopback>`).
fn chromium_options(browser: &Path, profile: &BrowserProfile, proxy: SocketAddr, home: &Path) -> Value {
    let screen = profile.screen;
    let mut arguments = vec![
        "--headless=new".to_owned(),
        format!("--proxy-server=socks5://{proxy}"),
        "--proxy-bypass-list=<-loopback>".into(),
        format!("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE {}", proxy.ip()),
        format!("--user-data-dir={}", home.join("profile").display()),
        format!("--window-size={},{}", screen.width, screen.height),
        "--force-webrtc-ip-handling-policy=disable_non_proxied_udp".into(),
        "--disable-features=AsyncDns,AutofillServerCommunication,CertificateTransparencyComponentUpdater,\
         DialMediaRouteProvider,DnsOverHttps,GlobalMediaControls,InterestFeedContentSuggestions,MediaRouter,\
         NetworkTimeServiceQuerying,OptimizationHints,Translate,WebRtcHideLocalIpsWithMdns,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable"
            .into(),
    ];
    let switches = "--no-first-run --no-default-browser-check --disable-quic --disable-background-networking \
        --disable-component-update --disable-component-extensions-with-background-pages --disable-default-apps \
        --disable-sync --disable-domain-reliability --disable-client-side-phishing-detection --disable-extensions \
        --disable-breakpad --disable-gpu --disable-dev-shm-usage --metrics-recording-only --no-pings --mute-audio \
        --hide-scrollbars --lang=en-US";
    arguments.extend(switches.split_whitespace().map(str::to_owned));
    if is_root() {
        // Chromium's sandbox refuses root.
        arguments.push("--no-sandbox".into());
    }
    if let Some(agent) = &profile.lines.agent {
        arguments.push(format!("--user-agent={agent}"));
    }
    let mut options = json!({
        "binary": browser,
        "args": arguments,
        // A sheet opens no further windows and saves no files.
        "excludeSwitches": ["disable-popup-blocking"],
        "prefs": { "dns_over_https.mode": "off", "download_restrictions": 3, "intl.accept_languages": "en-US,en" },
    });
    if screen.is_touched {
        let metrics = json!({
            "width": screen.width, "height": screen.height, "pixelRatio": f64::from(screen.ratio), "touch": true,
            "mobile": true,
        });
        options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        if let Some(agent) = &profile.lines.agent {
            options["mobileEmulation"]["userAgent"] = json!(agent);
        }
    }
    options
}

/// WebKit's own browser takes the proxy from its arguments; WebDriver's way to say it is ignored for SOCKS.
fn webkit_options(browser: &Path, profile: &BrowserProfile, proxy: SocketAddr) -> Value {
    let screen = profile.screen;
    let mut arguments = vec![
        "--automation".to_owned(),
        format!("--proxy=socks5://{proxy}"),
        "--enable-write-console-messages-to-stdout=true".into(),
        format!("--geometry={}x{}", screen.width, screen.height),
    ];
    if let Some(agent) = &profile.lines.agent {
        arguments.push(format!("--user-agent={agent}"));
    }
    json!({ "binary": browser, "args": arguments })
}

fn firefox_options(browser: &Path, profile: &BrowserProfile, proxy: SocketAddr) -> Value {
    let mut preferences = json!({
        "network.proxy.type": 1,
        "network.proxy.socks": proxy.ip().to_string(),
        "network.proxy.socks_port": proxy.port(),
        "network.proxy.socks_version": 5,
        "network.proxy.socks_remote_dns": true,
        "network.proxy.socks5_remote_dns": true,
        "network.proxy.allow_hijacking_localhost": true,
        "network.proxy.failover_direct": false,
        "network.proxy.no_proxies_on": "",
        "network.trr.mode": 5,
        "network.dns.disablePrefetch": true,
        "network.dns.disabled": true,
        "network.captive-portal-service.enabled": false,
        "network.connectivity-service.enabled": false,
        "dom.security.https_first": false,
        // Sites that it opens by https alone: some are those of a system's check.
        "network.stricttransportsecurity.preloadlist": false,
        "media.peerconnection.enabled": false,
        "app.update.disabledForTesting": true,
        "app.normandy.enabled": false,
        "browser.region.update.enabled": false,
        "browser.safebrowsing.malware.enabled": false,
        "browser.safebrowsing.phishing.enabled": false,
        "browser.safebrowsing.downloads.remote.enabled": false,
        "datareporting.policy.dataSubmissionEnabled": false,
        "datareporting.healthreport.uploadEnabled": false,
        "toolkit.telemetry.enabled": false,
        "toolkit.telemetry.server": "",
        "extensions.update.enabled": false,
        "extensions.systemAddon.update.enabled": false,
        "extensions.getAddons.cache.enabled": false,
        "services.settings.server": "data:,",
        "security.remote_settings.crlite_filters.enabled": false,
        "dom.push.connection.enabled": false,
        "geo.enabled": false,
        "intl.accept_languages": "en-US, en",
        "devtools.console.stdout.content": true,
    });
    if let Some(agent) = &profile.lines.agent {
        preferences["general.useragent.override"] = json!(agent);
    }
    json!({ "binary": browser, "args": ["-headless"], "prefs": preferences })
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_its_package() {
        let empty = tempfile::tempdir().unwrap();
        let folder = [empty.path().to_owned()];
        for (engine, program, remedy) in [
            (Engine::Chromium, "chromedriver", "chromium-driver"),
            (Engine::WebKit, "WebKitWebDriver", "webkit2gtk-driver"),
            (Engine::Firefox, "geckodriver", "cargo install geckodriver"),
        ] {
            let missing = engine.programs_in(&folder, &[]).unwrap_err().to_string();
            assert!(missing.contains(program) && missing.contains(remedy), "{missing}");
        }
        std::fs::write(empty.path().join("chromedriver"), "").unwrap();
        let missing = Engine::Chromium.programs_in(&folder, &[]).unwrap_err().to_string();
        assert!(missing.starts_with("chromium is not installed"), "{missing}");
        std::fs::write(empty.path().join("chromium"), "").unwrap();
        assert!(Engine::Chromium.programs_in(&folder, &[]).is_ok());
        assert!("edge".parse::<Engine>().is_err());
    }
}

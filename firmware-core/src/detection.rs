//! Which client's connectivity check a request is, and what that client hears on the Internet.
//!
//! A table of names and paths, and nothing else: whether the device answers as the Internet would is decided by
//! the routes (see [`AfterJoining`]). During setup every check and every other foreign host gets the same
//! redirect, so no check has to be looked up to be answered.

/// The client that a check comes from. Several clients may send the same check: the row is that of the client
/// that sends it most, and its comment names the others.
///
/// ```
/// use vestibule_core::detection::{Client, recognise};
///
/// let whose = |host: &str, path: &str| recognise(host.as_bytes(), path.as_bytes()).map(|probe| probe.client);
/// assert_eq!(whose("www.msftconnecttest.com", "/connecttest.txt"), Some(Client::Windows));
/// assert_eq!(whose("detectportal.firefox.com", "/success.txt"), Some(Client::Firefox));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Client {
    /// Android and what is made of it.
    Android,
    /// iOS, iPadOS, macOS.
    Apple,
    /// Windows' network connectivity status indicator.
    Windows,
    /// ChromeOS, where Android does not ask the same.
    ChromeOs,
    /// Firefox's own check, made in addition to its system's.
    Firefox,
    /// NetworkManager on Linux.
    NetworkManager,
    /// KDE.
    Kde,
    /// Amazon's Android: Fire OS.
    FireOs,
    /// Kindle e-readers.
    Kindle,
    /// Nintendo's consoles.
    Nintendo,
}

impl Client {
    /// Every client.
    pub const ALL: [Self; 10] = [
        Self::Android,
        Self::Apple,
        Self::Windows,
        Self::ChromeOs,
        Self::Firefox,
        Self::NetworkManager,
        Self::Kde,
        Self::FireOs,
        Self::Kindle,
        Self::Nintendo,
    ];
}

/// How well a row is known.
///
/// ```
/// use vestibule_core::detection::{Grade, recognise};
///
/// let probe = recognise(b"captive.apple.com", b"/hotspot-detect.html").unwrap();
/// assert_eq!(probe.grade, Grade::Decompiled);
/// assert!(Grade::SourceCode < Grade::Report, "the surest comes first");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Grade {
    /// The client's source code was read.
    SourceCode,
    /// The client's binary was decompiled and read.
    Decompiled,
    /// Its vendor says so.
    VendorDocument,
    /// Recorded traffic shows it.
    Captured,
    /// A project, an issue or a list says so; not verified.
    Report,
}

/// The answer of the real host, after which a client believes that it is online.
///
/// ```
/// use vestibule_core::detection::recognise;
///
/// let android = recognise(b"connectivitycheck.gstatic.com", b"/generate_204").unwrap().success().unwrap();
/// assert_eq!((android.status, android.body), (204, ""));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Success {
    /// The status: 200 or 204.
    pub status: u16,
    /// The `Content-Type`; empty where there is no body.
    pub content_type: &'static str,
    /// Further header lines that the client looks for, each ended by CRLF.
    pub headers: &'static str,
    /// The body.
    pub body: &'static str,
}

/// Whether the device, once it has joined and the owner has read the result, lets the phones on
/// its access point believe that they are online. They are not, so each choice costs something.
///
/// ```
/// use vestibule_core::detection::AfterJoining;
/// use vestibule_core::{Config, Ssid};
///
/// let mut config = Config::new(Ssid::new(b"Lamp-4F2A").unwrap());
/// assert_eq!(config.after_joining, AfterJoining::LetGo);
/// config.after_joining = AfterJoining::StayCaptive;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterJoining {
    /// Checks are redirected until the access point goes away.
    ///
    /// - Android: the sign-in window stays until the network is lost, then closes itself (source
    ///   code). Mobile data stays the default network.
    /// - Apple: the sheet offers "Cancel" alone, which leaves the network (decompiled); the
    ///   result must be read before.
    /// - Windows, ChromeOS, Firefox, NetworkManager: the sign-in notice stays (inferred from their
    ///   checks).
    StayCaptive,
    /// Checks are answered as on the Internet, where the answer is known and the result stays on
    /// the screen all the same.
    ///
    /// - Android: as above. Let go, the sign-in window would close itself with the result in it: up
    ///   to Android 10 one second after the page was loaded, later once the network is validated,
    ///   for which HTTP suffices after the owner has closed the window before (source code).
    /// - Apple: once the sheet has loaded the result, "Cancel" turns into "Done" (captured), which
    ///   keeps the phone on the network and makes it the default one (decompiled). Only checks that
    ///   follow the page at once are let go: a phone that comes back later shows its sheet, in case
    ///   its owner has not read yet.
    /// - Windows, ChromeOS, Firefox, NetworkManager: the sign-in notice goes (inferred likewise).
    #[default]
    LetGo,
}

/// A check that was recognised: a row of the table.
///
/// It comes from [`recognise`], whose example has one.
///
/// ```
/// use vestibule_core::detection::recognise;
///
/// let name_alone = recognise(b"networkcheck.kde.org", b"/").unwrap();
/// assert_eq!(name_alone.success(), None, "nobody has seen what KDE hears there");
/// ```
#[derive(Debug)]
pub struct Probe {
    /// The client that sends it.
    pub client: Client,
    /// How well the row is known.
    pub grade: Grade,
    hosts: &'static [&'static str],
    paths: &'static [&'static str],
    success: Option<Success>,
}

impl Probe {
    /// The answer that the client gets on the Internet; `None` where it is not known, because a wrong guess would
    /// make the client leave the network.
    #[must_use]
    pub fn success(&self) -> Option<Success> {
        self.success
    }
}

/// The check that a request for `path` (a query may follow) at `host` (as in the `Host` header: any case, a
/// port or a final dot may follow) is; `None` if it is no known check.
///
/// ```
/// use vestibule_core::detection::{Client, recognise};
///
/// let probe = recognise(b"Captive.Apple.com:80", b"/hotspot-detect.html").unwrap();
/// assert_eq!(probe.client, Client::Apple);
/// assert!(probe.success().unwrap().body.contains("<TITLE>Success</TITLE>"));
/// assert!(recognise(b"example.org", b"/").is_none());
/// ```
#[must_use]
pub fn recognise(host: &[u8], path: &[u8]) -> Option<&'static Probe> {
    let host = bare_host(host);
    let path = without_query(path);
    PROBES.iter().find(|probe| {
        probe.hosts.iter().any(|known| host.eq_ignore_ascii_case(known.as_bytes()))
            && (probe.paths.is_empty() || probe.paths.iter().any(|known| known.as_bytes() == path))
    })
}

/// Whether a request looks for a proxy's configuration (WPAD). It is to be answered 404, at any
/// host and at any time: a page in its place makes Windows ask again and again (a report, not
/// verified).
///
/// ```
/// use vestibule_core::detection::is_proxy_discovery;
///
/// assert!(is_proxy_discovery(b"/wpad.dat"));
/// assert!(!is_proxy_discovery(b"/"));
/// ```
#[must_use]
pub fn is_proxy_discovery(path: &[u8]) -> bool {
    without_query(path) == b"/wpad.dat"
}

fn bare_host(host: &[u8]) -> &[u8] {
    let name = host.split(|&byte| byte == b':').next().unwrap_or(host);
    name.strip_suffix(b".").unwrap_or(name)
}

fn without_query(path: &[u8]) -> &[u8] {
    path.split(|&byte| byte == b'?').next().unwrap_or(path)
}

const NO_CONTENT: Option<Success> = Some(Success { status: 204, content_type: "", headers: "", body: "" });

const fn text(body: &'static str) -> Option<Success> {
    Some(Success { status: 200, content_type: "text/plain", headers: "", body })
}

const fn html(body: &'static str) -> Option<Success> {
    Some(Success { status: 200, content_type: "text/html", headers: "", body })
}

const APPLE_SUCCESS: Option<Success> =
    html("<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>");

const FIREFOX_CANONICAL: Option<Success> =
    html("<meta http-equiv=\"refresh\" content=\"0;url=https://support.mozilla.org/kb/captive-portal\"/>");

/// The header counts at once, whatever the body (source code); the body serves those that are
/// older.
const fn network_manager(status: u16, body: &'static str) -> Option<Success> {
    let content_type = if body.is_empty() { "" } else { "text/plain" };
    Some(Success { status, content_type, headers: "X-NetworkManager-Status: online\r\n", body })
}

const NETWORK_MANAGER_ONLINE: Option<Success> = network_manager(200, "NetworkManager is online");

/// The parts of the page that Kindles look for; the rest of it is not known.
const KINDLE: Option<Success> = html(concat!(
    "<html><head><title>Kindle Reachability Probe Page</title></head>",
    "<body>81ce4465-7167-4dcb-835b-dcc9e44c112a</body></html>"
));

/// The parts of the page that the DS, Wii and 3DS look for; the rest of it is not known.
const NINTENDO: Option<Success> = Some(Success {
    status: 200,
    content_type: "text/html",
    headers: "X-Organization: Nintendo\r\n",
    body: "<html><body>This is test.html page</body></html>",
});

const ANY_PATH: &[&str] = &[];
const GENERATE_204: &[&str] = &["/generate_204", "/gen_204"];

const fn probe(
    client: Client,
    grade: Grade,
    hosts: &'static [&'static str],
    paths: &'static [&'static str],
    success: Option<Success>,
) -> Probe {
    Probe { client, grade, hosts, paths, success }
}

/// The table: client, grade, hosts, paths, answer. The first row that fits counts.
static PROBES: &[Probe] = &{
    use Client::*;
    use Grade::*;
    [
        // AOSP NetworkMonitor 7 to 15 with its fallbacks; ChromeOS and Chromium ask the same.
        probe(
            Android,
            SourceCode,
            &["connectivitycheck.gstatic.com", "www.google.com", "play.googleapis.com", "www.gstatic.com"],
            GENERATE_204,
            NO_CONTENT,
        ),
        // Samsung's watchdog on Android 5 and 6 (connectivitycheck.android.com).
        probe(Android, Decompiled, &["connectivitycheck.android.com"], GENERATE_204, NO_CONTENT),
        // Android 5 and 6, Xiaomi, Huawei, Honor: hosts from lists.
        probe(
            Android,
            Report,
            &[
                "clients3.google.com",
                "clients4.google.com",
                "android.clients.google.com",
                "www.androidbak.net",
                "connect.rom.miui.com",
                "connectivitycheck.platform.hicloud.com",
                "connectivitycheck.platform.hihonorcloud.com",
            ],
            GENERATE_204,
            NO_CONTENT,
        ),
        // Samsung: the name alone is known, not what is asked there.
        probe(Android, Report, &["d2uzsrnmmf6tds.cloudfront.net"], ANY_PATH, None),
        // shill's portal detector: the fallbacks that Android does not have.
        probe(
            ChromeOs,
            SourceCode,
            &[
                "www.play.googleapis.com",
                "safebrowsing.google.com",
                "www.googleapis.com",
                "accounts.google.com",
            ],
            GENERATE_204,
            NO_CONTENT,
        ),
        // CaptiveNetworkSupport, and recorded from iOS 10 and macOS 11.
        probe(Apple, Decompiled, &["captive.apple.com"], &["/hotspot-detect.html"], APPLE_SUCCESS),
        // iOS 4, and iOS 10 once its sheet has loaded a page.
        probe(Apple, Captured, &["www.apple.com"], &["/library/test/success.html"], APPLE_SUCCESS),
        // iOS 7 and 8: paths drawn at random.
        probe(
            Apple,
            Report,
            &[
                "www.thinkdifferent.us",
                "www.airport.us",
                "www.ibook.info",
                "www.itools.info",
                "www.appleiphonecell.com",
            ],
            ANY_PATH,
            APPLE_SUCCESS,
        ),
        // The check for a broken uplink (user agent NetworkCTS); what it wants to hear was not read.
        probe(Apple, Decompiled, &["netcts.cdn-apple.com"], ANY_PATH, None),
        // NCSI overview and frequently asked questions; the IPv6 hosts likewise.
        probe(
            Windows,
            VendorDocument,
            &["www.msftconnecttest.com", "ipv6.msftconnecttest.com"],
            &["/connecttest.txt"],
            text("Microsoft Connect Test"),
        ),
        probe(
            Windows,
            VendorDocument,
            &["www.msftncsi.com", "ipv6.msftncsi.com"],
            &["/ncsi.txt"],
            text("Microsoft NCSI"),
        ),
        // The address that the browser opens once Windows has found a portal (KB 4494446). It is no check, so there
        // is no answer that passes.
        probe(Windows, VendorDocument, &["www.msftconnecttest.com"], &["/redirect"], None),
        // CaptivePortalService, CaptiveDetect and the preferences.
        probe(Firefox, SourceCode, &["detectportal.firefox.com"], &["/canonical.html"], FIREFOX_CANONICAL),
        probe(Firefox, SourceCode, &["detectportal.firefox.com"], &["/success.txt"], text("success\n")),
        // nm-connectivity.c; each distribution sets its own host: Fedora's is in its package,
        // Ubuntu documents its own, the rest are from lists.
        probe(
            NetworkManager,
            SourceCode,
            &["fedoraproject.org"],
            &["/static/hotspot.txt"],
            network_manager(200, "OK"),
        ),
        probe(
            NetworkManager,
            VendorDocument,
            &["connectivity-check.ubuntu.com"],
            &["/"],
            network_manager(204, ""),
        ),
        probe(
            NetworkManager,
            Report,
            &["nmcheck.gnome.org", "ping.manjaro.org"],
            &["/check_network_status.txt"],
            NETWORK_MANAGER_ONLINE,
        ),
        probe(NetworkManager, Report, &["network-test.debian.org"], &["/nm"], NETWORK_MANAGER_ONLINE),
        probe(NetworkManager, Report, &["ping.archlinux.org"], &["/nm-check.txt"], NETWORK_MANAGER_ONLINE),
        // The name alone is known.
        probe(Kde, Report, &["networkcheck.kde.org"], ANY_PATH, None),
        probe(FireOs, Report, &["fireoscaptiveportal.com"], GENERATE_204, NO_CONTENT),
        // The names alone are known.
        probe(
            FireOs,
            Report,
            &["firetvcaptiveportal.com", "tabletcaptiveportal.com", "mmechocaptiveportal.com"],
            ANY_PATH,
            None,
        ),
        probe(Kindle, Report, &["spectrum.s3.amazonaws.com"], &["/kindle-wifi/wifistub.html"], KINDLE),
        probe(Nintendo, Report, &["conntest.nintendowifi.net"], &["/"], NINTENDO),
        // The Switch: the name alone is known.
        probe(Nintendo, Report, &["ctest.cdn.nintendo.net"], ANY_PATH, None),
    ]
};

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    /// Requests of clients as recorded, read from their code or reported, with whose they are.
    const REQUESTS: &[(&str, &str, Client)] = &[
        ("connectivitycheck.gstatic.com", "/generate_204", Client::Android),
        ("www.google.com", "/generate_204", Client::Android),
        ("www.google.com", "/gen_204", Client::Android),
        ("play.googleapis.com", "/generate_204", Client::Android),
        ("connectivitycheck.android.com", "/generate_204", Client::Android),
        ("clients3.google.com", "/generate_204", Client::Android),
        ("connect.rom.miui.com", "/generate_204", Client::Android),
        ("connectivitycheck.platform.hicloud.com", "/generate_204", Client::Android),
        ("connectivitycheck.platform.hihonorcloud.com", "/generate_204", Client::Android),
        ("fireoscaptiveportal.com", "/generate_204", Client::FireOs),
        ("captive.apple.com", "/hotspot-detect.html", Client::Apple),
        ("www.apple.com", "/library/test/success.html", Client::Apple),
        ("www.thinkdifferent.us", "/TgvdkOZ1/BHVTQoca/Q9REJ2Z2.html", Client::Apple),
        ("netcts.cdn-apple.com", "/", Client::Apple),
        ("www.msftconnecttest.com", "/connecttest.txt", Client::Windows),
        ("ipv6.msftconnecttest.com", "/connecttest.txt", Client::Windows),
        ("www.msftncsi.com", "/ncsi.txt", Client::Windows),
        ("ipv6.msftncsi.com", "/ncsi.txt", Client::Windows),
        ("www.msftconnecttest.com", "/redirect", Client::Windows),
        ("www.play.googleapis.com", "/generate_204", Client::ChromeOs),
        ("www.gstatic.com", "/generate_204", Client::Android),
        ("safebrowsing.google.com", "/generate_204", Client::ChromeOs),
        ("www.googleapis.com", "/generate_204", Client::ChromeOs),
        ("accounts.google.com", "/generate_204", Client::ChromeOs),
        ("detectportal.firefox.com", "/canonical.html", Client::Firefox),
        ("detectportal.firefox.com", "/success.txt", Client::Firefox),
        ("detectportal.firefox.com", "/success.txt?ipv4", Client::Firefox),
        ("detectportal.firefox.com", "/success.txt?ipv6", Client::Firefox),
        ("nmcheck.gnome.org", "/check_network_status.txt", Client::NetworkManager),
        ("fedoraproject.org", "/static/hotspot.txt", Client::NetworkManager),
        ("connectivity-check.ubuntu.com", "/", Client::NetworkManager),
        ("network-test.debian.org", "/nm", Client::NetworkManager),
        ("ping.archlinux.org", "/nm-check.txt", Client::NetworkManager),
        ("ping.manjaro.org", "/check_network_status.txt", Client::NetworkManager),
        ("spectrum.s3.amazonaws.com", "/kindle-wifi/wifistub.html", Client::Kindle),
        ("conntest.nintendowifi.net", "/", Client::Nintendo),
    ];

    /// What clients ask besides their checks: the device itself, a sheet's page, names drawn at
    /// random (Chromium), the proxy.
    const NO_CHECKS: &[(&str, &str)] = &[
        ("192.168.4.1", "/ledtest?led=1"),
        ("www.apple.com", "/"),
        ("qhvbnwxkzp", "/"),
        ("wpad.home", "/wpad.dat"),
        ("captive.apple.com", "/"),
        ("notcaptive.apple.com", "/hotspot-detect.html"),
        ("www.google.com", "/generate_204/"),
        ("www.google.com", "/search?q=/generate_204"),
        ("", ""),
    ];

    fn client(host: &str, path: &str) -> Option<Client> {
        recognise(host.as_bytes(), path.as_bytes()).map(|probe| probe.client)
    }

    #[test]
    fn every_known_request_is_recognised_and_no_other() {
        for &(host, path, whose) in REQUESTS {
            assert_eq!(client(host, path), Some(whose), "{host}{path}");
        }
        for &(host, path) in NO_CHECKS {
            assert_eq!(client(host, path), None, "{host}{path}");
        }
    }

    #[test]
    fn every_row_is_reached_by_each_of_its_hosts_and_paths() {
        for row in PROBES {
            let paths = if row.paths.is_empty() { &["/anything"] } else { row.paths };
            for host in row.hosts {
                for path in paths {
                    let found = recognise(host.as_bytes(), path.as_bytes()).unwrap();
                    assert!(core::ptr::eq(found, row), "{host}{path} is answered by another row");
                }
            }
        }
    }

    #[test]
    fn a_host_may_be_written_in_any_case_with_a_port_and_a_final_dot() {
        for host in
            ["CAPTIVE.Apple.COM", "captive.apple.com:80", "captive.apple.com.", "captive.apple.com.:8080"]
        {
            assert_eq!(client(host, "/hotspot-detect.html"), Some(Client::Apple), "{host}");
        }
        assert_eq!(client("captive.apple.com", "/HOTSPOT-DETECT.HTML"), None);
    }

    #[test]
    fn answers_are_such_as_http_allows_and_clients_compare() {
        for success in PROBES.iter().filter_map(Probe::success) {
            assert_eq!(success.status == 204, success.body.is_empty());
            assert_eq!(success.content_type.is_empty(), success.body.is_empty());
        }
        let body = |host: &str, path: &str| {
            recognise(host.as_bytes(), path.as_bytes()).and_then(Probe::success).unwrap().body
        };
        assert_eq!(body("www.msftconnecttest.com", "/connecttest.txt").len(), 22);
        assert_eq!(body("www.msftncsi.com", "/ncsi.txt").len(), 14);
        assert_eq!(body("detectportal.firefox.com", "/success.txt?ipv6"), "success\n");
        assert_eq!(body("connectivity-check.ubuntu.com", "/"), "");
    }

    #[test]
    fn no_answer_is_guessed() {
        let unknown: Vec<_> =
            PROBES.iter().filter(|row| row.success.is_none()).flat_map(|row| row.hosts).copied().collect();
        assert_eq!(
            unknown,
            [
                "d2uzsrnmmf6tds.cloudfront.net",
                "netcts.cdn-apple.com",
                "www.msftconnecttest.com",
                "networkcheck.kde.org",
                "firetvcaptiveportal.com",
                "tabletcaptiveportal.com",
                "mmechocaptiveportal.com",
                "ctest.cdn.nintendo.net",
            ]
        );
    }

    #[test]
    fn the_proxy_is_asked_for_at_any_host() {
        assert!(is_proxy_discovery(b"/wpad.dat"));
        assert!(is_proxy_discovery(b"/wpad.dat?x"));
        assert!(!is_proxy_discovery(b"/wpad.date"));
    }
}

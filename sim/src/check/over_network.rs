//! Checks over real sockets: the driver of `vestibule check`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;
use vestibule_core::Instant;

use super::Checked;
use super::access::PortalAccess;
use super::log::ExchangeOwner;
use super::phone_check::{CheckAction, PhoneCheck};
use super::project::Project;
use super::settings::{Route, Settings};
use crate::phone::{Exchange, Model, Progress};

/// A phone that has been kept waiting so long without a connection gives up its turn: it takes up
/// nothing of the portal, and a portal that is not there at all is soon told by all.
const KEEPS_TURN: Duration = Duration::from_secs(1);

/// How long the portal's own page may take.
const PAGE_TIMEOUT: Duration = Duration::from_secs(3);

/// Checks a portal with these phones, `at_once` of them at a time. `done` is called as each has
/// concluded; the result has the order of `models`.
///
/// ```
/// use vestibule::capture::BuiltIn;
/// use vestibule::check::{Settings, Trust, junit, over_network};
/// use vestibule::phone::by_id;
///
/// # let runtime = tokio::runtime::Runtime::new()?;
/// # runtime.block_on(async {
/// let device = BuiltIn::start().await?;
/// let settings = Settings { target: device.target(), https_port: None, trust: Trust::public(), intercepts: false,
///     at_once: 2 };
/// let phones = [by_id("android-14")?, by_id("ios-17")?];
/// let checked = over_network(settings, &phones, |_| {}).await;
/// for one in &checked {
///     assert!(one.passed() && !one.failed());
///     assert_eq!((one.sheet.word(), one.concluded()), ("yes", "portal"));
/// }
/// assert!(junit("the device", &checked)?.contains("<testcase name=\"ios-17\""));
/// device.stop().await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn over_network(
    settings: Settings,
    models: &[&'static Model],
    done: impl Fn(&Checked),
) -> Vec<Checked> {
    let turns = Arc::new(Semaphore::new(settings.at_once.max(1)));
    let mut checks = JoinSet::new();
    let mut checked = BTreeMap::new();
    let mut waiting = models.iter().enumerate().peekable();
    loop {
        // One after the other: phones that waited for their turns by themselves would come in any order.
        tokio::select! {
            Some(over) = checks.join_next(), if !checks.is_empty() => {
                // A task of its own ends early only with the whole runtime.
                let Ok((number, one)) = over else { continue };
                done(&one);
                checked.insert(number, one);
            }
            turn = Arc::clone(&turns).acquire_owned(), if waiting.peek().is_some() => {
                let Some((number, &model)) = waiting.next() else { continue };
                // Never closed, so there always comes a turn.
                let turn = turn.ok();
                checks.spawn(async move {
                    (number, check(&PortalAccess::Sockets(settings), model, turn).await)
                });
            }
            else => break,
        }
    }
    let mut checked: Vec<Checked> = checked.into_values().collect();
    let project = match checked.iter().find_map(|one| one.project) {
        // Phones that were shown no page have seen little of the portal.
        None if checked.iter().any(|one| one.change.is_some()) => {
            let own = format!("http://{}/", settings.target.address);
            let page = PortalAccess::Sockets(settings).get(&own, PAGE_TIMEOUT).await;
            page.as_ref().and_then(Project::of)
        }
        found => found,
    };
    checked.iter_mut().for_each(|one| one.project = project);
    checked
}

/// A check under way and its phone's clock.
struct RunningCheck {
    check: PhoneCheck,
    began: tokio::time::Instant,
    /// How far the phone's clock was put forward, over what it would only have sat out.
    ahead: Duration,
}

impl RunningCheck {
    fn now(&self) -> Instant {
        Instant::from_micros(0) + self.began.elapsed() + self.ahead
    }
}

/// What the tasks of a check share. What comes from a socket goes straight to the phone: nothing
/// queues up, however much a portal sends.
struct Shared {
    running: Mutex<RunningCheck>,
    stirred: Notify,
}

impl Shared {
    /// Does something with the check at this moment of its phone's clock.
    fn with<T>(&self, act: impl FnOnce(&mut RunningCheck, Instant) -> T) -> T {
        // Poisoned only when a task has panicked; what it guards is whole all the same.
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let now = running.now();
        act(&mut running, now)
    }

    async fn carry_out(self: Arc<Self>, access: PortalAccess, of: ExchangeOwner, exchange: Exchange) {
        let tell = |progress: Progress<'_>| {
            self.with(|running, now| running.check.progress(of, progress, now));
            self.stirred.notify_one();
        };
        access.run(&exchange, None, tell).await;
    }
}

/// What a check does next.
enum Next {
    Do(CheckAction),
    Wait(Duration),
    End(Box<Checked>),
}

impl RunningCheck {
    fn next(&mut self) -> Next {
        let now = self.now();
        if let Some(action) = self.check.poll() {
            return Next::Do(action);
        }
        if self.check.is_over(now) {
            return Next::End(Box::new(self.check.checked()));
        }
        let wait = self.check.timeout().since(now);
        if self.check.is_in_flight() {
            return Next::Wait(wait);
        }
        self.ahead += wait;
        Next::Wait(Duration::ZERO)
    }
}

/// Checks a portal with this phone, whichever way its bytes go.
pub(super) async fn check(
    access: &PortalAccess,
    model: &'static Model,
    mut turn: Option<OwnedSemaphorePermit>,
) -> Checked {
    let beginning = Instant::from_micros(0);
    let running = RunningCheck {
        check: PhoneCheck::begin(model, access.link(), access.place(), access.announced(), beginning),
        began: tokio::time::Instant::now(),
        ahead: Duration::ZERO,
    };
    let shared = Arc::new(Shared { running: Mutex::new(running), stirred: Notify::new() });
    let mut exchanges = JoinSet::new();
    let mut under_way: BTreeMap<ExchangeOwner, AbortHandle> = BTreeMap::new();
    loop {
        match shared.with(|running, _| running.next()) {
            Next::End(checked) => return *checked,
            Next::Do(CheckAction::Abandon(of)) => {
                if let Some(exchange) = under_way.remove(&of) {
                    exchange.abort();
                }
            }
            Next::Do(CheckAction::Open { of, exchange }) => match access.route(&exchange) {
                Route::Foreign => shared.with(|running, now| running.check.refuse_foreign(of, now)),
                _ => {
                    let carried = Arc::clone(&shared).carry_out(access.clone(), of, exchange);
                    under_way.insert(of, exchanges.spawn(carried));
                }
            },
            Next::Wait(wait) => {
                while exchanges.try_join_next().is_some() {}
                let waits_for_nobody = shared.with(|running, _| {
                    running.began.elapsed() >= KEEPS_TURN && !running.check.is_connected()
                });
                if waits_for_nobody {
                    turn = None;
                }
                let wait = if turn.is_some() { wait.min(KEEPS_TURN) } else { wait };
                if timeout(wait, shared.stirred.notified()).await.is_err() {
                    shared.with(|running, now| running.check.due(now));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::path::Path;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::capture::Target;
    use crate::check::Sheet;
    use crate::phone::by_id;
    use crate::profile::{Ports, StandIn, load};
    use crate::tls::{ServerCertificate, Trust};

    const PAGE: &[u8] =
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<p>Set up</p>";

    /// What a portal has on its port for TLS.
    #[derive(Clone, Copy)]
    enum Secure {
        Certificate(ServerCertificate),
        PlainHttp,
    }

    async fn serve(listener: TcpListener, secure: Secure) {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut piece = [0; 2048];
                let Secure::Certificate(certificate) = secure else {
                    let _ = stream.read(&mut piece).await;
                    let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
                    return;
                };
                let mut server = certificate.server("portal.example", PAGE.to_vec()).unwrap();
                while let Ok(length @ 1..) = stream.read(&mut piece).await {
                    server.receive(&piece[..length]);
                    if stream.write_all(&server.take_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    }

    /// A portal that redirects checks to its page over HTTPS, checked by this phone.
    async fn checked(phone: &str, secure: Secure) -> Checked {
        let text = "name = \"a portal\"\nwhat = \"of a test\"\naddress = \"127.0.0.1\"\nsource = \"a test\"\ngrade = \"A\"\n\
             dns.address = { answer = \"portal\", source = \"a test\", grade = \"A\" }\n\
             dns.other = { answer = \"nothing\", source = \"a test\", grade = \"A\" }\n\
             https = { answer = \"refused\", source = \"a test\", grade = \"A\" }\n[[http]]\nsource = \"a test\"\ngrade = \"A\"\n\
             reply = { status = 302, headers = { Location = \"https://portal.example/\" } }\n";
        let profile = load::parse(text, Path::new("test.toml")).unwrap();
        let portal = StandIn::start(profile, Ports::default()).await.unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let https_port = Some(listener.local_addr().unwrap().port());
        tokio::spawn(serve(listener, secure));
        let target = Target { http: portal.http, dns: portal.dns, address: portal.address() };
        let settings =
            Settings { target, https_port, trust: Trust::simulated(), intercepts: false, at_once: 1 };
        over_network(settings, &[by_id(phone).unwrap()], |_| {}).await.remove(0)
    }

    /// What a portal is asked last, before it is gone for one, depends on it.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn phones_come_one_after_the_other_in_the_order_in_which_they_are_named() {
        let device = crate::capture::BuiltIn::start().await.unwrap();
        let target = device.target();
        let settings =
            Settings { target, https_port: None, trust: Trust::public(), intercepts: false, at_once: 1 };
        let named = ["windows-11", "android-14", "nm-gnome", "ios-17", "chromium", "android-10", "connman"];
        for _ in 0..5 {
            let came = Mutex::new(Vec::new());
            let phones = named.map(|id| by_id(id).unwrap());
            over_network(settings, &phones, |one| came.lock().unwrap().push(one.model.id)).await;
            assert_eq!(*came.lock().unwrap(), named);
        }
        device.stop().await;
    }

    #[tokio::test]
    async fn a_page_over_https_is_shown_where_the_phone_trusts_its_certificate() {
        for phone in ["android-14", "ios-17"] {
            let trusted = checked(phone, Secure::Certificate(ServerCertificate::Trusted)).await;
            assert!(trusted.passed(), "{trusted:#?}");
        }
    }

    #[tokio::test]
    async fn gnomes_portal_helper_shows_a_page_whatever_its_certificate() {
        let self_signed = checked("nm-gnome", Secure::Certificate(ServerCertificate::SelfSigned)).await;
        assert!(self_signed.passed(), "{self_signed:#?}");
        assert!(!checked("nm-gnome", Secure::PlainHttp).await.passed());
    }

    #[tokio::test]
    async fn a_certificate_that_does_not_fit_is_named_with_what_is_to_be_changed() {
        for (secure, why) in [
            (Secure::Certificate(ServerCertificate::SelfSigned), "nobody signed whom it trusts"),
            (Secure::Certificate(ServerCertificate::WrongName), "for another name"),
            (Secure::Certificate(ServerCertificate::Expired), "out of its time"),
            (Secure::PlainHttp, "not TLS"),
        ] {
            for phone in ["android-14", "ios-17"] {
                let wrong = checked(phone, secure).await;
                assert!(!wrong.passed(), "{wrong:#?}");
                let Sheet::Empty { why: said, .. } = &wrong.sheet else { panic!("{wrong:#?}") };
                assert!(said.contains(why), "{said}");
                assert!(wrong.exchanges.iter().any(|one| one.came.contains(why)), "{wrong:#?}");
                assert!(wrong.change.as_ref().is_some_and(|change| change.contains("https")), "{wrong:#?}");
            }
        }
    }
}

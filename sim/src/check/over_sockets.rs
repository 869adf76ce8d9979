//! Visits over real sockets: the driver of `vestibule check`.

use std::collections::BTreeMap;
use std::net::{SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;
use vestibule_core::{DNS_PORT, Instant};

use super::Checked;
use super::log::Of;
use super::visit::{Action, Visit};
use crate::capture::Target;
use crate::phone::{Exchange, Link, Model, Progress};
use crate::socket_exchange;
use crate::world::destination;

/// How a portal is checked.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Where the portal is.
    pub target: Target,
    /// Its port for TLS; `None` counts as closed.
    pub https_port: Option<u16>,
    /// The portal catches connections to every address, as a router does: they go to it too.
    pub intercepts: bool,
    /// How many phones check at once.
    pub at_once: usize,
}

/// Where an exchange goes.
enum Way {
    To(SocketAddr),
    Closed,
    Foreign,
}

impl Settings {
    fn link(&self) -> Link {
        let router = self.target.address;
        // The phone's address is never sent anywhere; any other of the network will do.
        let [a, b, c, d] = router.octets();
        let address = [a, b, c, if d == 10 { 11 } else { 10 }].into();
        Link { address, router, resolver: SocketAddrV4::new(router, DNS_PORT) }
    }

    fn way(&self, exchange: &Exchange) -> Way {
        let to = destination(exchange);
        let is_portal = *to.ip() == self.target.address || SocketAddr::V4(to).ip() == self.target.http.ip();
        match exchange {
            Exchange::Datagram { .. } => Way::To(self.target.dns),
            _ if !is_portal && !self.intercepts => Way::Foreign,
            Exchange::Stream { .. } => Way::To(self.target.http),
            Exchange::Tls { .. } => match self.https_port {
                Some(port) => Way::To(SocketAddr::new(self.target.http.ip(), port)),
                None => Way::Closed,
            },
        }
    }
}

/// A phone that has been kept waiting so long without a connection gives up its turn: it takes up
/// nothing of the portal, and a portal that is not there at all is soon told by all.
const KEEPS_TURN: Duration = Duration::from_secs(1);

/// Checks a portal with these phones, `at_once` of them at a time. `done` is called as each has
/// concluded; the result has the order of `models`.
///
/// ```
/// use vestibule::capture::BuiltIn;
/// use vestibule::check::{Settings, junit, over_sockets};
/// use vestibule::phone::by_id;
///
/// # let runtime = tokio::runtime::Runtime::new()?;
/// # runtime.block_on(async {
/// let device = BuiltIn::start().await?;
/// let settings = Settings { target: device.target(), https_port: None, intercepts: false, at_once: 2 };
/// let phones = [by_id("android-14")?, by_id("ios-17")?];
/// let checked = over_sockets(settings, &phones, |_| {}).await;
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
pub async fn over_sockets(
    settings: Settings,
    models: &[&'static Model],
    done: impl Fn(&Checked),
) -> Vec<Checked> {
    let turns = Arc::new(Semaphore::new(settings.at_once.max(1)));
    let mut visits = JoinSet::new();
    for (number, &model) in models.iter().enumerate() {
        let turns = Arc::clone(&turns);
        visits.spawn(async move {
            // Never closed, so there always comes a turn.
            let turn = turns.acquire_owned().await.ok();
            (number, visit(settings, model, turn).await)
        });
    }
    let mut checked = BTreeMap::new();
    while let Some(visited) = visits.join_next().await {
        // A task of its own ends early only with the whole runtime.
        let Ok((number, one)) = visited else { continue };
        done(&one);
        checked.insert(number, one);
    }
    checked.into_values().collect()
}

/// A visit under way and its phone's clock.
struct Course {
    visit: Visit,
    began: tokio::time::Instant,
    /// How far the phone's clock was put forward, over what it would only have sat out.
    ahead: Duration,
}

impl Course {
    fn now(&self) -> Instant {
        Instant::from_micros(0) + self.began.elapsed() + self.ahead
    }
}

/// What the tasks of a visit share. What comes from a socket goes straight to the phone: nothing
/// queues up, however much a portal sends.
struct Shared {
    course: Mutex<Course>,
    stirred: Notify,
}

impl Shared {
    /// Does something with the visit at this moment of its phone's clock.
    fn with<T>(&self, act: impl FnOnce(&mut Course, Instant) -> T) -> T {
        // Poisoned only when a task has panicked; what it guards is whole all the same.
        let mut course = self.course.lock().unwrap_or_else(PoisonError::into_inner);
        let now = course.now();
        act(&mut course, now)
    }

    async fn carry_out(self: Arc<Self>, source: SocketAddr, real: SocketAddr, of: Of, exchange: Exchange) {
        let tell = |progress: Progress<'_>| {
            self.with(|course, now| course.visit.progress(of, progress, now));
            self.stirred.notify_one();
        };
        socket_exchange::run(source, real, &exchange, tell).await;
    }
}

/// What a visit does next.
enum Next {
    Do(Action),
    Wait(Duration),
    End(Box<Checked>),
}

impl Course {
    fn next(&mut self) -> Next {
        let now = self.now();
        if let Some(action) = self.visit.poll() {
            return Next::Do(action);
        }
        if self.visit.is_over(now) {
            return Next::End(Box::new(self.visit.checked()));
        }
        let wait = self.visit.timeout().since(now);
        if self.visit.is_in_flight() {
            return Next::Wait(wait);
        }
        self.ahead += wait;
        Next::Wait(Duration::ZERO)
    }
}

async fn visit(settings: Settings, model: &'static Model, mut turn: Option<OwnedSemaphorePermit>) -> Checked {
    let beginning = Instant::from_micros(0);
    let course = Course {
        visit: Visit::begin(model, settings.link(), None, beginning),
        began: tokio::time::Instant::now(),
        ahead: Duration::ZERO,
    };
    let shared = Arc::new(Shared { course: Mutex::new(course), stirred: Notify::new() });
    let mut exchanges = JoinSet::new();
    let mut under_way: BTreeMap<Of, AbortHandle> = BTreeMap::new();
    loop {
        match shared.with(|course, _| course.next()) {
            Next::End(checked) => return *checked,
            Next::Do(Action::Abandon(of)) => {
                if let Some(exchange) = under_way.remove(&of) {
                    exchange.abort();
                }
            }
            Next::Do(Action::Open { of, exchange }) => match settings.way(&exchange) {
                Way::To(real) => {
                    let source = settings.target.source(real);
                    let carried = Arc::clone(&shared).carry_out(source, real, of, exchange);
                    under_way.insert(of, exchanges.spawn(carried));
                }
                Way::Closed => {
                    shared.with(|course, now| course.visit.progress(of, Progress::Refused, now));
                }
                Way::Foreign => shared.with(|course, now| course.visit.refuse_foreign(of, now)),
            },
            Next::Wait(wait) => {
                while exchanges.try_join_next().is_some() {}
                let waits_for_nobody = shared
                    .with(|course, _| course.began.elapsed() >= KEEPS_TURN && !course.visit.is_connected());
                if waits_for_nobody {
                    turn = None;
                }
                let wait = if turn.is_some() { wait.min(KEEPS_TURN) } else { wait };
                if timeout(wait, shared.stirred.notified()).await.is_err() {
                    shared.with(|course, now| course.visit.due(now));
                }
            }
        }
    }
}

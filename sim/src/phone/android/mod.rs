//! Android 10 and later: NetworkMonitor evaluates the network, CaptivePortalLogin is the sheet.
//!
//! Not modelled: Private DNS, the captive portal API (option 114), makers' own checks.

mod evaluation;
pub(super) mod request;
pub(super) mod rules;
mod sheet;

use std::time::Duration;

use vestibule_core::Instant;

use self::evaluation::{Conclusion, Evaluation, Settings};
use self::sheet::Sheet;
use super::judge::Release;
use super::model::{Model, Options};
use super::wire::Wire;
use super::{Checker, Departure, Finding, Input, Link, Output, OwnerAction, Rule, SheetClosed, Verdict};

const FIRST_DELAY: Duration = Duration::from_secs(1);
const LONGEST_DELAY: Duration = Duration::from_secs(600);
const PORTAL_RECHECK: Duration = Duration::from_secs(600);

/// Requests to evaluate again are ignored between evaluations before this many attempts.
const IGNORED_ATTEMPTS: u32 = 5;

/// When the dialog about staying without internet comes.
const ASK_TO_STAY_AFTER: Duration = Duration::from_secs(8);

pub(super) struct Android {
    model: &'static Model,
    release: Release,
    options: Options,
    wire: Wire,
    joined: Option<Joined>,
}

/// Everything about the network that the phone is on.
struct Joined {
    link: Link,
    monitor: Monitor,
    attempts: u32,
    delay: Duration,
    use_https: bool,
    /// Wanted while an evaluation runs.
    forced: bool,
    fallback_used: bool,
    /// The last portal found, and why its login URL.
    portal: Option<(String, &'static Rule)>,
    notified: bool,
    /// The owner wants the network as it is.
    silenced: bool,
    ask_at: Option<Instant>,
    asked: bool,
    sheet: Option<Sheet>,
    /// When it leaves unless it believes in the internet by then.
    leaves_at: Option<Instant>,
}

enum Monitor {
    Evaluating(Box<Evaluation>),
    /// The last evaluation failed.
    Waiting {
        until: Instant,
    },
    Portal {
        recheck: Instant,
    },
    Validated,
}

impl Joined {
    fn put_the_dialog_away(&mut self) {
        self.ask_at = None;
        self.asked = false;
    }

    /// Whether the network is taken for one with internet.
    fn believes(&self) -> bool {
        matches!(self.monitor, Monitor::Validated)
    }
}

impl Android {
    pub(super) fn new(model: &'static Model, release: Release, seed: u64, options: Options) -> Self {
        Self { model, release, options, wire: Wire::new(seed), joined: None }
    }

    fn join(&mut self, link: Link, now: Instant) {
        self.leave(SheetClosed::NetworkLost);
        self.joined = Some(Joined {
            link,
            monitor: Monitor::Validated,
            attempts: 0,
            delay: FIRST_DELAY,
            use_https: true,
            forced: false,
            fallback_used: false,
            portal: None,
            notified: false,
            silenced: false,
            ask_at: Some(now + ASK_TO_STAY_AFTER),
            asked: false,
            sheet: None,
            leaves_at: self.options.leaves_without_internet.map(|wait| now + wait),
        });
        self.begin(now);
    }

    /// Forgets the network, however it was left.
    fn leave(&mut self, why: SheetClosed) {
        let Some(joined) = self.joined.take() else { return };
        if let Monitor::Evaluating(evaluation) = joined.monitor {
            evaluation.abandon(&mut self.wire);
        }
        if let Some(sheet) = joined.sheet {
            sheet.close(&mut self.wire, why);
        }
    }

    /// Enters the evaluating state anew: first attempt, shortest delay.
    fn begin(&mut self, now: Instant) {
        if let Some(joined) = &mut self.joined {
            joined.attempts = 0;
            joined.delay = FIRST_DELAY;
        }
        self.evaluate(now);
    }

    fn evaluate(&mut self, now: Instant) {
        let (release, refuse_private) = (self.release, self.refuses_private());
        let Some(joined) = &mut self.joined else { return };
        joined.attempts = joined.attempts.saturating_add(1);
        joined.forced = false;
        // A random one every time but the first, even if it will not be needed.
        let index = if joined.fallback_used { self.wire.choose(request::FALLBACKS.len()) } else { 0 };
        joined.fallback_used = true;
        let settings = Settings {
            link: joined.link,
            release,
            use_https: joined.use_https,
            refuse_private,
            fallback: request::FALLBACKS.get(index).copied().unwrap_or(request::FALLBACKS[0]),
        };
        joined.monitor = Monitor::Evaluating(Box::new(Evaluation::start(&mut self.wire, settings, now)));
    }

    /// The rule about private addresses came with 11.
    fn refuses_private(&self) -> bool {
        self.options.private_address_is_no_internet && self.release.is_at_least(11)
    }

    /// Somebody asks for an evaluation.
    fn force(&mut self, now: Instant) {
        let Some(joined) = &mut self.joined else { return };
        match joined.monitor {
            Monitor::Evaluating(_) => joined.forced = true,
            Monitor::Waiting { .. } if joined.attempts < IGNORED_ATTEMPTS => {}
            Monitor::Waiting { .. } | Monitor::Portal { .. } | Monitor::Validated => self.begin(now),
        }
    }

    /// Does everything that `now` asks for.
    fn due(&mut self, now: Instant) {
        let Some(joined) = &mut self.joined else { return };
        if joined.leaves_at.take_if(|at| now >= *at).is_some() && !joined.believes() {
            self.leave(SheetClosed::NetworkLost);
            return self.wire.report(Output::Left { why: Departure::NoInternet });
        }
        if joined.ask_at.is_some_and(|at| now >= at) {
            joined.ask_at = None;
            let needless = matches!(joined.monitor, Monitor::Portal { .. } | Monitor::Validated);
            if !needless && joined.portal.is_none() {
                joined.asked = true;
                self.wire.report(Output::AskToStay { rule: &rules::ASK_TO_STAY });
            }
        }
        match &mut joined.monitor {
            Monitor::Evaluating(evaluation) => evaluation.due(&mut self.wire, now),
            Monitor::Waiting { until } if now >= *until => self.evaluate(now),
            Monitor::Portal { recheck } if now >= *recheck => self.begin(now),
            _ => {}
        }
        if let Some(sheet) = self.joined.as_mut().and_then(|joined| joined.sheet.as_mut()) {
            sheet.due(&mut self.wire, now);
        }
    }

    /// Draws the conclusions that are ripe.
    fn settle(&mut self, now: Instant) {
        let sheet = self.joined.as_mut().and_then(|joined| joined.sheet.take_if(|sheet| sheet.is_over()));
        if let Some(sheet) = sheet {
            sheet.close(&mut self.wire, SheetClosed::CheckSucceeded);
            self.app_finished(now);
        }
        let Some(Joined { monitor: Monitor::Evaluating(evaluation), .. }) = &mut self.joined else { return };
        if let Some(conclusion) = evaluation.advance(&mut self.wire, now) {
            self.conclude(conclusion, now);
        }
    }

    fn conclude(&mut self, conclusion: Conclusion, now: Instant) {
        let Some(joined) = &mut self.joined else { return };
        let Conclusion { verdict, rule, login_rule } = conclusion;
        self.wire.report(Output::Verdict { verdict: verdict.clone(), rule });
        let forced = std::mem::take(&mut joined.forced);
        let next = match verdict {
            Verdict::Portal { url } => {
                let login_rule = login_rule.unwrap_or(rule);
                if !joined.notified && !joined.silenced {
                    joined.notified = true;
                    self.wire.report(Output::Notify { url: url.clone(), rule: login_rule });
                }
                joined.portal = Some((url, login_rule));
                joined.put_the_dialog_away();
                Monitor::Portal { recheck: now + PORTAL_RECHECK }
            }
            Verdict::Online => {
                joined.notified = false;
                joined.put_the_dialog_away();
                if let Some(sheet) = joined.sheet.take_if(|_| self.release.is_at_least(11)) {
                    sheet.close(&mut self.wire, SheetClosed::Validated);
                }
                Monitor::Validated
            }
            _ => {
                let until = now + joined.delay;
                joined.delay = (joined.delay * 2).min(LONGEST_DELAY);
                Monitor::Waiting { until }
            }
        };
        if let Monitor::Evaluating(evaluation) = std::mem::replace(&mut joined.monitor, next) {
            evaluation.abandon(&mut self.wire);
        }
        if forced {
            self.force(now);
        }
    }

    /// The sign-in app closed with the network dismissed: from now on HTTP alone decides.
    fn app_finished(&mut self, now: Instant) {
        if let Some(joined) = &mut self.joined {
            joined.use_https = false;
        }
        self.force(now);
    }

    fn owner(&mut self, action: OwnerAction<'_>, now: Instant) {
        let (sheet, asked, notified) = match &self.joined {
            Some(joined) => (joined.sheet.is_some(), joined.asked, joined.notified),
            None => (false, false, false),
        };
        match action {
            OwnerAction::TapNotification if notified && !sheet => self.open_sheet(),
            OwnerAction::PageStarted { .. } | OwnerAction::PageFinished { .. } if sheet => {
                if self.release.is_at_least(11) {
                    self.force(now);
                } else if let Some(sheet) = self.joined.as_mut().and_then(|joined| joined.sheet.as_mut()) {
                    sheet.check_later(now);
                }
            }
            // A browser's late word about a sheet that has closed.
            OwnerAction::PageStarted { .. } | OwnerAction::PageFinished { .. } => {}
            OwnerAction::Cancel if sheet => {
                self.close_sheet(SheetClosed::Cancelled);
                self.app_finished(now);
            }
            OwnerAction::UseAsIs if sheet => self.use_as_is(),
            OwnerAction::UseAsIs if asked => {
                if let Some(joined) = &mut self.joined {
                    joined.put_the_dialog_away();
                }
            }
            OwnerAction::DoNotUse if sheet || asked => {
                self.leave(SheetClosed::NotWanted);
                self.wire.report(Output::Left { why: Departure::NotWanted });
            }
            OwnerAction::TapNotification => self.nothing("the sign-in notification"),
            OwnerAction::Cancel => self.nothing("closing the sign-in page"),
            OwnerAction::Done => self.nothing("Done"),
            OwnerAction::UseAsIs => self.nothing("using the network as it is"),
            OwnerAction::DoNotUse => self.nothing("not using the network"),
        }
    }

    fn nothing(&mut self, what: &'static str) {
        self.wire.report(Output::Finding(Finding::NothingToPress(what)));
    }

    fn open_sheet(&mut self) {
        let release = self.release;
        let Some(joined) = &mut self.joined else { return };
        let Some((url, rule)) = joined.portal.clone() else { return };
        joined.sheet = Some(Sheet::new(joined.link, &url));
        self.wire.report(Output::SheetOpened { url, user_agent: sheet::user_agent(release), rule });
    }

    fn close_sheet(&mut self, why: SheetClosed) {
        if let Some(sheet) = self.joined.as_mut().and_then(|joined| joined.sheet.take()) {
            sheet.close(&mut self.wire, why);
        }
    }

    fn use_as_is(&mut self) {
        self.close_sheet(SheetClosed::UsedAsIs);
        let Some(joined) = &mut self.joined else { return };
        joined.silenced = true;
        joined.notified = false;
        joined.use_https = false;
        joined.put_the_dialog_away();
        if let Monitor::Evaluating(evaluation) = std::mem::replace(&mut joined.monitor, Monitor::Validated) {
            evaluation.abandon(&mut self.wire);
        }
        self.wire.report(Output::Verdict { verdict: Verdict::Online, rule: &rules::AS_IS });
    }
}

impl Checker for Android {
    fn handle(&mut self, input: Input<'_>, now: Instant) {
        self.due(now);
        self.settle(now);
        match input {
            Input::Joined(link) => self.join(link, now),
            Input::Left => self.leave(SheetClosed::NetworkLost),
            Input::Exchange { id, progress } => {
                if let Some(joined) = &mut self.joined {
                    if let Monitor::Evaluating(evaluation) = &mut joined.monitor {
                        evaluation.exchange(&mut self.wire, id, progress, now);
                    }
                    if let Some(sheet) = &mut joined.sheet {
                        sheet.exchange(&mut self.wire, id, progress, now);
                    }
                }
            }
            Input::Deadline => {}
            Input::Owner(action) => self.owner(action, now),
        }
        self.settle(now);
    }

    fn poll(&mut self) -> Option<Output> {
        self.wire.poll()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let joined = self.joined.as_ref()?;
        let monitor = match &joined.monitor {
            Monitor::Evaluating(evaluation) => evaluation.timeout(),
            Monitor::Waiting { until } => Some(*until),
            Monitor::Portal { recheck } => Some(*recheck),
            Monitor::Validated => None,
        };
        let sheet = joined.sheet.as_ref().and_then(Sheet::timeout);
        monitor.into_iter().chain(joined.ask_at).chain(joined.leaves_at).chain(sheet).min()
    }

    fn model(&self) -> &'static Model {
        self.model
    }
}

//! iOS (and iPadOS, macOS, which share it): CaptiveNetworkSupport probes, the sheet opens by
//! itself.
//!
//! Modelled is a network joined by hand. Not modelled: automatic joining, Hotspot Helper apps,
//! the captive portal API (option 114), Private Relay's names, the locked screen.

pub(super) mod probe;
pub(super) mod rules;

use std::time::Duration;

use vestibule_core::Instant;

use self::probe::{PROBE_URL, Probe};
use super::judge::Judgement;
use super::model::{Model, Options};
use super::wire::Wire;
use super::{
    Button, Checker, Departure, Finding, Input, Link, Output, OwnerAction, Rule, SheetClosed, Verdict,
};

const MAINTAIN_EVERY: Duration = Duration::from_secs(300);

/// What differs between versions.
#[derive(Debug)]
pub(super) struct Generation {
    /// As in the probe's user agent.
    pub(super) network_support: &'static str,
    /// As in the sheet's user agent.
    pub(super) system: &'static str,
    pub(super) service_question: bool,
    /// Which page the sheet loads, and how well that is known.
    pub(super) sheet: SheetPage,
}

#[derive(Debug)]
pub(super) enum SheetPage {
    Probe(&'static Rule),
    Redirect(&'static Rule),
}

pub(super) struct Apple {
    model: &'static Model,
    generation: &'static Generation,
    options: Options,
    wire: Wire,
    joined: Option<Joined>,
}

struct Joined {
    link: Link,
    state: State,
    probe: Option<Probe>,
    /// A page finished while a probe ran.
    probe_again: bool,
    /// When it leaves unless it believes in the internet by then.
    leaves_at: Option<Instant>,
}

#[derive(Clone, Copy)]
enum State {
    Evaluating,
    Sheet {
        button: Button,
    },
    Online {
        maintain: Instant,
    },
    /// "Use Without Internet": no more probes.
    WithoutInternet,
}

impl State {
    /// Whether the network is taken for one with internet, or wanted without.
    fn believes(self) -> bool {
        match self {
            Self::Online { .. } | Self::WithoutInternet => true,
            Self::Sheet { button } => button == Button::Done,
            Self::Evaluating => false,
        }
    }
}

impl Apple {
    pub(super) fn new(
        model: &'static Model,
        generation: &'static Generation,
        seed: u64,
        options: Options,
    ) -> Self {
        Self { model, generation, options, wire: Wire::new(seed), joined: None }
    }

    fn join(&mut self, link: Link, now: Instant) {
        self.leave(SheetClosed::NetworkLost);
        let probe = Some(Probe::start(&mut self.wire, link, self.generation, now));
        let leaves_at = self.options.leaves_without_internet.map(|wait| now + wait);
        self.joined = Some(Joined { link, state: State::Evaluating, probe, probe_again: false, leaves_at });
    }

    /// Forgets the network, however it was left.
    fn leave(&mut self, why: SheetClosed) {
        self.wire.late_abandon();
        let Some(joined) = self.joined.take() else { return };
        if let Some(probe) = joined.probe {
            probe.abandon(&mut self.wire);
        }
        if let State::Sheet { .. } = joined.state {
            self.wire.report(Output::SheetClosed { why });
        }
    }

    fn probe(&mut self, now: Instant) {
        let Some(joined) = &mut self.joined else { return };
        match joined.probe {
            Some(_) => joined.probe_again = true,
            None => {
                joined.probe_again = false;
                joined.probe = Some(Probe::start(&mut self.wire, joined.link, self.generation, now));
            }
        }
    }

    fn due(&mut self, now: Instant) {
        self.wire.late_due(now);
        let Some(joined) = &mut self.joined else { return };
        if joined.leaves_at.take_if(|at| now >= *at).is_some() && !joined.state.believes() {
            self.leave(SheetClosed::NetworkLost);
            return self.wire.report(Output::Left { why: Departure::NoInternet });
        }
        if let Some(probe) = &mut joined.probe {
            if let Some(judgement) = probe.due(&mut self.wire, now) {
                self.conclude(judgement, now);
            }
        } else if let State::Online { maintain } = joined.state
            && now >= maintain
        {
            self.probe(now);
        }
    }

    fn conclude(&mut self, judgement: Judgement, now: Instant) {
        let Some(joined) = &mut self.joined else { return };
        joined.probe = None;
        let Judgement { mut verdict, rule } = judgement;
        let mut page_rule = rule;
        if let Verdict::Portal { url } = &mut verdict {
            match self.generation.sheet {
                SheetPage::Probe(rule) => {
                    page_rule = rule;
                    PROBE_URL.clone_into(url);
                }
                SheetPage::Redirect(rule) => page_rule = rule,
            }
        }
        self.wire.report(Output::Verdict { verdict: verdict.clone(), rule });
        joined.state = match (joined.state, verdict) {
            (State::Evaluating, Verdict::Portal { url }) => {
                let user_agent = sheet_user_agent(self.generation.system);
                self.wire.report(Output::SheetOpened { url, user_agent, rule: page_rule });
                self.wire.report(Output::SheetButton(Button::Cancel));
                State::Sheet { button: Button::Cancel }
            }
            (State::Evaluating | State::Online { .. }, _) => State::Online { maintain: now + MAINTAIN_EVERY },
            (State::Sheet { button: Button::Cancel }, Verdict::Online) => {
                self.wire.report(Output::SheetButton(Button::Done));
                State::Sheet { button: Button::Done }
            }
            (state, _) => state,
        };
        if joined.probe_again {
            self.probe(now);
        }
    }

    fn owner(&mut self, action: OwnerAction<'_>, now: Instant) {
        let button = match &self.joined {
            Some(Joined { state: State::Sheet { button }, .. }) => Some(*button),
            _ => None,
        };
        match (action, button) {
            (OwnerAction::PageFinished { .. }, Some(_)) => self.probe(now),
            (OwnerAction::PageStarted { .. } | OwnerAction::PageFinished { .. }, _) => {}
            (OwnerAction::Cancel, Some(Button::Cancel)) => {
                self.leave(SheetClosed::Cancelled);
                self.wire.report(Output::Left { why: Departure::SheetCancelled });
            }
            (OwnerAction::Done, Some(Button::Done)) => {
                self.close_sheet(SheetClosed::Done, State::Online { maintain: now + MAINTAIN_EVERY });
            }
            (OwnerAction::UseAsIs, Some(Button::Cancel)) => {
                self.close_sheet(SheetClosed::UsedAsIs, State::WithoutInternet);
            }
            (OwnerAction::TapNotification, _) => self.nothing("a sign-in notification"),
            (OwnerAction::Cancel, _) => self.nothing("Cancel"),
            (OwnerAction::Done, _) => self.nothing("Done"),
            (OwnerAction::UseAsIs, _) => self.nothing("Use Without Internet"),
            (OwnerAction::DoNotUse, _) => self.nothing("not using the network"),
        }
    }

    fn nothing(&mut self, what: &'static str) {
        self.wire.report(Output::Finding(Finding::NothingToPress(what)));
    }

    /// The owner closed the sheet and stays.
    fn close_sheet(&mut self, why: SheetClosed, next: State) {
        let Some(joined) = &mut self.joined else { return };
        if let Some(probe) = joined.probe.take() {
            probe.abandon(&mut self.wire);
        }
        joined.probe_again = false;
        joined.state = next;
        self.wire.report(Output::SheetClosed { why });
    }
}

impl Checker for Apple {
    fn handle(&mut self, input: Input<'_>, now: Instant) {
        self.due(now);
        match input {
            Input::Joined(link) => self.join(link, now),
            Input::Left => self.leave(SheetClosed::NetworkLost),
            Input::Exchange { id, progress } => {
                self.wire.late_exchange(id, progress);
                let probe = self.joined.as_mut().and_then(|joined| joined.probe.as_mut());
                if let Some(judgement) =
                    probe.and_then(|probe| probe.exchange(&mut self.wire, id, progress, now))
                {
                    self.conclude(judgement, now);
                }
            }
            Input::Deadline => {}
            Input::Owner(action) => self.owner(action, now),
        }
    }

    fn poll(&mut self) -> Option<Output> {
        self.wire.poll()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let joined = self.joined.as_ref()?;
        let next = match (&joined.probe, joined.state) {
            (Some(probe), _) => Some(probe.timeout()),
            (None, State::Online { maintain }) => Some(maintain),
            (None, _) => None,
        };
        next.into_iter().chain(joined.leaves_at).chain(self.wire.late_timeout()).min()
    }

    fn model(&self) -> &'static Model {
        self.model
    }
}

fn sheet_user_agent(system: &str) -> String {
    format!(
        "Mozilla/5.0 (iPhone; CPU iPhone OS {system} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like \
         Gecko) Mobile/15E148"
    )
}

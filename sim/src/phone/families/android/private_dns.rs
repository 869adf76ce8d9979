//! What the setting "Private DNS" adds to an evaluation. All of its questions go past it; only once the network
//! would be taken for one with internet must the provider of the strict setting be there.
//!
//! Simplified: after a failure the whole evaluation is made again, where Android asks the provider alone. The
//! question for a name that follows a handshake with the provider is not sent.

use url::Url;
use vestibule_core::Instant;

use super::evaluation::Evaluation;
use super::{request, rules};
use crate::phone::check::{Check, Conclusion};
use crate::phone::exchange::{ExchangeId, Link, Progress};
use crate::phone::fetch::{Fetch, FetchOutcome};
use crate::phone::options::PrivateDns;
use crate::phone::verdict::Verdict;
use crate::phone::wire::Wire;

/// An evaluation of a phone whose Private DNS is not off.
pub(super) struct PrivateDnsCheck {
    evaluation: Box<Evaluation>,
    link: Link,
    /// The provider of the strict setting.
    provider: Option<Url>,
    /// The handshake with a server of DNS over TLS.
    handshake: Option<Box<Fetch>>,
    /// The success of the evaluation, while the provider is asked.
    success: Option<Conclusion>,
    /// Whether the provider was reached.
    reached: Option<bool>,
}

impl PrivateDnsCheck {
    /// `is_first`: the phone has just joined, and netd learns of the network's resolver.
    pub(super) fn start(
        wire: &mut Wire,
        evaluation: Evaluation,
        link: Link,
        setting: &PrivateDns,
        is_first: bool,
        now: Instant,
    ) -> Self {
        let provider = setting.provider().and_then(over_tls);
        let mut check = Self {
            evaluation: Box::new(evaluation),
            link,
            provider,
            handshake: None,
            success: None,
            reached: None,
        };
        if *setting == PrivateDns::Automatic && is_first {
            let resolver = over_tls(&link.resolver.ip().to_string());
            check.handshake = resolver.and_then(|url| check.begin_handshake(wire, &url, now));
        }
        check
    }

    fn begin_handshake(&self, wire: &mut Wire, url: &Url, now: Instant) -> Option<Box<Fetch>> {
        let fetch = Fetch::start(wire, self.link, url, Vec::new(), &request::HTTP_CLIENT, false, now);
        fetch.ok().map(Box::new)
    }

    fn handshake_over(&mut self, outcome: Option<FetchOutcome>) {
        if let Some(outcome) = outcome {
            self.handshake = None;
            self.reached = Some(outcome.is_ok());
        }
    }

    /// The evaluation succeeded: the provider of the strict setting is asked before that counts.
    fn succeeded(&mut self, wire: &mut Wire, conclusion: Conclusion, now: Instant) {
        let provider = self.provider.clone();
        self.handshake = provider.and_then(|url| self.begin_handshake(wire, &url, now));
        self.reached = self.handshake.is_none().then_some(false);
        self.success = Some(conclusion);
    }
}

/// The URL that stands for a server of DNS over TLS (RFC 7858 section 3.1).
fn over_tls(host: &str) -> Option<Url> {
    Url::parse(&format!("https://{host}:853/")).ok()
}

impl Check for PrivateDnsCheck {
    fn exchange(&mut self, wire: &mut Wire, id: ExchangeId, progress: Progress<'_>, now: Instant) {
        match self.handshake.as_mut().filter(|handshake| handshake.owns(id)) {
            // The handshake is all that it is for.
            Some(handshake) if progress == Progress::Connected && handshake.is_with_server(id) => {
                self.reached = Some(true);
                if let Some(handshake) = self.handshake.take() {
                    handshake.abandon(wire);
                }
            }
            Some(handshake) => {
                let outcome = handshake.exchange(wire, id, progress, now);
                self.handshake_over(outcome);
            }
            None => self.evaluation.exchange(wire, id, progress, now),
        }
    }

    fn due(&mut self, wire: &mut Wire, now: Instant) {
        let outcome = self.handshake.as_mut().and_then(|handshake| handshake.due(wire, now));
        self.handshake_over(outcome);
        self.evaluation.due(wire, now);
    }

    fn advance(&mut self, wire: &mut Wire, now: Instant) -> Option<Conclusion> {
        if self.success.is_none() {
            let conclusion = self.evaluation.advance(wire, now)?;
            if self.provider.is_none() || conclusion.verdict != Verdict::Online {
                return Some(conclusion);
            }
            self.succeeded(wire, conclusion, now);
        }
        match self.reached? {
            true => self.success.take(),
            false => Some(Conclusion::new(Verdict::NoInternet, &rules::PRIVATE_DNS_STRICT)),
        }
    }

    fn timeout(&self) -> Option<Instant> {
        let handshake = self.handshake.as_ref().and_then(|handshake| handshake.timeout());
        let evaluation = self.evaluation.timeout().filter(|_| self.success.is_none());
        handshake.into_iter().chain(evaluation).min()
    }

    fn abandon(self: Box<Self>, wire: &mut Wire) {
        if let Some(handshake) = self.handshake {
            handshake.abandon(wire);
        }
        self.evaluation.abandon(wire);
    }
}

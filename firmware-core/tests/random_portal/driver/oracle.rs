//! What must hold whatever anybody does. Each check is a sentence of SECURITY.md, or of what the core says of itself.

use std::collections::VecDeque;
use std::time::Duration;

use vestibule_core::application::Application;
use vestibule_core::credentials::{Memory, Store};
use vestibule_core::limits::{ALONE_TIMEOUT, ANSWER_TIMEOUT, NAME_SCAN_TIMEOUT, SUBMISSIONS_PER_MINUTE};
use vestibule_core::mock::MockEntropy;
use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::{Config, ConnectionId, Credentials, Event, Instant, Interface, MayOpen, Portal};

use super::Edges;
use super::answers;
use super::board::{Air, Chip};
use super::clients::{ClientConnection, Request};

/// How what was typed begins, as it is and in the escapings of pages and addresses.
const TYPED: [&str; 8] = ["pw<", "pw&lt;", "pw%3C", "pw%3c", "brk<", "brk&lt;", "brk%3C", "brk%3c"];

/// Whose the setup is, as far as can be known from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Owner {
    Nobody,
    /// The client of this number.
    Client(String),
    /// A program that had no token.
    Program,
}

/// What a client has asked.
#[derive(Clone, Default)]
struct LastRequest {
    request: Request,
    /// In which state it found the device.
    state: Option<ProvisioningState>,
}

pub(crate) struct Oracle {
    may_open: MayOpen,
    absolute_timeout: Option<Duration>,
    /// What was begun before the end ends by itself, so much later at most.
    ends_later: Duration,
    opening: u32,
    opened_at: Option<Instant>,
    owner: Owner,
    asked: Vec<LastRequest>,
    /// Whose bytes are being handed over.
    acting: Option<usize>,
    submissions: VecDeque<Instant>,
    typed: Vec<(Vec<u8>, String)>,
    joined: Vec<Credentials>,
    button: bool,
    resets: bool,
    forgotten: bool,
    has_submitted: bool,
    flash_may_fail: bool,
    /// What the flash held when it had changed so often.
    held: Option<(u64, Memory)>,
    wrong: Option<String>,
    edges: Edges,
}

impl Oracle {
    pub(crate) fn new(config: &Config) -> Self {
        let join = config.join_timeout.max(ALONE_TIMEOUT);
        Self {
            may_open: config.may_open,
            absolute_timeout: config.absolute_timeout,
            ends_later: join
                + 2 * NAME_SCAN_TIMEOUT
                + config.result_timeout
                + config.ap_shutdown_delay
                + Duration::from_secs(5),
            opening: 0,
            opened_at: None,
            owner: Owner::Nobody,
            asked: vec![LastRequest::default(); 16],
            acting: None,
            submissions: VecDeque::new(),
            typed: Vec::new(),
            joined: Vec::new(),
            button: false,
            resets: false,
            forgotten: false,
            has_submitted: false,
            flash_may_fail: false,
            held: None,
            wrong: None,
            edges: Edges::new(),
        }
    }

    pub(crate) fn into_edges(self) -> Edges {
        self.edges
    }

    /// The first thing that is wrong counts.
    pub(crate) fn fail(&mut self, wrong: String) {
        self.wrong.get_or_insert(wrong);
    }

    fn require(&mut self, holds: bool, otherwise: &str) {
        if !holds {
            self.fail(otherwise.into());
        }
    }

    // What happens.

    pub(crate) fn opening(&self) -> u32 {
        self.opening
    }

    /// The portal opens.
    pub(crate) fn opens(&mut self, now: Instant) {
        let may = self.may_open != MayOpen::WhenAsked || std::mem::take(&mut self.button);
        self.require(may, "the portal opens and nobody has asked for it");
        self.opening += 1;
        self.opened_at = Some(now);
        self.owner = Owner::Nobody;
    }

    /// The button was pressed, and the device is in this state.
    pub(crate) fn button(&mut self, state: ProvisioningState) {
        self.button = true;
        let opens = state.has_access_point()
            || matches!(state, ProvisioningState::Scanning | ProvisioningState::JoiningAlone);
        self.require(opens, "the button opens no portal");
    }

    pub(crate) fn reset(&mut self, state: ProvisioningState) {
        self.resets = true;
        self.require(state == ProvisioningState::Idle, "a reset leaves the device at work");
    }

    /// The device was started, knows so many networks, and is in this state.
    pub(crate) fn started(&mut self, networks: usize, state: ProvisioningState) {
        let may = self.may_open == MayOpen::Always || networks > 0;
        self.require(!may || state != ProvisioningState::Idle, "a device that was started does nothing");
    }

    /// A scan was over, and the device in this state before and in that one after.
    pub(crate) fn scanned(&mut self, before: ProvisioningState, after: ProvisioningState) {
        let waited = before == ProvisioningState::ScanningStored;
        self.require(
            !waited || before != after,
            "a device that knows networks goes on to wait for a scan that is over",
        );
    }

    /// The device starts anew, and nobody has asked for anything yet.
    pub(crate) fn power_is_cut(&mut self) {
        self.opening += 1;
        (self.opened_at, self.owner) = (None, Owner::Nobody);
        (self.button, self.resets, self.forgotten) = (false, false, false);
        self.asked.fill(LastRequest::default());
    }

    pub(crate) fn flash_may_fail(&mut self) {
        self.flash_may_fail = true;
    }

    pub(crate) fn joins(&mut self, credentials: Credentials) {
        self.joined.push(credentials);
    }

    /// The radio was told to join with these: somebody has typed them, or they have joined before.
    pub(crate) fn asked_to_join(&mut self, asked: impl Iterator<Item = Credentials>) {
        for credentials in asked {
            let is = |(name, typed): &(Vec<u8>, String)| {
                credentials.ssid.as_bytes() == name && credentials.passphrase.expose() == typed.as_bytes()
            };
            let known = self.joined.contains(&credentials) || self.typed.iter().any(is);
            self.require(known, "a network is tried with what nobody has typed for it");
        }
    }

    /// A client hands over a request.
    pub(crate) fn asks(&mut self, client: usize, request: &Request, state: ProvisioningState, _: Instant) {
        self.acting = Some(client);
        self.typed.extend(request.typed.clone());
        self.asked[client] = LastRequest { request: request.clone(), state: Some(state) };
        self.has_submitted = false;
    }

    pub(crate) fn reads(&mut self, client: usize) {
        self.acting = Some(client);
    }

    pub(crate) fn nobody_acts(&mut self) {
        self.acting = None;
    }

    /// What was handed over has been dealt with.
    pub(crate) fn is_done(&mut self, state: ProvisioningState) {
        let is_tried = !std::mem::take(&mut self.has_submitted) || state.awaits_result();
        self.require(is_tried, "a form was taken and is not tried");
    }

    /// The application was told of this password.
    pub(crate) fn submitted_secret(&mut self, secret: &str, own: &str, keeps: bool) {
        let right = secret == own || (keeps && secret.is_empty());
        self.require(right, "a secret that is kept follows another client's form");
    }

    pub(crate) fn event(&mut self, event: &Event, now: Instant) {
        let told = format!("{event:?}");
        self.require(!TYPED.iter().any(|typed| told.contains(typed)), "an event holds what was typed");
        match event {
            Event::State { from, on, .. } => drop(self.edges.insert(format!("{from:?} + {on:?}"))),
            Event::Submitted { .. } => self.submitted(now),
            Event::Forgotten => self.forgot(),
            Event::ResultDelivered(delivery) => self.delivered(delivery.interface),
            _ => {}
        }
    }

    /// What this client has asked, if it is its bytes that are being handed over.
    fn acting(&self) -> Option<LastRequest> {
        self.acting.and_then(|client| self.asked.get(client)).cloned()
    }

    fn submitted(&mut self, now: Instant) {
        let Some(LastRequest { request, state }) = self.acting() else {
            return self.fail("something was submitted and nobody has asked".into());
        };
        self.has_submitted = true;
        self.require(self.is_proven(&request), "a form without this opening's token is taken");
        let by = match &request.token {
            Some(token) => Owner::Client(token.client().to_owned()),
            None => Owner::Program,
        };
        let is_under_way = state.is_some_and(ProvisioningState::awaits_result);
        if is_under_way && self.owner != Owner::Program {
            self.require(self.owner == by, "another client replaces what is tried");
        }
        self.require(state.is_some_and(|state| !state.is_joined()), "a device that has joined takes a form");
        self.owner = by;
        let end = self.opened_at.zip(self.absolute_timeout).map(|(at, timeout)| at + timeout);
        self.require(end.is_none_or(|end| now < end), "a network is tried after the portal's end");
        self.submissions.push_back(now);
        while self.submissions.front().is_some_and(|at| *at + Duration::from_secs(60) <= now) {
            self.submissions.pop_front();
        }
        let most = 2 * usize::from(SUBMISSIONS_PER_MINUTE);
        self.require(self.submissions.len() <= most, "more submissions than the rate limit allows");
    }

    fn is_proven(&self, request: &Request) -> bool {
        request.is_proven && request.token.as_ref().is_none_or(|token| token.opening == self.opening)
    }

    fn forgot(&mut self) {
        self.forgotten = true;
        if std::mem::take(&mut self.resets) {
            return;
        }
        let asked = self.acting();
        let right = asked.is_some_and(|LastRequest { request, state }| {
            let may = matches!(
                state,
                Some(
                    ProvisioningState::PortalOpen
                        | ProvisioningState::RetryingStored
                        | ProvisioningState::Failed
                )
            );
            request.clears && self.is_proven(&request) && may
        });
        self.require(right, "the device forgets and nobody may have asked for it");
    }

    fn delivered(&mut self, interface: Option<Interface>) {
        let Some(LastRequest { request, .. }) = self.acting() else {
            return self.fail("a result was delivered to nobody".into());
        };
        // At home there is no token, and nothing that whoever reads could change.
        if let Owner::Client(owner) = &self.owner
            && interface == Some(Interface::AccessPoint)
        {
            let is_owner = request.token.as_ref().is_some_and(|token| token.client() == owner);
            self.require(is_owner, "another client counts as having read the result");
        }
    }

    /// This came on a connection so far.
    pub(crate) fn came(&mut self, place: &mut ClientConnection) {
        if std::mem::replace(&mut place.checked, place.came.len()) == place.came.len() {
            return;
        }
        if let Err(wrong) = answers::check(&place.came, place.interface) {
            self.fail(format!("on {:?}: {wrong}", place.id));
        }
        let text = String::from_utf8_lossy(&place.came);
        if let Some(typed) = TYPED.iter().find(|typed| text.contains(**typed)) {
            self.fail(format!("on {:?}: what was typed is sent: {typed}", place.id));
        }
    }

    // What must hold after each step.

    pub(crate) fn state<A: Application>(
        &mut self,
        portal: &Portal<Chip, MockEntropy, A>,
        air: &Air,
        chip: &Chip,
        now: Instant,
    ) -> Result<(), String> {
        self.acting = None;
        self.radio(portal.state(), air);
        self.flash(portal, chip);
        self.ends(portal.state(), portal.poll_timeout(), air, now);
        for id in ConnectionId::ALL.into_iter().filter(|id| portal.is_open(*id)) {
            let deadline = portal.deadline(id);
            self.require(deadline.is_some(), "a connection without a deadline");
            self.require(deadline.is_none_or(|at| at <= now + ANSWER_TIMEOUT), "a deadline that is far away");
        }
        self.wrong.take().map_or(Ok(()), Err)
    }

    fn radio(&mut self, state: ProvisioningState, air: &Air) {
        if let Some(wrong) = air.wrong {
            self.fail(format!("the radio is asked for {wrong}"));
        }
        self.require(state.has_access_point() == air.up, "the access point is not as the state says");
        self.require(state.is_joined() == air.joined.is_some(), "the network is not as the state says");
    }

    fn flash<A: Application>(&mut self, portal: &Portal<Chip, MockEntropy, A>, chip: &Chip) {
        if self.held.as_ref().is_none_or(|(changes, _)| *changes != chip.changes()) {
            match Store::new(chip.clone()).load() {
                Ok(held) => self.held = Some((chip.changes(), held)),
                Err(_) => return self.require(self.flash_may_fail, "the flash cannot be read"),
            }
        }
        let Some((_, held)) = self.held.take() else { return };
        self.compare(portal, &held);
        self.held = Some((chip.changes(), held));
        if std::mem::take(&mut self.forgotten) {
            let left = self.typed.iter().any(|(_, typed)| chip.holds(typed.as_bytes()));
            self.require(!left, "what was forgotten is in the flash");
        }
    }

    fn compare<A: Application>(&mut self, portal: &Portal<Chip, MockEntropy, A>, held: &Memory) {
        let joined = held.networks().iter().all(|kept| self.joined.contains(kept));
        self.require(joined, "the flash holds what has not joined");
        let same = held.networks().iter().map(|kept| kept.ssid).eq(portal.stored_networks());
        self.require(
            same && held.values == *portal.values() || self.flash_may_fail,
            "memory and flash differ",
        );
        let status = portal.status();
        if status.address.is_some() && status.remembered {
            let kept = held.networks().iter().any(|kept| kept.ssid == status.ssid);
            self.require(kept, "the owner is told that the network is remembered, and it is not");
        }
    }

    /// Nothing lasts for ever, and nothing longer than it may.
    fn ends(&mut self, state: ProvisioningState, due: Option<Instant>, air: &Air, now: Instant) {
        let ends_by_itself = matches!(
            state,
            ProvisioningState::ScanningStored
                | ProvisioningState::Backoff
                | ProvisioningState::Scanning
                | ProvisioningState::ClosingToJoin
                | ProvisioningState::ResultPending
                | ProvisioningState::Closing
        );
        let waits_for_nothing =
            due.is_none() && (ends_by_itself || (state.is_joining() && air.joining.is_none()));
        self.require(!waits_for_nothing, "it stays as it is for ever");
        let end =
            self.opened_at.zip(self.absolute_timeout).map(|(at, timeout)| at + timeout + self.ends_later);
        let is_open = state.has_access_point() || state.is_alone();
        self.require(!is_open || end.is_none_or(|end| now <= end), "the portal is open after its end");
    }
}

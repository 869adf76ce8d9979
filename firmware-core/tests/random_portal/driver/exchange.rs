//! Clients' connections: opened, asked on, read from, closed; and everything drained after each call, as the contract
//! of a portal asks.

use vestibule_core::Event;

use super::clients::password;
use super::*;

impl Driver {
    /// A client asks for something, on its connection or on a new one.
    pub(super) fn client_asks(&mut self, choices: &mut impl Choices) -> String {
        let number = choices.below(self.clients.len() as u32) as usize;
        if self.clients[number].place.is_none() && !self.opens(number, choices) {
            return "nothing".into();
        }
        let client = &self.clients[number];
        let Some(interface) = client.place.as_ref().map(|place| place.interface) else {
            return "nothing".into();
        };
        let host = match (interface, self.portal.home()) {
            (Interface::Home, Some(link)) => link.address.to_string(),
            _ => self.portal.access_point_address().to_string(),
        };
        // What was begun is ended first.
        let begun = client.place.as_ref().and_then(|place| place.rest.clone());
        let mut request = begun.unwrap_or_else(|| client.ask(&host, interface, choices));
        let first = String::from_utf8_lossy(&request.bytes).lines().next().unwrap_or_default().to_owned();
        let said = format!("{:?} {number}: {first}", client.role);
        let now =
            if choices.once_in(8) { choices.below(request.bytes.len() as u32) as usize } else { usize::MAX };
        let rest = request.bytes.split_off(now.min(request.bytes.len()));
        self.send(number, request, rest);
        let (most, size) = match self.clients[number].role {
            Role::SlowReader => (choices.below(3), 1 + choices.below(4)),
            _ if choices.once_in(4) => (choices.below(6), 1 + choices.below(700)),
            _ => (u32::MAX, 1460),
        };
        self.reads(number, most, size as usize);
        said
    }

    fn opens(&mut self, number: usize, choices: &mut impl Choices) -> bool {
        let state = self.portal.state();
        let interface = match (state.has_access_point() && !self.air.fell, state.is_joined()) {
            (true, true) if choices.once_in(3) => Interface::Home,
            (true, _) => Interface::AccessPoint,
            (false, true) => Interface::Home,
            (false, false) => return false,
        };
        let is_free = |id: &ConnectionId| !self.portal.is_open(*id) && !self.is_held(*id);
        let Some(id) = ConnectionId::ALL.into_iter().find(is_free) else { return false };
        self.portal.handle_open(id, interface, self.now);
        self.clients[number].place =
            Some(ClientConnection { id, interface, came: Vec::new(), checked: 0, rest: None });
        true
    }

    fn is_held(&self, id: ConnectionId) -> bool {
        self.clients.iter().filter_map(|client| client.place.as_ref()).any(|place| place.id == id)
    }

    /// Hands the request over, as much as is taken of it; `rest` follows later. What happens meanwhile is this client's
    /// doing.
    fn send(&mut self, number: usize, request: Request, rest: Vec<u8>) {
        let Some(id) = self.clients[number].place.as_ref().map(|place| place.id) else { return };
        self.oracle.asks(number, &request, self.portal.state(), self.now);
        let taken = self.portal.handle_received(id, &request.bytes, self.now);
        self.take_events();
        let left = [&request.bytes[taken..], &rest].concat();
        let rest = (!left.is_empty()).then(|| Request { bytes: left, ..request.clone() });
        if let Some(place) = &mut self.clients[number].place {
            place.rest = rest;
        }
        if let Some(values) = self.portal.application_mut().submitted.take() {
            let secret = values.get("secret").unwrap_or_default();
            let own = password(number);
            self.oracle.submitted_secret(secret, &own, request.keeps_secret);
        }
        self.oracle.is_done(self.portal.state());
    }

    /// The client takes so many pieces of its answer. One that takes everything at once gets all of it.
    pub(crate) fn reads(&mut self, number: usize, most: u32, size: usize) {
        let Some(id) = self.clients[number].place.as_ref().map(|place| place.id) else { return };
        self.oracle.reads(number);
        let is_all = most == u32::MAX && self.has_all(number);
        let mut out = vec![0; size];
        for _ in 0..most {
            let transfer = self.portal.poll_send(id, &mut out, self.now);
            self.take_events();
            match transfer {
                Transfer::Bytes(length) => {
                    if let Some(place) = &mut self.clients[number].place {
                        place.came.extend_from_slice(&out[..length]);
                    }
                }
                Transfer::Finish => {}
                Transfer::Idle | Transfer::Close => {
                    if is_all && !self.has_all(number) {
                        self.oracle.fail(format!("{id:?}: an answer is cut"));
                    }
                    self.learns_token(number);
                    if transfer == Transfer::Close {
                        self.leaves(number);
                    }
                    break;
                }
            }
        }
        self.oracle.nobody_acts();
    }

    /// Whether every answer on its connection has come whole.
    fn has_all(&self, number: usize) -> bool {
        let place = self.clients[number].place.as_ref();
        place.is_some_and(|place| answers::check(&place.came, place.interface) == Ok(true))
    }

    /// The token of a page that came whole, or of a program's answer.
    fn learns_token(&mut self, number: usize) {
        let opening = self.oracle.opening();
        let client = &mut self.clients[number];
        let Some(place) = &client.place else { return };
        let text = String::from_utf8_lossy(&place.came);
        let after = |mark: &str| text.rsplit_once(mark).and_then(|(_, rest)| rest.split('"').next());
        let digits = after("name=\"token\" value=\"").or_else(|| after("\"token\":\""));
        let is_kept = client.token.as_ref().is_some_and(|token| token.opening == opening);
        if let Some(digits) = digits.filter(|digits| digits.len() == 40 && !is_kept) {
            client.token = Some(Token { digits: digits.to_owned(), opening });
        }
    }

    pub(super) fn client_reads(&mut self, choices: &mut impl Choices) -> String {
        let number = choices.below(self.clients.len() as u32) as usize;
        let (most, size) = (choices.below(4), 1 + choices.below(1460));
        self.reads(number, most, size as usize);
        format!("{number} reads {most} times {size}")
    }

    pub(super) fn client_goes(&mut self, choices: &mut impl Choices) -> String {
        let number = choices.below(self.clients.len() as u32) as usize;
        if choices.once_in(2) {
            self.leaves(number);
            return format!("{number} goes");
        }
        if let Some(id) = self.clients[number].place.as_ref().map(|place| place.id) {
            self.portal.handle_received_end(id, self.now);
            self.reads(number, u32::MAX, 1460);
        }
        // Another person, with the same phone, knows nothing of what came before.
        if choices.once_in(4) {
            self.clients[number].token = None;
        }
        format!("{number} has asked all")
    }

    /// The connection is gone. All that came on it is looked at.
    fn leaves(&mut self, number: usize) {
        if let Some(mut place) = self.clients[number].place.take() {
            self.portal.handle_closed(place.id);
            self.oracle.came(&mut place);
        }
    }

    /// Drains the portal: events, the radio's commands, and connections that are to be closed.
    pub(super) fn settle(&mut self) -> Result<(), String> {
        self.take_events();
        self.portal.drive_radio(&mut self.air);
        self.oracle.asked_to_join(self.air.asked.drain(..));
        for number in 0..self.clients.len() {
            let Some(place) = &self.clients[number].place else { continue };
            let is_cut = place.interface == Interface::AccessPoint && (!self.air.up || self.air.fell);
            if is_cut || !self.portal.is_open(place.id) {
                let id = place.id;
                self.reads(number, u32::MAX, 1460);
                if self.portal.is_open(id) && is_cut {
                    return Err(format!("{id:?} is open without its access point"));
                }
                self.leaves(number);
            }
        }
        self.portal.drive_radio(&mut self.air);
        Ok(())
    }

    fn take_events(&mut self) {
        while let Some(event) = self.portal.poll_event() {
            if let Event::State { from, to, .. } = event
                && !from.has_access_point()
                && to.has_access_point()
                && !from.is_alone()
            {
                self.oracle.opens(self.now);
            }
            self.oracle.event(&event, self.now);
        }
    }

    /// What must hold now.
    pub(super) fn check(&mut self) -> Result<(), String> {
        for place in self.clients.iter_mut().filter_map(|client| client.place.as_mut()) {
            self.oracle.came(place);
        }
        self.oracle.state(&self.portal, &self.air, &self.chip, self.now)
    }
}

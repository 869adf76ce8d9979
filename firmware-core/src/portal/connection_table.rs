//! The portal's connections as a table: what each is besides its bytes, which of them makes room when all
//! places are taken, and which has something to send.
//!
//! `web` decides what a request means and what answers it.

use heapless::Vec;

use crate::csrf_token::ClientId;
use crate::http::Connection;
use crate::limits::{CONNECTIONS, CROWD_TIMEOUT, OLD_PAGE_TIMEOUT};
use crate::pages::Language;
use crate::time::earliest;
use crate::{ConnectionId, FrontEnd, Instant, Interface};

/// What the portal knows of a connection besides its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConnectionInfo {
    pub(super) interface: Interface,
    /// Over what the answer under way hands the result to a person: not to a phone's check, and not with a
    /// HEAD.
    pub(super) delivers_result: Option<FrontEnd>,
    /// The request waits for an event.
    pub(super) waits_for_event: bool,
    /// The client, if the request or the answer under way carries its token.
    pub(super) client: Option<ClientId>,
    /// The answer under way is a page with the values of the application's fields.
    pub(super) shows_values: bool,
    /// The answer under way is written from the list of networks or the device's name, which must not change until it is out.
    pub(super) shows_list: bool,
    /// The answer under way goes to the owner.
    pub(super) own: bool,
    /// The language of the answer under way.
    pub(super) language: Language,
    /// The device had a name on the home network when the answer began: that must not change while it goes
    /// out.
    pub(super) shows_host_name: bool,
}

impl ConnectionInfo {
    /// Of a connection on which no request has come yet.
    pub(super) const fn new(interface: Interface) -> Self {
        Self {
            interface,
            delivers_result: None,
            waits_for_event: false,
            client: None,
            shows_values: false,
            shows_list: false,
            own: false,
            language: Language::ENGLISH,
            shows_host_name: false,
        }
    }
}

/// `B` describes a page.
pub(super) struct ConnectionTable<B> {
    /// All of them, once the flash was read: made where they stay, they need no room on the stack.
    connections: Vec<Connection<B>, CONNECTIONS>,
    info: [ConnectionInfo; CONNECTIONS],
    /// The connection that was last named as ready: the next one is looked for behind it.
    last_ready: ConnectionId,
    /// How many were hurried in this crowd.
    hurried: u8,
    /// When the crowd is over, unless a place is wanted before.
    crowd_ends: Instant,
}

impl<B: Copy> ConnectionTable<B> {
    /// Without any connection: [`Self::make`] follows.
    #[inline(always)]
    pub(super) const fn new() -> Self {
        Self {
            connections: Vec::new(),
            info: [ConnectionInfo::new(Interface::AccessPoint); CONNECTIONS],
            last_ready: ConnectionId::LAST,
            hurried: 0,
            crowd_ends: Instant::from_micros(0),
        }
    }

    /// Makes the connections, where they stay.
    pub(super) fn make(&mut self) {
        while self.connections.push(Connection::new()).is_ok() {}
    }

    pub(super) fn is_made(&self) -> bool {
        !self.connections.is_empty()
    }

    pub(super) fn get(&self, id: ConnectionId) -> Option<&Connection<B>> {
        self.connections.get(id.index())
    }

    pub(super) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Connection<B>> {
        self.connections.get_mut(id.index())
    }

    pub(super) fn info(&self, id: ConnectionId) -> &ConnectionInfo {
        &self.info[id.index()]
    }

    pub(super) fn info_mut(&mut self, id: ConnectionId) -> &mut ConnectionInfo {
        &mut self.info[id.index()]
    }

    /// Opens one. When it takes the last place another makes room, for the next client: at once if it is idle after
    /// an answer, or else when it has had a fair time.
    pub(super) fn open(&mut self, id: ConnectionId, interface: Interface, now: Instant) {
        let Some(opened) = self.get_mut(id).filter(|opened| !opened.is_open()) else {
            return;
        };
        opened.open(now);
        *self.info_mut(id) = ConnectionInfo::new(interface);
        self.keep_a_place(id, now);
    }

    /// Whether all places are taken.
    pub(super) fn are_all_open(&self) -> bool {
        self.connections.iter().all(Connection::is_open)
    }

    /// While all places are taken, another than this one makes room.
    pub(super) fn keep_a_place(&mut self, than: ConnectionId, now: Instant) {
        if self.are_all_open() {
            self.make_room(than, now);
        }
    }

    /// The one that was hurried has gone on to something else, for which it has a time of its own: another makes room
    /// in its place, and it counts as one that was not closed.
    pub(super) fn hurry_another(&mut self, than: ConnectionId, now: Instant) {
        self.hurried = self.hurried.saturating_sub(1);
        self.keep_a_place(than, now);
    }

    fn make_room(&mut self, than: ConnectionId, now: Instant) {
        // The client of one that was kept has had its answer.
        let idle = self.connections.iter_mut().filter(|other| other.is_idle() && other.is_kept());
        if let Some(evicted) = idle.min_by_key(|other| other.since()) {
            return evicted.evict();
        }
        if self.crowd_ends < now {
            self.hurried = 0;
        }
        self.crowd_ends = now + CROWD_TIMEOUT;
        if let Some(ending) = self.connections.iter_mut().find(|other| other.is_ending()) {
            ending.hurry(false, now);
            return;
        }
        let crowded = usize::from(self.hurried) >= CONNECTIONS;
        let others = self.connections.iter_mut().enumerate().filter(|(id, _)| *id != than.index());
        let slow = others.filter_map(|(_, other)| Some((other.late_from(crowded)?, other)));
        if let Some((_, slow)) = slow.min_by_key(|(late, _)| *late) {
            self.hurried = self.hurried.saturating_add(slow.hurry(crowded, now).into());
        }
    }

    /// The next connection that `has_output` and was not named since it has.
    pub(super) fn next_ready(
        &mut self,
        mut socket_has_output: impl FnMut(&Connection<B>, ConnectionId) -> bool,
    ) -> Option<ConnectionId> {
        let mut id = self.last_ready;
        for _ in 0..CONNECTIONS {
            id = id.next();
            let Some(open) = self.connections.get_mut(id.index()) else { continue };
            let socket_waits = socket_has_output(open, id);
            if open.take_ready(socket_waits) {
                self.last_ready = id;
                return Some(id);
            }
        }
        None
    }

    /// How many are open.
    pub(super) fn open_count(&self) -> usize {
        self.connections.iter().filter(|open| open.is_open()).count()
    }

    /// When the first of the pages under way that show the list or the name has had its time; none if there is no such page.
    pub(super) fn old_pages_end(&self) -> Option<Instant> {
        let pages = self.connections.iter().zip(&self.info);
        let under_way = pages.filter(|(connection, info)| connection.is_answering() && info.shows_list);
        under_way.map(|(connection, _)| connection.since() + OLD_PAGE_TIMEOUT).min()
    }

    /// Ends the pages that show an old list of networks, because somebody takes too long over one.
    pub(super) fn cut_old_pages(&mut self) {
        for (connection, info) in self.connections.iter_mut().zip(&self.info) {
            if connection.is_answering() && info.shows_list {
                connection.evict();
            }
        }
    }

    /// Ends the pages under way that show what the application's fields hold, because that is about to change: a page
    /// never holds two states.
    pub(super) fn cut_pages_with_values(&mut self, of_owner_alone: bool) {
        for (connection, info) in self.connections.iter_mut().zip(&self.info) {
            if connection.is_answering() && info.shows_values && (info.own || !of_owner_alone) {
                connection.evict();
            }
        }
    }

    /// Closes all that came on this interface.
    pub(super) fn evict_all(&mut self, interface: Interface) {
        for (connection, info) in self.connections.iter_mut().zip(&self.info) {
            if connection.is_open() && info.interface == interface {
                connection.evict();
            }
        }
    }

    /// The first of `other` and the connections' deadlines.
    pub(super) fn earliest_deadline(&self, other: Option<Instant>) -> Option<Instant> {
        self.connections.iter().fold(other, |soonest, connection| earliest(soonest, connection.deadline()))
    }
}

//! Records what real clients say to a portal: what passes through its sockets becomes the same
//! recordings that [`import`](super::import) makes of captures, and nothing of a stranger is kept.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Instant, SystemTime};

use tokio::sync::mpsc;
use vestibule_core::{DHCP_PORT, DNS_PORT};

pub use super::forward::Forwarder;
use super::import::flows::Asker;
use super::import::http::Conversation;
use super::import::{EVENTS, Event, Heard, LeftOut, Notes, Recording, Settings, compose};
use crate::world::loopback::{SocketEvent, SocketObserver};

/// Writes down what passes through a portal's sockets.
pub struct Recorder {
    socket_events: mpsc::UnboundedReceiver<SocketEvent>,
    began: (SystemTime, Instant),
    open: HashMap<usize, (Asker, Conversation)>,
    events: Vec<Event>,
    notes: Notes,
}

impl Recorder {
    /// A recorder, and what it is to be told by:
    /// [`Loopback::observe_sockets`](crate::world::loopback::Loopback::observe_sockets) takes it.
    pub fn new() -> (Self, SocketObserver) {
        let (observer, socket_events) = mpsc::unbounded_channel();
        let began = (SystemTime::now(), Instant::now());
        let recorder =
            Self { socket_events, began, open: HashMap::new(), events: Vec::new(), notes: Notes::default() };
        (recorder, observer)
    }

    /// Listens, for ever: to be raced with whatever ends the recording.
    pub async fn listen(&mut self) {
        while let Some(event) = self.socket_events.recv().await {
            self.take(event);
        }
        std::future::pending().await
    }

    /// The recordings, the most telling first, and what was left out.
    pub fn finish(mut self, settings: &Settings) -> (Vec<Recording>, Vec<LeftOut>) {
        while let Ok(event) = self.socket_events.try_recv() {
            self.take(event);
        }
        let numbers: Vec<usize> = self.open.keys().copied().collect();
        numbers.into_iter().for_each(|number| self.close(number));
        self.events.sort_by_key(|event| event.at);
        let recordings = compose::recordings(self.events, settings, &mut self.notes);
        (recordings, self.notes.into_list())
    }

    /// Now, in microseconds since 1970, by a clock that never goes back.
    fn now(&self) -> u64 {
        let since_1970 = self.began.0.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from((since_1970 + self.began.1.elapsed()).as_micros()).unwrap_or(u64::MAX)
    }

    fn take(&mut self, event: SocketEvent) {
        let now = self.now();
        match event {
            SocketEvent::Datagram(from, port, payload) => {
                let heard = match port {
                    DNS_PORT => Heard::Question { payload, over_tcp: false },
                    DHCP_PORT => Heard::Dhcp(payload),
                    _ => return,
                };
                self.add(now, asker(IpAddr::V4(*from.ip())), heard);
            }
            SocketEvent::Opened(number, from) => {
                self.open.insert(number, (asker(address(from)), Conversation::new()));
            }
            SocketEvent::Received(number, bytes) => {
                if self.open.get_mut(&number).is_some_and(|(_, said)| said.asks(&bytes, (now, 0)).is_err()) {
                    self.lose(number);
                }
            }
            SocketEvent::Sent(number, bytes) => {
                let mut exchanged = Vec::new();
                let Some((asker, said)) = self.open.get_mut(&number) else { return };
                let (asker, followed) = (*asker, said.answers(&bytes, (now, 0), &mut exchanged).is_ok());
                for exchanged in exchanged {
                    self.add(exchanged.request.at, asker, Heard::Http(exchanged));
                }
                if !followed {
                    self.lose(number);
                }
            }
            SocketEvent::Closed(number) => self.close(number),
        }
    }

    /// What is said is no HTTP that can be followed.
    fn lose(&mut self, number: usize) {
        let what = "the rest of a connection, which is no HTTP that can be followed".into();
        self.notes.add(LeftOut { offset: None, what });
        self.close(number);
    }

    fn close(&mut self, number: usize) {
        let Some((asker, said)) = self.open.remove(&number) else { return };
        let mut exchanged = Vec::new();
        said.end(true, &mut exchanged);
        for exchanged in exchanged {
            self.add(exchanged.request.at, asker, Heard::Http(exchanged));
        }
    }

    fn add(&mut self, at: u64, asker: Asker, heard: Heard) {
        if self.events.len() < EVENTS {
            self.events.push(Event { at, offset: 0, asker, heard });
        } else {
            let what = "an exchange beyond the most that are kept".into();
            self.notes.add(LeftOut { offset: None, what });
        }
    }
}

/// Sockets know no hardware addresses; whom it asked is this host.
fn asker(address: IpAddr) -> Asker {
    Asker { address, mac: None, server: Ipv4Addr::UNSPECIFIED.into() }
}

fn address(from: SocketAddr) -> IpAddr {
    from.ip().to_canonical()
}

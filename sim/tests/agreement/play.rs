//! Plays one case to one model, in virtual time, until its first conclusion.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{RData, Record, RecordType};
use vestibule::phone::{Checker, Exchange, ExchangeId, Input, Link, Output, Progress, Verdict, by_id};
use vestibule_core::Instant;

use crate::file::{Case, Https, Named, Then};

const PORTAL: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 1);
const PHONE: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 2);
const STEP: Duration = Duration::from_millis(2);
const LONGEST: Duration = Duration::from_secs(120);

/// What a genuine host says over HTTPS.
const GENUINE: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

/// What a model concluded, and when.
#[derive(Debug)]
pub(crate) struct Concluded {
    pub(crate) verdict: String,
    pub(crate) url: Option<String>,
    pub(crate) seconds: f64,
}

#[derive(Clone)]
enum Event {
    Connected,
    Received(Vec<u8>),
    Ended,
    Reset,
    Refused,
}

struct Play<'c> {
    case: &'c Case,
    phone: Box<dyn Checker>,
    now: Instant,
    underway: BTreeMap<(Instant, u64), (ExchangeId, Event)>,
    over: BTreeSet<ExchangeId>,
    sequence: u64,
    /// How often each name was asked for.
    asked: BTreeMap<String, usize>,
    /// What was asked of port 80 first.
    first_request: Option<Vec<u8>>,
    concluded: Option<Concluded>,
}

pub(crate) fn conclude(model: &str, case: &Case, seed: u64) -> Concluded {
    let mut play = Play {
        case,
        phone: by_id(model).unwrap().new_checker(seed),
        now: Instant::from_micros(0),
        underway: BTreeMap::new(),
        over: BTreeSet::new(),
        sequence: 0,
        asked: BTreeMap::new(),
        first_request: None,
        concluded: None,
    };
    let link = Link { address: PHONE, router: PORTAL, resolver: SocketAddrV4::new(PORTAL, 53) };
    play.tell(Input::Joined(link));
    while play.concluded.is_none() && play.now < Instant::from_micros(0) + LONGEST {
        play.step();
    }
    play.concluded.unwrap_or_else(|| panic!("{model} does not conclude {}", case.id))
}

impl Play<'_> {
    fn step(&mut self) {
        let event = self.underway.first_key_value().map(|((when, _), _)| *when);
        let deadline = self.phone.poll_timeout();
        let Some(next) = event.into_iter().chain(deadline).min() else { panic!("nothing goes on") };
        self.now = next;
        if event != Some(next) {
            return self.tell(Input::Deadline);
        }
        let Some((_, (id, event))) = self.underway.pop_first() else { return };
        if !self.over.contains(&id) {
            self.tell(Input::Exchange { id, progress: event.progress() });
        }
    }

    fn tell(&mut self, input: Input<'_>) {
        self.phone.handle(input, self.now);
        while let Some(output) = self.phone.poll() {
            match output {
                Output::Open { id, exchange } => self.open(id, &exchange),
                Output::Abandon(id) => {
                    self.over.insert(id);
                }
                Output::Verdict { verdict, .. } => self.note(&verdict),
                _ => {}
            }
        }
    }

    fn note(&mut self, verdict: &Verdict) {
        let url = match verdict {
            Verdict::Portal { url } => Some(url.clone()),
            _ => None,
        };
        let seconds = (self.now - Instant::from_micros(0)).as_secs_f64();
        self.concluded.get_or_insert(Concluded { verdict: verdict.word().to_owned(), url, seconds });
    }

    fn open(&mut self, id: ExchangeId, exchange: &Exchange) {
        let mut when = self.now;
        let is_led = self.is_led(exchange);
        for event in self.serve(exchange) {
            when = when + STEP;
            let is_page = matches!(exchange, Exchange::Stream { .. });
            if matches!(event, Event::Received(_)) && is_page && !is_led {
                when = when + Duration::from_secs(self.case.delay);
            }
            self.sequence += 1;
            self.underway.insert((when, self.sequence), (id, event));
        }
    }

    fn serve(&mut self, exchange: &Exchange) -> Vec<Event> {
        match exchange {
            Exchange::Datagram { payload, .. } => {
                self.answer(payload).into_iter().map(Event::Received).collect()
            }
            Exchange::Stream { to, .. } | Exchange::Tls { to, .. } if *to.ip() != PORTAL => Vec::new(),
            Exchange::Stream { to, payload } if to.port() == 80 => self.page(exchange, payload),
            Exchange::Tls { .. } => match self.case.https {
                Https::Refused => vec![Event::Refused],
                Https::Silent => Vec::new(),
                Https::Success => vec![Event::Received(GENUINE.to_vec()), Event::Ended],
            },
            _ => vec![Event::Refused],
        }
    }

    /// Whether a redirect led to it, where the case says what is there.
    fn is_led(&self, exchange: &Exchange) -> bool {
        let Exchange::Stream { payload, .. } = exchange else { return false };
        let first = self.first_request.as_ref().is_none_or(|first| first == payload);
        self.case.led_to.is_some() && !first
    }

    fn page(&mut self, exchange: &Exchange, request: &[u8]) -> Vec<Event> {
        let is_led = self.is_led(exchange);
        self.first_request.get_or_insert_with(|| request.to_vec());
        let (reply, then) = match (&self.case.fallback_reply, &self.case.led_to) {
            (Some(reply), _) if request.starts_with(b"GET /gen_204 ") => {
                (reply.clone().into_bytes(), Then::Close)
            }
            (_, Some(reply)) if is_led => (reply.clone().into_bytes(), Then::Close),
            _ => (self.case.reply(), self.case.then),
        };
        let came = |last: Event| match reply.is_empty() {
            true => vec![Event::Connected, last],
            false => vec![Event::Connected, Event::Received(reply.clone()), last],
        };
        match then {
            Then::Close => came(Event::Ended),
            Then::Rst => came(Event::Reset),
            Then::Open => vec![Event::Connected, Event::Received(reply)],
            Then::Silent => vec![Event::Connected],
            Then::Refused => vec![Event::Refused],
        }
    }

    fn answer(&mut self, question: &[u8]) -> Option<Vec<u8>> {
        let question = Message::from_vec(question).unwrap();
        let query = question.queries[0].clone();
        let is_address = query.query_type == RecordType::A;
        let named = if is_address { self.named(&query.name.to_ascii()) } else { self.case.other_types };
        let mut message = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
        message.metadata.recursion_desired = true;
        message.add_query(query.clone());
        match named {
            Some(Named::Silent) => return None,
            Some(Named::Nxdomain) => message.metadata.response_code = ResponseCode::NXDomain,
            Some(Named::Servfail) => message.metadata.response_code = ResponseCode::ServFail,
            Some(Named::Refused) => message.metadata.response_code = ResponseCode::Refused,
            Some(Named::Empty) | None => {}
            Some(Named::Portal) => {
                let portal = [PORTAL];
                let addresses =
                    if self.case.addresses.is_empty() { &portal[..] } else { &self.case.addresses };
                for address in addresses {
                    message.add_answer(Record::from_rdata(query.name.clone(), 60, RData::A(A(*address))));
                }
            }
        }
        Some(message.to_vec().unwrap())
    }

    /// What is answered to this question for a name, by how often it was asked for before.
    fn named(&mut self, name: &str) -> Option<Named> {
        let asked = self.asked.entry(name.to_owned()).or_default();
        let named = self.case.names.get(*asked).or(self.case.names.last()).copied();
        *asked += 1;
        Some(named.unwrap_or(Named::Portal))
    }
}

impl Event {
    fn progress(&self) -> Progress<'_> {
        match self {
            Self::Connected => Progress::Connected,
            Self::Received(bytes) => Progress::Received(bytes),
            Self::Ended => Progress::Ended,
            Self::Reset => Progress::Reset,
            Self::Refused => Progress::Refused,
        }
    }
}

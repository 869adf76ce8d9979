//! A page as a phone's browser asks for it: names resolved, redirects followed, until a reply is there or it is clear
//! that none will be. Sans-IO, like the phones. For the sheet of a check and for an owner's whole journey; what is in
//! the page is others' to judge.
//!
//! It reads with the phone's own reader and shares nothing with the device.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use url::{Host, Position, Url};
use vestibule_core::Instant;

use super::page_text::page_text;
use crate::dns::{ask_address, read_address};
use crate::owner::{Method, PAGE_TIMEOUT, REDIRECTS, Request};
use crate::phone::{Ending, Exchange, Link, Progress, Reader, Reply};

/// Most bytes of a page: a longer one counts as one that does not end.
pub(super) const PAGE_BYTES: u64 = 1 << 20;

/// How long an answer to a question is waited for before it is asked again. Chosen.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// The identifier of its questions, from which a reader of a capture knows them.
const QUESTION: u16 = 0x5654;

/// The port of HTTP.
const HTTP_PORT: u16 = 80;

/// Further lines that a browser sends: as long as those of a WebView on a phone, for a portal that has room for a few
/// hundred bytes shows it nothing. Which browser sends which is not modelled.
const BROWSER_LINES: &str = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,\
image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7\r\nX-Requested-With: com.android.captiveportallogin\r\n\
Accept-Encoding: gzip, deflate\r\nAccept-Language: en-US,en;q=0.9\r\n";

/// A page that came.
pub(crate) struct LoadedPage {
    /// Where from, after redirects.
    pub(crate) url: Url,
    /// The reply.
    pub(crate) reply: Reply,
    /// Whether all of it came in time.
    pub(crate) is_whole: bool,
}

impl LoadedPage {
    /// Its text.
    ///
    /// # Errors
    /// Why nothing readable is shown, in words that follow the page's address.
    pub(crate) fn text(&self) -> Result<String, String> {
        if self.reply.body_bytes > PAGE_BYTES {
            return Err(format!("brings more than anybody waits for: more than {} MB", PAGE_BYTES >> 20));
        }
        page_text(&self.reply)
    }
}

/// A page under way.
pub(crate) struct PageFetch {
    link: Link,
    agent: String,
    /// Whether the browser minds whose certificate it is shown.
    verifies: bool,
    request: Request,
    /// What was typed may be in the address: it is told without its query.
    is_typed: bool,
    redirects: usize,
    until: Instant,
    next: u32,
    stage: FetchStage,
    opens: VecDeque<(u32, Exchange)>,
    abandons: VecDeque<u32>,
    outcome: Option<Result<LoadedPage, String>>,
}

enum FetchStage {
    Asking { asked: Vec<u32>, again: Instant },
    Reading { id: u32, reader: Box<Reader> },
    Over,
}

impl PageFetch {
    /// Begins to load an address that the system opened. `verifies`: whether the browser minds whose certificate it is
    /// shown.
    pub(crate) fn of_system(link: Link, url: Url, agent: &str, verifies: bool, now: Instant) -> Self {
        Self::begin(link, (Request::get(url), false), agent, verifies, now)
    }

    /// Begins to load what an owner asks for: a link, or a form that was filled in.
    pub(crate) fn of_owner(link: Link, request: Request, agent: &str, now: Instant) -> Self {
        Self::begin(link, (request, true), agent, true, now)
    }

    /// Goes on to where a page leads by itself (`<meta http-equiv=refresh>`).
    pub(crate) fn go_on(&mut self, url: Url, now: Instant) {
        self.request = Request::get(url);
        self.until = now + PAGE_TIMEOUT;
        self.ask(now);
    }

    fn begin(
        link: Link,
        (request, is_typed): (Request, bool),
        agent: &str,
        verifies: bool,
        now: Instant,
    ) -> Self {
        let mut fetch = Self {
            link,
            agent: agent.to_owned(),
            verifies,
            request,
            is_typed,
            redirects: 0,
            until: now + PAGE_TIMEOUT,
            next: 0,
            stage: FetchStage::Over,
            opens: VecDeque::new(),
            abandons: VecDeque::new(),
            outcome: None,
        };
        fetch.ask(now);
        fetch
    }

    /// What came of it, once; it is over then.
    pub(crate) fn take_outcome(&mut self) -> Option<Result<LoadedPage, String>> {
        self.outcome.take()
    }

    /// What is to be carried out.
    pub(crate) fn poll_open(&mut self) -> Option<(u32, Exchange)> {
        self.opens.pop_front()
    }

    /// What is to be given up.
    pub(crate) fn poll_abandon(&mut self) -> Option<u32> {
        self.abandons.pop_front()
    }

    /// What follows the head of its present request, in a segment of its own.
    pub(crate) fn body(&self) -> Option<&[u8]> {
        self.request.body.as_deref()
    }

    /// When it is next to be called although nothing happens.
    pub(crate) fn timeout(&self) -> Option<Instant> {
        match (&self.stage, &self.outcome) {
            (_, Some(_)) | (FetchStage::Over, _) => None,
            (FetchStage::Asking { again, .. }, None) => Some((*again).min(self.until)),
            _ => Some(self.until),
        }
    }

    /// The address as it may be told.
    fn shown(&self) -> &str {
        let url = &self.request.url;
        if self.is_typed { &url[..Position::AfterPath] } else { url.as_str() }
    }

    fn ask(&mut self, now: Instant) {
        if !matches!(self.request.url.scheme(), "http" | "https") {
            return self.fail(format!("{} is no address of a page", self.shown()));
        }
        match self.request.url.host() {
            Some(Host::Ipv4(address)) => self.connect(address),
            Some(Host::Domain(_)) => {
                self.stage = FetchStage::Asking { asked: Vec::new(), again: now };
                self.ask_name(now);
            }
            _ => self.fail(format!("{} is on no IPv4 network", self.shown())),
        }
    }

    fn ask_name(&mut self, now: Instant) {
        let Some(payload) = self.request.url.host_str().and_then(|name| ask_address(QUESTION, name)) else {
            return self.fail(format!("{} has a name that DNS cannot carry", self.shown()));
        };
        let id = self.open(Exchange::Datagram { to: self.link.resolver, payload });
        if let FetchStage::Asking { asked, again } = &mut self.stage {
            asked.push(id);
            *again = now + ASK_AGAIN;
        }
    }

    fn connect(&mut self, address: Ipv4Addr) {
        let payload = head(&self.request, &self.agent);
        let port = self.request.url.port_or_known_default().unwrap_or(HTTP_PORT);
        let to = SocketAddrV4::new(address, port);
        let exchange = match self.request.url.scheme() {
            "https" => {
                let server_name = self.request.url.host_str().unwrap_or_default().to_owned();
                Exchange::Tls { to, server_name, payload, verifies: self.verifies }
            }
            _ => Exchange::Stream { to, payload },
        };
        let id = self.open(exchange);
        self.stage = FetchStage::Reading { id, reader: Box::new(Reader::new()) };
    }

    fn open(&mut self, exchange: Exchange) -> u32 {
        let id = self.next;
        self.next += 1;
        self.opens.push_back((id, exchange));
        id
    }

    /// Something about an exchange.
    pub(crate) fn progress(&mut self, id: u32, progress: Progress<'_>, now: Instant) {
        match &self.stage {
            FetchStage::Asking { asked, .. } if asked.contains(&id) => match progress {
                Progress::Received(answer) => self.answered(answer),
                Progress::Connected => {}
                _ => self
                    .fail(format!("the name in {} has no address: nobody answers questions", self.shown())),
            },
            FetchStage::Reading { id: own, .. } if *own == id => self.read(progress, now),
            _ => {}
        }
    }

    fn answered(&mut self, answer: &[u8]) {
        self.abandon_all();
        match read_address(answer) {
            Some(address) => self.connect(address),
            None => self.fail(format!("the name in {} has no address", self.shown())),
        }
    }

    fn read(&mut self, progress: Progress<'_>, now: Instant) {
        let FetchStage::Reading { reader, .. } = &mut self.stage else { return };
        let over = match progress {
            Progress::Connected => return,
            Progress::Received(bytes) => match reader.push(bytes) {
                Ok(()) => reader.head().is_some_and(|reply| {
                    reply.ending == Ending::Complete || is_redirect(reply) || reply.body_bytes > PAGE_BYTES
                }),
                Err(problem) => return self.fail(problem.to_string()),
            },
            Progress::Ended => match reader.end() {
                Ok(()) => true,
                Err(problem) => return self.fail(problem.to_string()),
            },
            Progress::Reset => return self.fail(format!("the connection for {} was reset", self.shown())),
            Progress::Refused => {
                return self.fail(format!("the connection for {} was refused", self.shown()));
            }
            Progress::HandshakeFailed(problem) => {
                return self.fail(format!("{} cannot be loaded: {problem}", self.shown()));
            }
            Progress::Unreachable => return self.fail(format!("nobody can be reached at {}", self.shown())),
        };
        if over {
            self.take_what_came(true, now);
        }
    }

    fn take_what_came(&mut self, is_whole: bool, now: Instant) {
        let FetchStage::Reading { reader, .. } = std::mem::replace(&mut self.stage, FetchStage::Over) else {
            return;
        };
        self.abandon_all();
        let reply = reader.into_reply();
        if is_redirect(&reply) {
            return self.follow(&reply, now);
        }
        self.outcome = Some(Ok(LoadedPage { url: self.request.url.clone(), reply, is_whole }));
    }

    fn follow(&mut self, reply: &Reply, now: Instant) {
        let next = reply.header("location").and_then(|location| self.request.url.join(location).ok());
        self.redirects += 1;
        match next {
            Some(_) if self.redirects > REDIRECTS => self.fail(format!("more than {REDIRECTS} redirects")),
            Some(next) => {
                // After the others a browser reads on with GET (Fetch standard, HTTP-redirect fetch).
                if matches!(reply.status, 307 | 308) {
                    self.request.url = next;
                } else {
                    self.request = Request::get(next);
                }
                self.ask(now);
            }
            None => self.fail(format!("{} redirects to nowhere", self.shown())),
        }
    }

    /// Does what `now` asks for.
    pub(crate) fn due(&mut self, now: Instant) {
        if self.outcome.is_some() {
            return;
        }
        if now >= self.until {
            let so_far = match &self.stage {
                FetchStage::Over => return,
                FetchStage::Reading { reader, .. }
                    if reader.head().is_some_and(|reply| reply.body_bytes > 0) =>
                {
                    // A browser shows what has come of a page, and goes on loading.
                    return self.take_what_came(false, now);
                }
                FetchStage::Reading { reader, .. } if reader.head().is_some() => "did not end",
                _ => "was not answered",
            };
            return self.fail(format!("{} {so_far} within {} s", self.shown(), PAGE_TIMEOUT.as_secs()));
        }
        if let FetchStage::Asking { again, .. } = &self.stage
            && now >= *again
        {
            self.ask_name(now);
        }
    }

    fn fail(&mut self, why: String) {
        self.abandon_all();
        self.stage = FetchStage::Over;
        self.outcome = Some(Err(why));
    }

    fn abandon_all(&mut self) {
        self.abandons.extend(0..self.next);
    }
}

/// The head of a request, as a browser on a phone sends it.
fn head(request: &Request, agent: &str) -> Vec<u8> {
    let url = &request.url;
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
    };
    let host = &url[Position::BeforeHost..Position::AfterPort];
    let mut head = format!(
        "{method} {} HTTP/1.1\r\nHost: {host}\r\nConnection: keep-alive\r\nUpgrade-Insecure-Requests: 1\r\n\
         User-Agent: {agent}\r\n{BROWSER_LINES}",
        &url[Position::BeforePath..Position::AfterQuery],
    );
    if let Some(body) = &request.body {
        let kind = request.content_type.unwrap_or("application/x-www-form-urlencoded");
        head += &format!(
            "Origin: {}://{host}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n",
            url.scheme(),
            body.len()
        );
    }
    [head.as_bytes(), b"\r\n"].concat()
}

/// 304 and 305 are none (Fetch standard, redirect status).
fn is_redirect(reply: &Reply) -> bool {
    matches!(reply.status, 301..=303 | 307 | 308)
}

//! The page that a sheet opens on: asked for as a browser would, redirects followed, until there is
//! something to see or it is clear that there will not be. Sans-IO, like the phones.
//!
//! It reads with the phone's own reader and shares nothing with the device. What is in the page is judged by
//! [`super::page_judge`].

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use url::{Host, Position, Url};
use vestibule_core::Instant;

use super::page_judge::judge;
use crate::dns::{ask_address, read_address};
use crate::owner::{PAGE_TIMEOUT, REDIRECTS};
use crate::phone::{Ending, Exchange, Link, Progress, Reader, Reply};

/// Most bytes of a page: a longer one counts as one that does not end.
const PAGE_BYTES: u64 = 1 << 20;

/// How long an answer to a question is waited for before it is asked again. Chosen.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// The identifier of the sheet's questions, from which a reader of a capture knows them.
const QUESTION: u16 = 0x5654;

/// Further lines that a browser sends: as long as those of a WebView on a phone, for a portal that has room for a few
/// hundred bytes shows it nothing. Which browser sends which is not modelled.
const BROWSER_LINES: &str = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,\
image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7\r\nX-Requested-With: com.android.captiveportallogin\r\n\
Accept-Encoding: gzip, deflate\r\nAccept-Language: en-US,en;q=0.9\r\n";

/// What is to be seen in the sheet, or why nothing is.
pub(super) type Shown = Result<String, String>;

/// A page under way.
pub(super) struct Page {
    link: Link,
    agent: String,
    verifies: bool,
    url: Url,
    redirects: usize,
    until: Instant,
    next: u32,
    stage: PageStage,
    opens: VecDeque<(u32, Exchange)>,
    abandons: VecDeque<u32>,
    shown: Option<Shown>,
    odd: Vec<String>,
}

enum PageStage {
    Asking { asked: Vec<u32>, again: Instant },
    Reading { id: u32, reader: Box<Reader> },
    Over,
}

impl Page {
    /// Begins to load `url`. `verifies`: whether the browser minds whose certificate it is shown.
    ///
    /// # Errors
    /// It is no address of a page.
    pub(super) fn load(
        link: Link,
        url: &str,
        agent: &str,
        verifies: bool,
        now: Instant,
    ) -> Result<Self, String> {
        let mut page = Self {
            link,
            agent: agent.to_owned(),
            verifies,
            url: Url::parse(url).map_err(|_| format!("{url} is no address of a page"))?,
            redirects: 0,
            until: now + PAGE_TIMEOUT,
            next: 0,
            stage: PageStage::Over,
            opens: VecDeque::new(),
            abandons: VecDeque::new(),
            shown: None,
            odd: Vec::new(),
        };
        page.ask(now);
        Ok(page)
    }

    /// What it showed in the end.
    pub(super) fn shown(&self) -> Option<&Shown> {
        self.shown.as_ref()
    }

    /// What is odd about it.
    pub(super) fn odd(&self) -> &[String] {
        &self.odd
    }

    pub(super) fn poll_open(&mut self) -> Option<(u32, Exchange)> {
        self.opens.pop_front()
    }

    pub(super) fn poll_abandon(&mut self) -> Option<u32> {
        self.abandons.pop_front()
    }

    pub(super) fn timeout(&self) -> Option<Instant> {
        match (&self.stage, &self.shown) {
            (_, Some(_)) => None,
            (PageStage::Asking { again, .. }, None) => Some((*again).min(self.until)),
            _ => Some(self.until),
        }
    }

    fn ask(&mut self, now: Instant) {
        if !matches!(self.url.scheme(), "http" | "https") {
            return self.fail(format!("{} is no address of a page", self.url));
        }
        match self.url.host() {
            Some(Host::Ipv4(address)) => self.connect(address),
            Some(Host::Domain(_)) => {
                self.stage = PageStage::Asking { asked: Vec::new(), again: now };
                self.ask_name(now);
            }
            _ => self.fail(format!("{} is on no IPv4 network", self.url)),
        }
    }

    fn ask_name(&mut self, now: Instant) {
        let Some(payload) = self.url.host_str().and_then(|name| ask_address(QUESTION, name)) else {
            return self.fail(format!("{} has a name that DNS cannot carry", self.url));
        };
        let id = self.open(Exchange::Datagram { to: self.link.resolver, payload });
        if let PageStage::Asking { asked, again } = &mut self.stage {
            asked.push(id);
            *again = now + ASK_AGAIN;
        }
    }

    fn connect(&mut self, address: Ipv4Addr) {
        let payload = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: keep-alive\r\nUpgrade-Insecure-Requests: 1\r\n\
             User-Agent: {}\r\n{BROWSER_LINES}\r\n",
            &self.url[Position::BeforePath..Position::AfterQuery],
            &self.url[Position::BeforeHost..Position::AfterPort],
            self.agent,
        )
        .into_bytes();
        let to = SocketAddrV4::new(address, self.url.port_or_known_default().unwrap_or(80));
        let exchange = match self.url.scheme() {
            "https" => {
                let server_name = self.url.host_str().unwrap_or_default().to_owned();
                Exchange::Tls { to, server_name, payload, verifies: self.verifies }
            }
            _ => Exchange::Stream { to, payload },
        };
        let id = self.open(exchange);
        self.stage = PageStage::Reading { id, reader: Box::new(Reader::new()) };
    }

    fn open(&mut self, exchange: Exchange) -> u32 {
        let id = self.next;
        self.next += 1;
        self.opens.push_back((id, exchange));
        id
    }

    pub(super) fn progress(&mut self, id: u32, progress: Progress<'_>, now: Instant) {
        match &self.stage {
            PageStage::Asking { asked, .. } if asked.contains(&id) => match progress {
                Progress::Received(answer) => self.answered(answer),
                Progress::Connected => {}
                _ => self.fail(format!("the name in {} has no address: nobody answers questions", self.url)),
            },
            PageStage::Reading { id: own, .. } if *own == id => self.read(progress, now),
            _ => {}
        }
    }

    fn answered(&mut self, answer: &[u8]) {
        self.abandon_all();
        match read_address(answer) {
            Some(address) => self.connect(address),
            None => self.fail(format!("the name in {} has no address", self.url)),
        }
    }

    fn read(&mut self, progress: Progress<'_>, now: Instant) {
        let PageStage::Reading { reader, .. } = &mut self.stage else { return };
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
            Progress::Reset => return self.fail("the connection was reset".into()),
            Progress::Refused => return self.fail("the connection was refused".into()),
            Progress::HandshakeFailed(problem) => {
                return self.fail(format!("{} cannot be loaded: {problem}", self.url));
            }
            Progress::Unreachable => return self.fail("nobody can be reached there".into()),
        };
        if over && let PageStage::Reading { reader, .. } = std::mem::replace(&mut self.stage, PageStage::Over)
        {
            self.abandon_all();
            self.take(&reader.into_reply(), now);
        }
    }

    fn take(&mut self, reply: &Reply, now: Instant) {
        if is_redirect(reply) {
            let next = reply.header("location").and_then(|location| self.url.join(location).ok());
            self.redirects += 1;
            return match next {
                Some(_) if self.redirects > REDIRECTS => {
                    self.fail(format!("more than {REDIRECTS} redirects"));
                }
                Some(next) => {
                    self.url = next;
                    self.ask(now);
                }
                None => self.fail(format!("{} redirects to nowhere", self.url)),
            };
        }
        match reply.status {
            200..=299 if reply.body_bytes > PAGE_BYTES => {
                self.fail(format!("the page at {} does not end", self.url));
            }
            200..=299 if reply.body_bytes > 0 => {
                let judged = judge(reply, &self.url);
                self.odd = judged.odd;
                match judged.unusable {
                    Some(why) => self.fail(why),
                    None => self.shown = Some(Ok(format!("{} bytes at {}", reply.body_bytes, self.url))),
                }
            }
            200..=299 => self.fail(format!("{} is an empty page", self.url)),
            status => self.fail(format!("{} is answered {status}", self.url)),
        }
    }

    pub(super) fn due(&mut self, now: Instant) {
        if self.shown.is_some() {
            return;
        }
        if now >= self.until {
            let so_far = match &self.stage {
                PageStage::Reading { reader, .. }
                    if reader.head().is_some_and(|reply| reply.body_bytes > 0) =>
                {
                    return self.show_what_came(now);
                }
                PageStage::Reading { reader, .. } if reader.head().is_some() => "did not end",
                _ => "was not answered",
            };
            return self.fail(format!("{} {so_far} within {} s", self.url, PAGE_TIMEOUT.as_secs()));
        }
        if let PageStage::Asking { again, .. } = &self.stage
            && now >= *again
        {
            self.ask_name(now);
        }
    }

    /// A browser shows what has come of a page, and goes on loading.
    fn show_what_came(&mut self, now: Instant) {
        let PageStage::Reading { reader, .. } = std::mem::replace(&mut self.stage, PageStage::Over) else {
            return;
        };
        self.abandon_all();
        self.take(&reader.into_reply(), now);
        self.odd.push(format!(
            "the page at {} did not end within {} s: state its Content-Length, or close after it",
            self.url,
            PAGE_TIMEOUT.as_secs()
        ));
    }

    fn fail(&mut self, why: String) {
        self.abandon_all();
        self.stage = PageStage::Over;
        self.shown = Some(Err(why));
    }

    fn abandon_all(&mut self) {
        self.abandons.extend(0..self.next);
    }
}

/// 304 and 305 are none (Fetch standard, redirect status).
fn is_redirect(reply: &Reply) -> bool {
    matches!(reply.status, 301..=303 | 307 | 308)
}

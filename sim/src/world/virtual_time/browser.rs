//! The browser in a phone's sheet, in virtual time: resolves names with the device's DNS, follows
//! redirects, and reads replies with the phone's own parser. It sends only what a page load needs.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::ops::Range;
use std::time::Duration;

use smoltcp::iface::SocketHandle;
use smoltcp::socket::{tcp, udp};
use url::Host;
use vestibule_core::Instant;
use vestibule_core::mdns::MDNS_GROUP;

use crate::dns::{ask_address, read_address};
use crate::host::Stack;
use crate::owner::{Method, PAGE_TIMEOUT, REDIRECTS, Request, is_tried_over_https};
use crate::phone::{Ending, Link, Reader, Reply};
use crate::world::{Load, Loaded, NO_PROVIDER};

/// The time from a DNS or mDNS query to its repetition.
const QUERY_RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// A page load in progress.
pub(super) struct Browser {
    load: Load,
    link: Option<Link>,
    redirects: usize,
    until: Instant,
    stage: LoadStage,
}

/// The server that resolves a name: for one that ends in `.local` the multicast group (RFC 6762 section
/// 5.1), otherwise the resolver.
fn server_for(name: &str, link: Link) -> SocketAddrV4 {
    if name.ends_with(".local") { MDNS_GROUP } else { link.resolver }
}

enum LoadStage {
    /// HTTPS is tried first.
    TryingHttps {
        until: Instant,
    },
    /// No page comes over HTTPS: found out then.
    FailingHttps {
        at: Instant,
    },
    /// The address of the host is not known yet.
    Resolve,
    Resolving {
        socket: SocketHandle,
        question: Vec<u8>,
        retry_at: Instant,
    },
    Requesting {
        socket: SocketHandle,
        request: Vec<u8>,
        reader: Box<Reader>,
        established: bool,
    },
}

impl Browser {
    pub(super) fn new(load: Load, link: Option<Link>, now: Instant) -> Self {
        Self { load, link, redirects: 0, until: now + PAGE_TIMEOUT, stage: LoadStage::Resolve }
    }

    /// Closes what is open.
    pub(super) fn abandon(self, stack: &mut Stack) {
        self.stage.end(stack);
    }

    pub(super) fn poll_timeout(&self) -> Instant {
        match &self.stage {
            LoadStage::Resolving { retry_at, .. } => (*retry_at).min(self.until),
            LoadStage::TryingHttps { until: at } | LoadStage::FailingHttps { at } => (*at).min(self.until),
            _ => self.until,
        }
    }

    /// Continues the load. Returns its number and result once it is over.
    pub(super) fn serve(
        &mut self,
        stack: &mut Stack,
        next_port: &mut u16,
        now: Instant,
    ) -> Option<(u64, Loaded)> {
        if now >= self.until {
            return Some(self.failed(format!("nothing came within {} s", PAGE_TIMEOUT.as_secs())));
        }
        loop {
            match self.step(stack, next_port, now) {
                LoadStep::Wait => return None,
                LoadStep::Continue => {}
                LoadStep::Done(loaded) => return Some(*loaded),
            }
        }
    }

    fn step(&mut self, stack: &mut Stack, next_port: &mut u16, now: Instant) -> LoadStep {
        match &mut self.stage {
            LoadStage::Resolve => self.begin(stack, next_port, now),
            LoadStage::TryingHttps { until: at } | LoadStage::FailingHttps { at } if now < *at => {
                LoadStep::Wait
            }
            LoadStage::FailingHttps { .. } => self.fail(self.load.https.why),
            LoadStage::TryingHttps { .. } => {
                self.stage = LoadStage::Resolve;
                LoadStep::Continue
            }
            LoadStage::Resolving { socket, question, retry_at } => {
                if *retry_at > now && !stack.udp(*socket).can_recv() {
                    return LoadStep::Wait;
                }
                let udp = stack.sockets().get_mut::<udp::Socket<'_>>(*socket);
                let answer = udp.recv().ok().map(|(answer, _)| read_address(answer));
                match (answer, self.link) {
                    (Some(Some(address)), _) => self.connect(stack, address, next_port),
                    (Some(None), _) => self.fail("the name has no address"),
                    (None, Some(link)) if *retry_at <= now => {
                        let resolver = server_for(self.load.request.url.host_str().unwrap_or_default(), link);
                        // If the queue is full the query is lost, as on a network.
                        let _ = udp.send_slice(question, (*resolver.ip(), resolver.port()));
                        *retry_at = now + QUERY_RETRY_INTERVAL;
                        LoadStep::Wait
                    }
                    (None, _) => LoadStep::Wait,
                }
            }
            LoadStage::Requesting { socket, request, .. } if stack.is_idle(*socket, !request.is_empty()) => {
                LoadStep::Wait
            }
            LoadStage::Requesting { socket, request, reader, established } => {
                let tcp = stack.sockets().get_mut::<tcp::Socket<'_>>(*socket);
                match exchange(tcp, request, reader, established) {
                    ExchangeStep::Pending => LoadStep::Wait,
                    ExchangeStep::Failed(why) => self.fail(why),
                    ExchangeStep::Done => {
                        let reply = std::mem::take(reader.as_mut()).into_reply();
                        self.replied(stack, reply)
                    }
                }
            }
        }
    }

    fn begin(&mut self, stack: &mut Stack, next_port: &mut u16, now: Instant) -> LoadStep {
        let url = &self.load.request.url;
        let Some(link) = self.link else { return self.fail("the phone has no address") };
        match url.scheme() {
            "http" => {}
            "https" => {
                self.stage = LoadStage::FailingHttps { at: now + self.load.https.after };
                return LoadStep::Continue;
            }
            _ => return self.fail("that is no address of a page"),
        }
        let is_tried = self.load.request.method == Method::Get && is_tried_over_https(url);
        if let Some(wait) = self.load.tries_https.take_if(|_| is_tried) {
            self.stage = LoadStage::TryingHttps { until: now + wait };
            return LoadStep::Continue;
        }
        match url.host() {
            Some(Host::Ipv4(address)) => self.connect(stack, address, next_port),
            Some(Host::Domain(name)) if !self.load.finds_names && !name.ends_with(".local") => {
                self.fail(NO_PROVIDER)
            }
            Some(Host::Domain(name)) => {
                let Some(question) = ask_address(take_port(next_port), name) else {
                    return self.fail("no name that DNS can carry");
                };
                let socket = stack.add_udp(take_port(next_port));
                let resolver = server_for(name, link);
                let udp = stack.sockets().get_mut::<udp::Socket<'_>>(socket);
                let _ = udp.send_slice(&question, (*resolver.ip(), resolver.port()));
                self.stage = LoadStage::Resolving { socket, question, retry_at: now + QUERY_RETRY_INTERVAL };
                LoadStep::Wait
            }
            _ => self.fail("the page has no address that can be reached"),
        }
    }

    fn connect(&mut self, stack: &mut Stack, address: Ipv4Addr, next_port: &mut u16) -> LoadStep {
        std::mem::replace(&mut self.stage, LoadStage::Resolve).end(stack);
        let port = self.load.request.url.port_or_known_default().unwrap_or(80);
        let own_port = take_port(next_port);
        let socket = stack.connect((address, port), own_port);
        let (request, typed) = head_and_body(&self.load.request, &self.load.user_agent);
        stack.redact(own_port, typed);
        self.stage = LoadStage::Requesting { socket, request, reader: Box::default(), established: false };
        LoadStep::Wait
    }

    fn replied(&mut self, stack: &mut Stack, reply: Reply) -> LoadStep {
        std::mem::replace(&mut self.stage, LoadStage::Resolve).end(stack);
        let url = self.load.request.url.clone();
        let location = reply.header("location").filter(|_| (300..400).contains(&reply.status));
        let Some(next) = location.and_then(|location| url.join(location).ok()) else {
            let html = String::from_utf8_lossy(&reply.body).into_owned();
            return LoadStep::Done(Box::new((
                self.load.id,
                Loaded::Page { url, status: reply.status, html },
            )));
        };
        self.redirects += 1;
        if self.redirects > REDIRECTS {
            return self.fail("too many redirects");
        }
        // After 302 and 303 a browser reads on with GET (Fetch standard, HTTP-redirect fetch).
        if matches!(reply.status, 307 | 308) {
            self.load.request.url = next;
        } else {
            self.load.request = Request::get(next);
        }
        LoadStep::Continue
    }

    fn fail(&self, why: &str) -> LoadStep {
        LoadStep::Done(Box::new(self.failed(why.to_owned())))
    }

    fn failed(&self, why: String) -> (u64, Loaded) {
        (self.load.id, Loaded::Failed { url: self.load.request.url.clone(), why })
    }
}

impl LoadStage {
    fn end(self, stack: &mut Stack) {
        match self {
            Self::Resolve | Self::TryingHttps { .. } | Self::FailingHttps { .. } => {}
            Self::Resolving { socket, .. } => {
                stack.sockets().remove(socket);
            }
            Self::Requesting { socket, .. } => {
                stack.sockets().get_mut::<tcp::Socket<'_>>(socket).abort();
                // Sends the reset, before the socket is removed.
                stack.flush();
                stack.sockets().remove(socket);
            }
        }
    }
}

enum LoadStep {
    Wait,
    Continue,
    Done(Box<(u64, Loaded)>),
}

enum ExchangeStep {
    Pending,
    Done,
    Failed(&'static str),
}

fn exchange(
    socket: &mut tcp::Socket<'_>,
    request: &mut Vec<u8>,
    reader: &mut Reader,
    established: &mut bool,
) -> ExchangeStep {
    *established |= socket.may_send();
    if !request.is_empty() && socket.can_send() {
        let sent = socket.send_slice(request).unwrap_or(0);
        request.drain(..sent);
    }
    while socket.can_recv() {
        let bytes = socket.recv(|bytes| (bytes.len(), bytes.to_vec())).unwrap_or_default();
        if reader.push(&bytes).is_err() {
            return ExchangeStep::Failed("what came is no page");
        }
    }
    if reader.head().is_some_and(|reply| reply.ending == Ending::Complete) {
        return ExchangeStep::Done;
    }
    match socket.state() {
        tcp::State::Closed if !*established => ExchangeStep::Failed("the connection was refused"),
        tcp::State::Closed => ExchangeStep::Failed("the connection was lost"),
        tcp::State::CloseWait if reader.end().is_ok() => ExchangeStep::Done,
        tcp::State::CloseWait => ExchangeStep::Failed("the page was cut off"),
        _ => ExchangeStep::Pending,
    }
}

/// The bytes of a request, and the ranges in them that hold what the owner typed: the query and the body.
fn head_and_body(request: &Request, user_agent: &str) -> (Vec<u8>, Vec<Range<usize>>) {
    let url = &request.url;
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
    };
    let mut bytes = format!(
        "{method} {target} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html,*/*;q=0.8\r\n\
         User-Agent: {user_agent}\r\nConnection: keep-alive\r\n"
    );
    if let Some(content_type) = request.content_type {
        bytes += &format!("Content-Type: {content_type}\r\n");
    }
    let body = request.body.as_deref().unwrap_or_default();
    if request.body.is_some() {
        bytes += &format!("Content-Length: {}\r\n", body.len());
    }
    bytes += "\r\n";
    let query = url.query().unwrap_or_default().len();
    let query_ends = method.len() + 1 + target.len();
    let typed = vec![query_ends - query..query_ends, bytes.len()..bytes.len() + body.len()];
    let mut bytes = bytes.into_bytes();
    bytes.extend_from_slice(body);
    (bytes, typed)
}

fn take_port(next: &mut u16) -> u16 {
    let port = *next;
    *next = port.checked_add(1).unwrap_or(49152);
    port
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn what_a_form_holds_is_its_query_and_its_body_and_no_more() {
        let url = |text| Url::parse(text).unwrap();
        let typed = |request: &Request| {
            let (bytes, typed) = head_and_body(request, "agent");
            typed
                .into_iter()
                .map(|range| String::from_utf8(bytes[range].to_vec()).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(typed(&Request::get(url("http://192.168.4.1/"))), ["", ""]);
        assert_eq!(typed(&Request::get(url("http://a.b/set?pass=%22x&y#z"))), ["pass=%22x&y", ""]);
        let post = Request {
            method: Method::Post,
            body: Some(b"p=1".to_vec()),
            ..Request::get(url("http://a/b?c"))
        };
        assert_eq!(typed(&post), ["c", "p=1"]);
    }
}

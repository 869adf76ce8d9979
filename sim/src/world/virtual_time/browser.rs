//! The browser inside a phone's sheet, in virtual time: asks the device's DNS for names, follows
//! redirects, reads replies with the phone's own reader. Sends what a browser's sheet must send
//! and no more.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::ops::Range;
use std::time::Duration;

use smoltcp::iface::SocketHandle;
use smoltcp::socket::{tcp, udp};
use url::Host;
use vestibule_core::Instant;
use vestibule_core::mdns::MDNS_GROUP;

use super::stack::Stack;
use crate::dns::{ask_address, read_address};
use crate::owner::{Method, PAGE_TIMEOUT, REDIRECTS, Request};
use crate::phone::{Ending, Link, Reader, Reply};
use crate::world::{Load, Loaded};

/// How long an answer to a question is waited for before it is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// A load under way.
pub(super) struct Browser {
    load: Load,
    link: Option<Link>,
    hops: usize,
    until: Instant,
    stage: Stage,
}

/// Whom a name is asked of: those that end in `.local` of everybody on the network (RFC 6762 section
/// 5.1), others of the resolver.
fn resolver_of(name: &str, link: Link) -> SocketAddrV4 {
    if name.ends_with(".local") { MDNS_GROUP } else { link.resolver }
}

enum Stage {
    /// The address of the host is to be found.
    Begin,
    Asking {
        socket: SocketHandle,
        question: Vec<u8>,
        again: Instant,
    },
    Talking {
        socket: SocketHandle,
        request: Vec<u8>,
        reader: Box<Reader>,
        stands: bool,
    },
}

impl Browser {
    pub(super) fn new(load: Load, link: Option<Link>, now: Instant) -> Self {
        Self { load, link, hops: 0, until: now + PAGE_TIMEOUT, stage: Stage::Begin }
    }

    /// Closes what is open.
    pub(super) fn abandon(self, stack: &mut Stack) {
        self.stage.end(stack);
    }

    pub(super) fn poll_timeout(&self) -> Instant {
        match &self.stage {
            Stage::Asking { again, .. } => (*again).min(self.until),
            _ => self.until,
        }
    }

    /// Goes on. Gives the load's number and what came of it, once it is over.
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
                Step::Wait => return None,
                Step::Again => {}
                Step::Over(over) => return Some(*over),
            }
        }
    }

    fn step(&mut self, stack: &mut Stack, next_port: &mut u16, now: Instant) -> Step {
        match &mut self.stage {
            Stage::Begin => self.begin(stack, next_port, now),
            Stage::Asking { socket, question, again } => {
                if *again > now && !stack.udp(*socket).can_recv() {
                    return Step::Wait;
                }
                let udp = stack.sockets().get_mut::<udp::Socket<'_>>(*socket);
                let answer = udp.recv().ok().map(|(answer, _)| read_address(answer));
                match (answer, self.link) {
                    (Some(Some(address)), _) => self.connect(stack, address, next_port),
                    (Some(None), _) => self.fail("the name has no address"),
                    (None, Some(link)) if *again <= now => {
                        let resolver =
                            resolver_of(self.load.request.url.host_str().unwrap_or_default(), link);
                        // A full queue is as good as a lost question.
                        let _ = udp.send_slice(question, (*resolver.ip(), resolver.port()));
                        *again = now + ASK_AGAIN;
                        Step::Wait
                    }
                    (None, _) => Step::Wait,
                }
            }
            Stage::Talking { socket, request, .. } if stack.is_quiet(*socket, !request.is_empty()) => {
                Step::Wait
            }
            Stage::Talking { socket, request, reader, stands } => {
                let tcp = stack.sockets().get_mut::<tcp::Socket<'_>>(*socket);
                match talk(tcp, request, reader, stands) {
                    Talk::Goes => Step::Wait,
                    Talk::Broken(why) => self.fail(why),
                    Talk::Done => {
                        let reply = std::mem::take(reader.as_mut()).into_reply();
                        self.replied(stack, reply)
                    }
                }
            }
        }
    }

    fn begin(&mut self, stack: &mut Stack, next_port: &mut u16, now: Instant) -> Step {
        let url = &self.load.request.url;
        let (Some(link), "http") = (self.link, url.scheme()) else {
            return self.fail("the device has no certificate that a browser accepts");
        };
        match url.host() {
            Some(Host::Ipv4(address)) => self.connect(stack, address, next_port),
            Some(Host::Domain(name)) => {
                let Some(question) = ask_address(take_port(next_port), name) else {
                    return self.fail("no name that DNS can carry");
                };
                let socket = stack.add_udp(take_port(next_port));
                let resolver = resolver_of(name, link);
                let udp = stack.sockets().get_mut::<udp::Socket<'_>>(socket);
                let _ = udp.send_slice(&question, (*resolver.ip(), resolver.port()));
                self.stage = Stage::Asking { socket, question, again: now + ASK_AGAIN };
                Step::Wait
            }
            _ => self.fail("the page has no address that can be reached"),
        }
    }

    fn connect(&mut self, stack: &mut Stack, address: Ipv4Addr, next_port: &mut u16) -> Step {
        std::mem::replace(&mut self.stage, Stage::Begin).end(stack);
        let port = self.load.request.url.port_or_known_default().unwrap_or(80);
        let own_port = take_port(next_port);
        let socket = stack.connect((address, port), own_port);
        let (request, typed) = head_and_body(&self.load.request, &self.load.user_agent);
        stack.redact(own_port, typed);
        self.stage = Stage::Talking { socket, request, reader: Box::default(), stands: false };
        Step::Wait
    }

    fn replied(&mut self, stack: &mut Stack, reply: Reply) -> Step {
        std::mem::replace(&mut self.stage, Stage::Begin).end(stack);
        let url = self.load.request.url.clone();
        let location = reply.header("location").filter(|_| (300..400).contains(&reply.status));
        let Some(next) = location.and_then(|location| url.join(location).ok()) else {
            let html = String::from_utf8_lossy(&reply.body).into_owned();
            return Step::Over(Box::new((self.load.id, Loaded::Page { url, status: reply.status, html })));
        };
        self.hops += 1;
        if self.hops > REDIRECTS {
            return self.fail("too many redirects");
        }
        // After 302 and 303 a browser reads on with GET (Fetch standard, HTTP-redirect fetch).
        if matches!(reply.status, 307 | 308) {
            self.load.request.url = next;
        } else {
            self.load.request = Request::get(next);
        }
        Step::Again
    }

    fn fail(&self, why: &str) -> Step {
        Step::Over(Box::new(self.failed(why.to_owned())))
    }

    fn failed(&self, why: String) -> (u64, Loaded) {
        (self.load.id, Loaded::Failed { url: self.load.request.url.clone(), why })
    }
}

impl Stage {
    fn end(self, stack: &mut Stack) {
        match self {
            Self::Begin => {}
            Self::Asking { socket, .. } => {
                stack.sockets().remove(socket);
            }
            Self::Talking { socket, .. } => {
                stack.sockets().get_mut::<tcp::Socket<'_>>(socket).abort();
                // The reset goes out with this poll, before the socket goes.
                stack.flush();
                stack.sockets().remove(socket);
            }
        }
    }
}

enum Step {
    Wait,
    Again,
    Over(Box<(u64, Loaded)>),
}

enum Talk {
    Goes,
    Done,
    Broken(&'static str),
}

fn talk(socket: &mut tcp::Socket<'_>, request: &mut Vec<u8>, reader: &mut Reader, stands: &mut bool) -> Talk {
    *stands |= socket.may_send();
    if !request.is_empty() && socket.can_send() {
        let sent = socket.send_slice(request).unwrap_or(0);
        request.drain(..sent);
    }
    while socket.can_recv() {
        let bytes = socket.recv(|bytes| (bytes.len(), bytes.to_vec())).unwrap_or_default();
        if reader.push(&bytes).is_err() {
            return Talk::Broken("what came is no page");
        }
    }
    if reader.head().is_some_and(|reply| reply.ending == Ending::Complete) {
        return Talk::Done;
    }
    match socket.state() {
        tcp::State::Closed if !*stands => Talk::Broken("the connection was refused"),
        tcp::State::Closed => Talk::Broken("the connection was lost"),
        tcp::State::CloseWait if reader.end().is_ok() => Talk::Done,
        tcp::State::CloseWait => Talk::Broken("the page was cut off"),
        _ => Talk::Goes,
    }
}

/// The request's bytes, and where in them is what a form holds: the query and the body.
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

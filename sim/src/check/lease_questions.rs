//! What a DHCP server on a link does with clients that come back, move on or are many: a renewal, a lease from before, an
//! address of another network or of another client, one that the server does not know, as after its restart, one that
//! is declined, ten hardware addresses. What is odd about it is a warning: no phone's verdict hangs on it.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use dhcproto::v4::{DhcpOption, Message, MessageType, Opcode, OptionCode};
use dhcproto::{Decodable, Decoder, Encodable, Encoder};
use serde::Serialize;
use tokio::time::{Instant as Clock, timeout_at};
use vestibule_core::{Instant, MacAddress};

use crate::frame_link::{FrameLink, LinkError};
use crate::host::Stack;
use crate::host::frame::{UNSPECIFIED, dhcp_message, dhcp_request_frame};

/// How long a reply may take.
const REPLY_TIMEOUT: Duration = Duration::from_secs(2);

/// How often a question is asked that nobody answers: frames are lost, and some servers first look for some seconds
/// whether anybody has the address.
const ATTEMPTS: usize = 2;

/// How many hardware addresses ask one after the other: a household's phones, some of which draw a new one each time.
const CLIENTS: u8 = 10;

/// An address of a network that is another's.
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(10, 99, 99, 9);

/// What a DHCP server did with clients that phones' checks are not.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct LeaseAnswers {
    /// What was asked and what came, in the order of the questions.
    pub told: Vec<LeaseAnswer>,
    /// What is odd about it, a sentence each.
    pub odd: Vec<String>,
}

/// One question and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeaseAnswer {
    /// What a client did.
    pub asked: &'static str,
    /// What came.
    pub came: String,
}

impl LeaseAnswers {
    fn tell(&mut self, asked: &'static str, came: impl Into<String>, odd: Option<String>) {
        self.told.push(LeaseAnswer { asked, came: came.into() });
        self.odd.extend(odd);
    }
}

/// Asks the DHCP server behind a link what phones' checks do not.
///
/// # Errors
///
/// The link is gone.
pub async fn lease_questions(link: &mut FrameLink) -> Result<LeaseAnswers, LinkError> {
    let mut answers = LeaseAnswers::default();
    // An adapter that has joined an access point has one hardware address, and its lease is a phone's.
    if link.only_address().is_some() {
        return Ok(answers);
    }
    let mut first = Client::new(0);
    let Some(lease) = first.bind(link).await? else {
        // The phones say so, and better.
        return Ok(answers);
    };
    first.renews(link, lease, &mut answers).await?;
    first.comes_back(link, lease, &mut answers).await?;
    Client::new(1).comes_from_elsewhere(link, &mut answers).await?;
    Client::new(3).asks_for_anothers(link, lease, &mut answers).await?;
    Client::new(4).is_forgotten(link, lease, &mut answers).await?;
    Client::new(2).declines(link, &mut answers).await?;
    many(link, &mut answers).await?;
    Ok(answers)
}

/// A reply to a DHCPREQUEST in a word.
fn in_a_word(reply: Option<&Message>) -> &'static str {
    match reply.map(kind) {
        Some(Some(MessageType::Ack)) => "confirmed",
        Some(_) => "refused",
        None => "not answered",
    }
}

/// A client with a hardware address of its own.
struct Client {
    mac: MacAddress,
    xid: u32,
    /// Answers ARP once it has an address.
    stack: Stack,
}

/// What it was lent, and by whom.
#[derive(Clone, Copy)]
struct Lent {
    address: Ipv4Addr,
    server: Ipv4Addr,
}

impl Client {
    fn new(number: u8) -> Self {
        let mac = MacAddress([0x02, 0x56, 0x45, 0x53, 0x55, number]);
        Self { mac, xid: u32::from(number) << 8, stack: Stack::new(mac, 1, Instant::from_micros(0)) }
    }

    /// Sends a message with these options, from an address if it has one, and waits for the reply to it.
    async fn ask(
        &mut self,
        link: &mut FrameLink,
        kind: MessageType,
        from: Option<Ipv4Addr>,
        options: &[DhcpOption],
    ) -> Result<Option<Message>, LinkError> {
        self.xid += 1;
        self.ask_on(link, kind, from, options).await
    }

    /// The same within the transaction before (RFC 2131 section 4.4.1: a DHCPREQUEST has the `xid` of its DHCPOFFER).
    async fn ask_on(
        &mut self,
        link: &mut FrameLink,
        kind: MessageType,
        from: Option<Ipv4Addr>,
        options: &[DhcpOption],
    ) -> Result<Option<Message>, LinkError> {
        let mut message = Message::default();
        message.set_opcode(Opcode::BootRequest).set_xid(self.xid).set_chaddr(&self.mac.0);
        if let Some(from) = from {
            message.set_ciaddr(from);
        }
        message.opts_mut().insert(DhcpOption::MessageType(kind));
        for option in options {
            message.opts_mut().insert(option.clone());
        }
        let mut bytes = Vec::new();
        if message.encode(&mut Encoder::new(&mut bytes)).is_err() {
            return Ok(None);
        }
        let frame = dhcp_request_frame(self.mac, from.unwrap_or(UNSPECIFIED), &bytes);
        // Nothing answers a DHCPDECLINE.
        let attempts = if kind == MessageType::Decline { 1 } else { ATTEMPTS };
        for _ in 0..attempts {
            link.send(&frame).await?;
            if let Some(reply) = self.reply(link, kind).await? {
                return Ok(Some(reply));
            }
        }
        Ok(None)
    }

    async fn reply(&mut self, link: &mut FrameLink, to: MessageType) -> Result<Option<Message>, LinkError> {
        let began = Clock::now();
        loop {
            // A link on which there is always a frame would keep the timeout from being looked at.
            if began.elapsed() >= REPLY_TIMEOUT {
                return Ok(None);
            }
            let frame = match timeout_at(began + REPLY_TIMEOUT, link.receive()).await {
                Ok(frame) => frame?,
                Err(_) => return Ok(None),
            };
            let reply =
                dhcp_message(&frame).and_then(|bytes| Message::decode(&mut Decoder::new(&bytes)).ok());
            let is_offer = |reply: &Message| kind(reply) == Some(MessageType::Offer);
            let answers =
                |reply: &Message| reply.xid() == self.xid && is_offer(reply) == (to == MessageType::Discover);
            if let Some(reply) = reply.filter(answers) {
                return Ok(Some(reply));
            }
            self.stack.receive(frame);
            self.stack.poll(Instant::from_micros(0) + began.elapsed());
            while let Some(frame) = self.stack.next_frame() {
                link.send(&frame).await?;
            }
        }
    }

    /// Takes an address as a new client does.
    async fn bind(&mut self, link: &mut FrameLink) -> Result<Option<Lent>, LinkError> {
        let offer = self.ask(link, MessageType::Discover, None, &[]).await?;
        let Some(offer) = offer.filter(|offer| kind(offer) == Some(MessageType::Offer)) else {
            return Ok(None);
        };
        let Some(DhcpOption::ServerIdentifier(server)) = offer.opts().get(OptionCode::ServerIdentifier)
        else {
            return Ok(None);
        };
        let lent = Lent { address: offer.yiaddr(), server: *server };
        let options =
            [DhcpOption::RequestedIpAddress(lent.address), DhcpOption::ServerIdentifier(lent.server)];
        let ack = self.ask_on(link, MessageType::Request, None, &options).await?;
        if ack.is_none_or(|ack| kind(&ack) != Some(MessageType::Ack)) {
            return Ok(None);
        }
        self.stack.set_address(Some((lent.address, 24)));
        Ok(Some(lent))
    }

    /// A renewal (RFC 2131 section 4.3.2, REBINDING).
    async fn renews(
        &mut self,
        link: &mut FrameLink,
        lent: Lent,
        answers: &mut LeaseAnswers,
    ) -> Result<(), LinkError> {
        let reply = self.ask(link, MessageType::Request, Some(lent.address), &[]).await?;
        let what = in_a_word(reply.as_ref());
        let odd = (what != "confirmed").then(|| {
            format!(
                "a client that renews its lease of {} is {what}: it loses its address in the middle of the setup. \
                 Answer a DHCPREQUEST with ciaddr and without option 50 with a DHCPACK",
                lent.address
            )
        });
        answers.tell("renews its lease", what, odd);
        Ok(())
    }

    /// Asks for an address that it says it had (RFC 2131 section 4.3.2, INIT-REBOOT).
    async fn asks_for(&mut self, link: &mut FrameLink, address: Ipv4Addr) -> Result<&'static str, LinkError> {
        let options = [DhcpOption::RequestedIpAddress(address)];
        let reply = self.ask(link, MessageType::Request, None, &options).await?;
        Ok(in_a_word(reply.as_ref()))
    }

    /// A client that was away and asks for the lease that it had.
    async fn comes_back(
        &mut self,
        link: &mut FrameLink,
        lent: Lent,
        answers: &mut LeaseAnswers,
    ) -> Result<(), LinkError> {
        let what = self.asks_for(link, lent.address).await?;
        let odd = (what != "confirmed").then(|| {
            format!(
                "a client that was away and asks for its lease of {} again is {what}: phones do so each time they \
                 join, and wait or begin anew. Answer a DHCPREQUEST with option 50 and without option 54 with a DHCPACK",
                lent.address
            )
        });
        answers.tell("comes back and asks for its lease (INIT-REBOOT)", what, odd);
        Ok(())
    }

    /// A client that was elsewhere before.
    async fn comes_from_elsewhere(
        &mut self,
        link: &mut FrameLink,
        answers: &mut LeaseAnswers,
    ) -> Result<(), LinkError> {
        let what = self.asks_for(link, ELSEWHERE).await?;
        let odd = (what == "confirmed").then(|| {
            format!(
                "a client that asks for {ELSEWHERE}, an address of another network, is given it: it then reaches \
                 nobody here. Answer with a DHCPNAK"
            )
        });
        answers.tell("asks for an address of another network (INIT-REBOOT)", what, odd);
        Ok(())
    }

    /// A client that had an address before somebody else was lent it.
    async fn asks_for_anothers(
        &mut self,
        link: &mut FrameLink,
        lent: Lent,
        answers: &mut LeaseAnswers,
    ) -> Result<(), LinkError> {
        let what = self.asks_for(link, lent.address).await?;
        let odd = (what == "confirmed").then(|| {
            format!(
                "a client that asks for {}, which another has, is given it: two phones have one address then. Answer \
                 with a DHCPNAK",
                lent.address
            )
        });
        answers.tell("asks for what another has (INIT-REBOOT)", what, odd);
        Ok(())
    }

    /// A client whose lease the server does not know: so it is for every client after the server's restart. Whatever it
    /// does then is right by RFC 2131, if it keeps a client waiting or not.
    async fn is_forgotten(
        &mut self,
        link: &mut FrameLink,
        lent: Lent,
        answers: &mut LeaseAnswers,
    ) -> Result<(), LinkError> {
        let [a, b, c, _] = lent.address.octets();
        let unknown = [253, 252].map(|host| Ipv4Addr::new(a, b, c, host));
        let Some(had) = unknown.into_iter().find(|had| *had != lent.address && *had != lent.server) else {
            return Ok(());
        };
        let reply = self.ask(link, MessageType::Request, Some(had), &[]).await?;
        let what = in_a_word(reply.as_ref());
        answers.tell("renews a lease that the server does not know, as after its restart", what, None);
        Ok(())
    }

    /// A client that finds that somebody has its address (RFC 2131 section 4.3.3).
    async fn declines(&mut self, link: &mut FrameLink, answers: &mut LeaseAnswers) -> Result<(), LinkError> {
        let Some(lent) = self.bind(link).await? else { return Ok(()) };
        self.stack.set_address(None);
        let options =
            [DhcpOption::RequestedIpAddress(lent.address), DhcpOption::ServerIdentifier(lent.server)];
        // Nothing answers it.
        self.ask(link, MessageType::Decline, None, &options).await?;
        let again = self.bind(link).await?;
        let odd = again.filter(|again| again.address == lent.address).map(|again| {
            format!(
                "a client that declines {}, because somebody has it, is lent it again: it never gets an address. Lend \
                 another after a DHCPDECLINE",
                again.address
            )
        });
        let came = match again {
            Some(again) if odd.is_some() => format!("lent {} again", again.address),
            Some(again) => format!("lent {} in place of {}", again.address, lent.address),
            None => "lent nothing then".into(),
        };
        answers.tell("declines an address that somebody has (DHCPDECLINE)", came, odd);
        Ok(())
    }
}

/// Ten hardware addresses, one after the other.
async fn many(link: &mut FrameLink, answers: &mut LeaseAnswers) -> Result<(), LinkError> {
    const ASKED: &str = "is the tenth hardware address that asks";
    let mut addresses = BTreeSet::new();
    let mut last = None;
    for number in 0..CLIENTS {
        let Some(lent) = Client::new(0x10 + number).bind(link).await? else {
            let odd = format!(
                "hardware address number {} of {CLIENTS} gets no lease: phones draw a new one for each network, and some \
                 once a day. Lend again what was not used for longest",
                number + 1
            );
            answers.tell(ASKED, format!("number {} gets nothing already", number + 1), Some(odd));
            return Ok(());
        };
        if !addresses.insert(lent.address) {
            let odd = format!("two of {CLIENTS} hardware addresses are lent {}", lent.address);
            answers.tell(ASKED, format!("lent {}, which another was lent", lent.address), Some(odd));
            return Ok(());
        }
        last = Some(lent.address);
    }
    answers.tell(ASKED, last.map_or("nothing".into(), |address| format!("lent {address}")), None);
    Ok(())
}

fn kind(message: &Message) -> Option<MessageType> {
    message.opts().msg_type()
}

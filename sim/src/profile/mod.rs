//! How other portals answer: profiles, each a TOML file in which every fact has its source, and
//! stand-ins that answer so over sockets ([`StandIn`]); [`crate::check`] has one inside this process.
//!
//! A profile says what a portal answers to whom, and nothing about how it comes to it. The format:
//!
//! ```toml
//! name = "WiFiManager"
//! what = "tzapu/WiFiManager, Arduino"
//! version = "2.0.17 @1327b40a"
//! date = "2025-11"                   # of that version
//! address = "192.168.4.1"            # on its own access point
//! port = 80                          # of its HTTP
//!
//! [dns.address]                      # questions for A records
//! answer = "portal"                  # the portal's address; or "elsewhere", "both" (elsewhere first), "nothing",
//!                                    # "refused", "silence"
//! ttl = 60
//! source = "..."                     # where this is known from
//! grade = "A"                        # how well: A, A-, B, C, D, or E for "unverified: ..."
//!
//! [dns.other]                        # every other question
//! answer = "nothing"                 # or "address" (an A record all the same), "no-such-name", "refused", "silence"
//!
//! [https]                            # connections to port 443
//! answer = "refused"                 # or "accepted", "silence"
//!
//! [dhcp]                             # on a link
//! lease = 7200                       # seconds, 0 for none; true unless said: answers, confirms, renews, refuses,
//!                                    # declines, router, dns
//! addresses = 4                      # how many it lends; option_108 and option_114 as they are sent
//! source = "..."
//! grade = "A"
//!
//! [[http]]                           # the first that fits answers; the last one fits everything
//! host = "other"                     # "portal": its own address; "other": anything else; or a name
//! path = "/generate_204"             # without the query
//! query = "ipv4"                     # what follows the path's `?`; any, where nothing is said
//! when = "joined"                    # only then; or "unset", "trying", "failed"
//! reply = { status = 302, headers = { Location = "http://{portal}/" }, length = false }
//!
//! [form]                             # by which the device is set up, so that a stand-in can be
//! action = "/wifisave"
//! method = "post"                    # or "get", "put"
//! network = "s"                      # the fields
//! passphrase = "p"
//! list = "script"                    # how the networks are offered: "typed", "radio", "select", "script", "links"
//! script = false                     # a script makes and sends it, `sent` as "form", "json" or "headers"
//! reads = "rightly"                  # or "undecoded", "partly", "decoded-first", "decoded-twice"
//! escapes = true                     # the names of networks in the page
//! button = "Save"                    # for an owner who does not know: name, id or words of the button that sends it,
//! joined = "Online"                  # words of a page that says that the device has joined, and that it could not
//! failed = "Offline"
//!
//! [limits]
//! head = 1024                        # bytes; connections, first_segment, name, passphrase; longer = "refused", "cut"
//! idle = 5                           # seconds that a kept connection may say nothing
//!
//! [radio]
//! join = 3                           # seconds; answers_after_join
//! at_join = "closes"                 # the access point; or "stays", "goes-at-once", "goes-for-try"
//! closes_after = 10                  # seconds; scans and restarts: { every = 10, lasts = 3 }
//! ```
//!
//! A reply is a table or one of `"silence"`, `"close"`, `"reset"`, `"garbage"`, `"endless"` and `"dies"`. In its texts `{portal}`
//! is where the portal is, with its port where that is not 80, `{form}` the form, `{networks}` links to the networks,
//! `{network}` the name that the device was given, `{address}` its address at home. `source` and `grade` are required in
//! each table. `intercepts = true` says that connections to any address reach it. `closes = false` in a reply keeps its
//! connection open.

pub(crate) mod answer;
pub mod device;
mod device_setup;
mod dhcp_server;
mod form_page;
mod known;
mod link_stand_in;
pub mod load;
mod portal_host;
mod stand_in;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Unexpected, Visitor};
use toml::Spanned;

use crate::phone::Grade;

/// The port of HTTP.
const HTTP_PORT: u16 = 80;

pub use crate::text::FilePosition;
pub use device::{Absence, FormMethod, FormSpec, Limits, Radio};
pub(crate) use device_setup::DeviceSetup;
pub use device_setup::{SetupStage, StandInHome};
pub(crate) use dhcp_server::DhcpServer;
pub use known::{UnknownProfile, known, known_names};
pub use link_stand_in::{answer_on_link, answer_on_link_near};
pub use stand_in::{Ports, StandIn};

/// How a portal answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Where it was read from.
    #[serde(skip)]
    pub path: PathBuf,
    /// The portal's name.
    pub name: Spanned<String>,
    /// What it is.
    pub what: String,
    /// In which version.
    pub version: Option<String>,
    /// Of when that version is.
    pub date: Option<Spanned<String>>,
    /// Its address on its own access point.
    pub address: Spanned<Ipv4Addr>,
    /// The port of its HTTP; 80 where nothing is said.
    pub port: Option<u16>,
    /// Where that is known from.
    pub source: Spanned<String>,
    /// How well.
    pub grade: Spanned<Known>,
    /// Connections to every address reach it.
    #[serde(default)]
    pub intercepts: bool,
    /// What it answers to questions.
    pub dns: Dns,
    /// What it does on port 443.
    pub https: Https,
    /// What it offers by DHCP, where that is known.
    pub dhcp: Option<Dhcp>,
    /// The form by which its device is set up, where that is known.
    pub form: Option<FormSpec>,
    /// How much it takes, where that is known.
    pub limits: Option<Limits>,
    /// What becomes of its access point, where that is known.
    pub radio: Option<Radio>,
    /// What it answers to requests: the first that fits.
    pub http: Vec<Spanned<HttpRule>>,
}

/// How well something is known, as it is written in a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known(pub Grade);

impl<'de> Deserialize<'de> for Known {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Grade::from_text(&text)
            .map(Self)
            .ok_or_else(|| D::Error::custom(format!("\"{text}\" is no grade: A, A-, B, C, D or E")))
    }
}

/// What a portal answers to questions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dns {
    /// To questions for an IPv4 address.
    pub address: DnsRule<AddressAnswer>,
    /// To all others.
    pub other: DnsRule<OtherAnswer>,
}

/// What it answers to one kind of questions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DnsRule<T> {
    /// What.
    pub answer: T,
    /// For how many seconds; 60 where nothing is said. No modelled phone minds.
    pub ttl: Option<u32>,
    /// Where that is known from.
    pub source: Spanned<String>,
    /// How well.
    pub grade: Spanned<Known>,
}

/// What it answers to a question for an IPv4 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AddressAnswer {
    /// The portal's address.
    Portal,
    /// Another host's address, as a resolver that tells the truth would.
    Elsewhere,
    /// Another host's address, and then the portal's.
    Both,
    /// NOERROR without a record.
    Nothing,
    /// REFUSED.
    Refused,
    /// Not at all.
    Silence,
}

/// What it answers to any other question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum OtherAnswer {
    /// An A record all the same.
    Address,
    /// NOERROR without a record in the answer.
    Nothing,
    /// NXDOMAIN.
    NoSuchName,
    /// REFUSED.
    Refused,
    /// Not at all.
    Silence,
}

/// What it does on port 443.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Https {
    /// What.
    pub answer: HttpsAnswer,
    /// Where that is known from.
    pub source: Spanned<String>,
    /// How well.
    pub grade: Spanned<Known>,
}

/// What becomes of a connection to port 443.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum HttpsAnswer {
    /// Refused at once.
    Refused,
    /// Accepted; no certificate that a phone accepts.
    Accepted,
    /// Nothing comes back.
    Silence,
}

/// What it offers by DHCP.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dhcp {
    /// Whether it offers an address (DHCPOFFER).
    #[serde(default = "yes")]
    pub answers: bool,
    /// Whether it answers the request for what it offered (DHCPACK).
    #[serde(default = "yes")]
    pub confirms: bool,
    /// Whether it answers a client that renews its lease.
    #[serde(default = "yes")]
    pub renews: bool,
    /// Whether it refuses addresses of other networks (DHCPNAK).
    #[serde(default = "yes")]
    pub refuses: bool,
    /// Whether it lends another address after a DHCPDECLINE.
    #[serde(default = "yes")]
    pub declines: bool,
    /// How many addresses it lends; as many as its subnet has, where nothing is said.
    pub addresses: Option<u8>,
    /// Whether it names itself as router (option 3).
    #[serde(default = "yes")]
    pub router: bool,
    /// Whether it names itself as DNS server (option 6).
    #[serde(default = "yes")]
    pub dns: bool,
    /// Seconds of a lease (option 51); 0 if it says none.
    pub lease: Option<u32>,
    /// Seconds of option 108 (RFC 8925).
    pub option_108: Option<u32>,
    /// The URI of option 114 (RFC 8910).
    pub option_114: Option<String>,
    /// Where that is known from.
    pub source: Spanned<String>,
    /// How well.
    pub grade: Spanned<Known>,
}

/// What it answers to some requests.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpRule {
    /// Whose `Host`: `portal`, `other`, or a name; any, where nothing is said.
    pub host: Option<String>,
    /// Which path, without the query; any, where nothing is said.
    pub path: Option<Spanned<String>>,
    /// With which query; any, where nothing is said.
    pub query: Option<String>,
    /// Only while its device is so far with being set up.
    pub when: Option<SetupStage>,
    /// What it answers.
    pub reply: Spanned<HttpReply>,
    /// Where that is known from.
    pub source: Spanned<String>,
    /// How well.
    pub grade: Spanned<Known>,
}

impl HttpRule {
    /// Whether no request goes by it.
    fn fits_everything(&self) -> bool {
        self.host.is_none() && self.path.is_none() && self.query.is_none() && self.when.is_none()
    }
}

/// What comes back on a connection.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum HttpReply {
    /// A reply, and the connection closed after it.
    Response(ResponseSpec),
    /// Nothing, for ever.
    Silence,
    /// The connection is closed.
    Close,
    /// The connection is reset.
    Reset,
    /// Bytes that are no HTTP.
    Garbage,
    /// A reply whose body does not end.
    Endless,
    /// The connection is closed, and nobody is there from then on.
    Dies,
}

/// A reply.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResponseSpec {
    /// The status code.
    pub status: u16,
    /// Header lines, in this order.
    #[serde(default)]
    pub headers: toml::Table,
    /// The body.
    #[serde(default)]
    pub body: String,
    /// The body is packed with gzip, as a reply says whose `Content-Encoding` is that.
    #[serde(default)]
    pub gzip: bool,
    /// The body, already packed: its bytes in hexadecimal digits.
    pub packed: Option<String>,
    /// Whether it says how long the body is.
    #[serde(default = "yes")]
    pub length: bool,
    /// Whether the connection is closed after it.
    #[serde(default = "yes")]
    pub closes: bool,
}

fn yes() -> bool {
    true
}

impl<'de> Deserialize<'de> for HttpReply {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReadReply)
    }
}

/// Reads a reply written as a word or as a table.
struct ReadReply;

impl<'de> Visitor<'de> for ReadReply {
    type Value = HttpReply;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a reply such as { status = 302 }, or one of \"silence\", \"close\", \"reset\", ")?;
        f.write_str("\"garbage\", \"endless\", \"dies\"")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<HttpReply, E> {
        match word {
            "silence" => Ok(HttpReply::Silence),
            "close" => Ok(HttpReply::Close),
            "reset" => Ok(HttpReply::Reset),
            "garbage" => Ok(HttpReply::Garbage),
            "endless" => Ok(HttpReply::Endless),
            "dies" => Ok(HttpReply::Dies),
            _ => Err(E::invalid_value(Unexpected::Str(word), &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<HttpReply, A::Error> {
        ResponseSpec::deserialize(MapAccessDeserializer::new(map)).map(HttpReply::Response)
    }
}

impl Profile {
    /// Its address on its own access point.
    pub fn address(&self) -> Ipv4Addr {
        *self.address.get_ref()
    }

    /// The port of its HTTP.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(HTTP_PORT)
    }

    /// Where it is, as its replies write it.
    pub(crate) fn place(&self) -> String {
        match self.port() {
            HTTP_PORT => self.address().to_string(),
            port => format!("{}:{port}", self.address()),
        }
    }

    /// In which version it is, and of when that is.
    pub fn dated(&self) -> String {
        let version = self.version.as_deref().unwrap_or("unknown");
        match &self.date {
            Some(date) => format!("{version}, {}", date.get_ref()),
            None => version.to_owned(),
        }
    }

    /// Every source in the file with its grade, in the file's order.
    pub fn sources(&self) -> Vec<(&Spanned<String>, &Spanned<Known>)> {
        let Dns { address, other } = &self.dns;
        let mut all = vec![
            (&self.source, &self.grade),
            (&address.source, &address.grade),
            (&other.source, &other.grade),
            (&self.https.source, &self.https.grade),
        ];
        all.extend(self.dhcp.iter().map(|dhcp| (&dhcp.source, &dhcp.grade)));
        all.extend(self.form.iter().map(|form| (&form.source, &form.grade)));
        all.extend(self.limits.iter().map(|limits| (&limits.source, &limits.grade)));
        all.extend(self.radio.iter().map(|radio| (&radio.source, &radio.grade)));
        all.extend(self.http.iter().map(Spanned::get_ref).map(|rule| (&rule.source, &rule.grade)));
        all
    }

    /// How many of its facts are unverified.
    pub fn unverified(&self) -> usize {
        self.sources().iter().filter(|(_, grade)| grade.get_ref().0 == Grade::E).count()
    }
}

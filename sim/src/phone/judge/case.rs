//! The tables by which clients judge a reply: rows of conditions, each with what it means and the
//! rule behind it. The first row that holds decides. The same rows are printed by
//! `vestibule phones --explain`.

use std::fmt;
use std::io::Read;

use flate2::read::GzDecoder;
use scraper::{Html, Selector};
use url::Url;

use super::failure::Failure;
use super::judgement::Judgement;
use crate::phone::reply::{Ending, GZIP_MAGIC, Reply};
use crate::phone::rule::{Grade, Rule};
use crate::phone::verdict::Verdict;

/// One row of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// What must hold, all of it. Nothing: always.
    pub when: &'static [When],
    /// What it means then.
    pub then: Then,
    /// Why.
    pub rule: &'static Rule,
}

/// One condition on the outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum When {
    /// There is no reply, for one of these reasons.
    Failed(&'static [Failure]),
    /// There is no reply, whatever the reason.
    NoReply,
    /// The status is within these bounds.
    Status(u16, u16),
    /// The status is one of these.
    StatusIn(&'static [u16]),
    /// A Content-Length is announced, within these bounds.
    Length(u64, u64),
    /// No Content-Length is announced.
    NoLength,
    /// A Content-Length below -1 is announced.
    NegativeLength,
    /// A Content-Length is announced that is no number.
    BadLength,
    /// So many bytes of body came, within these bounds.
    Bytes(u64, u64),
    /// The reply came to its end.
    Complete,
    /// The body is exactly this.
    Body(&'static str),
    /// The body begins like this.
    BodyStarts(&'static str),
    /// The body has this in it.
    BodyHas(&'static str),
    /// The first text of the first `<title>` is exactly this.
    Title(&'static str),
    /// There is a header line of this name and value, both in any case.
    Header(&'static str, &'static str),
    /// There is a header of this name, whatever it says.
    HasHeader(&'static str),
    /// There is a header line of this name, in any case, whose value has so many characters.
    HeaderLength(&'static str, usize),
    /// `Location` is an absolute URL.
    Absolute,
    /// There is a `Location`, whatever it says.
    HasLocation,
    /// The first colon behind the `://` of `Location` begins no port.
    ColonWithoutPort,
    /// `Location`, taken relative to the URL that was asked, is one of http or https.
    Followable,
    /// `Location` is no URL, however it is taken.
    BadLocation,
    /// The body is said to be compressed by gzip, and is not.
    Undecodable,
    /// The probe has not been redirected.
    First,
    /// The probe has been redirected.
    Behind,
    /// The last redirect led back to the probe's own URL.
    BackAtOriginal,
    /// Fewer redirects than this have been followed.
    RedirectsBelow(u8),
}

/// What a row means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Then {
    /// The redirect is followed.
    Follow,
    /// The internet is there.
    Online,
    /// The owner has to sign in, on this page.
    Portal(PortalPage),
    /// No internet.
    NoInternet,
    /// No portal, and no success either.
    NotCaptive,
    /// Nothing was learnt.
    Inconclusive,
}

/// The page that the owner gets to see of a portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PortalPage {
    /// The last URL that a redirect led to, else the probe's own.
    LastRedirect,
    /// What `Location` says if it is absolute, else the probe's own.
    Location,
    /// What `Location` says relative to the URL that was asked, whatever its scheme and in its normal form, else
    /// the probe's own.
    Resolved,
    /// The probe's own URL.
    Probe,
    /// This one, whatever the portal says.
    Fixed(&'static str),
}

/// A client's table.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// The client's name.
    pub client: &'static str,
    /// Its rows; the last one holds always.
    pub cases: &'static [Case],
}

/// How the probe came to the page that it is at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trail {
    original: String,
    redirects: u8,
    location: Option<String>,
}

impl Trail {
    /// A probe of `url` that has not been redirected.
    pub fn new(url: &str) -> Self {
        Self { original: url.to_owned(), redirects: 0, location: None }
    }

    /// Notes a redirect that is followed.
    pub fn follow(&mut self, location: &str) {
        self.redirects = self.redirects.saturating_add(1);
        self.location = Some(location.to_owned());
    }

    /// What the probe asked at first.
    pub(in crate::phone) fn original(&self) -> &str {
        &self.original
    }

    /// The last Location that was followed.
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// Where this `Location` leads from the URL that was asked last.
    fn resolve(&self, location: &str) -> Option<String> {
        if is_absolute(location) {
            return Some(location.to_owned());
        }
        let asked = self.location().unwrap_or(&self.original);
        let url = Url::parse(asked).ok()?.join(location).ok()?.to_string();
        is_absolute(&url).then_some(url)
    }

    /// Where the reply leads, whatever the scheme; `None` too where that is no URL.
    fn resolve_any(&self, reply: &Reply) -> Option<String> {
        let location = reply.header("location").filter(|location| !location.is_empty())?;
        let asked = self.location().unwrap_or(&self.original);
        Some(Url::parse(asked).ok()?.join(location).ok()?.to_string())
    }

    /// Where the reply leads.
    fn leads_to(&self, reply: &Reply) -> Option<String> {
        self.resolve(reply.header("location").filter(|location| !location.is_empty())?)
    }

    fn page(&self, page: PortalPage, outcome: &Result<Reply, Failure>) -> String {
        let location = match page {
            PortalPage::Fixed(url) => Some(url),
            PortalPage::LastRedirect => self.location(),
            PortalPage::Location => {
                let location = outcome.as_ref().ok().and_then(|reply| reply.header("location"));
                location.filter(|location| is_absolute(location)).or(self.location())
            }
            PortalPage::Resolved => {
                let resolved = outcome.as_ref().ok().and_then(|reply| self.resolve_any(reply));
                return resolved.unwrap_or_else(|| self.original.clone());
            }
            PortalPage::Probe => None,
        };
        location.unwrap_or(&self.original).to_owned()
    }
}

/// What the probe does next.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProbeStep {
    /// It asks this URL.
    Follow {
        /// An absolute URL.
        location: String,
    },
    /// It is done.
    Concluded(Judgement),
}

/// The first row that holds for the `outcome` of one request of a probe that came along `trail`.
pub(in crate::phone) fn decide<'t>(
    cases: &'t [Case],
    trail: &Trail,
    outcome: &Result<Reply, Failure>,
) -> Option<&'t Case> {
    cases.iter().find(|case| case.when.iter().all(|when| when.holds(trail, outcome)))
}

/// What the outcome of one request means by a table, to a probe that came along `trail`.
///
/// A failure counts as final here: retries are left to the caller.
pub fn probe_step(cases: &'static [Case], trail: &Trail, outcome: &Result<Reply, Failure>) -> ProbeStep {
    let Some(case) = decide(cases, trail, outcome) else {
        return ProbeStep::Concluded(Judgement::new(Verdict::Inconclusive, &NO_ROW));
    };
    let verdict = match case.then {
        Then::Follow => {
            let location = outcome.as_ref().ok().and_then(|reply| trail.leads_to(reply));
            return ProbeStep::Follow { location: location.unwrap_or_default() };
        }
        Then::Online => Verdict::Online,
        Then::Portal(page) => Verdict::Portal { url: trail.page(page, outcome) },
        Then::NoInternet => Verdict::NoInternet,
        Then::NotCaptive => Verdict::NotCaptive,
        Then::Inconclusive => Verdict::Inconclusive,
    };
    ProbeStep::Concluded(Judgement::new(verdict, case.rule))
}

/// As [`probe_step`] of a probe's first request; a redirect that would be followed counts as a portal's,
/// as if the page behind it did not say success. A recording of a single reply cannot say more.
pub(super) fn judge(cases: &'static [Case], probe_url: &str, outcome: &Result<Reply, Failure>) -> Judgement {
    let trail = Trail::new(probe_url);
    match probe_step(cases, &trail, outcome) {
        ProbeStep::Concluded(judgement) => judgement,
        ProbeStep::Follow { location } => {
            let rule = decide(cases, &trail, outcome).map_or(&NO_ROW, |case| case.rule);
            Judgement::new(Verdict::Portal { url: location }, rule)
        }
    }
}

/// Never used by a table whose last row holds always, which a test sees to.
static NO_ROW: Rule =
    Rule { id: "no-row", says: "no row of the client's table holds", source: "unverified", grade: Grade::E };

impl When {
    fn holds(self, trail: &Trail, outcome: &Result<Reply, Failure>) -> bool {
        match (self, outcome) {
            (Self::Failed(failures), Err(failure)) => failures.contains(failure),
            (Self::NoReply, outcome) => outcome.is_err(),
            (Self::First, _) => trail.redirects == 0,
            (Self::Behind, _) => trail.redirects > 0,
            (Self::BackAtOriginal, _) => trail.location.as_ref() == Some(&trail.original),
            (Self::RedirectsBelow(most), _) => trail.redirects < most,
            (_, Err(_)) => false,
            (Self::Followable, Ok(reply)) => trail.leads_to(reply).is_some(),
            (Self::BadLocation, Ok(reply)) => {
                Self::HasLocation.holds_of(reply) && trail.resolve_any(reply).is_none()
            }
            (condition, Ok(reply)) => condition.holds_of(reply),
        }
    }

    fn holds_of(self, reply: &Reply) -> bool {
        match self {
            Self::Status(from, to) => (from..=to).contains(&reply.status),
            Self::StatusIn(statuses) => statuses.contains(&reply.status),
            Self::Length(from, to) => {
                reply.content_length().is_some_and(|length| (from..=to).contains(&length))
            }
            Self::NoLength => reply.content_length().is_none(),
            Self::NegativeLength => reply.has_negative_length(),
            Self::BadLength => reply.header("content-length").is_some_and(is_bad_length),
            Self::Bytes(from, to) => (from..=to).contains(&reply.body_bytes),
            Self::Complete => reply.ending == Ending::Complete,
            Self::Body(text) => reply.body == text.as_bytes(),
            Self::BodyStarts(text) => reply.body.starts_with(text.as_bytes()),
            Self::BodyHas(text) => memchr::memmem::find(&reply.body, text.as_bytes()).is_some(),
            Self::Title(text) => has_title(&reply.body, text),
            Self::Header(name, value) => {
                reply.header(name).is_some_and(|got| got.trim().eq_ignore_ascii_case(value))
            }
            Self::HasHeader(name) => reply.header(name).is_some(),
            Self::HeaderLength(name, length) => {
                reply.header(name).is_some_and(|got| got.trim().len() == length)
            }
            Self::Absolute => reply.header("location").is_some_and(is_absolute),
            Self::HasLocation => reply.header("location").is_some_and(|location| !location.is_empty()),
            Self::ColonWithoutPort => reply.header("location").is_some_and(has_colon_without_port),
            Self::Undecodable => reply.ending == Ending::Broken || is_broken_gzip(reply),
            _ => false,
        }
    }
}

/// Whether whoever looks for a port behind the first colon finds no number there.
fn has_colon_without_port(location: &str) -> bool {
    let behind = location.split_once("://").map_or(location, |(_, rest)| rest);
    let is_ipv6 = behind.contains('[');
    let port = behind.split_once(':').map(|(_, port)| port);
    port.is_some_and(|port| !is_ipv6 && !port.starts_with(|first: char| first.is_ascii_digit()))
}

/// Whether a Content-Length says something, but no number that counts.
fn is_bad_length(value: &str) -> bool {
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit()) && value.parse::<u64>().is_ok();
    !value.is_empty() && !is_number
}

/// Whether a browser could open this `Location` as it stands.
pub(in crate::phone) fn is_absolute(location: &str) -> bool {
    Url::parse(location).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// Whether the body is announced as compressed by gzip and cannot be decompressed. One that is cut short
/// is no fault: what came of it is read.
fn is_broken_gzip(reply: &Reply) -> bool {
    let is_gzip = reply.header("content-encoding").is_some_and(|value| {
        let coding = value.trim();
        coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip")
    });
    if !is_gzip {
        return false;
    }
    let begins_as_one = reply.body.iter().zip(GZIP_MAGIC).all(|(got, expected)| got == expected);
    let most = reply.body.len() as u64;
    let mut decoder = GzDecoder::new(reply.body.as_slice()).take(most);
    let is_broken = std::io::copy(&mut decoder, &mut std::io::sink())
        .is_err_and(|error| error.kind() != std::io::ErrorKind::UnexpectedEof);
    !begins_as_one || is_broken
}

/// Whether the first text in the first `<title>` is exactly this.
fn has_title(body: &[u8], title: &str) -> bool {
    may_have(body, title) && first_title_is(body, title)
}

/// Whether a text of the page in `body` can be this: as it stands there, or by character references.
/// Reading pages is most of what a run costs, and few have the title that is looked for.
fn may_have(body: &[u8], text: &str) -> bool {
    memchr::memchr(b'&', body).is_some() || memchr::memmem::find(body, text.as_bytes()).is_some()
}

fn first_title_is(body: &[u8], expected: &str) -> bool {
    let Ok(title) = Selector::parse("title") else { return false };
    let page = Html::parse_document(&String::from_utf8_lossy(body));
    page.select(&title)
        .next()
        .and_then(|title| title.children().next())
        .and_then(|child| child.value().as_text().map(|text| &**text == expected))
        .unwrap_or(false)
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failures) => {
                let words: Vec<String> = failures.iter().map(ToString::to_string).collect();
                write!(f, "{}", words.join(", or "))
            }
            Self::NoReply => f.write_str("no reply"),
            Self::Status(from, to) if from == to => write!(f, "status {from}"),
            Self::Status(from, to) => write!(f, "status {from} to {to}"),
            Self::StatusIn(statuses) => {
                let words: Vec<String> = statuses.iter().map(ToString::to_string).collect();
                write!(f, "status {}", words.join(", "))
            }
            Self::Length(from, to) => write!(f, "Content-Length {}", bounds(*from, *to)),
            Self::NoLength => f.write_str("no Content-Length"),
            Self::NegativeLength => f.write_str("Content-Length below -1"),
            Self::BadLength => f.write_str("Content-Length is no number"),
            Self::Bytes(from, to) => write!(f, "{} bytes of body", bounds(*from, *to)),
            Self::Complete => f.write_str("complete"),
            Self::Body(text) => write!(f, "body is {text:?}"),
            Self::BodyStarts(text) => write!(f, "body begins with {text:?}"),
            Self::BodyHas(text) => write!(f, "body has {text:?}"),
            Self::Title(text) => write!(f, "title is {text:?}"),
            Self::HasHeader(name) => write!(f, "there is a header {name}"),
            Self::Header(name, value) => write!(f, "{name}: {value}"),
            Self::HeaderLength(name, length) => write!(f, "{name} of {length} characters"),
            Self::Absolute => f.write_str("Location is an absolute URL"),
            Self::HasLocation => f.write_str("there is a Location"),
            Self::ColonWithoutPort => f.write_str("the first colon behind Location's :// begins no port"),
            Self::Followable => f.write_str("Location leads to http or https"),
            Self::BadLocation => f.write_str("Location is no URL"),
            Self::Undecodable => f.write_str("the body is not the gzip that it is said to be"),
            Self::First => f.write_str("not redirected"),
            Self::Behind => f.write_str("behind a redirect"),
            Self::BackAtOriginal => f.write_str("redirected back to the probe's URL"),
            Self::RedirectsBelow(most) => write!(f, "fewer than {most} redirects so far"),
        }
    }
}

fn bounds(from: u64, to: u64) -> String {
    match (from, to) {
        (from, to) if from == to => from.to_string(),
        (from, u64::MAX) => format!("{from} or more"),
        (from, to) => format!("{from} to {to}"),
    }
}

impl fmt::Display for Then {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Follow => "the redirect is followed",
            Self::Online => "online",
            Self::Portal(PortalPage::Fixed(url)) => return write!(f, "portal, page {url}"),
            Self::Portal(_) => "portal",
            Self::NoInternet => "no-internet",
            Self::NotCaptive => "not-captive",
            Self::Inconclusive => "inconclusive",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_found_however_it_is_written_and_only_where_it_is_one() {
        for (body, is_title) in [
            ("<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>", true),
            ("<title>Success", true),
            ("<title>&#83;ucc&#x65;ss</title>", true),
            ("<title>Succes&shy;s</title>", false),
            ("<title> Success</title>", false),
            ("<title>success</title>Success", false),
            ("<title>Set up</title><title>Success</title>", false),
            ("<!-- <title>Success</title> --><title>No</title>", false),
            ("<script>\"<title>Success</title>\"</script>", false),
            ("<title>Suc<b>cess</title>", false),
            ("", false),
        ] {
            assert_eq!(has_title(body.as_bytes(), "Success"), is_title, "{body}");
            assert_eq!(first_title_is(body.as_bytes(), "Success"), is_title, "{body}");
        }
    }
}

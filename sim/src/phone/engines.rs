//! The HTTP engines of computers and of HarmonyOS: how each reads the edges of a reply. Each is what sets it apart
//! from the tolerant one; Android's is beside its requests.

use super::reader_rules::{HeadMayEnd, Interim, NOT_READ, ReaderRules, Skips, StatusLine, Unpacks};
use super::rule::{Grade, Rule};

const LIBCURL_RUN: &str = "libcurl 8.23.0, run over the replies of fixtures/agreement/networkmanager.json";

/// libcurl, by which NetworkManager and HarmonyOS ask.
pub(super) const LIBCURL: ReaderRules = ReaderRules {
    status_line: StatusLine::OneOfOr200 {
        begins: &["HTTP/1.0 ", "HTTP/1.1 ", "HTTP/1.0\t", "HTTP/1.1\t"],
        but: &["HTTP/1", "HTTP/2 ", "HTTP/3 "],
    },
    skips: Skips::Nothing,
    passes_over: Interim::All,
    must_agree: &["content-length", "location"],
    wants_readable_length: true,
    wants_colons: true,
    refuses_zero_bytes: true,
    wants_known_transfer: true,
    wants_last_line: true,
    head_may_end: HeadMayEnd::BehindStatusLine,
    rules: &[&LIBCURL_OPENING, &LIBCURL_HEADERS, &LIBCURL_END],
    ..ReaderRules::TOLERANT
};

/// HarmonyOS looks for its header lines by itself, in the text that libcurl hands on.
pub(super) const LIBCURL_OF_HARMONYOS: ReaderRules =
    ReaderRules { spelled: &["Content-Length", "Connection", "X-Hwcloud-ReqId"], ..LIBCURL };

/// ChromeOS's own table says of a length that is no number what libcurl does, and says it better.
pub(super) const LIBCURL_OF_CHROMEOS: ReaderRules = ReaderRules { wants_readable_length: false, ..LIBCURL };

/// What begins a reply to libcurl.
static LIBCURL_OPENING: Rule = Rule {
    id: "libcurl.opening",
    says: "HTTP/1.0 or HTTP/1.1 and three digits begin a reply; HTTP/1.2, ICY, an empty line before and a bare page \
           are errors, and other versions count as 200; replies from 100 to 199 are passed over",
    source: LIBCURL_RUN,
    grade: Grade::A,
};

/// Which header lines libcurl minds.
static LIBCURL_HEADERS: Rule = Rule {
    id: "libcurl.headers",
    says: "a Content-Length that is no number, two that differ, two Locations that differ, a line without a colon \
           and an unknown Transfer-Encoding are errors",
    source: LIBCURL_RUN,
    grade: Grade::A,
};

/// How a reply may end for libcurl.
static LIBCURL_END: Rule = Rule {
    id: "libcurl.end",
    says: "a connection that ends after the status line ends the reply in good order; within a body whose length is \
           known it is an error",
    source: LIBCURL_RUN,
    grade: Grade::A,
};

const CHROMIUM_RUN: &str =
    "Chromium 156.0.8078.108 (Debian's), run over the replies of fixtures/agreement/chromium.json";

/// Chromium's own.
pub(super) const CHROMIUM: ReaderRules = ReaderRules {
    status_line: StatusLine::AnyNumber(&["HTTP"]),
    skips: Skips::Bytes(4),
    takes_bare_bodies: true,
    passes_over: Interim::All,
    must_agree: &["content-length", "location"],
    refuses_zero_bytes: true,
    unpacks: Unpacks::WhatCame,
    wants_last_line: true,
    head_may_end: HeadMayEnd::Anywhere,
    rules: &[&CHROMIUM_OPENING, &CHROMIUM_HEADERS, &CHROMIUM_END],
    ..ReaderRules::TOLERANT
};

/// What begins a reply to Chromium.
static CHROMIUM_OPENING: Rule = Rule {
    id: "chromium.reads.opening",
    says: "HTTP in any case within the first four bytes begins a reply, whatever the version; without a number it is \
           200; what begins otherwise, ICY too, is a page without a head, and 200; replies from 100 to 199 are passed \
           over",
    source: CHROMIUM_RUN,
    grade: Grade::A,
};

/// Which header lines Chromium minds.
static CHROMIUM_HEADERS: Rule = Rule {
    id: "chromium.reads.headers",
    says: "two lengths or two Locations that differ and a zero byte are errors; a length that is no number is none",
    source: CHROMIUM_RUN,
    grade: Grade::A,
};

/// How a reply may end for Chromium.
static CHROMIUM_END: Rule = Rule {
    id: "chromium.reads.end",
    says: "a connection that ends within the head ends the reply in good order; within a body whose length is known, \
           or that is said to be gzip and is not, it is an error",
    source: CHROMIUM_RUN,
    grade: Grade::A,
};

const FIREFOX_RUN: &str =
    "Firefox 153.8.0esr (Debian's), run over the replies of fixtures/agreement/firefox.json";

/// Firefox's own, necko.
pub(super) const NECKO: ReaderRules = ReaderRules {
    status_line: StatusLine::ThreeDigits(&["HTTP/1.", "HTTP/2", "HTTP/3", "ICY "]),
    skips: Skips::Bytes(4),
    takes_bare_bodies: true,
    passes_over: Interim::All,
    must_agree: &["content-length", "location"],
    refuses_zero_bytes: true,
    unpacks: Unpacks::WhatCame,
    wants_last_line: true,
    head_may_end: HeadMayEnd::Anywhere,
    rules: &[&NECKO_OPENING, &NECKO_HEADERS, &NECKO_END],
    ..ReaderRules::TOLERANT
};

/// What begins a reply to Firefox.
static NECKO_OPENING: Rule = Rule {
    id: "firefox.reads.opening",
    says: "HTTP/1., HTTP/2, HTTP/3 or ICY within the first four bytes begins a reply; a number of other than three \
           digits is an error, and without one it is 200; what begins otherwise is a page without a head, and 200; \
           replies from 100 to 199 are passed over",
    source: FIREFOX_RUN,
    grade: Grade::A,
};

/// Which header lines Firefox minds.
static NECKO_HEADERS: Rule = Rule {
    id: "firefox.reads.headers",
    says: "two lengths or two Locations that differ and a zero byte are errors; a length that is no number is none",
    source: FIREFOX_RUN,
    grade: Grade::A,
};

/// How a reply may end for Firefox.
static NECKO_END: Rule = Rule {
    id: "firefox.reads.end",
    says: "a connection that ends within the head ends the reply in good order; within a body whose length is known, \
           or that is said to be gzip and is not, it is an error",
    source: FIREFOX_RUN,
    grade: Grade::A,
};

/// ConnMan's own, gweb.
pub(super) const GWEB: ReaderRules = ReaderRules {
    status_line: StatusLine::AnyWordAndNumber,
    skips: Skips::Nothing,
    spelled: &["Location", "X-ConnMan-Status"],
    line_by_line: true,
    rules: &[&GWEB_READS],
    ..ReaderRules::TOLERANT
};

/// How ConnMan reads a reply.
static GWEB_READS: Rule = Rule {
    id: "connman.reads",
    says: "every line up to an empty one is of the head; the first that is HTTP/, a word and a number has the status, and \
           nothing is passed over; header lines count in their usual spelling only, two of one name are joined by a \
           semicolon, and a Content-Length counts not at all; a connection that ends before any header line is one that \
           was reset",
    source: "connman 1.44 gweb/gweb.c, received_data_continue, received_data_finalize and add_header_field; 1.44-3 of \
             Debian 13, run over the replies of fixtures/agreement/connman.json",
    grade: Grade::A,
};

/// Apple's CFNetwork, of which WebKit's tests say this much. All else is the tolerant one's.
pub(super) const CFNETWORK: ReaderRules = ReaderRules {
    refuses_zero_bytes: true,
    rules: &[&CFNETWORK_HEADERS, &NOT_READ],
    ..ReaderRules::TOLERANT
};

/// Which header lines CFNetwork minds.
static CFNETWORK_HEADERS: Rule = Rule {
    id: "cfnetwork.headers",
    says: "a zero byte in the head is an error; two lengths that differ are none",
    source: "WebKit @5ed61c0e and @b6072167, LayoutTests/imported/w3c/web-platform-tests/fetch/h1-parsing and \
             fetch/content-length: what the tests came to on Apple's systems; that the check reads as WebKit does is \
             assumed",
    grade: Grade::C,
};

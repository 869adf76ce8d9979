//! Every row of [`ReaderRules`]: the same bytes read with it and without it.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::phone::reader_rules::{HeadMayEnd, Interim, ReaderRules, Skips, StatusLine, Unpacks};
use crate::phone::reply::{BadReply, Ending, Reader, Reply};

const TOLERANT: ReaderRules = ReaderRules::TOLERANT;

/// What is read of a reply after which the connection closes, whole and byte by byte.
fn read(rules: &'static ReaderRules, bytes: &[u8]) -> Result<Reply, BadReply> {
    let by = |size: usize| {
        let mut reader = Reader::of(rules);
        for piece in bytes.chunks(size) {
            reader.push(piece)?;
        }
        reader.end()?;
        Ok(reader.into_reply())
    };
    let whole = by(bytes.len().max(1));
    assert_eq!(by(1), whole, "{}", String::from_utf8_lossy(bytes));
    whole
}

fn status(rules: &'static ReaderRules, bytes: &str) -> Result<u16, BadReply> {
    read(rules, bytes.as_bytes()).map(|reply| reply.status)
}

#[test]
fn a_tolerant_client_takes_any_version_and_empty_lines_before_it() {
    for (line, expected) in [
        ("HTTP/1.1 302 Found", Ok(302)),
        ("http/7 302", Ok(302)),
        ("\r\n\nHTTP/1.1 302 Found", Ok(302)),
        ("ICY 302 Found", Err(BadReply::NotHttp)),
        ("HTTP/1.1 3020 Found", Err(BadReply::NotHttp)),
        ("HTTP/1.1", Err(BadReply::NotHttp)),
        (" HTTP/1.1 302 Found", Err(BadReply::NotHttp)),
        ("<html>", Err(BadReply::NotHttp)),
    ] {
        assert_eq!(status(&TOLERANT, &format!("{line}\r\n\r\n")), expected, "{line:?}");
    }
}

#[test]
fn one_of_some_lines_and_three_digits() {
    static RULES: ReaderRules = ReaderRules {
        status_line: StatusLine::OneOf(&["HTTP/1.0 ", "HTTP/1.1 ", "ICY "]),
        skips: Skips::Nothing,
        ..TOLERANT
    };
    for (line, expected) in [
        ("HTTP/1.0 302", Ok(302)),
        ("ICY 302 Found", Ok(302)),
        ("HTTP/1.2 302 Found", Err(BadReply::NotHttp)),
        ("http/1.1 302 Found", Err(BadReply::NotHttp)),
        ("HTTP/1.1 3020 Found", Err(BadReply::NotHttp)),
        ("\r\nHTTP/1.1 302 Found", Err(BadReply::NotHttp)),
    ] {
        assert_eq!(status(&RULES, &format!("{line}\r\n\r\n")), expected, "{line:?}");
    }
}

#[test]
fn another_version_is_200_where_the_client_takes_it_so() {
    static RULES: ReaderRules = ReaderRules {
        status_line: StatusLine::OneOfOr200 { begins: &["HTTP/1.1 "], but: &["HTTP/1", "HTTP/2 "] },
        skips: Skips::Nothing,
        ..TOLERANT
    };
    for (line, expected) in [
        ("HTTP/1.1 302 Found", Ok(302)),
        ("HTTP/1.1 3020 Found", Ok(302)),
        ("HTTP/1.1 302-Found", Ok(302)),
        ("HTTP/2.0 302 Found", Ok(200)),
        ("http/1.1 302 Found", Ok(200)),
        ("HTTP/1.1 099 Odd", Err(BadReply::NotHttp)),
        ("HTTP/1.1 30 Odd", Err(BadReply::NotHttp)),
        ("HTTP/1.2 302 Found", Err(BadReply::NotHttp)),
        ("HTTP/2 302 Found", Err(BadReply::NotHttp)),
        ("HTTP 302 Found", Err(BadReply::NotHttp)),
    ] {
        assert_eq!(status(&RULES, &format!("{line}\r\n\r\n")), expected, "{line:?}");
    }
}

#[test]
fn a_word_and_any_number() {
    static RULES: ReaderRules =
        ReaderRules { status_line: StatusLine::AnyNumber(&["HTTP"]), skips: Skips::Bytes(4), ..TOLERANT };
    for (line, expected) in [
        ("HTTP/1.1 302 Found", Ok(302)),
        ("http 302", Ok(302)),
        ("HTTP/1.1  302", Ok(302)),
        ("HTTP/1.1 3020", Ok(3020)),
        ("HTTP/1.1 3x2", Ok(3)),
        ("HTTP/1.1\t302", Ok(200)),
        ("HTTP/1.1", Ok(200)),
        ("abcdHTTP/1.1 302", Ok(302)),
        ("\r\n\r\nHTTP/1.1 302", Ok(302)),
        ("abcdeHTTP/1.1 302", Err(BadReply::NotHttp)),
        ("\r\n\r\n\r\nHTTP/1.1 302", Err(BadReply::NotHttp)),
        ("ICY 302", Err(BadReply::NotHttp)),
    ] {
        assert_eq!(status(&RULES, &format!("{line}\r\n\r\n")), expected, "{line:?}");
    }
}

#[test]
fn some_words_and_three_digits() {
    static RULES: ReaderRules = ReaderRules {
        status_line: StatusLine::ThreeDigits(&["HTTP/1.", "ICY "]),
        skips: Skips::Bytes(4),
        ..TOLERANT
    };
    for (line, expected) in [
        ("HTTP/1.1 302 Found", Ok(302)),
        ("ICY 302", Ok(302)),
        ("HTTP/1.1", Ok(200)),
        ("abcdHTTP/1.1 302", Ok(302)),
        ("HTTP/1.1 3020", Err(BadReply::NotHttp)),
        ("HTTP/1.1 302-Found", Err(BadReply::NotHttp)),
        ("http/1.1 302", Err(BadReply::NotHttp)),
        ("HTTP/1 302", Err(BadReply::NotHttp)),
    ] {
        assert_eq!(status(&RULES, &format!("{line}\r\n\r\n")), expected, "{line:?}");
    }
}

#[test]
fn a_bare_page_is_a_reply_where_the_client_takes_it_so() {
    static RULES: ReaderRules = ReaderRules { takes_bare_bodies: true, ..TOLERANT };
    let page = b"<html>\r\nhello";
    let reply = read(&RULES, page).unwrap();
    assert_eq!((reply.status, reply.body.as_slice()), (200, page.as_slice()));
    assert_eq!(read(&TOLERANT, page), Err(BadReply::NotHttp));
}

#[test]
fn interim_replies_are_passed_over_or_count() {
    static CONTINUE: ReaderRules = ReaderRules { passes_over: Interim::Continue, ..TOLERANT };
    static ALL: ReaderRules = ReaderRules { passes_over: Interim::All, ..TOLERANT };
    let behind = |interim: u16| format!("HTTP/1.1 {interim} X\r\nA: b\r\n\r\nHTTP/1.1 302 Found\r\n\r\n");
    for (interim, tolerant, only_continue, all) in [(100, 100, 302, 302), (103, 103, 103, 302)] {
        assert_eq!(status(&TOLERANT, &behind(interim)), Ok(tolerant));
        assert_eq!(status(&CONTINUE, &behind(interim)), Ok(only_continue));
        assert_eq!(status(&ALL, &behind(interim)), Ok(all));
    }
    assert_eq!(read(&ALL, behind(103).as_bytes()).unwrap().header("A"), None);
}

#[test]
fn the_last_of_equal_lines_counts_or_the_first() {
    static RULES: ReaderRules = ReaderRules { last_line_counts: true, ..TOLERANT };
    let bytes = b"HTTP/1.1 302 Found\r\nLocation: a\r\nlocation: b\r\n\r\n";
    assert_eq!(read(&RULES, bytes).unwrap().header("Location"), Some("b"));
    assert_eq!(read(&TOLERANT, bytes).unwrap().header("Location"), Some("a"));
}

#[test]
fn lines_that_must_agree() {
    static RULES: ReaderRules = ReaderRules { must_agree: &["location"], ..TOLERANT };
    let two = |first: &str, second: &str| format!("HTTP/1.1 200 OK\r\n{first}\r\n{second}\r\n\r\n");
    let locations = two("Location: a", "LOCATION: b");
    assert_eq!(status(&RULES, &locations), Err(BadReply::Contradiction));
    assert_eq!(status(&TOLERANT, &locations), Ok(200));
    assert_eq!(status(&RULES, &two("Location: a", "Location: a")), Ok(200));
    assert_eq!(status(&RULES, &two("Link: a", "Link: b")), Ok(200));
}

#[test]
fn names_that_count_in_one_spelling() {
    static RULES: ReaderRules = ReaderRules { spelled: &["Content-Length"], ..TOLERANT };
    let bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhello";
    let reply = read(&RULES, bytes).unwrap();
    assert_eq!((reply.content_length(), reply.body.as_slice()), (None, &b"he"[..]));
    assert_eq!(read(&TOLERANT, bytes).unwrap().content_length(), Some(2));
}

#[test]
fn a_length_that_is_no_number_is_an_error_or_none() {
    static RULES: ReaderRules = ReaderRules { wants_readable_length: true, ..TOLERANT };
    let with = |length: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nhello");
    for length in ["abc", "-5", "+5", "5x", ""] {
        assert_eq!(status(&RULES, &with(length)), Err(BadReply::BadHeader), "{length}");
    }
    for length in ["abc", "-5", "5x", ""] {
        assert_eq!(read(&TOLERANT, with(length).as_bytes()).unwrap().body, b"hello", "{length}");
    }
    assert_eq!(status(&RULES, &with("5, 5")), Ok(200));
}

#[test]
fn a_line_without_a_colon_a_zero_byte_and_an_unknown_transfer() {
    static COLONS: ReaderRules = ReaderRules { wants_colons: true, ..TOLERANT };
    static ZERO: ReaderRules = ReaderRules { refuses_zero_bytes: true, ..TOLERANT };
    static TRANSFER: ReaderRules = ReaderRules { wants_known_transfer: true, ..TOLERANT };
    for (rules, line) in [(&COLONS, "foo"), (&ZERO, "A: b\0c"), (&TRANSFER, "Transfer-Encoding: gzip")] {
        let bytes = format!("HTTP/1.1 200 OK\r\n{line}\r\n\r\n");
        assert_eq!(status(rules, &bytes), Err(BadReply::BadHeader), "{line}");
        assert_eq!(status(&TOLERANT, &bytes), Ok(200), "{line}");
    }
}

#[test]
fn a_folded_line_goes_on_or_is_one_of_its_own() {
    static RULES: ReaderRules = ReaderRules { joins_folded_lines: false, ..TOLERANT };
    let bytes = b"HTTP/1.1 302 Found\r\nLocation:\r\n http://a/\r\n\r\n";
    assert_eq!(read(&RULES, bytes).unwrap().header("Location"), Some(""));
    assert_eq!(read(&TOLERANT, bytes).unwrap().header("Location").map(str::trim), Some("http://a/"));
}

#[test]
fn gzip_is_unpacked_whole_as_far_as_it_came_or_not() {
    static WHOLE: ReaderRules = ReaderRules { unpacks: Unpacks::Whole, ..TOLERANT };
    static WHAT_CAME: ReaderRules = ReaderRules { unpacks: Unpacks::WhatCame, ..TOLERANT };
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(b"hello").unwrap();
    let packed = packer.finish().unwrap();
    let read = |rules: &'static ReaderRules, body: &[u8]| {
        let bytes = [b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", body].concat();
        let reply = read(rules, &bytes).unwrap();
        (reply.body_bytes, reply.ending)
    };
    let cut = &packed[..packed.len() - 8];
    for (body, tolerant, whole, what_came) in [
        (packed.as_slice(), packed.len() as u64, (5, Ending::Complete), (5, Ending::Complete)),
        (cut, cut.len() as u64, (5, Ending::Broken), (5, Ending::Complete)),
        (b"abc", 3, (0, Ending::Broken), (0, Ending::Broken)),
        (b"", 0, (0, Ending::Broken), (0, Ending::Complete)),
    ] {
        assert_eq!(read(&TOLERANT, body), (tolerant, Ending::Complete));
        assert_eq!(read(&WHOLE, body), whole);
        assert_eq!(read(&WHAT_CAME, body), what_came);
    }
}

#[test]
fn a_head_of_seventy_kilobytes_is_read_and_an_endless_one_is_not() {
    let padded = |kilobytes: usize| {
        let padding = format!("A: {}\r\n", "b".repeat(1020)).repeat(kilobytes);
        Reply::parse(format!("HTTP/1.1 302 Found\r\n{padding}Location: http://a/\r\n\r\n").as_bytes(), true)
    };
    assert_eq!(padded(70).unwrap().header("Location"), Some("http://a/"));
    assert_eq!(padded(400), Err(BadReply::HeadTooLong));
}

#[test]
fn where_the_head_may_end() {
    static BEHIND: ReaderRules = ReaderRules { head_may_end: HeadMayEnd::BehindStatusLine, ..TOLERANT };
    static ANYWHERE: ReaderRules = ReaderRules { head_may_end: HeadMayEnd::Anywhere, ..TOLERANT };
    let cut = b"HTTP/1.1 302 Found\r\nA: b\r\nLocation: http://a";
    assert_eq!(read(&TOLERANT, cut), Err(BadReply::HeadCut));
    let reply = read(&BEHIND, cut).unwrap();
    assert_eq!(
        (reply.header("A"), reply.header("Location"), reply.ending),
        (Some("b"), None, Ending::Complete)
    );
    assert_eq!(read(&ANYWHERE, cut).unwrap().header("Location"), Some("http://a"));
    let status_cut = b"HTTP/1.1 302 Fo";
    assert_eq!(read(&BEHIND, status_cut), Err(BadReply::HeadCut));
    assert_eq!(read(&ANYWHERE, status_cut).unwrap().status, 302);
    assert_eq!(read(&ANYWHERE, b""), Err(BadReply::HeadCut));
}

#[test]
fn a_chunked_body_ends_with_an_empty_line_or_with_its_last_chunk() {
    static RULES: ReaderRules = ReaderRules { wants_last_line: true, ..TOLERANT };
    let bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
    assert_eq!(status(&RULES, bytes), Err(BadReply::BodyCut));
    assert_eq!(status(&RULES, &format!("{bytes}\r\n")), Ok(200));
    assert_eq!(status(&TOLERANT, bytes), Ok(200));
}

#[test]
fn apples_engine_minds_a_zero_byte_and_no_lengths_that_differ() {
    use crate::phone::engines::CFNETWORK;
    let zero = "HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n";
    assert!(read(&CFNETWORK, zero.as_bytes()).is_err());
    assert_eq!(status(&TOLERANT, zero), Ok(200));
    let lengths = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nab";
    assert_eq!(status(&CFNETWORK, lengths), Ok(200));
}

//! Every rule by hand-made documents, then whole families of them against `serde_json`.

use std::string::{String, ToString};
use std::vec::Vec;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value as Theirs;

use super::*;
use crate::limits::{JSON_DEPTH, JSON_MEMBERS};

fn parse(document: &str) -> Result<Object<'_>, Error> {
    Object::parse(document.as_bytes())
}

fn decoded(text: Text<'_>) -> String {
    let mut room = [0; 4096];
    let decoded = text.decode(&mut room).unwrap().to_string();
    assert_eq!(text.chars().collect::<String>(), decoded);
    assert!(text.is(&decoded));
    decoded
}

/// The value of the one member of `{"a":...}`, decoded.
fn string(value: &str) -> Result<String, Error> {
    let document = std::format!("{{\"a\":{value}}}");
    parse(&document).map(|object| decoded(object.text("a").expect("no string")))
}

#[test]
fn strings_are_decoded_in_full() {
    for (written, expected) in [
        (r#""""#, ""),
        (r#""plain""#, "plain"),
        (r#""a\"b\\c""#, "a\"b\\c"), // what serde-json-core hands out with its escapes still in it
        (r#""\/\b\f\n\r\t""#, "/\u{8}\u{c}\n\r\t"),
        (r#""\u0041\u00e9\u20AC\u20ac""#, "Aé€€"),
        (r#""\ud83d\ude00""#, "😀"),
        (r#""\uD83D\uDE00 \uDBFF\uDFFF""#, "😀 \u{10ffff}"),
        (r#""\u0000""#, "\0"),
        (r#""\ufffe\uFEFF""#, "\u{fffe}\u{feff}"),
        ("\"\u{7f}é😀\"", "\u{7f}é😀"),
    ] {
        assert_eq!(string(written).as_deref(), Ok(expected), "{written}");
    }
}

#[test]
fn strings_that_are_none() {
    for (written, expected) in [
        ("\"\n\"", Error::ControlCharacter),
        ("\"\u{0}\"", Error::ControlCharacter),
        ("\"\u{1f}\"", Error::ControlCharacter),
        (r#""\x41""#, Error::BadEscape),
        (r#""\'""#, Error::BadEscape),
        (r#""\u12g4""#, Error::BadEscape),
        (r#""\u+123""#, Error::BadEscape),
        (r#""\U0041""#, Error::BadEscape),
        (r#""\ud83d""#, Error::LoneSurrogate),
        (r#""\ude00""#, Error::LoneSurrogate),
        (r#""\ud83dx""#, Error::LoneSurrogate),
        (r#""\ud83d\n""#, Error::LoneSurrogate),
        (r#""\ud83d\ud83d""#, Error::LoneSurrogate),
        (r#""\ude00\ud83d""#, Error::LoneSurrogate),
        (r#""\ud83d\u0041""#, Error::LoneSurrogate),
        ("'a'", Error::Syntax),
    ] {
        assert_eq!(string(written), Err(expected), "{written:?}");
    }
    for written in ["\"", "\"a", "\"\\", "\"\\u", "\"\\u00", "\"\\\""] {
        assert_eq!(parse(&std::format!("{{\"a\":{written}")).unwrap_err(), Error::UnexpectedEnd);
    }
}

#[test]
fn every_control_character_must_be_escaped() {
    for byte in 0..=0x1f_u8 {
        let raw = char::from(byte);
        assert_eq!(string(&std::format!("\"{raw}\"")), Err(Error::ControlCharacter), "{byte}");
        assert_eq!(string(&std::format!("\"\\u{byte:04x}\"")), Ok(raw.to_string()));
    }
}

#[test]
fn only_utf8() {
    for bytes in [&b"\xff"[..], b"\xc3", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"] {
        let document = [b"{\"a\":\"", bytes, b"\"}"].concat();
        assert_eq!(Object::parse(&document).unwrap_err(), Error::NotUtf8);
    }
    assert_eq!(Object::parse(b"\xef\xbb\xbf{}").unwrap_err(), Error::NotAnObject, "a byte order mark");
}

#[test]
fn members_are_found_by_their_decoded_name() {
    let document =
        r#" { "a" : null , "\u0062" : true,"c":false,"d":-0.5e+3,"e":"x","f":[1,{"a":2}],"":{} } "#;
    let object = parse(document).unwrap();
    assert!(matches!(object.get("a"), Some(Value::Null)));
    assert!(matches!(object.get("b"), Some(Value::Bool(true))));
    assert!(matches!(object.get("c"), Some(Value::Bool(false))));
    assert!(matches!(object.get("d"), Some(Value::Number(number)) if number.as_str() == "-0.5e+3"));
    assert!(object.text("e").unwrap().is("x"));
    assert!(matches!(object.get("f"), Some(Value::Nested)));
    assert!(matches!(object.get(""), Some(Value::Nested)));
    assert!(object.get("g").is_none() && object.text("a").is_none());
    assert_eq!(object.members().count(), 7);
}

#[test]
fn a_name_may_occur_once() {
    for document in [r#"{"a":1,"a":1}"#, r#"{"a":1,"b":2,"\u0061":3}"#, r#"{"":1,"":2}"#] {
        assert_eq!(parse(document).unwrap_err(), Error::DuplicateName, "{document}");
    }
    assert!(parse(r#"{"a":1,"A":2,"b":{"a":1,"a":2}}"#).is_ok(), "nested values are not looked at");
}

#[test]
fn numbers() {
    for written in ["0", "-0", "10", "1.5", "1e5", "1E-5", "0.0e0", "1e999", "123456789012345678901234567890"]
    {
        let document = std::format!("{{\"a\":{written}}}");
        let Some(Value::Number(number)) = parse(&document).unwrap().get("a") else { panic!("{written}") };
        assert_eq!(number.as_str(), written);
    }
    for written in
        ["01", "-", "1.", ".5", "1e", "1e+", "+1", "--1", "NaN", "Infinity", "-Infinity", "00", "-01"]
    {
        assert_eq!(parse(&std::format!("{{\"a\":{written}}}")).unwrap_err(), Error::BadNumber, "{written}");
    }
    assert_eq!(parse("{\"a\":0x10}").unwrap_err(), Error::Syntax);
    let document = format_numbers();
    let object = parse(&document).unwrap();
    let number = |name| match object.get(name) {
        Some(Value::Number(number)) => (number.as_i64(), number.as_u64()),
        _ => panic!("{name}"),
    };
    assert_eq!(number("min"), (Some(i64::MIN), None));
    assert_eq!(number("max"), (None, Some(u64::MAX)));
    assert_eq!(number("over"), (None, None));
    assert_eq!(number("real"), (None, None));
}

fn format_numbers() -> String {
    std::format!("{{\"min\":{},\"max\":{},\"over\":{}0,\"real\":1.0}}", i64::MIN, u64::MAX, u64::MAX)
}

#[test]
fn documents_that_are_none() {
    for (document, expected) in [
        ("", Error::UnexpectedEnd),
        ("  ", Error::UnexpectedEnd),
        ("[]", Error::NotAnObject),
        ("\"a\"", Error::NotAnObject),
        ("null", Error::NotAnObject),
        ("{", Error::UnexpectedEnd),
        ("{}}", Error::TrailingBytes),
        ("{} x", Error::TrailingBytes),
        ("{}\0", Error::TrailingBytes),
        ("{\"a\":1,}", Error::Syntax),
        ("{,}", Error::Syntax),
        ("{\"a\" 1}", Error::Syntax),
        ("{\"a\":}", Error::Syntax),
        ("{\"a\":1 \"b\":2}", Error::Syntax),
        ("{a:1}", Error::Syntax),
        ("{\"a\":nul}", Error::Syntax),
        ("{\"a\":nul", Error::UnexpectedEnd),
        ("{\"a\":True}", Error::Syntax),
        ("{\"a\":[1,]}", Error::Syntax),
        ("{\"a\":[1}", Error::Syntax),
        ("{\"a\":{1:2}}", Error::Syntax),
        ("{/**/}", Error::Syntax),
        ("{\"a\":1\u{a0}}", Error::Syntax),
    ] {
        assert_eq!(parse(document).unwrap_err(), expected, "{document:?}");
    }
}

#[test]
fn nesting_and_members_have_their_limits() {
    let nested = |depth: usize| "{\"a\":".to_string() + &"[".repeat(depth - 1) + &"]".repeat(depth - 1) + "}";
    assert!(parse(&nested(JSON_DEPTH)).is_ok());
    assert_eq!(parse(&nested(JSON_DEPTH + 1)).unwrap_err(), Error::TooDeep);
    assert_eq!(parse(&nested(100_000)).unwrap_err(), Error::TooDeep, "and the stack holds");
    let members = |count| {
        let members: Vec<String> = (0..count).map(|number| std::format!("\"{number}\":0")).collect();
        "{".to_string() + &members.join(",") + "}"
    };
    assert!(parse(&members(JSON_MEMBERS)).is_ok());
    assert_eq!(parse(&members(JSON_MEMBERS + 1)).unwrap_err(), Error::TooManyMembers);
}

#[test]
fn too_long_for_its_room() {
    let document = r#"{"a":"x\ud83d\ude00","b":"4142","c":"414","d":"4g"}"#;
    let object = parse(document).unwrap();
    let mut room = [0; 5];
    assert_eq!(object.text("a").unwrap().decode(&mut room[..4]), Err(DecodeError::TooLong));
    assert_eq!(room, [0; 5], "nothing is written");
    assert_eq!(object.text("a").unwrap().decode(&mut room), Ok("x😀"));
    assert_eq!(object.text("b").unwrap().decode_hex(&mut room[..1]), Err(DecodeError::TooLong));
    assert_eq!(object.text("b").unwrap().decode_hex(&mut room), Ok(&b"AB"[..]));
    assert_eq!(object.text("c").unwrap().decode_hex(&mut room), Err(DecodeError::NotHex));
    assert_eq!(object.text("d").unwrap().decode_hex(&mut room), Err(DecodeError::NotHex));
}

#[test]
fn debug_shows_no_secret() {
    let document = br#"{"hunter2":"hunter22","pin":4711}"#;
    let object = Object::parse(document).unwrap();
    let shown = std::format!("{object:?} {:?}", object.members().collect::<Vec<_>>());
    assert!(!shown.contains("hunter") && !shown.contains("4711"), "{shown}");
}

#[test]
fn answers_are_whole() {
    let mut reply = String::new();
    write_object(&mut reply, |object| {
        object.text("a\"", std::format_args!("{}\n{}", 1, '\\'))?;
        object.number("b", i64::MIN)?;
        object.number("n", 7_u8)?;
        object.bool("c", true)?;
        object.null("d")?;
        object.object("e", |_| Ok(()))?;
        object.array("f", |array| {
            array.number(1)?;
            array.object(|object| object.bool("x", false))?;
            array.text("\u{1}\u{7f}")
        })
    })
    .unwrap();
    let expected = r#"{"a\"":"1\n\\","b":-9223372036854775808,"n":7,"c":true,"d":null,"e":{},"f":[1,{"x":false},"\u0001"#;
    assert_eq!(reply, expected.to_string() + "\u{7f}\"]}");
    assert!(serde_json::from_str::<Theirs>(&reply).is_ok());
}

/// Small documents with everything that the grammar has.
fn any_value() -> impl Strategy<Value = Theirs> {
    let leaf = prop_oneof![
        Just(Theirs::Null),
        any::<bool>().prop_map(Theirs::from),
        any::<i64>().prop_map(Theirs::from),
        any::<u64>().prop_map(Theirs::from),
        (-1e9..1e9).prop_map(Theirs::from),
        any::<String>().prop_map(Theirs::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Theirs::from),
            proptest::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|members| Theirs::Object(members.into_iter().collect())),
        ]
    })
}

fn any_object() -> impl Strategy<Value = Theirs> {
    proptest::collection::btree_map("\\PC{0,4}", any_value(), 0..6)
        .prop_map(|members| Theirs::Object(members.into_iter().collect()))
}

/// Text near to JSON: its tokens in any order.
fn any_tokens() -> impl Strategy<Value = String> {
    let tokens = &[
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\"a\"",
        "\"b\":",
        "1",
        "-",
        "0",
        ".5",
        "e3",
        "true",
        "null",
        " ",
        "\n",
        "\\ud83d",
        "\\ude00",
        "\\u0041",
        "\\n",
        "é",
        "\u{1}",
        "\"a\":\"x\"",
        "\"c\":[]",
    ];
    vec(proptest::sample::select(tokens), 0..12).prop_map(|tokens| tokens.concat())
}

/// A random change of one byte, or a cut.
fn mutated(document: String, at: prop::sample::Index, byte: Option<u8>) -> Vec<u8> {
    let mut bytes = document.into_bytes();
    let at = at.index(bytes.len());
    match byte {
        Some(byte) => bytes[at] = byte,
        None => bytes.truncate(at),
    }
    bytes
}

/// Whether both readers say the same of these bytes, as far as their rules are the same.
fn agree(document: &[u8]) -> Result<(), TestCaseError> {
    let theirs = serde_json::from_slice::<Theirs>(document);
    if theirs.as_ref().is_err_and(|error| error.to_string().contains("number out of range")) {
        return Ok(()); // it keeps numbers as such, this reader as they are written
    }
    match (Object::parse(document), theirs) {
        (Ok(ours), Ok(Theirs::Object(theirs))) => same_members(ours, &theirs),
        (Err(Error::DuplicateName | Error::TooDeep | Error::TooManyMembers), _)
        | (Err(_), Err(_))
        | (Err(Error::NotAnObject), Ok(_)) => Ok(()),
        (ours, theirs) => Err(TestCaseError::fail(std::format!("{ours:?} {theirs:?}"))),
    }
}

fn same_members(ours: Object<'_>, theirs: &serde_json::Map<String, Theirs>) -> Result<(), TestCaseError> {
    prop_assert_eq!(ours.members().count(), theirs.len());
    for member in ours.members() {
        let name = decoded(member.name);
        match (member.value, &theirs[&name]) {
            (Value::Null, Theirs::Null) | (Value::Nested, Theirs::Array(_) | Theirs::Object(_)) => {}
            (Value::Bool(ours), Theirs::Bool(theirs)) => prop_assert_eq!(ours, *theirs),
            (Value::Text(ours), Theirs::String(theirs)) => prop_assert_eq!(&decoded(ours), theirs),
            (Value::Number(ours), Theirs::Number(theirs)) => {
                let parsed: serde_json::Number = serde_json::from_str(ours.as_str()).unwrap();
                prop_assert_eq!(&parsed, theirs);
                if ours.as_str() != "-0" {
                    prop_assert_eq!((ours.as_i64(), ours.as_u64()), (theirs.as_i64(), theirs.as_u64()));
                }
            }
            (ours, theirs) => prop_assert!(false, "{:?} {:?}", ours, theirs),
        }
    }
    Ok(())
}

/// The same text with every character of its strings as `\\u` escapes.
fn escaped(text: &str) -> String {
    let units = text.encode_utf16().map(|unit| std::format!("\\u{unit:04X}"));
    "\"".to_string() + &units.collect::<String>() + "\""
}

proptest! {
    #[test]
    fn what_serde_writes_is_read(object in any_object(), pretty: bool) {
        let document =
            if pretty { serde_json::to_string_pretty(&object) } else { serde_json::to_string(&object) }.unwrap();
        prop_assert!(parse(&document).is_ok(), "{}", document);
        agree(document.as_bytes())?;
    }

    #[test]
    fn damaged_documents(object in any_object(), at: prop::sample::Index, byte: Option<u8>) {
        agree(&mutated(object.to_string(), at, byte))?;
    }

    #[test]
    fn tokens_in_any_order(tokens in any_tokens()) {
        agree(tokens.as_bytes())?;
        agree(std::format!("{{\"a\":{tokens}}}").as_bytes())?;
        agree(std::format!("{{\"z\":\"{tokens}\"}}").as_bytes())?;
    }

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..40)) {
        agree(&bytes)?;
        agree(&[b"{\"a\":\"", &bytes[..], b"\"}"].concat())?;
    }

    #[test]
    fn every_string_survives_escaped(text: String) {
        prop_assert_eq!(string(&escaped(&text)), Ok(text));
    }

    #[test]
    fn what_is_written_is_read(texts in vec(any::<String>(), 1..4), name in vec(any::<u8>(), 0..=32)) {
        let mut reply = String::new();
        write_object(&mut reply, |object| {
            object.bytes("ssid", "ssid_hex", &name)?;
            object.array("texts", |array| texts.iter().try_for_each(|text| array.text(text)))?;
            object.object("nested", |object| object.text(&texts[0], &texts[0]))
        }).unwrap();
        let theirs: Theirs = serde_json::from_str(&reply).unwrap();
        prop_assert_eq!(theirs["ssid"].as_str(), Some(&*String::from_utf8_lossy(&name)));
        prop_assert_eq!(&theirs["texts"], &Theirs::from(texts.clone()));
        prop_assert_eq!(&theirs["nested"][&texts[0]], &texts[0]);
        let ours = parse(&reply).unwrap();
        let mut room = [0; 128];
        let back = match ours.text("ssid_hex") {
            Some(hex) => hex.decode_hex(&mut room).unwrap(),
            None => ours.text("ssid").unwrap().decode(&mut room).unwrap().as_bytes(),
        };
        prop_assert_eq!(back, &name[..], "an SSID comes back as it was");
    }
}

//! A document: read as `serde_json` reads it, as far as the rules are the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule_core::json::{Error, Object, Value};

fuzz_target!(|document: &[u8]| {
    let theirs = serde_json::from_slice::<serde_json::Value>(document);
    match (Object::parse(document), theirs) {
        (Ok(ours), Ok(serde_json::Value::Object(theirs))) => {
            assert_eq!(ours.members().count(), theirs.len());
            let mut room = vec![0; document.len()];
            for (name, theirs) in theirs {
                match (ours.get(&name).expect("missing"), theirs) {
                    (Value::Text(ours), serde_json::Value::String(theirs)) => {
                        assert_eq!(ours.decode(&mut room), Ok(&*theirs));
                        let _ = ours.decode_hex(&mut room);
                    }
                    (Value::Number(ours), serde_json::Value::Number(theirs)) => {
                        assert_eq!(
                            serde_json::from_str::<serde_json::Number>(ours.as_str()).ok(),
                            Some(theirs)
                        );
                    }
                    (Value::Bool(ours), theirs) => assert_eq!(Some(ours), theirs.as_bool()),
                    (Value::Null, theirs) => assert!(theirs.is_null()),
                    (Value::Nested, theirs) => assert!(theirs.is_array() || theirs.is_object()),
                    (ours, theirs) => panic!("{ours:?} {theirs:?}"),
                }
            }
        }
        (Ok(_), Ok(_)) => panic!("no object"),
        // A number that is too large for it.
        (Ok(_), Err(error)) => assert!(error.to_string().contains("number out of range"), "{error}"),
        (Err(Error::DuplicateName | Error::TooDeep | Error::TooManyMembers), _) | (Err(_), Err(_)) => {}
        (Err(error), Ok(theirs)) => assert!(error == Error::NotAnObject && !theirs.is_object(), "{error}"),
    }
});

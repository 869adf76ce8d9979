//! The dashboard's buttons.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Served;
use crate::phone;
use crate::scenario::{Act, PhoneSpec};
use crate::world::loopback::MOST_PHONES;

/// What can be asked for, `{"do":"power-off"}` say.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
enum Button {
    /// A further phone of this model comes along; its owner wants the device on the home network.
    AddPhone { model: String },
    /// The device loses its power.
    PowerOff,
    /// The device gets its power back.
    PowerOn,
    /// The home network gets another passphrase.
    NewPassphrase,
    /// The device is told to forget its network.
    Clear,
}

const EXPECTED: &str = "expected {\"do\":\"add-phone\",\"model\":\"android-14\"}, or {\"do\":…} with one of \
                        power-off, power-on, new-passphrase, clear";

/// `POST /act`
pub(super) async fn act(State(served): State<Arc<Served>>, body: Bytes) -> Response {
    match read(&body).and_then(|button| press(&served, &button)) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err((status, why)) => {
            (status, super::headers("text/plain; charset=utf-8"), format!("{why}\n")).into_response()
        }
    }
}

type Refusal = (StatusCode, String);

fn read(body: &[u8]) -> Result<Button, Refusal> {
    let refuse = |why: String| (StatusCode::BAD_REQUEST, why);
    let button = serde_json::from_slice(body).map_err(|error| refuse(format!("{EXPECTED}: {error}")))?;
    if let Button::AddPhone { model } = &button {
        phone::by_id(model).map_err(|error| refuse(error.to_string()))?;
    }
    Ok(button)
}

fn press(served: &Served, button: &Button) -> Result<(), Refusal> {
    let act = match button {
        Button::AddPhone { model } => {
            let spec = PhoneSpec::in_a_hurry(model, served.home);
            let full = || (StatusCode::CONFLICT, format!("there are {MOST_PHONES} phones already"));
            return served.world.add_phone(&spec).map(drop).ok_or_else(full);
        }
        Button::PowerOff => Act::PowerOff,
        Button::PowerOn => Act::PowerOn,
        Button::NewPassphrase => Act::NewPassphrase(served.home),
        Button::Clear => Act::Clear,
    };
    served.world.with(|world, now| {
        if act == Act::Clear && !world.device().has_power() {
            return Err((StatusCode::CONFLICT, "the device has no power".into()));
        }
        world.act(act, now);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_button_is_read() {
        let read = |body: &str| read(body.as_bytes()).unwrap();
        assert_eq!(read(r#"{"do":"power-off"}"#), Button::PowerOff);
        assert_eq!(read(r#"{"do":"power-on"}"#), Button::PowerOn);
        assert_eq!(read(r#"{"do":"new-passphrase"}"#), Button::NewPassphrase);
        assert_eq!(read(r#"{"do":"clear"}"#), Button::Clear);
        let model = "android-14".to_owned();
        assert_eq!(read(r#"{"do":"add-phone","model":"android-14"}"#), Button::AddPhone { model });
    }

    #[test]
    fn anything_else_is_refused_with_what_was_expected() {
        for body in ["", "{}", "clear", r#"{"do":"explode"}"#, r#"{"do":"add-phone"}"#, r#"{"do":7}"#] {
            let (status, why) = read(body.as_bytes()).unwrap_err();
            assert_eq!(status, StatusCode::BAD_REQUEST);
            assert!(why.starts_with(EXPECTED), "{body}: {why}");
        }
        let (status, why) = read(br#"{"do":"add-phone","model":"android-41"}"#).unwrap_err();
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(why.contains("no phone model \"android-41\"") && why.contains("android-14"), "{why}");
    }
}

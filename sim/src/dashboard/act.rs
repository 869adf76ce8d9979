//! The dashboard's buttons, pressed in the live world.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use toml::Table;
use vestibule_core::Instant;

use super::lines::{self, Button, EXPECTED, Lines, LiveContext};
use super::{Refusal, Served, refused};
use crate::scenario::StepSpec;
use crate::world::World;
use crate::world::loopback::MAX_PHONES;

/// The reader wants the device now: the journey is left out, the phones leave, the device forgets.
const YOUR_TURN: &[u8] = br#"{"do":"your-turn"}"#;

/// `POST /act`: carries a button out and answers with the scenario's lines that do the same.
pub(super) async fn act(State(served): State<Arc<Served>>, body: Bytes) -> Response {
    let pressed = if body.trim_ascii() == YOUR_TURN { your_turn(&served) } else { press(&served, &body) };
    match pressed {
        Ok(lines) => Json(json!({ "lines": lines })).into_response(),
        Err(refusal) => refused(refusal),
    }
}

/// Reads a button.
pub(super) fn read(body: &[u8]) -> Result<Button, Refusal> {
    serde_json::from_slice(body).map_err(|error| (StatusCode::BAD_REQUEST, format!("{EXPECTED}: {error}")))
}

fn press(served: &Served, body: &[u8]) -> Result<String, Refusal> {
    let button = read(body)?;
    served.world.with(|world, now| {
        let context = context(world, served);
        let lines = button
            .lines(now - Instant::from_micros(0), &context)
            .map_err(|why| (StatusCode::BAD_REQUEST, why))?;
        if button == Button::Clear && !world.device().has_power() {
            return Err((StatusCode::CONFLICT, "the device has no power".into()));
        }
        if matches!(button, Button::AddPhone { .. }) && context.phones >= MAX_PHONES {
            return Err((StatusCode::CONFLICT, format!("there are {MAX_PHONES} phones already")));
        }
        carry_out(served, world, lines, now)
    })
}

fn context(world: &World, served: &Served) -> LiveContext {
    let home = world.air().networks().iter().find(|network| network.ssid == served.home);
    LiveContext {
        home: served.home,
        channel: home.map_or(1, |network| network.channel),
        phones: world.phones().count(),
    }
}

/// Does what the lines say, now, and keeps them.
fn carry_out(served: &Served, world: &mut World, lines: Table, now: Instant) -> Result<String, Refusal> {
    let wrong = |why| (StatusCode::INTERNAL_SERVER_ERROR, why);
    let Lines { steps, faults, phones } = lines::read(&lines).map_err(wrong)?;
    if let Some(fault) = faults.iter().find(|fault| !fault.get_ref().fault.can_be_on_loopback()) {
        let fault = &fault.get_ref().fault;
        let why = format!("here the sockets are real, and do not know this: {fault}; the simulated air does");
        return Err((StatusCode::CONFLICT, why));
    }
    let text = toml::to_string(&lines).map_err(|error| wrong(error.to_string()))?;
    served.session().note(lines, world.steps_done());
    for action in steps.iter().filter_map(StepSpec::action) {
        world.act(action, now);
    }
    for fault in faults {
        world.inject_fault(fault.into_inner().fault, now);
    }
    for phone in &phones {
        world.add_phone(phone, now);
    }
    Ok(text)
}

fn your_turn(served: &Served) -> Result<String, Refusal> {
    served.world.with(|world, now| {
        served.session().script_ended(world.steps_done());
        world.stop_script();
        let at = now - Instant::from_micros(0);
        let mut steps = vec![];
        if !world.device().has_power() {
            steps.push(("power-on", None));
        }
        let about = (1..).zip(world.phones()).filter(|(_, phone)| phone.is_about());
        steps.extend(about.map(|(number, _)| ("phone-leaves", Some(number))));
        steps.push(("clear", None));
        let mut told = String::new();
        for (does, phone) in steps {
            let mut step = Table::new();
            step.insert("at".into(), lines::time(at).into());
            step.insert("do".into(), does.into());
            if let Some(phone) = phone {
                step.insert("phone".into(), phone.into());
            }
            told += &carry_out(served, world, lines::lines("step", step), now)?;
        }
        Ok(told)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_button_is_refused_with_what_was_expected() {
        for body in ["", "{}", "clear", r#"{"do":"explode"}"#, r#"{"do":"add-phone"}"#, r#"{"do":7}"#] {
            let (status, why) = read(body.as_bytes()).unwrap_err();
            assert_eq!(status, StatusCode::BAD_REQUEST);
            assert!(why.starts_with(EXPECTED), "{body}: {why}");
        }
        assert_eq!(read(br#"{"do":"power-off"}"#).unwrap(), Button::PowerOff);
    }
}

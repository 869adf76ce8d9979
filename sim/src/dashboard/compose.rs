//! Scenario files put together: a world's text, what was done to it, and what came of that, which the
//! file then expects.

use std::time::Duration;

use toml::{Table, Value};
use vestibule_core::provisioning::ProvisioningState;
use vestibule_core::{JoinFailure, Ssid};

use super::lines::time;
use crate::scenario::judge::RunState;
use crate::text::Name;

/// How much longer than it took a run may take.
const SETTLE_TIME: Duration = Duration::from_secs(30);

/// The text with more lines in it. A step comes after so many others: steps are carried out in order.
pub(super) fn with_lines(text: &str, lines: &Table, steps_before: usize) -> Result<String, String> {
    let mut scenario: Table = text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
    for (list, items) in lines {
        let (Value::Array(items), Value::Array(there)) =
            (items, scenario.entry(list.clone()).or_insert_with(|| Value::Array(Vec::new())))
        else {
            return Err(format!("`{list}` is no list"));
        };
        let place = if list == "step" { steps_before.min(there.len()) } else { there.len() };
        there.splice(place..place, items.iter().cloned());
    }
    written(&scenario)
}

/// The text with no more than its first steps.
pub(super) fn with_steps(text: &str, steps: usize) -> Result<String, String> {
    let mut scenario: Table = text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
    if let Some(Value::Array(there)) = scenario.get_mut("step") {
        there.truncate(steps);
    }
    scenario.retain(|_, value| value.as_array().is_none_or(|items| !items.is_empty()));
    written(&scenario)
}

/// The text without what it expects of phones and of the whole, run for so long.
pub(super) fn lasting(text: &str, time_of_it: Duration) -> Result<String, String> {
    let mut scenario: Table = text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
    if is_judged_by_invariants(&scenario) {
        return written(&scenario);
    }
    phones(&mut scenario).for_each(|phone| {
        phone.remove("expect");
    });
    let mut expect = Table::new();
    expect.insert("within".into(), time(time_of_it).into());
    scenario.insert("expect".into(), Value::Table(expect));
    written(&scenario)
}

/// The text that expects what has come about by then: a run that comes to the same passes.
pub(super) fn expecting(text: &str, run_state: &RunState, at: Duration) -> Result<String, String> {
    let mut scenario: Table = text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
    if is_judged_by_invariants(&scenario) {
        return written(&scenario);
    }
    for (phone, came) in phones(&mut scenario).zip(&run_state.phones) {
        let held = [("sheet", came.sheet), ("told", came.told), ("visited", came.visited)];
        let held = held.into_iter().filter(|(_, is)| *is);
        let expect: Table = held.map(|(what, is)| (what.to_owned(), Value::Boolean(is))).collect();
        phone.remove("expect");
        if !expect.is_empty() {
            phone.insert("expect".into(), Value::Table(expect));
        }
    }
    let mut expect = Table::new();
    expect.insert("within".into(), time(at + SETTLE_TIME).into());
    expect.insert("not_before".into(), time(at).into());
    // A state that passes by itself is not expected at the end.
    let state = match run_state.state {
        Some(ProvisioningState::Idle) => Some("idle"),
        // With a network stored it tries that one again and again, its portal open.
        Some(ProvisioningState::PortalOpen) if run_state.stored.is_none() => Some("portal-open"),
        Some(ProvisioningState::Connected) => Some("connected"),
        _ => None,
    };
    if let Some(state) = state {
        expect.insert("state".into(), state.into());
    }
    let mut network = |what: &str, ssid: Option<Ssid>| {
        if let Some(name) = ssid.and_then(|ssid| Value::try_from(Name(ssid)).ok()) {
            expect.insert(what.into(), name);
        }
    };
    network("joined", run_state.joined);
    network("stored", run_state.stored);
    let failures = run_state.failures.iter().map(|failure| Value::from(failure_name(*failure))).collect();
    expect.insert("failures".into(), Value::Array(failures));
    scenario.insert("expect".into(), Value::Table(expect));
    written(&scenario)
}

fn is_judged_by_invariants(scenario: &Table) -> bool {
    let expect = scenario.get("expect").and_then(Value::as_table);
    expect.and_then(|expect| expect.get("liveness")).and_then(Value::as_bool) == Some(true)
}

fn phones(scenario: &mut Table) -> impl Iterator<Item = &mut Table> {
    let phones = scenario.get_mut("phone").and_then(Value::as_array_mut);
    phones.into_iter().flatten().filter_map(Value::as_table_mut)
}

/// Values before tables, as TOML wants them; what is expected last, where a reader looks for it.
fn written(scenario: &Table) -> Result<String, String> {
    let mut ordered = Table::new();
    let is_last = |key: &str| key == "expect";
    let pass = |last: bool| scenario.iter().filter(move |(key, _)| is_last(key) == last);
    for (key, value) in pass(false).chain(pass(true)) {
        ordered.insert(key.clone(), value.clone());
    }
    toml::to_string(&ordered).map_err(|error| error.to_string())
}

fn failure_name(failure: JoinFailure) -> &'static str {
    match failure {
        JoinFailure::WrongPassphrase => "wrong-passphrase",
        JoinFailure::NotFound => "not-found",
        JoinFailure::Refused => "refused",
        JoinFailure::NoAddress => "no-address",
        JoinFailure::NoGateway => "no-gateway",
        // The reason that the radio does not know, and any that scenarios have no word for.
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::lines;
    use crate::scenario::load;

    const TEXT: &str = "name = \"x\"\n[[network]]\nssid = \"Home\"\n[[phone]]\nmodel = \"ios-17\"\n\
                        expect = { findings = 0 }\n[[step]]\ndo = \"power-off\"\n[[step]]\ndo = \"clear\"\n\
                        [expect]\nwithin = \"9s\"\nstate = \"portal-open\"\n";

    fn parse(text: &str) -> crate::scenario::Scenario {
        load::parse(text, "x.toml".as_ref()).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    #[test]
    fn a_step_comes_where_its_time_is_and_other_lines_last() {
        let step = Table::from_iter([("do".to_owned(), Value::from("power-on"))]);
        let text = with_lines(TEXT, &lines::lines("step", step), 1).unwrap();
        let steps: Vec<_> = parse(&text).steps.iter().filter_map(|step| step.action()).collect();
        use crate::scenario::Action::{Clear, PowerOff, PowerOn};
        assert_eq!(steps, [PowerOff, PowerOn, Clear]);
        let phone = Table::from_iter([("model".to_owned(), Value::from("android-14"))]);
        let text = with_lines(&text, &lines::lines("phone", phone), 0).unwrap();
        assert_eq!(parse(&text).phones[1].model.get_ref(), "android-14");
    }

    #[test]
    fn what_came_is_expected() {
        let home = Ssid::new(b"Home").unwrap();
        let run_state = RunState {
            state: Some(ProvisioningState::Connected),
            joined: Some(home),
            stored: Some(home),
            failures: JoinFailure::ALL.to_vec().into(),
            phones: vec![crate::scenario::judge::PhoneRunState { sheet: true, ..Default::default() }],
            ..RunState::default()
        };
        let scenario = parse(&expecting(TEXT, &run_state, Duration::from_secs(20)).unwrap());
        assert_eq!(scenario.expect.within, Duration::from_secs(50));
        assert_eq!(scenario.expect.not_before, Duration::from_secs(20));
        assert_eq!(scenario.expect.failures.as_ref().unwrap().len(), JoinFailure::ALL.len());
        assert_eq!((scenario.phones[0].expect.sheet, scenario.phones[0].expect.told), (Some(true), None));
        assert!(
            crate::scenario::judge::unmet(&scenario, &RunState { script_done: true, ..run_state }).is_empty()
        );
        let nothing = parse(&lasting(TEXT, Duration::from_secs(3)).unwrap());
        assert!(crate::scenario::judge::only_forbids(&nothing));
        assert_eq!(nothing.phones[0].expect.findings, None);
    }

    #[test]
    fn a_scenario_that_invariants_judge_stays_one() {
        let text = "name = \"x\"\n[expect]\nliveness = true\n";
        for text in [lasting(text, SETTLE_TIME), expecting(text, &RunState::default(), SETTLE_TIME)] {
            assert!(parse(&text.unwrap()).expect.liveness);
        }
    }
}

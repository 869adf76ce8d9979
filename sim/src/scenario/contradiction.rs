//! What a scenario may not say: a name that stands for nothing, a step that cannot be carried out,
//! an expectation that cannot come true. Found before anything runs, with the place in the file.
//!
//! Refused is only what holds in every run: what a seed, a fault or an owner may bring about is
//! none of this module's business.

mod clients;
mod faults;
mod networks;
mod phone_settings;
mod protection;
mod radio;
mod sealed;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::time::Duration;

use toml::Spanned;

use super::{
    Action, Joins, LeadsNowhere, NetworkSpec, PhoneExpectSpec, PhoneSpec, Scenario, Starts, StateName,
    StepSpec, Try,
};
use crate::phone::{self, Verdict};
use crate::radio::SecurityKind;
use crate::radio::neighbours::MOST as MOST_NEIGHBOURS;
use crate::text::Name;
pub(crate) use faults::check_fault;

/// Where in the text, and what was expected.
pub(super) type Contradiction = (Range<usize>, String);

/// The contradictions of a scenario, in their order in the text.
pub(super) fn check(scenario: &Scenario) -> Vec<Contradiction> {
    let channels = scenario.networks.iter().map(|network| &network.channel).chain(&scenario.device.channel);
    let wrong_channels = channels.filter(|channel| !(1..=14).contains(channel.get_ref()));
    let mut found: Vec<Contradiction> =
        wrong_channels.map(|channel| (channel.span(), "expected a channel from 1 to 14".into())).collect();
    let wholes = [
        protection::check,
        radio::check,
        sealed::check,
        check_own_address,
        check_portal_api,
        clients::check_expectations,
        check_told_of_one_network,
    ];
    found.extend(wholes.into_iter().filter_map(|check| check(scenario).err()));
    for check in [check_distance, check_addresses, networks::check_join_end] {
        found.extend(scenario.networks.iter().filter_map(|network| check(network).err()));
    }
    if *scenario.neighbours.get_ref() > MOST_NEIGHBOURS {
        let most = format!("expected at most {MOST_NEIGHBOURS} neighbours");
        found.push((scenario.neighbours.span(), most));
    }
    found.extend(scenario.phones.iter().filter_map(|phone| check_phone(scenario, phone).err()));
    let named = [&scenario.device.stored, &scenario.expect.joined, &scenario.expect.stored];
    let named = named.into_iter().flatten().chain(&scenario.device.also_stored);
    found.extend(named.filter_map(|named| known_network(scenario, named).err()));
    if let Some(joined) = &scenario.expect.joined {
        found.extend(check_is_ever_on_air(scenario, joined).err());
    }
    let steps = scenario.steps.iter().enumerate();
    found.extend(steps.filter_map(|(place, step)| check_step(scenario, place, step).err()));
    found.extend(scenario.faults.iter().filter_map(|fault| {
        let message = check_fault(&fault.get_ref().fault, scenario).err()?;
        Some((fault.span(), message))
    }));
    found.sort_by_key(|(span, _)| span.start);
    // One mistake may contradict several things: the first of a place is told.
    found.dedup_by_key(|(span, _)| span.start);
    found
}

fn check_distance(network: &NetworkSpec) -> Result<(), Contradiction> {
    match &network.distance {
        Some(metres) if !(0.1..=1000.0).contains(metres.get_ref()) => {
            Err((metres.span(), "expected metres from 0.1 to 1000".into()))
        }
        Some(metres) if network.signal.is_some() => {
            Err((metres.span(), "expected either `signal` or `distance`, not both".into()))
        }
        _ => Ok(()),
    }
}

/// Every host behind a router has an address of its own there.
fn check_addresses(network: &NetworkSpec) -> Result<(), Contradiction> {
    let subnet = network.home_subnet();
    let given = [(&network.router, subnet.router), (&network.address, subnet.device)];
    let subnet_given = network.subnet.as_ref().map(Spanned::span);
    let of_ipv4 = subnet_given.or_else(|| given.iter().find_map(|(place, _)| Some(place.as_ref()?.span())));
    if let Some(place) = of_ipv4.filter(|_| network.ipv6_only) {
        return Err((place, "a network of IPv6 alone has no IPv4 addresses: expected no `ipv6_only`".into()));
    }
    for (place, address) in given {
        if let Some(place) = place.as_ref().filter(|_| !subnet.has_room_for(address)) {
            return Err((place.span(), format!("expected an address of a host in {}", subnet.cidr)));
        }
    }
    if subnet.router == subnet.device {
        let place = network.address.as_ref().or(network.router.as_ref());
        let span = place.map_or(network.ssid.span(), Spanned::span);
        return Err((span, format!("the router and the device would both have {}", subnet.router)));
    }
    Ok(())
}

/// The device's address on its access point is one that a host can have, with others around it.
fn check_own_address(scenario: &Scenario) -> Result<(), Contradiction> {
    let Some(given) = &scenario.device.address else { return Ok(()) };
    let address = given.get_ref();
    let strange = address.is_loopback() || address.is_multicast() || address.is_unspecified();
    if strange || matches!(address.octets(), [0 | 240.., ..] | [.., 0 | 255]) {
        return Err((given.span(), "expected the address of a host in a network of 24 bits".into()));
    }
    Ok(())
}

/// An API that nobody is told of is never asked.
fn check_portal_api(scenario: &Scenario) -> Result<(), Contradiction> {
    match &scenario.device.captive_portal_api {
        Some(api) if scenario.device.captive_portal.is_none() => {
            Err((api.span(), "nobody is told of it: expected its address in `captive_portal`".into()))
        }
        Some(api) if !(100..=599).contains(&api.get_ref().status) => {
            Err((api.span(), "expected a status from 100 to 599".into()))
        }
        _ => Ok(()),
    }
}

fn known_network(scenario: &Scenario, name: &Spanned<Name>) -> Result<(), Contradiction> {
    if scenario.networks.iter().any(|network| network.ssid.get_ref() == name.get_ref()) {
        return Ok(());
    }
    let known: Vec<_> =
        scenario.networks.iter().map(|network| format!("\"{}\"", network.ssid.get_ref().0)).collect();
    let known =
        if known.is_empty() { "there are none".into() } else { format!("there are {}", known.join(", ")) };
    Err((name.span(), format!("no [[network]] is called \"{}\"; {known}", name.get_ref().0)))
}

fn check_is_ever_on_air(scenario: &Scenario, name: &Spanned<Name>) -> Result<(), Contradiction> {
    let mut named = scenario.networks.iter().filter(|network| network.ssid.get_ref() == name.get_ref());
    let comes = |step: &StepSpec| step.action() == Some(Action::NetworkOn(name.get_ref().0));
    if named.any(|network| network.on_air) || scenario.steps.iter().any(comes) {
        return Ok(());
    }
    let ssid = name.get_ref().0;
    Err((name.span(), format!("\"{ssid}\" is never on the air: expected a step that does \"network-on\"")))
}

fn check_phone(scenario: &Scenario, phone: &PhoneSpec) -> Result<(), Contradiction> {
    let span = phone.model.span();
    let model = phone::by_id(phone.model.get_ref()).map_err(|error| (span.clone(), error.to_string()))?;
    phone_settings::check(phone, model)?;
    for named in [&phone.wants, &phone.knows].into_iter().flatten() {
        known_network(scenario, named)?;
    }
    if phone.leaves_without_internet == Some(Duration::ZERO) {
        let message = "a phone that leaves without internet after no time never stays: expected some time";
        return Err((span, message.into()));
    }
    let needs_passphrase = phone.wants.as_ref().is_some_and(|wants| {
        let mut named = scenario.networks.iter().filter(|network| network.ssid == *wants);
        named.all(|network| !matches!(network.security, SecurityKind::Open))
    });
    if let Some(wants) = phone.wants.as_ref().filter(|_| needs_passphrase && phone.tries.is_empty()) {
        let ssid = wants.get_ref().0;
        return Err((wants.span(), format!("\"{ssid}\" takes a passphrase: expected something in `tries`")));
    }
    if phone.expect.visited == Some(true) && !phone.visits {
        return Err((span, "expected `visits = true` beside `visited = true`".into()));
    }
    check_phone_expectations(scenario, phone)
}

fn check_phone_expectations(scenario: &Scenario, phone: &PhoneSpec) -> Result<(), Contradiction> {
    let (expect, span) = (&phone.expect, phone.model.span());
    if let Some(word) = &expect.first_verdict
        && !Verdict::WORDS.contains(&word.as_str())
    {
        let message = format!("no phone concludes \"{word}\": expected one of {}", Verdict::WORDS.join(", "));
        return Err((span, message));
    }
    if expect.told == Some(true) && !phone.tries.iter().any(Try::may_be_right) {
        let message =
            "an owner who never types the right passphrase is not told: expected \"right\" in `tries`";
        return Err((span, message.into()));
    }
    if expect.told == Some(true) && phone.wants.is_none() {
        let message = "an owner who only looks is told nothing: expected `wants` beside `told = true`";
        return Err((span, message.into()));
    }
    if let Some(wants) = phone.wants.as_ref().filter(|wants| is_refused(scenario, wants))
        && expect.told == Some(true)
    {
        let ssid = wants.get_ref().0;
        let message =
            format!("\"{ssid}\" leads nowhere: expected `without_gateway = \"accept\"` of the device");
        return Err((wants.span(), message));
    }
    if let Joins::After(joins) = phone.joins
        && joins >= scenario.expect.within
        && awaits_something(expect)
    {
        let within = humantime::format_duration(scenario.expect.within);
        return Err((span, format!("it joins when all is over: expected `joins` below `within`, {within}")));
    }
    Ok(())
}

/// Whether the device will not be set up for a network because that leads nowhere.
fn is_refused(scenario: &Scenario, name: &Spanned<Name>) -> bool {
    let device = &scenario.device;
    let knows = device.stored.iter().chain(&device.also_stored).any(|stored| stored == name);
    let mut named = scenario.networks.iter().filter(|network| network.ssid == *name);
    let refuses = device.without_gateway == LeadsNowhere::Refuse && device.home_address.is_none();
    refuses && !knows && named.all(|network| !network.gateway.answers())
}

fn awaits_something(expect: &PhoneExpectSpec) -> bool {
    expect.sheet == Some(true) || expect.told == Some(true) || expect.first_verdict.is_some()
}

/// The device joins one network, and owners are told of that one; unless a step or a fault makes it
/// start anew.
fn check_told_of_one_network(scenario: &Scenario) -> Result<(), Contradiction> {
    if !scenario.steps.is_empty() || !scenario.faults.is_empty() {
        return Ok(());
    }
    let mut told = scenario
        .phones
        .iter()
        .filter(|phone| phone.expect.told == Some(true))
        .filter_map(|phone| phone.wants.as_ref());
    let Some(first) = told.next() else { return Ok(()) };
    match told.find(|wants| wants.get_ref() != first.get_ref()) {
        None => Ok(()),
        Some(other) => Err((
            other.span(),
            format!(
                "this owner and one before expect to be told of different networks, \"{}\" and \"{}\"; the \
                 device joins one",
                other.get_ref().0,
                first.get_ref().0
            ),
        )),
    }
}

fn check_step(scenario: &Scenario, place: usize, step: &StepSpec) -> Result<(), Contradiction> {
    let span = step.does.span();
    if step.at.is_some() && step.after.is_some() {
        return Err((span, "expected either `at` or `after` beside `do`, not both".into()));
    }
    let before = scenario.steps.get(..place).unwrap_or_default();
    check_order(before, step)?;
    if let Some(after) = &step.after {
        check_can_come(scenario, before, after)?;
    }
    for (key, given) in step.arguments() {
        let does = step.does.get_ref();
        match given {
            None if does.needs(key) => return Err((span, format!("expected `{key}` beside this `do`"))),
            Some(given) if !does.takes(key) => return Err((given, format!("this `do` takes no `{key}`"))),
            _ => {}
        }
    }
    if let Some(name) = &step.network {
        known_network(scenario, name)?;
    }
    if let Some(channel) = step.channel.as_ref().filter(|channel| !(1..=14).contains(channel.get_ref())) {
        return Err((channel.span(), "expected a channel from 1 to 14".into()));
    }
    clients::check_step(step)?;
    let Some(number) = &step.phone else { return Ok(()) };
    match number.get_ref().checked_sub(1).and_then(|id| scenario.phones.get(id)) {
        Some(phone) => check_is_there(before, step, number, phone),
        None if scenario.phones.is_empty() => Err((number.span(), "there are no phones".into())),
        None => Err((number.span(), format!("expected a phone from 1 to {}", scenario.phones.len()))),
    }
}

/// Steps are carried out in their order, so their times must not go back.
fn check_order(before: &[StepSpec], step: &StepSpec) -> Result<(), Contradiction> {
    let earlier = before.iter().rev().find_map(|before| before.at);
    match (step.at, earlier) {
        (Some(at), Some(earlier)) if at < earlier => Err((
            step.does.span(),
            format!(
                "steps are carried out in order, and one before this is at {}: expected `at` not before that",
                humantime::format_duration(earlier)
            ),
        )),
        _ => Ok(()),
    }
}

/// A phone cannot leave before it has come.
fn check_is_there(
    before: &[StepSpec],
    step: &StepSpec,
    number: &Spanned<usize>,
    phone: &PhoneSpec,
) -> Result<(), Contradiction> {
    let Some(Action::PhoneLeaves(id)) = step.action() else { return Ok(()) };
    if before.iter().any(|before| before.action() == Some(Action::PhoneJoins(id))) {
        return Ok(());
    }
    match (phone.joins, step.at) {
        (Joins::WhenTold, _) => Err((
            number.span(),
            format!(
                "phone {} is never told to join before this: expected a step that does \"phone-joins\"",
                number.get_ref()
            ),
        )),
        (Joins::After(joins), Some(at)) if at + step.wait < joins => Err((
            number.span(),
            format!("phone {} joins at {} only", number.get_ref(), humantime::format_duration(joins)),
        )),
        _ => Ok(()),
    }
}

/// Whether the device can ever be in that state, in this world.
fn check_can_come(
    scenario: &Scenario,
    before: &[StepSpec],
    after: &Spanned<StateName>,
) -> Result<(), Contradiction> {
    let submits = scenario.phones.iter().any(|phone| phone.wants.is_some());
    let concurrent = *scenario.device.radio.concurrent.get_ref();
    let has_network = submits || scenario.device.stored.is_some() || !scenario.device.also_stored.is_empty();
    let missing = match after.get_ref() {
        StateName::Idle
            if scenario.device.starts != Starts::Connect
                && !before.iter().any(|step| step.action() == Some(Action::Clear)) =>
        {
            "it is idle only once it was told to forget: expected a step before that does \"clear\""
        }
        StateName::ClosingToJoin | StateName::JoiningAlone | StateName::RetryingAlone if concurrent => {
            "its radio keeps the access point up while it joins: expected `radio = { concurrent = false }`"
        }
        StateName::Joining | StateName::RetryingStored | StateName::ResultPending | StateName::Closing
            if !concurrent =>
        {
            "its radio cannot join beside its access point: expected `radio` to be concurrent"
        }
        StateName::Joining | StateName::ClosingToJoin | StateName::JoiningAlone | StateName::Failed
            if !submits =>
        {
            "nobody submits anything: expected a phone with `wants`"
        }
        StateName::Connecting
        | StateName::Backoff
        | StateName::RetryingStored
        | StateName::RetryingAlone
        | StateName::ResultPending
        | StateName::Connected
            if !has_network =>
        {
            "it never has a network: expected `stored` of the device or a phone with `wants`"
        }
        StateName::Closing if !has_network || scenario.phones.is_empty() => {
            "nobody is there to read a result: expected a network to join and a phone"
        }
        _ => return Ok(()),
    };
    Err((after.span(), format!("the device never comes to be in this state: {missing}")))
}

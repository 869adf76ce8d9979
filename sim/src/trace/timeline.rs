//! A record as a line that a person reads: when, who, what.

use super::{Record, What};

/// One line of the timeline, without a line end.
pub fn line(record: &Record) -> String {
    let seconds = record.at.as_micros() as f64 / 1e6;
    format!("{seconds:8.3} s  {:<12} {}", record.node, words(&record.what))
}

fn words(what: &What) -> String {
    match what {
        What::Step { does } => format!("-- {does}"),
        What::Power { on: true } => "power on".into(),
        What::Power { on: false } => "power off".into(),
        What::AccessPoint { up: true } => "access point is up".into(),
        What::AccessPoint { up: false } => "access point is down".into(),
        What::State { from, on, to } => format!("{from} -> {to} ({on})"),
        What::Answered { status, answer, .. } => format!("answers {status}: {answer}"),
        What::Submitted { ssid } => format!("tries \"{ssid}\" with what the owner typed"),
        What::Rejected { problem } => format!("cannot try what the owner typed: {problem}"),
        What::JoinFailed { ssid, reason } => format!("could not join \"{ssid}\": {reason}"),
        What::Joined { ssid, address } => format!("joined \"{ssid}\", address {address}"),
        What::Stored { ssid } => format!("remembers \"{ssid}\""),
        What::Forgotten => "has forgotten its network".into(),
        What::ResultRead => "has told its owner".into(),
        What::StorageFault { fault } => format!("flash fault: {fault}"),
        What::Associated => "joins the device's access point".into(),
        What::Dissociated => "is off the device's access point".into(),
        What::Question { name, kind } => format!("asks DNS: {kind} {name}"),
        What::Request { line, host } => format!("checks: {line} (Host: {host})"),
        What::Secure { host } => format!("checks: https to {host}"),
        What::Outcome { of, came } => format!("  {of}: {came}"),
        What::Verdict { verdict, rule, grade } => format!("concludes: {verdict} [{rule}, grade {grade}]"),
        What::Finding { finding } => format!("finds fault: {finding}"),
        What::Notified => "shows \"Sign in to network\"".into(),
        What::SheetOpened { url } => format!("SIGN-IN SHEET opens at {url}"),
        What::SheetButton { says } => format!("sheet's button says \"{says}\""),
        What::SheetClosed { why } => format!("sheet closes: {why}"),
        What::Loads { method, url } => format!("owner's sheet: {method} {url}"),
        What::Sees { status, title, says } if says.is_empty() => format!("owner sees \"{title}\" ({status})"),
        What::Sees { status, title, says } => format!("owner sees \"{title}\" ({status}): {says}"),
        What::LoadFailed { why } => format!("page does not load: {why}"),
        What::Reads { network, address } => format!("owner reads: on \"{network}\" at {address}"),
        What::GaveUp { why } => format!("owner gives up: {why}"),
    }
}

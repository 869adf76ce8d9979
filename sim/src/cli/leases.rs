//! What phones on a link were given by DHCP, as `check --link` tells it: a row a phone, and what the server does with
//! clients that phones' checks are not.

use std::collections::BTreeMap;

use super::paragraph::wrapped;
use super::table::{Side, fitted, join};
use super::terminal::{print_line, width};
use crate::check::{Checked, LeaseAnswer, LeaseSummary};

/// The lease time that has no end (RFC 2131 section 3.3).
const FOR_EVER: u64 = 0xffff_ffff;

/// Prints both; nothing where no phone had to ask for an address.
pub(super) fn print(checked: &[Checked], answers: &[LeaseAnswer]) {
    let leases: Vec<_> = checked.iter().filter_map(|one| Some((one.model.id, one.lease.as_ref()?))).collect();
    if leases.is_empty() {
        return;
    }
    let head = ["phone", "address", "router", "DNS", "lease", "114", "108", "took"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(leases.iter().map(|(phone, lease)| row(phone, lease).to_vec()));
    let left = Side::Left;
    let sides = [left, left, left, left, Side::Right, left, Side::Right, Side::Right];
    fitted(&rows, &sides, width()).iter().for_each(|row| print_line(&join(row)));
    print_line("");
    if answers.is_empty() {
        return;
    }
    let mut rows = vec![["a client that", "is"].map(str::to_owned).to_vec()];
    rows.extend(answers.iter().map(|answer| vec![answer.asked.to_owned(), answer.came.clone()]));
    fitted(&rows, &[left, left], width()).iter().for_each(|row| print_line(&join(row)));
    print_line("");
}

/// Prints what the leases have in common, a line for each kind of them.
pub(super) fn print_common(checked: &[Checked]) {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for lease in checked.iter().filter_map(|one| one.lease.as_ref()) {
        let [_, _, router, dns, time, api, ..] = row("", lease);
        let api = if api == "-" { String::new() } else { format!(", option 114 {api}") };
        *kinds.entry(format!("router {router}, DNS {dns}, {time}{api}")).or_default() += 1;
    }
    for (terms, phones) in &kinds {
        print_line(&wrapped("lease", &format!("{terms} ({phones} phones)")));
    }
    if !kinds.is_empty() {
        print_line("");
    }
}

fn row(phone: &str, lease: &LeaseSummary) -> [String; 8] {
    let or_none = |address: Option<std::net::Ipv4Addr>| address.map_or("none".into(), |one| one.to_string());
    let time = match lease.lease_seconds {
        Some(FOR_EVER) => "for ever".into(),
        Some(seconds) => format!("{seconds} s"),
        None => "none".into(),
    };
    [
        phone.to_owned(),
        format!("{}/{}", lease.address, lease.prefix),
        or_none(lease.router),
        or_none(lease.dns),
        time,
        lease.captive_portal_api.clone().unwrap_or_else(|| "-".into()),
        lease.ipv6_only_seconds.map_or("-".into(), |seconds| format!("{seconds} s")),
        lease.took.to_string(),
    ]
}

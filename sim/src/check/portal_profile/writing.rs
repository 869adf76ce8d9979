//! What was seen of a portal, as a profile's TOML says it. It asks for nothing.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::super::lease::LeaseSummary;
use super::{Host, NOBODY, ReplyText, Seen, Target};

/// A path of the portal's own that has more replies than this, each to a query of its own, has one to whom asks
/// (tokens, say). Chosen.
const PAGES_OF_ONE_PATH: usize = 3;

/// A rule: for whom, and what.
pub(super) struct Rule {
    host: Option<String>,
    path: Option<String>,
    query: Option<String>,
    reply: ReplyText,
}

/// As few rules as say what was seen, the narrow ones first.
pub(super) fn rules(seen: &Seen) -> Vec<Rule> {
    let of = |host: Host| {
        let nobody = Target { host, path: NOBODY.1.into(), query: String::new() };
        seen.replies.get(&nobody).cloned().unwrap_or_else(|| "\"silence\"".into())
    };
    let (own, others) = (of(Host::Portal), of(Host::Named(NOBODY.0.into())));
    let mut rules = Vec::new();
    let paths: BTreeSet<&String> = seen.replies.keys().map(|target| &target.path).collect();
    for path in paths {
        let here = || seen.replies.iter().filter(move |(target, _)| target.path == *path);
        let own_here: Vec<_> = here().filter(|(target, _)| target.host == Host::Portal).collect();
        let others_here: Vec<_> = here().filter(|(target, _)| target.host != Host::Portal).collect();
        for (replies, host, usual) in [(own_here, "portal", &own), (others_here, "other", &others)] {
            let Some((_, first)) = replies.first() else { continue };
            let rule = |host: &str, query: Option<String>, reply: &String| Rule {
                host: Some(host.to_owned()),
                path: Some(path.clone()),
                query,
                reply: reply.clone(),
            };
            if replies.iter().all(|(_, reply)| reply == first) {
                if *first != usual {
                    rules.push(rule(host, None, first));
                }
                continue;
            }
            let different: BTreeSet<_> = replies.iter().map(|(_, reply)| reply).collect();
            if host == "portal" && different.len() == replies.len() && replies.len() > PAGES_OF_ONE_PATH {
                // Each of them is one asker's own: an asker who comes later is answered likewise.
                rules.push(rule(host, None, first));
                continue;
            }
            for (target, reply) in replies.iter().filter(|(_, reply)| *reply != usual) {
                let name = match &target.host {
                    Host::Portal => "portal",
                    Host::Named(name) => name,
                };
                rules.push(rule(name, Some(target.query.clone()).filter(|query| !query.is_empty()), reply));
            }
        }
    }
    if own != others {
        rules.push(Rule { host: Some("portal".into()), path: None, query: None, reply: own });
    }
    // Narrow ones first: those with a query, then the others, in the order of their paths.
    rules.sort_by_key(|rule| (rule.path.is_none(), rule.query.is_none()));
    rules.push(Rule { host: None, path: None, query: None, reply: others });
    rules
}

pub(super) struct Writing<'a> {
    pub(super) source: &'a str,
    pub(super) toml: String,
}

impl Writing<'_> {
    pub(super) fn head(&mut self, seen: &Seen, name: &str, intercepts: bool, dns: [&str; 2], https: &str) {
        let [address, other] = dns;
        let _ = write!(
            self.toml,
            "# Written by vestibule profile. Seen from outside: what is not here is not known.\n\
             name = {}\nwhat = \"a portal that was asked\"\naddress = \"{}\"\n",
            quoted(name),
            seen.own_address(),
        );
        if intercepts {
            self.toml += "intercepts = true\n";
        }
        self.known();
        self.table("dns.address", &format!("answer = \"{address}\"\n"));
        self.table("dns.other", &format!("answer = \"{other}\"\n"));
        self.table("https", &format!("answer = \"{https}\"\n"));
    }

    pub(super) fn table(&mut self, name: &str, lines: &str) {
        let _ = write!(self.toml, "\n[{name}]\n{lines}");
        self.known();
    }

    pub(super) fn rule(&mut self, rule: &Rule) {
        self.toml += "\n[[http]]\n";
        let lines = [("host", &rule.host), ("path", &rule.path), ("query", &rule.query)];
        for (key, value) in lines {
            if let Some(value) = value {
                let _ = writeln!(self.toml, "{key} = {}", quoted(value));
            }
        }
        let _ = writeln!(self.toml, "reply = {}", rule.reply);
        self.known();
    }

    fn known(&mut self) {
        let _ = write!(self.toml, "source = {}\ngrade = \"C\"\n", quoted(self.source));
    }
}

/// Text as TOML writes it, on one line.
pub(super) fn quoted(text: &str) -> String {
    let escaped = text.chars().fold(String::new(), |mut escaped, character| {
        match character {
            '"' | '\\' => escaped.extend(['\\', character]),
            '\n' => escaped += "\\n",
            '\r' => escaped += "\\r",
            '\t' => escaped += "\\t",
            control if control.is_control() => drop(write!(escaped, "\\u{:04x}", u32::from(control))),
            other => escaped.push(other),
        }
        escaped
    });
    format!("\"{escaped}\"")
}

/// What a lease says, as a profile does.
pub(super) fn dhcp(lease: &LeaseSummary) -> String {
    let mut lines = String::new();
    // No lease time is 0 there, and so is none that has an end.
    let seconds = lease.lease_seconds.and_then(|seconds| u32::try_from(seconds).ok());
    let _ = writeln!(lines, "lease = {}", seconds.unwrap_or_default());
    for (option, is_there) in [("router", lease.router.is_some()), ("dns", lease.dns.is_some())] {
        if !is_there {
            let _ = writeln!(lines, "{option} = false");
        }
    }
    if let Some(seconds) = lease.ipv6_only_seconds {
        let _ = writeln!(lines, "option_108 = {seconds}");
    }
    if let Some(api) = &lease.captive_portal_api {
        let _ = writeln!(lines, "option_114 = {}", quoted(api));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_written_so_that_toml_reads_it() {
        let text = "a \"b\" \\ \n\r\t\u{7} é";
        let read: toml::Table = toml::from_str(&format!("x = {}", quoted(text))).unwrap();
        assert_eq!(read["x"].as_str(), Some(text));
    }
}

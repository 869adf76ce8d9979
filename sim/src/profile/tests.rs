//! Files with mistakes. The repository's own are read in the tests of the package.

use std::path::Path;

use super::load::parse;

const GOOD: &str = r#"name = "a portal"
what = "of a test"
address = "192.168.4.1"
source = "a test"
grade = "A"
[dns.address]
answer = "portal"
source = "a test"
grade = "A"
[dns.other]
answer = "nothing"
source = "unverified: a guess"
grade = "E"
[https]
answer = "refused"
source = "a test"
grade = "A"
[[http]]
path = "/page"
reply = "close"
source = "a test"
grade = "A"
[[http]]
reply = { status = 302, headers = { Location = "http://{portal}/" } }
source = "a test"
grade = "A"
"#;

#[test]
fn a_mistake_is_told_with_its_place_and_what_was_expected() {
    assert_eq!(parse(GOOD, Path::new("x.toml")).unwrap().unverified(), 1);
    for (right, wrong, expected) in [
        ("answer = \"portal\"", "answer = \"own\"", "x.toml:7:10: unknown variant"),
        ("what = \"of a test\"", "wat = \"of a test\"", "x.toml:2:1: unknown field"),
        ("grade = \"A\"\n[dns.address]", "grade = \"F\"\n[dns.address]", "x.toml:5:9: \"F\" is no grade"),
        (
            "source = \"unverified: a guess\"",
            "source = \"a guess\"",
            "x.toml:12:10: expected \"unverified: ...\"",
        ),
        ("grade = \"E\"", "grade = \"D\"", "x.toml:13:9: expected the grade E"),
        ("path = \"/page\"", "path = \"page\"", "x.toml:19:8: expected a path"),
        ("path = \"/page\"\n", "", "never answers"),
        ("reply = \"close\"", "reply = \"shut\"", "x.toml:20:9: invalid value: string \"shut\""),
        ("status = 302", "status = 30", "expected a status of three digits"),
        ("Location = \"http", "Content-Length = \"http", "written by itself"),
        ("[[http]]\nreply = {", "[[http]]\nhost = \"other\"\nreply = {", "to fit everything"),
        ("address = \"192.168.4.1\"", "address = \"192.168.4\"", "x.toml:3:11: invalid"),
        ("address = \"192.168.4.1\"", "address = \"300.1.1.1\"", "x.toml:3:11: invalid"),
        (
            "address = \"192.168.4.1\"",
            "address = \"0.0.0.0\"",
            "x.toml:3:11: 0.0.0.0 is the address of no host",
        ),
        ("address = \"192.168.4.1\"", "address = \"255.255.255.255\"", "is the address of all hosts"),
        (
            "address = \"192.168.4.1\"",
            "address = \"192.168.4.255\"",
            "is the address of all hosts of its network",
        ),
        ("address = \"192.168.4.1\"", "address = \"224.0.0.1\"", "is the address of a multicast group"),
        (
            "address = \"192.168.4.1\"",
            "address = \"192.168.4.1\"\ndate = \"lately\"",
            "x.toml:4:8: expected a date",
        ),
        (
            "path = \"/page\"\nreply = \"close\"",
            "path = \"/page\"\nreply = { status = 200, body = \"{form}\" }",
            "has a form, and there is no [form]",
        ),
    ] {
        assert!(GOOD.contains(right), "{right}");
        let error = parse(&GOOD.replacen(right, wrong, 1), Path::new("x.toml")).unwrap_err().to_string();
        assert!(error.starts_with("x.toml:") && error.contains(expected), "{wrong}: {error}");
    }
}

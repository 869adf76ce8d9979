use std::path::Path;

use crate::scenario::load::parse;

const WORLD: &str = "name = \"x\"\n[[network]]\nssid = \"Home\"\n";
const PHONE: &str = "[[phone]]\nmodel = \"ios-17\"\nwants = \"Home\"\n";

/// A scenario that contradicts itself is refused, at this place and for this reason.
#[track_caller]
fn refused(text: &str, place: &str, reason: &str) {
    let error = parse(text, Path::new("x.toml")).expect_err("it contradicts itself").to_string();
    assert!(error.starts_with(&format!("x.toml:{place}: ")), "{error}");
    assert!(error.contains(reason), "{error}");
}

#[track_caller]
fn taken(text: &str) {
    parse(text, Path::new("x.toml")).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_router_ends_joins_by_what_it_can_say_at_that_stage() {
    for (end, expected) in [
        (r#"{ stage = "authentication", status = 1, reason = 2 }"#, "one of the two"),
        (r#"{ stage = "association", status = 0 }"#, "status 0 is success"),
        (r#"{ stage = "handshake", status = 17 }"#, "expected `reason`"),
        (r#"{ stage = "after" }"#, "`dhcp = false`"),
        (r#"{ stage = "association", status = 17, times = 0 }"#, "at least one of `times`"),
        (r#"{ stage = "authentication", status = 53, stale_pmksa = true }"#, "at the association"),
        (r#"{ stage = "association", status = 53, stale_pmksa = true }"#, "only a join by SAE"),
    ] {
        refused(&format!("{WORLD}ends_join = {end}\n"), "4:13", expected);
    }
    taken(&format!("{WORLD}ends_join = {{ stage = \"handshake\" }}\n"));
    let text = format!("{WORLD}security = \"open\"\nends_join = {{ stage = \"handshake\" }}\n");
    refused(&text, "5:13", "an open network has no handshake");
    let end = "ends_join = { stage = \"handshake\", reason = 15, stale_pmksa = true }";
    taken(&format!("{WORLD}security = \"wpa3\"\n{end}\n"));
}

#[test]
fn a_label_has_one_passphrase() {
    for typed in ["\"key\"", "{ text = \"four green lanterns\" }"] {
        refused(&format!("{WORLD}{PHONE}label_tries = [{typed}]\n"), "5:9", "the label has one passphrase");
        taken(&format!("{WORLD}{PHONE}tries = [{typed}]\n"));
    }
    let text = "name = \"x\"\n[device]\nsecurity = \"ft-psk\"\n";
    refused(text, "3:12", "expected open, wpa2, wpa2-wpa3 or wpa3");
}

#[test]
fn a_name_must_stand_for_something() {
    refused(&format!("{WORLD}[[phone]]\nmodel = \"ios-99\"\n"), "5:9", "near it are: ios-4, ios-7");
    for key in ["wants", "knows"] {
        let text = format!("{WORLD}[[phone]]\nmodel = \"ios-17\"\n{key} = \"Away\"\n");
        refused(&text, "6:9", "no [[network]] is called \"Away\"; there are \"Home\"");
    }
    refused("name = \"x\"\n[expect]\njoined = \"Home\"\n", "3:10", "there are none");
    refused(&format!("{WORLD}[[step]]\ndo = \"phone-joins\"\nphone = 1\n"), "6:9", "there are no phones");
    let text = format!("{WORLD}{PHONE}[[step]]\ndo = \"phone-leaves\"\nphone = 2\n");
    refused(&text, "9:9", "expected a phone from 1 to 1");
}

#[test]
fn a_time_is_neither_before_zero_nor_without_end() {
    for (key, place) in [("joins", "7:9"), ("returns", "7:11"), ("leaves_without_internet", "7:27")] {
        for (time, reason) in [
            ("-1s", "\"-1s\" is before zero"),
            ("99999999999999999999s", "is too long: expected a year at most"),
            ("2years", "is too long: expected a year at most"),
            ("soon", "is no time such as"),
        ] {
            refused(&format!("{WORLD}{PHONE}{key} = \"{time}\"\n"), place, reason);
        }
    }
    refused(&format!("{WORLD}[expect]\nwithin = \"-2s\"\n"), "5:10", "is before zero");
    refused(&format!("{WORLD}[[step]]\nat = \"-2s\"\ndo = \"restart\"\n"), "5:6", "is before zero");
    let fault = "[[fault]]\nat = \"1s\"\nkind = \"power-cut\"\nlasts = \"600000000000y\"\n";
    refused(&format!("{WORLD}{fault}"), "4:1", "is too long: expected a year at most");
    let text = format!("{WORLD}{PHONE}leaves_without_internet = \"0s\"\n");
    refused(&text, "5:9", "never stays");
}

#[test]
fn a_fault_names_a_phone_or_network_that_exists() {
    let at = "[[fault]]\nat = \"1s\"\nkind = ";
    for (kind, rest) in [
        ("stalled-owner", "lasts = \"1s\""),
        ("goes-elsewhere", "lasts = \"1s\""),
        ("deauthenticate", ""),
        ("deviation", "does = \"go-back\""),
    ] {
        for phone in [0, 2] {
            let text = format!("{WORLD}{PHONE}{at}\"{kind}\"\nphone = {phone}\n{rest}\n");
            refused(&text, "7:1", &format!("there is no phone {phone}: expected one from 1 to 1"));
        }
    }
    let looks = "[[phone]]\nmodel = \"ios-17\"\n";
    let text = format!("{WORLD}{looks}{at}\"deviation\"\nphone = 1\ndoes = \"go-back\"\n");
    refused(&text, "6:1", "phone 1 has no `wants`");
    refused(
        &format!("{WORLD}{PHONE}{at}\"deviation\"\nphone = 1\ndoes = \"dance\"\n"),
        "7:1",
        "unknown variant `dance`",
    );
}

#[test]
fn a_camera_types_nothing() {
    let by = "joins_by = \"camera\"\n";
    taken(&format!("{WORLD}{PHONE}{by}"));
    refused(&format!("{WORLD}{PHONE}{by}label_tries = [\"wrong\", \"right\"]\n"), "7:12", "nobody types");
    refused(&format!("{WORLD}{PHONE}joins_by = \"mail\"\n"), "7:12", "unknown variant `mail`");
}

#[test]
fn a_camera_is_one_that_joins_networks() {
    let phone = |model: &str| format!("{WORLD}[[phone]]\nmodel = \"{model}\"\njoins_by = \"camera\"\n");
    for model in ["windows-11", "macos-26", "ios-10", "kindle", "nm-gnome", "firefox"] {
        refused(&phone(model), "6:12", "has no camera that is known to join a network by a code");
    }
    for model in ["ios-13", "ipados-26", "android-14", "harmonyos-next", "samsung-16"] {
        taken(&phone(model));
    }
}

#[test]
fn a_network_of_ipv6_alone_has_no_ipv4_addresses() {
    let network = |more| format!("name = \"x\"\n[[network]]\nssid = \"Home\"\nipv6_only = true\n{more}");
    taken(&network(""));
    for more in ["subnet = \"10.0.0.0/24\"", "router = \"192.168.1.9\"", "address = \"192.168.1.9\""] {
        let column = more.find('"').unwrap_or_default() + 1;
        refused(&network(more), &format!("5:{column}"), "expected no `ipv6_only`");
    }
}

#[test]
fn steps_are_in_order_and_for_a_phone_that_has_come() {
    let steps = "[[step]]\nat = \"5s\"\ndo = \"restart\"\n[[step]]\nat = \"4s\"\ndo = \"restart\"\n";
    refused(&format!("{WORLD}{steps}"), "9:6", "one before this is at 5s");
    let leaves = "[[step]]\nat = \"2s\"\ndo = \"phone-leaves\"\nphone = 1\n";
    refused(&format!("{WORLD}{PHONE}joins = \"3s\"\n{leaves}"), "11:9", "phone 1 joins at 3s only");
    refused(&format!("{WORLD}{PHONE}joins = \"when-told\"\n{leaves}"), "11:9", "never told to join");
    taken(&format!("{WORLD}{PHONE}joins = \"2s\"\n{leaves}"));
    let joins = "[[step]]\nat = \"1s\"\ndo = \"phone-joins\"\nphone = 1\n";
    taken(&format!("{WORLD}{PHONE}joins = \"when-told\"\n{joins}{leaves}"));
}

#[test]
fn a_step_waits_for_a_state_that_can_come() {
    let after = |state| format!("[[step]]\nafter = \"{state}\"\ndo = \"restart\"\n");
    for state in ["joining", "failed"] {
        let text = format!("{WORLD}{}", after(state));
        refused(&text, "5:9", "never comes to be in this state: nobody submits anything");
        taken(&format!("{WORLD}{PHONE}{}", after(state)));
    }
    for state in ["connecting", "backoff", "retrying-stored", "result-pending", "connected"] {
        refused(&format!("{WORLD}{}", after(state)), "5:9", "it never has a network");
        taken(&format!("{WORLD}{PHONE}{}", after(state)));
        taken(&format!("{WORLD}[device]\nstored = \"Home\"\n{}", after(state)));
    }
    let stored = "[device]\nstored = \"Home\"\n";
    refused(&format!("{WORLD}{stored}{}", after("closing")), "7:9", "nobody is there to read a result");
    refused(&format!("{WORLD}{}", after("idle")), "5:9", "a step before that does \"clear\"");
    taken(&format!("{WORLD}[[step]]\ndo = \"clear\"\n{}", after("idle")));
    taken(&format!("{WORLD}{}", after("portal-open")));
}

#[test]
fn what_is_expected_can_come_true() {
    let expect = |what| format!("expect = {{ {what} }}\n");
    let looks = "[[phone]]\nmodel = \"ios-17\"\n";
    let text = format!("{WORLD}{looks}{}", expect("first_verdict = \"perhaps\""));
    refused(&text, "5:9", "no phone concludes \"perhaps\": expected one of portal, online");
    refused(&format!("{WORLD}{looks}{}", expect("told = true")), "5:9", "only looks is told nothing");
    let text = format!("{WORLD}{PHONE}tries = [\"wrong\"]\n{}", expect("told = true"));
    refused(&text, "5:9", "expected \"right\" in `tries`");
    refused(&format!("{WORLD}{PHONE}tries = []\n"), "6:9", "\"Home\" takes a passphrase");
    let late = format!("joins = \"30s\"\n{}", expect("sheet = true"));
    refused(&format!("{WORLD}{PHONE}{late}"), "5:9", "it joins when all is over");
    let nowhere = format!("{WORLD}gateway = \"none\"\n{PHONE}{}", expect("told = true"));
    refused(&nowhere, "7:9", "\"Home\" leads nowhere: expected `without_gateway = \"accept\"`");
    taken(&format!("{nowhere}[device]\nwithout_gateway = \"accept\"\n"));
    let off = "name = \"x\"\n[[network]]\nssid = \"Home\"\non_air = false\n[expect]\njoined = \"Home\"\n";
    refused(off, "6:10", "\"Home\" is never on the air");
    taken(&format!("{off}[[step]]\ndo = \"network-on\"\nnetwork = \"Home\"\n"));
}

#[test]
fn two_owners_are_not_told_of_two_networks() {
    let world = format!("{WORLD}[[network]]\nssid = \"Cafe\"\n");
    let told = "expect = { told = true }\n";
    let other = PHONE.replace("Home", "Cafe");
    let text = format!("{world}{PHONE}{told}{other}{told}");
    refused(&text, "12:9", "different networks, \"Cafe\" and \"Home\"");
    taken(&format!("{world}{PHONE}{told}{PHONE}{told}"));
    taken(&format!("{text}[[step]]\nat = \"20s\"\ndo = \"clear\"\n"));
}

#[test]
fn what_contradicts_itself_about_networks_is_refused_with_its_place() {
    let refused = |text: &str| parse(text, Path::new("x.toml")).unwrap_err().to_string();
    let home = "name = \"x\"\n[[network]]\nssid = \"Home\"\n";
    for (rest, reason) in [
        ("distance = 0", "4:12: expected metres from 0.1 to 1000"),
        ("signal = -50\ndistance = 5", "5:12: expected either `signal` or `distance`, not both"),
        ("[[step]]\ndo = \"channel-move\"\nnetwork = \"Home\"", "5:6: expected `channel` beside this `do`"),
        (
            "[[step]]\ndo = \"channel-move\"\nnetwork = \"Home\"\nchannel = 15",
            "7:11: expected a channel from 1 to 14",
        ),
        ("[[step]]\ndo = \"signal\"\nnetwork = \"Home\"", "5:6: expected `signal` beside this `do`"),
        ("[[step]]\ndo = \"restart\"\nchannel = 3", "6:11: this `do` takes no `channel`"),
        ("[[step]]\ndo = \"restart\"\nsignal = -60", "6:10: this `do` takes no `signal`"),
        ("[[step]]\ndo = \"signal\"\nsignal = -60", "5:6: expected `network` beside this `do`"),
    ] {
        assert_eq!(refused(&format!("{home}{rest}")), format!("x.toml:{reason}"));
    }
    assert_eq!(refused("name = \"x\"\nneighbours = 201"), "x.toml:2:14: expected at most 200 neighbours");
}

/// What is said of a network with these lines.
fn refusal(lines: &str) -> Option<String> {
    let text = format!("name = \"x\"\n[[network]]\nssid = \"Home\"\n{lines}\n");
    parse(&text, Path::new("x.toml")).err().map(|error| error.to_string())
}

#[test]
fn two_hosts_with_one_address_are_refused() {
    let both =
        |place, address| Some(format!("x.toml:{place}: the router and the device would both have {address}"));
    assert_eq!(refusal("address = \"192.168.1.1\""), both("4:11", "192.168.1.1"));
    assert_eq!(refusal("subnet = \"10.0.0.0/24\"\nrouter = \"10.0.0.77\""), both("5:10", "10.0.0.77"));
    assert_eq!(refusal("router = \"192.168.1.77\"\naddress = \"192.168.1.78\""), None);
    // The device's own subnet, and even its own address there, is what happens in homes.
    assert_eq!(refusal("subnet = \"192.168.4.0/24\""), None);
}

#[test]
fn an_address_outside_its_subnet_is_refused() {
    let outside = Some("x.toml:4:11: expected an address of a host in 192.168.1.0/24".into());
    for address in ["192.168.2.7", "192.168.1.0", "192.168.1.255"] {
        assert_eq!(refusal(&format!("address = \"{address}\"")), outside);
    }
    for subnet in ["192.168.1.7/24", "192.168.1.0", "192.168.1.0/31", "home"] {
        let refused = refusal(&format!("subnet = \"{subnet}\"")).unwrap_or_default();
        assert!(refused.starts_with(&format!("x.toml:4:10: \"{subnet}\" is no subnet")), "{refused}");
    }
}

#[test]
fn an_access_point_is_protected_by_what_protects() {
    let device = |text: &str| format!("name = \"x\"\n[device]\n{text}\n");
    refused(&device("security = \"enterprise\""), "3:12", "asks for no user name");
    refused(
        &device("passphrase = \"green lantern 7 oak\""),
        "3:14",
        "an open access point has no passphrase",
    );
    for weak in ["12345678", "vestibule-4F2A", "short"] {
        let text = device(&format!("security = \"wpa2\"\npassphrase = \"{weak}\""));
        assert!(parse(&text, Path::new("x.toml")).is_err(), "{weak}");
    }
    let phone = "[[phone]]\nmodel = \"ios-17\"\nlabel_tries = [\"wrong\"]\nexpect = { sheet = true }\n";
    let protected = device("security = \"wpa3\"\npassphrase = \"green lantern 7 oak\"");
    refused(&format!("{protected}{phone}"), "6:9", "expected \"right\" in `label_tries`");
    taken(&format!("{protected}{}", phone.replace("true", "false")));
    taken(&format!("name = \"x\"\n{phone}"));
}

#[test]
fn clients_are_on_a_phone_and_few_and_answered_only_if_they_ask() {
    let step = |rest: &str| format!("{WORLD}{PHONE}[[step]]\n{rest}\n");
    taken(&step("do = \"silent-sockets\"\nphone = 1\ncount = 12"));
    taken(&step("do = \"split-posts\"\nphone = 1"));
    refused(&step("do = \"silent-sockets\""), "8:6", "expected `phone` beside this `do`");
    refused(&step("do = \"phone-leaves\"\nphone = 1\ncount = 2"), "10:9", "takes no `count`");
    for count in [0, 65] {
        let text = step(&format!("do = \"slow-requests\"\nphone = 1\ncount = {count}"));
        refused(&text, "10:9", "expected from 1 to 64 clients");
    }
    let expects = |what: &str, does: &str| {
        let phone = format!("{WORLD}{PHONE}expect = {{ {what} }}\n");
        format!("{phone}[[step]]\ndo = \"{does}\"\nphone = 1\n")
    };
    taken(&expects("served = true, longest_answer = 512", "probe-storm"));
    for what in ["served = true", "longest_answer = 512"] {
        refused(&expects(what, "half-posts"), "5:9", "nothing on this phone asks to be served");
    }
}

#[test]
fn the_devices_own_address_is_a_hosts() {
    taken(&format!("{WORLD}[device]\naddress = \"4.3.2.1\"\n"));
    for address in ["127.0.0.1", "224.0.0.1", "0.0.0.0", "192.168.4.0", "192.168.4.255", "0.1.2.3"] {
        let text = format!("{WORLD}[device]\naddress = \"{address}\"\n");
        refused(&text, "5:11", "expected the address of a host");
    }
}

#[test]
fn a_fault_that_contradicts_the_scenario_is_refused_with_its_line() {
    for (fault, reason) in [
        ("at = \"1s\"\nkind = \"deauthenticate\"\nphone = 2", "there is no phone 2"),
        ("at = \"-1s\"\nkind = \"bit-rot\"\nbit = 1", "is before zero"),
        (
            "at = \"1s\"\nkind = \"router-reboot\"\nnetwork = \"Away\"\nlasts = \"1s\"",
            "no [[network]] is called",
        ),
        ("at = \"1s\"\nkind = \"channel-move\"\nnetwork = \"Home\"\nchannel = 15", "a channel from 1 to 14"),
        (
            "at = \"1s\"\nkind = \"fade\"\nnetwork = \"Away\"\nby = 20\nlasts = \"1s\"",
            "no [[network]] is called",
        ),
        ("at = \"1s\"\nkind = \"loss\"\npercent = 0\nlasts = \"1s\"", "from 1 to 100"),
        ("at = \"1s\"\nkind = \"loss\"\npercent = 5\nlasts = \"1s\"\nfoo = 1", "unknown field `foo`"),
        ("at = \"1s\"\nkind = \"earthquake\"", "unknown variant `earthquake`"),
        ("kind = \"bit-rot\"\nbit = 1", "expected `at`"),
    ] {
        refused(&format!("{WORLD}{PHONE}[[fault]]\n{fault}\n"), "7:1", reason);
    }
}

#[test]
fn a_setting_is_refused_where_a_system_does_not_have_it() {
    let phone = |model: &str, more: &str| format!("{WORLD}[[phone]]\nmodel = \"{model}\"\n{more}\n");
    let provider = "private_dns = \"dns.example\"";
    for model in ["ios-18", "android-8", "windows-11"] {
        refused(&phone(model, provider), "6:15", "Private DNS is a setting of Android from 9 on");
    }
    refused(&phone("android-14", "private_dns = \"strict\""), "6:15", "nor the host name of a provider");
    for (model, place) in [("macos-26", "6:7"), ("windows-11", "6:7"), ("android-9", "6:7")] {
        refused(&phone(model, "vpn = true"), place, "nobody has said what a VPN");
    }
    refused(&phone("nm-gnome", "proxy = true"), "6:9", "nobody has said what the system's proxy");
    for (model, more) in [("android-14", provider), ("android-14", "vpn = true"), ("ios-18", "vpn = true")] {
        taken(&phone(model, more));
    }
    for model in ["android-11", "ios-18", "chromeos"] {
        refused(
            &phone(model, "custom_tabs = true"),
            "6:15",
            "a Custom Tab is in place of the sheet of Android",
        );
    }
    taken(&phone("android-15", "custom_tabs = true"));
    taken(&phone("ipados-26", "proxy = true\nvpn = false\nprivate_dns = \"off\""));
}

#[test]
fn an_api_is_one_that_phones_are_told_of() {
    let api = |more| format!("name = \"x\"\n[device]\n{more}captive_portal_api = {{ captive = true }}\n");
    refused(&api(""), "3:22", "nobody is told of it");
    taken(&api("captive_portal = \"https://portal.example/api\"\n"));
    let status = "captive_portal = \"https://a.example/\"\ncaptive_portal_api = { status = 99 }";
    refused(&format!("name = \"x\"\n[device]\n{status}\n"), "4:22", "from 100 to 599");
}

#[test]
fn what_is_stored_is_sealed_with_a_key_that_there_is() {
    let device = |text: &str| format!("name = \"x\"\n[[network]]\nssid = \"Home\"\n[device]\n{text}\n");
    taken(&device("seal_flash = true\nstored = \"Home\"\nstored_seal = \"another-key\""));
    taken(&device("stored = \"Home\"\nstored_seal = \"in-clear\""));
    refused(&device("stored = \"Home\"\nstored_seal = \"own-key\""), "6:15", "expected `seal_flash = true`");
    refused(&device("seal_flash = true\nstored_seal = \"own-key\""), "6:15", "expected `stored`");
}

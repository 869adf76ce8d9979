//! Phones with stacks of their own at the other end of a link from a portal: frames, DHCP and all.

use std::net::{SocketAddr, UdpSocket};
use std::path::Path;

use vestibule::check::in_process::in_process;
use vestibule::check::{
    Checked, FrameLink, LinkResults, LinkSpec, ProfilePortal, Trust, lease_questions, over_link,
};
use vestibule::phone::{Model, by_id};
use vestibule::profile::{Profile, answer_on_link, load};

const PHONES: [&str; 6] = ["android-6", "android-14", "ios-17", "windows-11", "firefox", "nm-gnome"];

fn phones(ids: &[&str]) -> Vec<&'static Model> {
    ids.iter().map(|id| by_id(id).unwrap()).collect()
}

/// A portal's profile, with this in place of its `[dhcp]`.
fn profile(name: &str, dhcp: &str) -> Profile {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../fixtures/portals/{name}.toml"));
    let text = std::fs::read_to_string(&path).unwrap();
    let mut profile = load::parse(&text, &path).unwrap();
    let known = "source = \"made up\"\ngrade = \"C\"\n";
    let made_up = format!(
        "name = \"x\"\nwhat = \"x\"\naddress = \"192.168.4.1\"\n{known}\
         [dns.address]\nanswer = \"portal\"\n{known}[dns.other]\nanswer = \"nothing\"\n{known}\
         [https]\nanswer = \"refused\"\n{known}[[http]]\nreply = \"close\"\n{known}[dhcp]\n{known}{dhcp}\n"
    );
    profile.dhcp = load::parse(&made_up, Path::new("made-up.toml")).unwrap().dhcp;
    profile
}

fn free_address() -> SocketAddr {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// These phones at that portal, at the two ends of a link.
async fn check(profile: Profile, phones: &[&'static Model]) -> LinkResults {
    let (here, there) = (free_address(), free_address());
    let portal = FrameLink::open(&LinkSpec::Udp { local: there, peer: here }).await.unwrap();
    let mut link = FrameLink::open(&LinkSpec::Udp { local: here, peer: there }).await.unwrap();
    let portal = tokio::spawn(answer_on_link(profile, portal));
    let results = over_link(&mut link, phones, &Trust::public(), 3, |_| {}).await;
    portal.abort();
    results
}

fn only(results: LinkResults) -> Checked {
    assert!(results.ended.is_none());
    let [one] = <[Checked; 1]>::try_from(results.checked).unwrap();
    one
}

/// What decides is the same, whether a portal's bytes come by a call or in frames with ARP, DHCP and TCP.
#[tokio::test]
async fn a_phone_concludes_on_a_link_what_it_concludes_in_this_process() {
    let phones = phones(&PHONES);
    for name in ["wifimanager", "esphome", "tasmota", "nodemcu", "esp-idf-example"] {
        let results = check(profile(name, "lease = 3600"), &phones).await;
        let calls = profile(name, "lease = 3600");
        assert_eq!(results.checked.len(), phones.len(), "{name}");
        for one in &results.checked {
            let same = in_process(&mut ProfilePortal(&calls), one.model);
            let summary =
                |one: &Checked| (one.sheet.word(), one.concluded().to_string(), one.rule.map(|rule| rule.id));
            assert_eq!(summary(one), summary(&same), "{name}, {}: {:#?}", one.model.id, one.exchanges);
        }
    }
}

#[tokio::test]
async fn what_the_lease_says_is_told() {
    let phones = phones(&["ios-17"]);
    let one = only(
        check(profile("wifimanager", "lease = 7200\noption_114 = \"http://192.168.4.1/api\""), &phones).await,
    );
    assert!(one.passed());
    let lease = one.lease.unwrap();
    assert_eq!(lease.address.octets()[..3], [192, 168, 4]);
    assert_eq!(
        lease.terms(),
        "subnet /24 from 192.168.4.1, router 192.168.4.1, DNS 192.168.4.1, for 7200 s, captive portal API \
         http://192.168.4.1/api"
    );
    // What the profile has of a page is not the whole one.
    assert!(one.findings.iter().all(|finding| !finding.contains("DHCP")), "{:?}", one.findings);

    let wrong = "router = false\ndns = false\nlease = 0\noption_108 = 1800";
    let one = only(check(profile("wifimanager", wrong), &phones).await);
    let findings = one.findings.join("\n");
    for part in
        ["no DNS server (option 6)", "no router (option 3)", "no lease time (option 51)", "(option 108)"]
    {
        assert!(findings.contains(part), "{part}: {findings}");
    }
}

#[tokio::test]
async fn a_portal_that_lends_no_address_is_told_by_how_it_does_not() {
    let phones = phones(&["android-14"]);
    let told = async |dhcp: &str, why: &str, change: &str| {
        let one = only(check(profile("wifimanager", dhcp), &phones).await);
        assert!(one.failed() && one.lease.is_none() && one.verdict.is_none(), "{dhcp}");
        assert!(one.findings[0].contains(why), "{dhcp}: {:?}", one.findings);
        assert!(one.change.as_ref().unwrap().contains(change), "{dhcp}: {:?}", one.change);
    };
    let unconfirmed = "was offered, and the DHCPREQUEST for it was not answered within 20 s";
    // Each takes the phone's whole patience: they wait beside each other.
    tokio::join!(
        told("answers = false", "nobody answered ", "DHCPOFFER"),
        told("confirms = false", unconfirmed, "DHCPACK"),
        told("addresses = 0", "nobody answered ", "if the pool has an address left"),
    );
}

/// The phones that had not concluded are not blamed on the portal.
#[cfg(unix)]
#[tokio::test]
async fn a_link_that_goes_ends_the_check_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let spec = LinkSpec::Unix { path: folder.path().join("net.sock") };
    let other = spec.clone();
    let portal = tokio::spawn(async move {
        let link = FrameLink::open(&other).await.unwrap();
        let answering = answer_on_link(profile("wifimanager", "lease = 60"), link);
        let _ = tokio::time::timeout(std::time::Duration::from_millis(300), answering).await;
    });
    while !folder.path().join("net.sock").exists() {
        tokio::task::yield_now().await;
    }
    let mut link = FrameLink::open(&spec).await.unwrap();
    // The Switch concludes nothing for longer than that.
    let results = over_link(
        &mut link,
        &phones(&["ios-17", "nintendo-switch", "android-14"]),
        &Trust::public(),
        1,
        |_| {},
    )
    .await;
    portal.await.unwrap();
    let ended = results.ended.map(|error| error.to_string());
    if results.checked.len() < 3 {
        assert!(
            ended.as_ref().is_some_and(|error| error.ends_with("was closed by its other end")),
            "{ended:?}"
        );
    }
    assert!(results.checked.iter().all(|one| one.lease.is_some()), "nobody is blamed");
}

#[tokio::test]
async fn a_server_that_forgets_its_clients_is_told_by_how_it_does() {
    let told = async |dhcp: &str, odd: &[&str]| {
        let (here, there) = (free_address(), free_address());
        let portal = FrameLink::open(&LinkSpec::Udp { local: there, peer: here }).await.unwrap();
        let mut link = FrameLink::open(&LinkSpec::Udp { local: here, peer: there }).await.unwrap();
        let portal = tokio::spawn(answer_on_link(profile("wifimanager", dhcp), portal));
        let found = lease_questions(&mut link).await.unwrap();
        portal.abort();
        assert_eq!(found.len(), odd.len(), "{dhcp}: {found:?}");
        for (found, odd) in found.iter().zip(odd) {
            assert!(found.contains(odd), "{dhcp}: {found}");
        }
    };
    tokio::join!(
        told("lease = 60", &[]),
        told("addresses = 7", &["hardware address number 5 of 10 gets no lease"]),
        told("renews = false", &["renews its lease of 192.168.4.2 is not answered"]),
        told("refuses = false", &["asks for 10.99.99.9, an address of another network, is given it"]),
        told("declines = false", &["a client that declines 192.168.4.3",]),
    );
}

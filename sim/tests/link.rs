//! Phones with stacks of their own at the other end of a link from a portal: frames, DHCP and all.

use std::net::{SocketAddr, UdpSocket};
use std::path::Path;

use vestibule::check::in_process::in_process;
use vestibule::check::{
    Checked, FrameLink, Impairments, LinkError, LinkResults, LinkSpec, ProfilePortal, Trust, lease_questions,
    over_link, portal_questions_over_link,
};
use vestibule::journey::{JourneyEnding, LinkJourneys, OwnerKnowledge, journeys_over_link, junit};
use vestibule::owner::{GaveUp, HomeNetwork};
use vestibule::phone::{Model, by_id};
use vestibule::profile::{AddressAnswer, Profile, answer_on_link, load};

const PHONES: [&str; 6] = ["android-6", "android-14", "ios-17", "windows-11", "firefox", "nm-gnome"];

fn phones(ids: &[&str]) -> Vec<&'static Model> {
    ids.iter().map(|id| by_id(id).unwrap()).collect()
}

/// A portal's profile, with this in place of its `[dhcp]`.
fn profile(name: &str, dhcp: &str) -> Profile {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("portals/{name}.toml"));
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
    let results = over_link(&mut link, phones, Trust::public(), 3, |_| {}).await;
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
        Trust::public(),
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
        assert_eq!(found.odd.len(), odd.len(), "{dhcp}: {found:?}");
        for (found, odd) in found.odd.iter().zip(odd) {
            assert!(found.contains(odd), "{dhcp}: {found}");
        }
    };
    tokio::join!(
        told("lease = 60", &[]),
        told("addresses = 7", &["hardware address number 5 of 10 gets no lease"]),
        told("renews = false", &["renews its lease of 192.168.4.2 is not answered"]),
        told(
            "refuses = false",
            &[
                "asks for 10.99.99.9, an address of another network, is given it",
                "asks for 192.168.4.2, which another has, is given it"
            ]
        ),
        told("declines = false", &["a client that declines 192.168.4.3",]),
    );
}

/// A portal with a form, and this after it.
fn with_a_form(result: &str) -> Profile {
    with_a_form_and(result, "")
}

/// The same with further tables.
fn with_a_form_and(result: &str, tables: &str) -> Profile {
    let known = "source = \"made up\"\ngrade = \"C\"\n";
    let page = |path: &str, body: &str| {
        format!(
            "[[http]]\nhost = \"portal\"\npath = \"{path}\"\nreply = {{ status = 200, headers = {{ Content-Type = \
             \"text/html\" }}, body = '{body}' }}\n{known}"
        )
    };
    let form = "<title>Lamp</title><form action=\"/save\" method=post><label>Network <input name=s></label><label>Password \
                <input type=password name=p></label><button>Connect</button></form>";
    let text = format!(
        "name = \"x\"\nwhat = \"x\"\naddress = \"192.168.4.1\"\n{known}\
         [dns.address]\nanswer = \"portal\"\n{known}[dns.other]\nanswer = \"nothing\"\n{known}\
         [https]\nanswer = \"refused\"\n{known}{}{}\
         [[http]]\nreply = {{ status = 302, headers = {{ Location = \"http://{{portal}}/\" }} }}\n{known}{tables}",
        page("/", form),
        page("/save", result),
    );
    load::parse(&text, Path::new("made-up.toml")).unwrap()
}

fn home() -> OwnerKnowledge {
    let home =
        HomeNetwork { ssid: b"Home".to_vec(), typed: None, passphrases: vec!["four green lanterns".into()] };
    OwnerKnowledge::of(home)
}

/// Something on a link with this portal at its other end.
async fn beside<T>(
    profile: Profile,
    impairments: Impairments,
    act: impl AsyncFnOnce(&mut FrameLink) -> T,
) -> T {
    let (here, there) = (free_address(), free_address());
    let portal = FrameLink::open(&LinkSpec::Udp { local: there, peer: here }).await.unwrap();
    let link = FrameLink::open(&LinkSpec::Udp { local: here, peer: there }).await.unwrap();
    let portal = tokio::spawn(answer_on_link(profile, portal));
    let came = act(&mut link.impaired(impairments)).await;
    portal.abort();
    came
}

const RESULT: &str = "<h1>Connected</h1><p>Your lamp has joined Home. It is at http://192.168.1.77/ now.";

/// From DHCP to the result, with the phone's own stack all along.
#[tokio::test]
async fn an_owner_sets_a_device_up_over_a_link() {
    let phones = phones(&["android-14", "ios-17", "windows-11"]);
    let came = beside(with_a_form(RESULT), Impairments::default(), async |link| {
        journeys_over_link(link, &phones, &home(), Trust::public(), |_| {}).await
    })
    .await;
    assert!(came.ended.is_none() && came.journeys.len() == 3);
    for one in &came.journeys {
        assert_eq!(one.ending, JourneyEnding::Joined, "{:?} {:?}", one.story, one.checked.sheet);
        assert!(one.checked.lease.is_some(), "it asked for its address itself");
        let told: Vec<_> = one.story.iter().map(|(_, what)| what.as_str()).collect();
        assert!(told.contains(&"sends the form to http://192.168.4.1/save"), "{told:?}");
        assert!(!told.iter().any(|told| told.contains("lanterns")), "{told:?}");
    }
    let text = junit("udp", &came.journeys).unwrap();
    assert!(text.contains("tests=\"3\"") && text.contains("failures=\"0\""), "{text}");

    let phones = &phones[..1];
    let silent = beside(with_a_form("<p>Saved."), Impairments::default(), async |link| {
        journeys_over_link(link, phones, &home(), Trust::public(), |_| {}).await
    });
    let LinkJourneys { journeys, .. } = silent.await;
    assert_eq!(journeys[0].ending, JourneyEnding::GaveUp(GaveUp::NotTold));
    assert!(junit("udp", &journeys).unwrap().contains("failures=\"1\""));
}

/// A link that goes ends a journey too, and the journeys that could not go on are counted and not judged.
#[cfg(unix)]
#[tokio::test]
async fn a_link_that_goes_ends_a_journey_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let spec = LinkSpec::Unix { path: folder.path().join("net.sock") };
    let other = spec.clone();
    let portal = tokio::spawn(async move {
        let link = FrameLink::open(&other).await.unwrap();
        // The page after the form goes on to itself for ever.
        let again = "<meta http-equiv=refresh content=1><p>Trying.";
        let answering = answer_on_link(with_a_form(again), link);
        let _ = tokio::time::timeout(std::time::Duration::from_secs(4), answering).await;
    });
    while !folder.path().join("net.sock").exists() {
        tokio::task::yield_now().await;
    }
    let mut link = FrameLink::open(&spec).await.unwrap();
    let began = std::time::Instant::now();
    let phones = phones(&["android-14", "ios-17"]);
    let came = journeys_over_link(&mut link, &phones, &home(), Trust::public(), |_| {}).await;
    portal.await.unwrap();
    let ended = came.ended.map(|error| error.to_string());
    assert!(ended.as_ref().is_some_and(|error| error.ends_with("was closed by its other end")), "{ended:?}");
    assert!(came.journeys.is_empty(), "{:?}", came.journeys);
    assert!(began.elapsed() < std::time::Duration::from_secs(15), "{:?}", began.elapsed());
}

/// What no phone asks is asked over a link as it is over sockets.
#[tokio::test]
async fn a_portal_on_a_link_is_asked_what_phones_do_not_ask() {
    let odd = async |profile: Profile| {
        beside(profile, Impairments::default(), async |link| {
            portal_questions_over_link(link, Trust::public()).await.unwrap()
        })
        .await
    };
    let none = Vec::<String>::new();
    let named = {
        let mut named = with_a_form(RESULT);
        let text = "{ status = 302, headers = { Location = \"http://lamp.local/\" } }";
        let known = "source = \"made up\"\ngrade = \"C\"\n";
        let text = format!(
            "name = \"x\"\nwhat = \"x\"\naddress = \"192.168.4.1\"\n{known}[dns.address]\nanswer = \"portal\"\n{known}\
             [dns.other]\nanswer = \"silence\"\n{known}[https]\nanswer = \"refused\"\n{known}[[http]]\nreply = {text}\n{known}"
        );
        let mut other = load::parse(&text, Path::new("made-up.toml")).unwrap();
        *named.http.last_mut().unwrap() = other.http.remove(0);
        named.dns.other.answer = other.dns.other.answer;
        named
    };
    let mut both = with_a_form(RESULT);
    both.dns.address.answer = AddressAnswer::Both;
    // Longer than three questions, and twice within the time that it is watched then.
    let radio =
        "[radio]\njoin = 0\nrestarts = { every = 5, lasts = 3 }\nsource = \"made up\"\ngrade = \"C\"\n";
    let away = with_a_form_and(RESULT, radio);
    let all = (odd(with_a_form(RESULT)), odd(named), odd(both), odd(away));
    let (right, wrong, both, away) = tokio::join!(all.0, all.1, all.2, all.3);
    assert_eq!(right, none);
    assert!(both.join("\n").contains("beside the portal's own address"), "{both:?}");
    assert!(away.join("\n").contains("the portal was away"), "{away:?}");
    let wrong = wrong.join("\n");
    for part in
        ["for AAAA is answered not at all", "lamp.local, and nobody answers for that name by multicast"]
    {
        assert!(wrong.contains(part), "{part}: {wrong}");
    }
}

/// A weak link delays a check, and the same seed loses the same frames.
#[tokio::test]
async fn on_a_link_that_loses_frames_a_check_comes_to_the_same_end() {
    let phones = phones(&["ios-17"]);
    let weak =
        Impairments { loss: 0.05, duplication: 0.05, delay: std::time::Duration::from_millis(20), seed: 3 };
    let results = beside(profile("wifimanager", "lease = 3600"), weak, async |link| {
        over_link(link, &phones, Trust::public(), 1, |_| {}).await
    });
    let one = only(results.await);
    assert!(one.passed(), "{:#?}", one.exchanges);
    assert!(
        one.lease.unwrap().took.0 >= std::time::Duration::from_millis(80),
        "two exchanges, two ways each"
    );

    let gone = Impairments { loss: 1.0, ..Impairments::default() };
    let results = beside(profile("wifimanager", "lease = 3600"), gone, async |link| {
        over_link(link, &phones, Trust::public(), 1, |_| {}).await
    });
    assert!(only(results.await).findings[0].starts_with("nobody answered "));
}

/// A recording is heard and answers nothing: said at once.
#[tokio::test]
async fn a_recording_is_a_link_on_which_nobody_answers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.pcap");
    // The header of a file of Ethernet frames (pcap, little endian), and one frame of 14 bytes.
    let mut bytes = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0];
    bytes.extend([0; 8]);
    bytes.extend([0xff, 0xff, 0, 0, 1, 0, 0, 0]);
    bytes.extend([0; 8]);
    bytes.extend([14, 0, 0, 0, 14, 0, 0, 0]);
    bytes.extend([0xff; 14]);
    std::fs::write(&path, &bytes).unwrap();
    let mut link = FrameLink::open(&LinkSpec::Pcap { path: path.clone() }).await.unwrap();
    let results = over_link(&mut link, &phones(&["ios-17"]), Trust::public(), 1, |_| {}).await;
    assert!(results.checked.is_empty());
    assert!(matches!(results.ended, Some(LinkError::RecordingOver { frames: 1, .. })), "{:?}", results.ended);

    std::fs::write(&path, b"no capture").unwrap();
    let error = FrameLink::open(&LinkSpec::Pcap { path }).await.err().unwrap().to_string();
    assert!(error.ends_with("it is no capture, neither pcap nor pcapng"), "{error}");
}

/// Every answer of the server is told, the right ones too.
#[tokio::test]
async fn what_a_server_does_with_those_who_come_back_is_told() {
    let answers = beside(profile("wifimanager", "lease = 60"), Impairments::default(), async |link| {
        lease_questions(link).await.unwrap()
    })
    .await;
    let told: Vec<_> = answers.told.iter().map(|answer| answer.came.as_str()).collect();
    let expected = [
        "confirmed",
        "confirmed",
        "refused",
        "refused",
        "refused",
        "lent 192.168.4.4 in place of 192.168.4.3",
        "lent 192.168.4.14",
    ];
    assert_eq!(told, expected, "{:?}", answers.told);
}

/// Each phone asks as its own system does, from a hardware address of its kind.
#[tokio::test]
async fn each_system_asks_for_an_address_in_its_own_way() {
    use dhcproto::v4::{DhcpOption, Message, OptionCode};
    use dhcproto::{Decodable, Decoder};
    let (here, there) = (free_address(), free_address());
    let socket = UdpSocket::bind(there).unwrap();
    socket.connect(here).unwrap();
    let mut link = FrameLink::open(&LinkSpec::Udp { local: here, peer: there }).await.unwrap();
    let phones = phones(&["android-14", "ios-17", "windows-11", "android-9"]);
    let listening = tokio::task::spawn_blocking(move || {
        let mut heard = Vec::new();
        while heard.len() < 4 {
            let mut frame = [0; 1600];
            let length = socket.recv(&mut frame).unwrap();
            // An Ethernet header, an IPv4 header without options, a UDP header.
            let message = Message::decode(&mut Decoder::new(&frame[42..length])).unwrap();
            let asked = match message.opts().get(OptionCode::ParameterRequestList) {
                Some(DhcpOption::ParameterRequestList(asked)) => {
                    asked.iter().map(|code| u8::from(*code)).collect::<Vec<_>>()
                }
                other => panic!("{other:?}"),
            };
            let class = match message.opts().get(OptionCode::ClassIdentifier) {
                Some(DhcpOption::ClassIdentifier(class)) => String::from_utf8(class.clone()).unwrap(),
                _ => String::new(),
            };
            heard.push((asked, class, frame[6] & 2 == 2));
        }
        heard
    });
    let check = over_link(&mut link, &phones, Trust::public(), 4, |_| {});
    let heard = tokio::select! {
        heard = listening => heard.unwrap(),
        _ = check => panic!("nobody gave up yet"),
    };
    let expected: [(&[u8], &str, bool); 4] = [
        (&[1, 3, 6, 15, 26, 28, 51, 58, 59, 43, 114, 108], "android-dhcp-14", true),
        (&[1, 121, 3, 6, 15, 108, 114, 119, 252], "", true),
        (&[1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249, 252], "MSFT 5.0", false),
        (&[1, 3, 6, 15, 26, 28, 51, 58, 59, 43], "android-dhcp-9", false),
    ];
    for (heard, (asked, class, drawn)) in heard.iter().zip(expected) {
        assert_eq!((heard.0.as_slice(), heard.1.as_str(), heard.2), (asked, class, drawn));
    }
}

//! Pages of other portals' shapes, and broken ones.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::super::form::Touch;
use super::super::{
    ControlKind, GaveUp, Habits, HomeNetwork, Input, Method, Output, Owner, Request, SetupResult, parse,
};
use super::stage::{Answer, PORTAL, at, play, url};

fn owner() -> Owner {
    let home =
        HomeNetwork { ssid: b"Home".to_vec(), typed: None, passphrases: vec!["p&ss w\u{f6}rd".into()] };
    Owner::new(home, Habits::default())
}

/// The first request that the owner makes of a first page.
fn first_request(html: &str) -> Request {
    let mut requests = Vec::new();
    let (did, _) = play(&mut owner(), |request, _| {
        requests.push(request.clone());
        match requests.len() {
            1 => Answer::Page(200, html.to_owned()),
            _ => Answer::Page(200, "<p>Home is joined: 10.0.0.7.</p>".to_owned()),
        }
    });
    let outcome = SetupResult { network: "Home".into(), address: Ipv4Addr::new(10, 0, 0, 7) };
    assert!(did.contains(&Output::Read(outcome)), "{did:?}");
    requests.swap_remove(1)
}

fn gives_up(pages: &[(u16, &str)]) -> GaveUp {
    let mut next = 0;
    let (did, _) = play(&mut owner(), |_, _| {
        let (status, html) = pages[next.min(pages.len() - 1)];
        next += 1;
        Answer::Page(status, html.to_owned())
    });
    match &did[did.len() - 2..] {
        [Output::GaveUp(why), Output::CloseSheet] => why.clone(),
        other => panic!("{other:?}"),
    }
}

const PASSPHRASE: &str = "p%26ss+w%C3%B6rd";

#[test]
fn a_list_of_radio_buttons_labelled_from_outside() {
    let request = first_request(
        "<form method=POST action=save><input type=radio id=a name=n value=0 checked><label for=a>Other</label>
         <input type=radio id=b name=n value=1><label for=b>Home <i>-40 dBm</i></label>
         <input type=hidden name=token value='a b'><input type=password name=p>
         <button name=go value=1>Go</button></form>",
    );
    assert_eq!((request.method, request.url.as_str()), (Method::Post, "http://192.168.4.1/save"));
    let body = format!("n=1&token=a+b&p={PASSPHRASE}&go=1");
    assert_eq!(request.body.as_deref(), Some(body.as_bytes()));
}

#[test]
fn a_select_in_a_form_without_a_method() {
    let request = first_request(
        "<base href='http://192.168.4.1/deep/er/'><form action='../join?old=1'>
         <select name=ssid><option disabled>Choose<option value=x>Cafe<option>Home</select>
         <input type=text name=passphrase></form>",
    );
    let expected = format!("http://192.168.4.1/deep/join?ssid=Home&passphrase={PASSPHRASE}");
    assert_eq!((request.method, request.url.as_str()), (Method::Get, expected.as_str()));
    assert_eq!(request.body, None);
    assert!(!format!("{request:?}").contains("ss+w"), "{request:?}");
}

#[test]
fn a_name_typed_among_other_fields() {
    let request = first_request(
        "<form method=post><input name=host value=lamp><label>SSID <input name=s maxlength=32></label>
         <input type=password name=p maxlength=4><input type=checkbox name=dhcp checked>
         <input type=checkbox name=reset><input name=off value=1 disabled></form>",
    );
    assert_eq!(request.url.as_str(), PORTAL);
    assert_eq!(request.body.as_deref(), Some(&b"host=lamp&s=Home&p=p%26ss&dhcp=on"[..]));
}

#[test]
fn a_button_for_another_network_is_told_from_a_neighbour_called_so() {
    let request = first_request(
        "<form method=post><label><input type=radio name=n value=''>Another network</label>
         <input name=ssid><label><input type=radio name=n value=4d79>Another Home</label>
         <input type=password name=p></form>",
    );
    assert_eq!(request.body.as_deref(), Some(format!("n=&ssid=Home&p={PASSPHRASE}").as_bytes()));
}

#[test]
fn controls_outside_the_form_belong_to_it_by_its_id() {
    let request = first_request(
        "<form id=f method=post action=/s></form><input form=f name=ssid><input form=f type=password name=p>",
    );
    assert_eq!(request.body.as_deref(), Some(format!("ssid=Home&p={PASSPHRASE}").as_bytes()));
}

/// For a page in a browser it is kept which elements a hand touches: not a button for something else, nor an entry's
/// strength.
#[test]
fn what_a_hand_touches_is_told_by_the_numbers_of_elements() {
    let request = first_request(
        "<form><select name=s data-element=4><option>Cafe<option>Home</select><input type=password name=p data-element=7>\
         <button name=b value=scan data-element=8>Scan again</button><button name=b value=join data-element=9>Join</button>",
    );
    let typed = Touch::Type { element: 7, text: "p&ss w\u{f6}rd".into() };
    let chosen = Touch::Select { element: 4, choice: 1 };
    assert!(request.touches == [chosen, typed, Touch::Tap { element: 9 }]);
    assert_eq!(request.url.query(), Some("s=Home&p=p%26ss+w%C3%B6rd&b=join"));
    let entry = "<p><a href=/by-script/3 data-element=3><i>80 %</i>Home</a><p><a href=/by-script/5 data-element=5>Cafe</a>";
    let request = first_request(entry);
    assert!(request.touches == [Touch::Tap { element: 3 }] && request.url.path() == "/by-script/3");
}

#[test]
fn pages_that_lead_nowhere() {
    let form = "<form method=post><input name=ssid><input type=password name=p></form>";
    assert_eq!(gives_up(&[(200, "<h1>It works!</h1>")]), GaveUp::NoForm);
    assert_eq!(gives_up(&[(200, "")]), GaveUp::NoForm);
    assert_eq!(gives_up(&[(200, "<form><input name=q></form>")]), GaveUp::NoForm);
    assert_eq!(gives_up(&[(500, "Internal Server Error")]), GaveUp::Broken(500));
    assert_eq!(gives_up(&[(200, form), (200, "Credentials saved. Rebooting.")]), GaveUp::NotTold);
    assert_eq!(gives_up(&[(200, form), (200, "Home: see 192.168.4.1")]), GaveUp::NotTold);
    assert_eq!(
        gives_up(&[(200, &form.replace("</form>", "<label>E-mail<input name=e required></label></form>"))]),
        GaveUp::Unanswered("E-mail".into())
    );
    assert_eq!(
        gives_up(&[(200, &form.replace("<input name=ssid>", "<select name=ssid><option>Cafe</select>"))]),
        GaveUp::NetworkNotOffered
    );
    assert_eq!(
        gives_up(&[(200, &form.replace("name=ssid", "name=ssid maxlength=3"))]),
        GaveUp::NetworkNotOffered
    );
    assert_eq!(gives_up(&[(200, &form.replace("post", "post enctype=multipart/form-data"))]), GaveUp::NoForm);
    assert_eq!(gives_up(&[(200, "<meta http-equiv=refresh content=1>")]), GaveUp::TooManyPages);
}

#[test]
fn a_failing_page_is_loaded_again_a_bounded_number_of_times() {
    let mut asked = 0;
    let (did, _) = play(&mut owner(), |_, _| {
        asked += 1;
        Answer::Nothing
    });
    assert!(did.contains(&Output::GaveUp(GaveUp::NoPage)));
    assert_eq!(asked, 1 + Habits::default().reloads);
}

#[test]
fn an_error_page_with_the_form_is_used_as_the_form_that_it_is() {
    let form = "<form method=post><input name=ssid><input type=password name=p></form>";
    let mut requests = 0;
    let (did, _) = play(&mut owner(), |_, _| {
        requests += 1;
        match requests {
            1 => Answer::Page(404, form.into()),
            _ => Answer::Page(200, "Home: 10.0.0.7".into()),
        }
    });
    assert!(matches!(did[..], [_, Output::Load(_), Output::Read(_), Output::PressDone]), "{did:?}");
}

#[test]
fn the_timeout_comes_although_nothing_happens() {
    let mut owner = owner();
    owner.handle(Input::SheetOpened { url: url(PORTAL) }, at(0.0));
    assert_eq!(owner.poll(), None);
    let end = owner.poll_timeout().unwrap();
    assert_eq!(end - at(0.0), Habits::default().timeout);
    owner.handle(Input::Deadline, end);
    assert_eq!(owner.poll(), Some(Output::GaveUp(GaveUp::TimedOut)));
    assert_eq!(owner.poll(), Some(Output::CloseSheet));
    assert_eq!(owner.poll_timeout(), None);
}

#[test]
fn a_deadline_before_its_time_changes_nothing_and_deactivation_ends_everything() {
    let mut owner = owner();
    owner.handle(Input::Notified, at(0.0));
    owner.handle(Input::Deadline, at(1.0));
    assert_eq!(owner.poll(), None);
    owner.handle(Input::Deadline, owner.poll_timeout().unwrap());
    owner.handle(Input::Deactivate, at(9.0));
    assert_eq!(owner.poll(), None);
    assert_eq!(owner.poll_timeout(), None);
    owner.handle(Input::Notified, at(10.0));
    assert_eq!(owner.poll_timeout(), None);
}

#[test]
fn a_page_is_read_as_a_browser_reads_it() {
    let page = parse(
        "<title> A &amp; B </title><style>p{}</style><script>'<p>no</p>'</script>
         <p role=alert style='display: none'>hidden</p><p role=ALERT>no role</p>
         <div role=alert>Wrong <b>password</b></div><div role=status> going\n on </div>
         <a href='/x?y=1'>there</a><a name=z>not</a>
         <form><textarea name=t>several\nlines</textarea><button type=button>no</button></form>",
        &url(PORTAL),
    );
    assert_eq!(page.title, "A & B");
    assert_eq!(page.alert.as_deref(), Some("Wrong password"));
    assert_eq!(page.status.as_deref(), Some("going on"));
    assert_eq!(page.text, "no role Wrong password going on there not several lines no");
    assert_eq!(page.links.len(), 1);
    assert_eq!(page.links[0].url.as_str(), "http://192.168.4.1/x?y=1");
    let [form] = &page.forms[..] else { panic!("{}", page.forms.len()) };
    assert_eq!(form.action.as_str(), PORTAL);
    assert_eq!(form.controls.len(), 1);
    assert_eq!(
        (form.controls[0].kind, form.controls[0].value.as_str()),
        (ControlKind::Text, "several\nlines")
    );
}

#[test]
fn refreshes_are_read_as_browsers_read_them() {
    let refresh = |content: &str| {
        let page = parse(&format!("<meta http-equiv=Refresh content=\"{content}\">"), &url("http://h/a/b"));
        page.refresh.map(|next| (next.after, next.url.to_string()))
    };
    let to = |seconds, to: &str| Some((Duration::from_secs(seconds), to.to_owned()));
    assert_eq!(refresh("2; url=/"), to(2, "http://h/"));
    assert_eq!(refresh("0;URL='c'"), to(0, "http://h/a/c"));
    assert_eq!(refresh(" 5.9 , http://other/ "), to(5, "http://other/"));
    assert_eq!(refresh("3"), to(3, "http://h/a/b"));
    assert_eq!(refresh("1;url = urls"), to(1, "http://h/a/urls"));
    assert_eq!(refresh("soon"), None);
    assert_eq!(refresh(""), None);
}

#[test]
fn a_keyboard_stops_at_maxlength_in_utf_16_units() {
    let page = parse("<form><input name=a maxlength=3></form>", &url(PORTAL));
    let mut form = page.forms[0].clone();
    form.type_into(0, "🏠🏠");
    assert_eq!(form.controls[0].value, "🏠");
    form.type_into(0, "abcd");
    assert_eq!(form.controls[0].value, "abc");
}

/// What the owner reads of a page after the form.
fn result_of(text: &str) -> Option<Ipv4Addr> {
    let (url, portal) = (url("http://192.168.4.1/save"), url(PORTAL));
    let page = parse(&format!("<p>{text}</p>"), &url);
    super::super::result(&page, b"Home", Some(&portal)).map(|result| result.address)
}

/// A page that says that the device could not join, or is about to, shows no result, whatever addresses it has.
#[test]
fn an_address_on_a_page_that_says_no_is_no_result() {
    for text in [
        "Failed to connect to Home. IP address: 0.0.0.0",
        "Wrong password for Home. Local IP 0.0.0.0, mask 255.255.255.0",
        "Connecting to Home ... IP 0.0.0.0",
        "Could not join Home. Firmware 1.38.0.2",
        "Credentials for Home saved. The device will try to join. DNS 8.8.8.8",
        "Failed: unable to join Home. Last address 192.168.1.9",
        "The lamp will be connected to Home in a moment. Its address was 192.168.1.9.",
        // Nothing is said, and no address is a home's.
        "Home, 255.255.255.0, 127.0.0.1, 224.0.0.251, 169.254.7.7, 0.0.0.0, 8.8.8.8",
        "Home. Gateway: 192.168.1.1, DNS 192.168.1.1",
        "Home. The setup network is at 192.168.4.1.",
        // Who is where is not said.
        "You are connected. Your address is 192.168.4.2.",
        "Connected! 192.168.4.2",
        "192.168.1.9",
    ] {
        assert_eq!(result_of(text), None, "{text}");
    }
    for text in [
        "Home is joined: 192.168.1.9",
        "Verbunden mit Home: 192.168.1.9",
        "Connected! The lamp is online at 192.168.1.9",
        "Successfully connected. IP: 192.168.1.9",
        "Connected to Home, gateway 192.168.1.1, address 192.168.1.9",
        "The device has joined your network: <a href=http://192.168.1.9/>here</a>",
    ] {
        assert_eq!(result_of(text), Some(Ipv4Addr::new(192, 168, 1, 9)), "{text}");
    }
    // A device on this machine has both its networks on the loopback interface.
    let (portal, page) =
        (url("http://127.67.1.1:8080/"), "<p>It has joined Home: <a href=http://127.67.1.2:80/>it</a>");
    let here = parse(page, &portal);
    let result = super::super::result(&here, b"Home", Some(&portal)).unwrap();
    assert_eq!(result.address, Ipv4Addr::new(127, 67, 1, 2));
    // So has one in a simulated world, whatever address its access point has.
    let (portal, page) = (url("http://4.3.2.1/"), "<p>It has joined Home: <a href=http://127.67.1.2/>it</a>");
    let result = super::super::result(&parse(page, &portal), b"Home", Some(&portal)).unwrap();
    assert_eq!(result.address, Ipv4Addr::new(127, 67, 1, 2));
    // Some homes have addresses of the internet.
    assert_eq!(result_of("Connected to Home. IP: 130.83.0.9"), Some(Ipv4Addr::new(130, 83, 0, 9)));
}

/// A button that stands in no form leads on where nothing else does; not one for something else.
#[test]
fn a_button_of_a_script_is_tapped_where_nothing_else_leads_on() {
    let button = |words: &str, number: u8| {
        format!("<button form=of-the-page type=submit data-element={number}>{words}</button>")
    };
    let form = "<form id=of-the-page method=post></form>";
    let buttons = button("Reset Wi-Fi", 3) + &button("Light on", 5) + &button("Set up Wi-Fi", 7);
    let page = |more: &str| parse(&format!("{more}{buttons}{form}"), &url(PORTAL));
    let way = super::super::way_to_form(&page("")).unwrap();
    assert!(way.touches == [Touch::Tap { element: 7 }] && way.url == url(PORTAL), "{way:?}");
    let way = super::super::way_to_form(&page("<a href=/wifi>Network</a>")).unwrap();
    assert!(way.touches.is_empty() && way.url == url("http://192.168.4.1/wifi"), "{way:?}");
}

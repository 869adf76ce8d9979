//! Clients against a server that is written down here.

use std::net::Ipv4Addr;

use super::*;

const SERVER: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 168, 4, 1), 80);

fn at(millis: u64) -> Instant {
    Instant::from_micros(millis * 1000)
}

fn begun(misbehaviour: Misbehaviour, count: usize) -> Clients {
    let mut clients = Clients::default();
    clients.reach(SERVER, at(0));
    clients.begin(misbehaviour, count, at(0));
    clients
}

fn polled(clients: &mut Clients) -> Vec<(ExchangeId, ClientCommand)> {
    std::iter::from_fn(|| clients.poll()).collect()
}

/// Plays the server until nothing more is asked, and gives what each request that came was. `answer`
/// is asked for each piece, with what came before it on its connection; `None` says nothing yet.
fn serve(clients: &mut Clients, mut answer: impl FnMut(&[u8]) -> Option<Vec<u8>>) -> Vec<Vec<u8>> {
    let (mut came, mut requests) = (BTreeMap::<ExchangeId, Vec<u8>>::new(), Vec::new());
    let mut now = at(0);
    for _ in 0..20_000 {
        while let Some((id, command)) = clients.poll() {
            match command {
                ClientCommand::Connect(to) => {
                    assert_eq!(to, SERVER);
                    assert!(clients.progress(id, Progress::Connected, now));
                }
                ClientCommand::Say(bytes) => {
                    let so_far = came.entry(id).or_default();
                    so_far.extend(bytes);
                    if let Some(answer) = answer(so_far) {
                        requests.push(std::mem::take(so_far));
                        clients.progress(id, Progress::Received(&answer), now);
                    }
                }
                ClientCommand::Shut | ClientCommand::Reset => {}
            }
        }
        match clients.poll_timeout() {
            Some(due) if clients.served().is_none() => now = due,
            _ => break,
        }
        clients.handle_timeout(now);
    }
    requests
}

fn page(status: u16, body: &str) -> Option<Vec<u8>> {
    Some(format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes())
}

#[test]
fn nothing_is_done_before_the_device_can_be_reached() {
    let mut clients = Clients::default();
    clients.begin(Misbehaviour::ProbeStorm, 2, at(0));
    assert_eq!((clients.poll(), clients.served()), (None, None));
    clients.reach(SERVER, at(5));
    assert_eq!(polled(&mut clients).len(), 2);
    clients.leave();
    assert_eq!(clients.served(), Some(false), "what it has not been answered it will not be");
}

#[test]
fn silent_ones_connect_and_wait_for_nothing() {
    let mut clients = begun(Misbehaviour::SilentSockets, 12);
    let done = polled(&mut clients);
    assert_eq!(done.len(), 12);
    for (id, _) in done {
        assert!(clients.progress(id, Progress::Connected, at(1)));
    }
    assert_eq!((clients.poll(), clients.poll_timeout(), clients.served()), (None, None, None));
    assert!(!clients.progress(ExchangeId(3), Progress::Connected, at(1)), "a phone's own");
}

#[test]
fn slow_ones_send_a_byte_a_second() {
    let mut clients = begun(Misbehaviour::SlowRequests, 1);
    let (id, _) = clients.poll().unwrap();
    clients.progress(id, Progress::Connected, at(0));
    for (second, byte) in b"GET /".iter().enumerate() {
        let due = at(second as u64 * 1000);
        assert_eq!(clients.poll_timeout(), Some(due));
        clients.handle_timeout(due);
        assert_eq!(clients.poll(), Some((id, ClientCommand::Say(vec![*byte]))));
    }
    clients.progress(id, Progress::Ended, at(9000));
    assert_eq!(clients.poll_timeout(), None);
}

#[test]
fn half_a_post_ends_in_one_of_three_ways() {
    let mut clients = begun(Misbehaviour::HalfPosts, 3);
    let ids: Vec<_> = polled(&mut clients).into_iter().map(|(id, _)| id).collect();
    for id in &ids {
        clients.progress(*id, Progress::Connected, at(0));
    }
    let whole = request::post(SERVER);
    for (id, command) in polled(&mut clients) {
        let ClientCommand::Say(begun) = command else { panic!("{id:?}: {command:?}") };
        assert!(whole.starts_with(&begun) && begun.len() < whole.len());
    }
    clients.handle_timeout(at(1000));
    let ends: Vec<_> = polled(&mut clients);
    assert_eq!(ends, [(ids[1], ClientCommand::Shut), (ids[2], ClientCommand::Reset)]);
}

#[test]
fn a_form_is_cut_after_each_of_its_bytes_and_every_answer_has_to_repeat_it() {
    let whole = request::post(SERVER);
    let mut clients = begun(Misbehaviour::SplitPosts, 1);
    let mut pieces = 0;
    let requests = serve(&mut clients, |so_far| {
        pieces += 1;
        if so_far == whole { page(403, "<input value=\"In two pieces\">") } else { None }
    });
    assert_eq!(clients.served(), Some(true));
    assert_eq!((requests.len(), pieces), (whole.len(), 2 * whole.len() - 1));

    let mut clients = begun(Misbehaviour::SplitPosts, 1);
    serve(&mut clients, |so_far| if so_far == whole { page(403, "In two") } else { None });
    assert_eq!(clients.served(), Some(false), "a form read in part");
    let mut clients = begun(Misbehaviour::SplitPosts, 1);
    serve(&mut clients, |_| page(403, "In two pieces"));
    assert_eq!(clients.served(), Some(false), "an answer before the whole was there");
}

#[test]
fn a_storm_is_answered_whole_and_its_longest_answer_is_known() {
    let mut clients = begun(Misbehaviour::ProbeStorm, 2);
    let requests = serve(&mut clients, |so_far| {
        let is_icon = so_far.starts_with(b"GET /favicon.ico ");
        if is_icon { page(404, &"x".repeat(500)) } else { page(302, "") }
    });
    assert_eq!((clients.served(), requests.len()), (Some(true), 20));
    assert_eq!(clients.longest_answer(), page(404, &"x".repeat(500)).unwrap().len());
    let mut clients = begun(Misbehaviour::ProbeStorm, 1);
    serve(&mut clients, |_| page(503, ""));
    assert_eq!(clients.served(), Some(false));
}

#[test]
fn who_is_refused_tries_again_a_few_times_and_who_is_not_answered_gives_up() {
    let mut clients = begun(Misbehaviour::ProbeStorm, 1);
    let (mut tries, mut now) = (0, at(0));
    while clients.served().is_none() {
        for (id, _) in polled(&mut clients) {
            tries += 1;
            clients.progress(id, Progress::Refused, now);
        }
        let Some(due) = clients.poll_timeout() else { break };
        now = due;
        clients.handle_timeout(now);
    }
    assert_eq!((clients.served(), tries), (Some(false), 8));

    let mut clients = begun(Misbehaviour::ProbeStorm, 1);
    assert!(serve(&mut clients, |_| None).is_empty());
    assert_eq!(clients.served(), Some(false));
    assert_eq!(clients.poll_timeout(), None);
}

#[test]
fn who_asks_for_https_is_served_by_a_refusal_in_time_and_by_nothing_else() {
    let asked = |progress: Option<Progress<'_>>| {
        let mut clients = begun(Misbehaviour::HttpsRequests, 1);
        let commands = polled(&mut clients);
        let [(id, ClientCommand::Connect(to))] = commands[..] else { panic!("{commands:?}") };
        assert_eq!(to, SocketAddrV4::new(*SERVER.ip(), 443));
        match progress {
            Some(progress) => assert!(clients.progress(id, progress, at(20))),
            None => {
                assert_eq!(clients.poll_timeout(), Some(at(1000)));
                clients.handle_timeout(at(1000));
            }
        }
        clients.served()
    };
    assert_eq!(asked(Some(Progress::Refused)), Some(true));
    assert_eq!(asked(Some(Progress::Reset)), Some(true));
    assert_eq!(asked(Some(Progress::Connected)), Some(false), "no certificate can be valid");
    assert_eq!(asked(None), Some(false), "silence");
}

#[test]
fn what_another_site_sends_is_to_be_refused_each_time() {
    let mut clients = begun(Misbehaviour::CrossSiteRequests, 1);
    let requests = serve(&mut clients, |_| page(403, "no"));
    assert_eq!((clients.served(), requests.len()), (Some(true), 8));
    assert!(requests.iter().all(|request| request.windows(8).any(|eight| eight == b"Origin: ")));
    let mut clients = begun(Misbehaviour::CrossSiteRequests, 1);
    serve(&mut clients, |request| page(if request.starts_with(b"GET") { 200 } else { 403 }, ""));
    assert_eq!(clients.served(), Some(false));
}

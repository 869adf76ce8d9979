//! Whatever happens to a phone, in whatever order: no panic, few outputs, a deadline ahead.

use std::time::Duration;

use proptest::prelude::*;
use vestibule_core::Instant;

use super::super::{Exchange, ExchangeId, Input, Options, Output, OwnerAction, Progress, models};
use super::dns::{Dns, answer};
use super::{AP, LINK};

#[derive(Clone, Debug)]
enum Step {
    Join,
    Leave,
    Wait(u64),
    WaitForDeadline,
    /// An exchange, counted back from the newest, and what comes of it.
    Exchange(usize, Happening),
    Owner(u8),
}

#[derive(Clone, Debug)]
enum Happening {
    Connected,
    Bytes(Vec<u8>),
    Reply(u8),
    Name(u8),
    Ended,
    Reset,
    Refused,
    Unreachable,
}

const REPLIES: [&str; 8] = [
    "HTTP/1.1 302 Found\r\nLocation: http://192.168.4.1/\r\n\r\n",
    "HTTP/1.1 302 Found\r\nLocation: https://a.example/\r\n\r\n",
    "HTTP/1.1 307 Found\r\nLocation: http://[::1]/\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<p>Setup.",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nsetup\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\n\n<title>Success</title>",
    "HTTP/1.0 204 No\r\n\r\n",
    "HTTP/1.1 404 No\r\n\r\n",
];

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        3 => Just(Happening::Connected),
        1 => prop::collection::vec(any::<u8>(), 0..80).prop_map(Happening::Bytes),
        4 => any::<u8>().prop_map(Happening::Reply),
        4 => any::<u8>().prop_map(Happening::Name),
        2 => Just(Happening::Ended),
        1 => Just(Happening::Reset),
        1 => Just(Happening::Refused),
        1 => Just(Happening::Unreachable),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::Join),
        1 => Just(Step::Leave),
        2 => (0u64..1_000_000_000).prop_map(Step::Wait),
        5 => Just(Step::WaitForDeadline),
        20 => (0usize..6, happening()).prop_map(|(back, happening)| Step::Exchange(back, happening)),
        4 => any::<u8>().prop_map(Step::Owner),
    ]
}

fn owner(choice: u8) -> OwnerAction<'static> {
    match choice % 7 {
        0 => OwnerAction::TapNotification,
        1 => OwnerAction::PageStarted { url: "http://192.168.4.1/" },
        2 => OwnerAction::PageFinished { url: "" },
        3 => OwnerAction::Cancel,
        4 => OwnerAction::Done,
        5 => OwnerAction::UseAsIs,
        _ => OwnerAction::DoNotUse,
    }
}

fn name_answer(choice: u8, exchange: &Exchange) -> Option<Vec<u8>> {
    let Exchange::Datagram { payload, .. } = exchange else { return None };
    let dns =
        [Dns::Wildcard(AP), Dns::Wildcard(AP), Dns::AForEverything, Dns::NoSuchName, Dns::WrongIdentifier];
    answer(dns[usize::from(choice) % dns.len()], payload).pop()
}

/// Whatever a single input causes. The most is 16 checks of a sheet coming due together.
const MOST_OUTPUTS: usize = 120;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_history_is_survived(
        seed in any::<u64>(),
        choice in any::<u8>(),
        private in any::<bool>(),
        steps in prop::collection::vec(step(), 0..120),
    ) {
        let model = &models()[usize::from(choice) % models().len()];
        let mut phone =
            model.new_checker_with(seed, Options { private_address_is_no_internet: private });
        let mut now = Instant::from_micros(0);
        let mut opened: Vec<(ExchangeId, Exchange)> = Vec::new();
        phone.handle(Input::Joined(LINK), now);
        for step in steps {
            match step {
                Step::Join => phone.handle(Input::Joined(LINK), now),
                Step::Leave => phone.handle(Input::Left, now),
                Step::Wait(micros) => {
                    now = now + Duration::from_micros(micros);
                    phone.handle(Input::Deadline, now);
                }
                Step::WaitForDeadline => {
                    now = phone.poll_timeout().unwrap_or(now);
                    phone.handle(Input::Deadline, now);
                }
                Step::Owner(choice) => phone.handle(Input::Owner(owner(choice)), now),
                Step::Exchange(back, happening) => {
                    let Some((id, exchange)) = opened.iter().rev().nth(back) else { continue };
                    let bytes = match &happening {
                        Happening::Bytes(bytes) => Some(bytes.clone()),
                        Happening::Reply(choice) => {
                            Some(REPLIES[usize::from(*choice) % REPLIES.len()].as_bytes().to_vec())
                        }
                        Happening::Name(choice) => name_answer(*choice, exchange),
                        _ => None,
                    };
                    let progress = match (&happening, &bytes) {
                        (_, Some(bytes)) => Progress::Received(bytes),
                        (Happening::Ended, _) => Progress::Ended,
                        (Happening::Reset, _) => Progress::Reset,
                        (Happening::Refused, _) => Progress::Refused,
                        (Happening::Unreachable, _) => Progress::Unreachable,
                        _ => Progress::Connected,
                    };
                    phone.handle(Input::Exchange { id: *id, progress }, now);
                }
            }
            let mut outputs = 0;
            while let Some(output) = phone.poll() {
                outputs += 1;
                prop_assert!(outputs <= MOST_OUTPUTS, "{outputs} outputs at once, the last {output:?}");
                match output {
                    Output::Open { id, exchange } => opened.push((id, exchange)),
                    Output::Abandon(id) => {
                        let known = opened.iter().position(|(open, _)| *open == id);
                        prop_assert!(known.is_some(), "abandons {id:?} twice, or without opening it");
                        opened.remove(known.unwrap_or_default());
                    }
                    _ => {}
                }
            }
            let timeout = phone.poll_timeout();
            prop_assert!(timeout.is_none_or(|timeout| timeout > now), "{timeout:?} at {now:?}");
        }
        phone.handle(Input::Left, now);
        prop_assert!(phone.poll_timeout().is_none());
    }
}

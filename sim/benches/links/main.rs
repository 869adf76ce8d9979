//! What a frame on a link costs, and how long all phones take over one: `cargo bench --bench links`.
//!
//! A relay stands between the phones and a stand-in of a portal and counts what passes. The processor time is that of
//! the whole process: the phones' stacks, the stand-in's and the relay's together, so more than a link costs alone.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use vestibule::check::{FrameLink, LinkSpec, Trust, over_link};
use vestibule::phone::{Model, models};
use vestibule::profile::{answer_on_link, load};

/// What a frame may cost.
const BOUND: Duration = Duration::from_micros(50);

/// Frames that are passed on without a stack.
const FRAMES: u32 = 100_000;

fn main() {
    // `cargo test --benches` asks for a trial; nothing is to be measured then.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        frames_alone().await;
        all_phones().await;
    });
}

/// Processor time of this process so far, in ticks of a hundredth of a second (proc(5), /proc/PID/stat).
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    // The name is in parentheses and may hold blanks; the times are the 12th and 13th fields after it.
    let fields: Vec<_> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().expect("a number")).sum();
    Duration::from_millis(ticks * 10)
}

fn free_address() -> SocketAddr {
    UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port")
}

async fn pair() -> (FrameLink, FrameLink) {
    let (here, there) = (free_address(), free_address());
    let one = FrameLink::open(&LinkSpec::Udp { local: here, peer: there }).await.expect("a link");
    let other = FrameLink::open(&LinkSpec::Udp { local: there, peer: here }).await.expect("a link");
    (one, other)
}

async fn frames_alone() {
    let (mut one, mut other) = pair().await;
    let before = processor_time();
    for _ in 0..FRAMES {
        one.send(&[7; 1514]).await.expect("sent");
        other.receive().await.expect("received");
    }
    let each = (processor_time() - before) / FRAMES;
    println!("a frame of 1514 bytes sent and received: {each:?} of processor time");
    assert!(each < BOUND, "more than {BOUND:?}");
}

/// Passes frames between two sockets and counts them.
fn relay(left: (SocketAddr, SocketAddr), right: (SocketAddr, SocketAddr), count: &Arc<AtomicU64>) {
    let open = |(local, peer): (SocketAddr, SocketAddr)| {
        let socket = UdpSocket::bind(local).expect("a free port");
        socket.connect(peer).expect("an address");
        socket
    };
    let (left, right) = (open(left), open(right));
    for (from, to) in [(&left, &right), (&right, &left)] {
        let (from, to) = (from.try_clone().expect("a socket"), to.try_clone().expect("a socket"));
        let count = Arc::clone(count);
        std::thread::spawn(move || {
            let mut frame = [0; 1600];
            loop {
                if let Ok(length) = from.recv(&mut frame) {
                    count.fetch_add(1, Ordering::Relaxed);
                    // Nobody there is a frame lost.
                    let _ = to.send(&frame[..length]);
                }
            }
        });
    }
}

async fn all_phones() {
    let [phones, left, right, portal] = [(); 4].map(|()| free_address());
    let count = Arc::new(AtomicU64::new(0));
    relay((left, phones), (right, portal), &count);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("portals/wifimanager.toml");
    let profile = load::load(&path).expect("a profile");
    let spec = LinkSpec::Udp { local: portal, peer: right };
    let served = FrameLink::open(&spec).await.expect("a link");
    tokio::spawn(answer_on_link(profile, served));
    let mut link = FrameLink::open(&LinkSpec::Udp { local: phones, peer: left }).await.expect("a link");
    let all: Vec<&'static Model> = models().iter().collect();
    let (before, began) = (processor_time(), Instant::now());
    let results = over_link(&mut link, &all, Trust::public(), 8, |_| {}).await;
    let (spent, took) = (processor_time() - before, began.elapsed());
    let frames = u32::try_from(count.load(Ordering::Relaxed)).expect("not so many");
    println!(
        "{} phones, 8 at once, {frames} frames: {:.1} s, {:.1} s of processor time, {:?} a frame",
        results.checked.len(),
        took.as_secs_f64(),
        spent.as_secs_f64(),
        spent / frames
    );
}

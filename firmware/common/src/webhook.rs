//! Delivers a webhook over a stack. The core decides what is sent and when to try again
//! ([`vestibule_core::webhook`]); this module makes the connections and waits. An application awaits it
//! once the device has joined.

use core::net::SocketAddrV4;

use embassy_net::Stack;
use embassy_net::tcp::TcpSocket;
use embassy_time::{Timer, with_deadline};
use vestibule_core::Entropy;
use vestibule_core::webhook::{Attempt, Delivery, Key, Post, Progress, read_reply};

use crate::device::now;

/// The buffers of the socket and of the request: the request has its head and body
/// ([`WEBHOOK_HEAD_BYTES`](vestibule_core::limits::WEBHOOK_HEAD_BYTES) and the body's length).
pub struct Buffers<'a> {
    /// Bytes received of the answer: its head must fit.
    pub receive: &'a mut [u8],
    /// Bytes that the socket has to send.
    pub send: &'a mut [u8],
    /// The request.
    pub request: &'a mut [u8],
}

/// How a delivery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has accepted it.
    Delivered,
    /// It was given up.
    GivenUp,
    /// It was given up, and what answered was a sign-in page of the network's: tell the device
    /// ([`Device::handle_captive_home`](crate::Device::handle_captive_home)).
    SignIn,
}

/// Posts until the receiver at `to` has accepted it, or it is given up.
///
/// `seconds` is the time of day since 1970, which the device must have learned before: a receiver refuses
/// a signature of another time.
pub async fn deliver(
    stack: Stack<'_>,
    to: SocketAddrV4,
    post: &Post<'_>,
    key: &Key,
    seconds: impl Fn() -> u64,
    entropy: &mut impl Entropy,
    buffers: Buffers<'_>,
) -> Outcome {
    let mut given_up = Outcome::GivenUp;
    let Buffers { receive, send, request } = buffers;
    let mut delivery = Delivery::new(now());
    loop {
        match delivery.progress() {
            Progress::Delivered => return Outcome::Delivered,
            Progress::GivenUp => return given_up,
            Progress::Waiting(due) | Progress::Attempting(due) => {
                Timer::at(embassy_time::Instant::from_micros(due.as_micros())).await;
            }
        }
        if !delivery.poll_attempt(now()) {
            delivery.handle_timeout(entropy, now());
            continue;
        }
        let Ok(length) = post.write(key, seconds(), request) else { return Outcome::GivenUp };
        let whole = request.get(..length).unwrap_or_default();
        let until = delivery.poll_timeout().unwrap_or(now());
        let attempt = attempt(stack, to, whole, receive, send);
        let until = embassy_time::Instant::from_micros(until.as_micros());
        let outcome = with_deadline(until, attempt).await.unwrap_or(Attempt::Failed);
        if matches!(outcome, Attempt::Answered(reply) if reply.is_sign_in()) {
            given_up = Outcome::SignIn;
        }
        delivery.handle_attempt(outcome, entropy, now());
    }
}

/// One connection: the request out, the head of the answer in.
async fn attempt(
    stack: Stack<'_>,
    to: SocketAddrV4,
    request: &[u8],
    receive: &mut [u8],
    send: &mut [u8],
) -> Attempt {
    /// The most bytes that the head of an answer may have.
    const ANSWER_BYTES: usize = 512;
    let mut socket = TcpSocket::new(stack, receive, send);
    if socket.connect(to).await.is_err() {
        return Attempt::Failed;
    }
    let mut rest = request;
    while !rest.is_empty() {
        match socket.write(rest).await {
            Ok(length @ 1..) => rest = rest.get(length..).unwrap_or_default(),
            _ => return Attempt::Failed,
        }
    }
    let (mut answer, mut length) = ([0; ANSWER_BYTES], 0);
    loop {
        match read_reply(answer.get(..length).unwrap_or_default()) {
            Ok(Some(reply)) => return Attempt::Answered(reply),
            Err(_) => return Attempt::Failed,
            Ok(None) => {}
        }
        match socket.read(answer.get_mut(length..).unwrap_or_default()).await {
            Ok(more @ 1..) => length += more,
            _ => return Attempt::Failed,
        }
    }
}

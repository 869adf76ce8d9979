//! The device's services on the home network apart from HTTP: its name (mDNS) and its webhook.
//!
//! mDNS has a port of its own here and answers unicast questions only: `dig -p PORT @ADDRESS NAME.local`.
//! Messages to the multicast group are not sent, so that no real network is disturbed; therefore nobody can
//! object to the device's name, and service browsers do not see it. Only a device that was given an
//! address on a real home network joins the group there.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use vestibule_core::limits::{MDNS_MESSAGE_BYTES, MDNS_RECEIVED_BYTES};
use vestibule_core::mdns::MDNS_GROUP;

use super::{Shared, lock};

/// How long an exchange with the receiver may take here: longer than the device waits.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(20);

/// Most bytes of a webhook or its answer.
const MOST_BYTES: usize = 16 * 1024;

/// Exchanges the device's mDNS messages until the task is ended.
pub(super) async fn serve_mdns(shared: Arc<Shared>, socket: UdpSocket) {
    let mut wake = shared.service_wake.subscribe();
    let (mut received, mut out) = ([0; MDNS_RECEIVED_BYTES], [0; MDNS_MESSAGE_BYTES]);
    loop {
        wake.mark_unchanged();
        while let Some(sent) = shared.with(|world, now| world.poll_device_mdns(&mut out, now)) {
            if sent.to != MDNS_GROUP || shared.hosts.is_in_group {
                // Lost, as on any network.
                let _ = socket.send_to(&out[..sent.length], sent.to).await;
            }
        }
        tokio::select! {
            datagram = socket.recv_from(&mut received) => {
                if let Ok((length, SocketAddr::V4(from))) = datagram {
                    shared.with(|world, now| world.device_mdns(&received[..length], from, now));
                }
            }
            _ = wake.changed() => {}
        }
    }
}

/// Posts the device's webhooks until the task is ended.
pub(super) async fn post_webhooks(shared: Arc<Shared>) {
    let mut wake = shared.service_wake.subscribe();
    loop {
        wake.mark_unchanged();
        let Some(request) = shared.with(|world, now| world.poll_device_webhook(now)) else {
            // Fails only when the world ends, and this task with it.
            let _ = wake.changed().await;
            continue;
        };
        let answer = tokio::time::timeout(EXCHANGE_TIMEOUT, ask(shared.hosts.receiver, &request)).await;
        let answer = answer.ok().and_then(Result::ok).unwrap_or_default();
        shared.with(|world, now| world.device_webhook_answered(&answer, true, now));
    }
}

async fn ask(receiver: SocketAddr, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(receiver).await?;
    stream.write_all(request).await?;
    let mut answer = Vec::new();
    stream.take(MOST_BYTES as u64).read_to_end(&mut answer).await?;
    Ok(answer)
}

/// Serves the receiver of webhooks until the task is ended.
pub(super) async fn receive_webhooks(shared: Arc<Shared>, listener: TcpListener) {
    let mut exchanges = JoinSet::new();
    loop {
        let Ok((mut stream, _)) = listener.accept().await else { continue };
        while exchanges.try_join_next().is_some() {}
        let shared = Arc::clone(&shared);
        exchanges.spawn(tokio::time::timeout(EXCHANGE_TIMEOUT, async move {
            let (mut request, mut piece) = (Vec::new(), [0; 2048]);
            while request.len() < MOST_BYTES {
                match stream.read(&mut piece).await {
                    Ok(0) | Err(_) => return,
                    Ok(length) => request.extend_from_slice(&piece[..length]),
                }
                let answer = {
                    let mut world = lock(&shared.world);
                    world.webhook_received(&request, shared.now())
                };
                if let Some(answer) = answer {
                    // The sender may have gone.
                    let _ = stream.write_all(answer.as_bytes()).await;
                    return;
                }
            }
        }));
    }
}

use super::*;

#[test]
fn links_are_read_as_they_are_written() {
    for text in ["tap:tap0", "interface:wlan1", "unix:/tmp/a b.sock", "udp:127.0.0.1:1,[::1]:2"] {
        assert_eq!(text.parse::<LinkSpec>().unwrap().to_string(), text);
    }
    for (text, why) in [
        ("tap0", "expected a kind and a colon"),
        ("tap:", "nothing follows the colon"),
        ("tap:a-name-that-is-too-long", "no interface has such a name"),
        ("interface:a/b", "no interface has such a name"),
        ("udp:127.0.0.1:1", "expected two addresses with ports and a comma"),
        ("ble:x", "there is no such kind"),
    ] {
        let error = text.parse::<LinkSpec>().unwrap_err().to_string();
        assert!(error.starts_with(&format!("{text}: {why}; a link is tap:NAME")), "{error}");
    }
}

/// An address of this machine at which nobody listens.
fn free_address() -> std::net::SocketAddr {
    std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn datagrams_are_frames() {
    let (one, other) = (free_address(), free_address());
    let mut here = FrameLink::open(&LinkSpec::Udp { local: one, peer: other }).await.unwrap();
    // Nobody is there yet: the frame is lost, and that is all.
    here.send(&[1; 60]).await.unwrap();
    let mut there = FrameLink::open(&LinkSpec::Udp { local: other, peer: one }).await.unwrap();
    here.send(&[2; 60]).await.unwrap();
    assert_eq!(there.receive().await.unwrap(), [2; 60]);
    there.send(&[3; 1514]).await.unwrap();
    assert_eq!(here.receive().await.unwrap(), [3; 1514]);
}

#[cfg(unix)]
#[tokio::test]
async fn on_a_stream_each_frame_follows_its_length() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.sock");
    let spec = LinkSpec::Unix { path: path.clone() };
    // Nobody listens there: the link does.
    let opening = tokio::spawn(async move { FrameLink::open(&spec).await });
    let mut peer = loop {
        match tokio::net::UnixStream::connect(&path).await {
            Ok(peer) => break peer,
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    let mut link = opening.await.unwrap().unwrap();
    peer.write_all(&[0, 0, 0, 3, 7, 8]).await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(50), link.receive()).await.is_err());
    peer.write_all(&[9, 0, 0, 0, 1, 5]).await.unwrap();
    assert_eq!(link.receive().await.unwrap(), [7, 8, 9], "nothing was lost by giving up");
    assert_eq!(link.receive().await.unwrap(), [5]);
    link.send(&[1, 2]).await.unwrap();
    let mut bytes = [0; 6];
    peer.read_exact(&mut bytes).await.unwrap();
    assert_eq!(bytes, [0, 0, 0, 2, 1, 2]);
    peer.write_all(&[0, 1, 0, 0]).await.unwrap();
    let error = link.receive().await.unwrap_err();
    assert!(error.to_string().contains("announced a frame of 65536 bytes"), "{error}");
    drop(peer);
}

#[cfg(unix)]
#[tokio::test]
async fn an_interface_that_cannot_be_used_says_why() {
    let error = |text: &str| {
        let spec: LinkSpec = text.parse().unwrap();
        async move { FrameLink::open(&spec).await.err().unwrap().to_string() }
    };
    let none = error("interface:no-such-thing").await;
    assert!(none.starts_with("there is no interface no-such-thing; this machine has "), "{none}");
    let loopback = if cfg!(target_os = "linux") { "interface:lo" } else { "interface:lo0" };
    let loopback = error(loopback).await;
    assert!(loopback.contains("has no hardware address"), "{loopback}");
}

/// Somebody connects and never reads: the link says so, instead of waiting for ever.
#[cfg(unix)]
#[tokio::test]
async fn a_peer_that_never_reads_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.sock");
    // The socket of a program that was interrupted is in nobody's way.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let spec = LinkSpec::Unix { path: path.clone() };
    let (link, peer) = tokio::join!(FrameLink::open(&spec), async {
        loop {
            match tokio::net::UnixStream::connect(&path).await {
                Ok(peer) => return peer,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    });
    let mut link = link.unwrap();
    let error = loop {
        if let Err(error) = link.send(&[0; 1514]).await {
            break error.to_string();
        }
    };
    assert!(error.ends_with("its other end has read none for 10 s"), "{error}");
    drop(peer);
}

//! Devices on a link that lend what nobody can use, say what cannot be, or send what is nothing: each check ends, and
//! says what is wrong.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dhcproto::v4::{DhcpOption, Message, MessageType, Opcode};
use dhcproto::{Decodable, Decoder, Encodable, Encoder};
use etherparse::{ArpEthIpv4Packet, ArpOperation, NetSlice, PacketBuilder, SlicedPacket, TransportSlice};
use vestibule::check::{Checked, FrameLink, LinkSpec, Trust, lease_questions, over_link};
use vestibule::phone::by_id;

const DEVICE_MAC: [u8; 6] = [2, 0, 0, 0, 0, 9];

/// What a device lends, and how it behaves.
#[derive(Clone)]
struct Device {
    offers: Ipv4Addr,
    confirms: Ipv4Addr,
    options: Vec<DhcpOption>,
    /// It answers every question of ARP, whoever is asked for.
    answers_for_all: bool,
    /// Another host has the address that it lends.
    lends_anothers: bool,
    /// It sends what is nothing, all the time.
    floods: bool,
}

impl Device {
    fn lending(address: [u8; 4]) -> Self {
        let own = Ipv4Addr::new(192, 168, 4, 1);
        Self {
            offers: address.into(),
            confirms: address.into(),
            options: vec![
                DhcpOption::SubnetMask([255, 255, 255, 0].into()),
                DhcpOption::Router(vec![own]),
                DhcpOption::DomainNameServer(vec![own]),
                DhcpOption::AddressLeaseTime(3600),
            ],
            answers_for_all: false,
            lends_anothers: false,
            floods: false,
        }
    }

    fn with(mut self, number: usize, option: DhcpOption) -> Self {
        self.options[number] = option;
        self
    }

    /// The frame that answers another.
    fn answer(&self, frame: &[u8]) -> Option<Vec<u8>> {
        let packet = SlicedPacket::from_ethernet(frame).ok()?;
        if let Some(NetSlice::Arp(arp)) = &packet.net {
            let asked = arp.to_packet().try_eth_ipv4().unwrap();
            let is_lent = asked.target_ipv4 == self.confirms.octets();
            return (self.answers_for_all || (self.lends_anothers && is_lent)).then(|| arp_reply(&asked));
        }
        let Some(TransportSlice::Udp(udp)) = &packet.transport else { return None };
        let asked = Message::decode(&mut Decoder::new(udp.payload())).ok()?;
        let (kind, address) = match asked.opts().msg_type()? {
            MessageType::Discover => (MessageType::Offer, self.offers),
            _ => (MessageType::Ack, self.confirms),
        };
        let mut reply = Message::default();
        reply.set_opcode(Opcode::BootReply).set_xid(asked.xid()).set_chaddr(&asked.chaddr()[..6]);
        reply.set_yiaddr(address);
        reply.opts_mut().insert(DhcpOption::MessageType(kind));
        reply.opts_mut().insert(DhcpOption::ServerIdentifier([192, 168, 4, 1].into()));
        for option in &self.options {
            reply.opts_mut().insert(option.clone());
        }
        let mut bytes = Vec::new();
        reply.encode(&mut Encoder::new(&mut bytes)).unwrap();
        let mut frame = Vec::new();
        let builder = PacketBuilder::ethernet2(DEVICE_MAC, [0xff; 6]).ipv4([192, 168, 4, 1], [255; 4], 64);
        builder.udp(67, 68).write(&mut frame, &bytes).unwrap();
        Some(frame)
    }

    /// Answers until told to stop.
    fn run(&self, socket: &UdpSocket, stop: &AtomicBool) {
        let patience = if self.floods { Duration::from_micros(50) } else { Duration::from_millis(50) };
        socket.set_read_timeout(Some(patience)).unwrap();
        let (mut buffer, mut last, mut count) = ([0; 2048], vec![0xff; 60], 0_usize);
        while !stop.load(Ordering::Relaxed) {
            if let Ok(length) = socket.recv(&mut buffer)
                && let Some(reply) = self.answer(&buffer[..length])
            {
                socket.send(&reply).unwrap();
                last = reply;
            }
            // Pieces of what was right, and what was right with a byte that is not.
            for _ in 0..if self.floods { 20 } else { 0 } {
                count += 1;
                let mut wrong = last[..count * 7 % (last.len() + 1)].to_vec();
                if count % 3 == 0 {
                    wrong.clone_from(&last);
                    wrong[count * 31 % last.len()] ^= u8::try_from(count % 256).unwrap();
                }
                let _ = socket.send(&wrong);
            }
        }
    }
}

fn arp_reply(asked: &ArpEthIpv4Packet) -> Vec<u8> {
    let reply = ArpEthIpv4Packet {
        operation: ArpOperation::REPLY,
        sender_mac: DEVICE_MAC,
        sender_ipv4: asked.target_ipv4,
        target_mac: asked.sender_mac,
        target_ipv4: asked.sender_ipv4,
    };
    let mut frame = Vec::new();
    PacketBuilder::ethernet2(DEVICE_MAC, asked.sender_mac).arp(reply.into()).write(&mut frame).unwrap();
    frame
}

fn free_address() -> SocketAddr {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Does something on a link with this device at its other end.
async fn beside<T>(device: Device, act: impl AsyncFnOnce(&mut FrameLink) -> T) -> T {
    let (here, there) = (free_address(), free_address());
    let socket = UdpSocket::bind(there).unwrap();
    socket.connect(here).unwrap();
    let mut link = FrameLink::open(&LinkSpec::Udp { local: here, peer: there }).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let running = std::thread::spawn({
        let stop = Arc::clone(&stop);
        move || device.run(&socket, &stop)
    });
    let came = act(&mut link).await;
    stop.store(true, Ordering::Relaxed);
    running.join().unwrap();
    came
}

/// What comes of a phone that gives up early.
async fn checked(device: Device) -> Checked {
    beside(device, async |link| {
        let results = over_link(link, &[by_id("ios-17").unwrap()], Trust::public(), 1, |_| {}).await;
        assert!(results.ended.is_none());
        results.checked.into_iter().next().unwrap()
    })
    .await
}

#[tokio::test]
async fn an_address_that_no_host_can_have_is_told() {
    let told = async |address: [u8; 4]| {
        let one = checked(Device::lending(address)).await;
        let text = format!("{} is lent, an address that no host can have", Ipv4Addr::from(address));
        assert!(one.findings[0].starts_with(&text), "{:?}", one.findings);
    };
    tokio::join!(
        told([0, 0, 0, 0]),
        told([255, 255, 255, 255]),
        told([127, 0, 0, 1]),
        told([224, 0, 0, 251]),
        told([240, 0, 0, 1]),
    );
}

#[tokio::test]
async fn a_lease_that_cannot_be_is_told() {
    let right = || Device::lending([192, 168, 4, 2]);
    let told = async |device: Device, text: &str| {
        let one = checked(device).await;
        assert!(one.findings.iter().any(|found| found.contains(text)), "{text}: {:?}", one.findings);
        one
    };
    let router = |address: [u8; 4]| DhcpOption::Router(vec![address.into()]);
    let mask = |mask: [u8; 4]| DhcpOption::SubnetMask(mask.into());
    tokio::join!(
        told(right().with(1, router([0; 4])), "names 0.0.0.0 as router or DNS server"),
        told(right().with(1, router([255; 4])), "names 255.255.255.255 as router"),
        told(right().with(1, router([224, 0, 0, 1])), "names 224.0.0.1 as router"),
        told(
            right().with(2, DhcpOption::DomainNameServer(vec![[0; 4].into()])),
            "names 0.0.0.0 as router or DNS server"
        ),
        told(
            right().with(1, router([10, 0, 0, 1])),
            "router 10.0.0.1, which is not in the subnet of 192.168.4.2/24"
        ),
        told(right().with(0, mask([0; 4])), "a subnet of /0"),
        told(right().with(0, mask([255; 4])), "a subnet of /32"),
        told(right().with(3, DhcpOption::AddressLeaseTime(0)), "lends for 0 s"),
        told(
            Device { confirms: [192, 168, 4, 77].into(), ..right() },
            "offers 192.168.4.2 and then confirms 192.168.4.77"
        ),
        told(
            Device { answers_for_all: true, ..right() },
            "answers ARP for 192.168.4.2, which the phone was lent and for addresses that nobody has"
        ),
        told(
            Device { lends_anothers: true, ..right() },
            "02:00:00:00:00:09 answers ARP for 192.168.4.2, which the phone was lent, another host's by that"
        ),
        async {
            let one = checked(right().with(3, DhcpOption::AddressLeaseTime(u32::MAX))).await;
            assert!(one.lease.unwrap().terms().ends_with(", for ever"));
            assert!(one.findings.iter().all(|found| !found.contains("ARP")), "{:?}", one.findings);
        }
    );
}

/// A link on which there is always a frame keeps no timeout from its turn.
#[tokio::test]
async fn a_flood_of_what_is_nothing_ends_no_check_and_keeps_none_from_its_end() {
    let flood = Device { floods: true, ..Device::lending([192, 168, 4, 2]) };
    let began = Instant::now();
    let one = checked(flood.clone()).await;
    assert!(one.lease.is_some());
    assert!(began.elapsed() < Duration::from_secs(200), "{:?}", began.elapsed());
    let mute = Device { offers: Ipv4Addr::UNSPECIFIED, ..flood };
    let began = Instant::now();
    beside(mute, async |link| drop(lease_questions(link).await.unwrap())).await;
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}

/// Where nothing at all is heard, the phones that would come later need not wait as well.
#[tokio::test]
async fn a_silent_link_is_told_once_for_all() {
    let (here, there) = (free_address(), free_address());
    let mut link = FrameLink::open(&LinkSpec::Udp { local: here, peer: there }).await.unwrap();
    let phones = ["ios-17", "android-14", "windows-11"].map(|id| by_id(id).unwrap());
    let began = Instant::now();
    let results = over_link(&mut link, &phones, Trust::public(), 1, |_| {}).await;
    assert!(results.ended.is_none() && results.checked.len() == 3);
    for (one, phone) in results.checked.iter().zip(phones) {
        assert_eq!(one.model.id, phone.id);
        assert!(one.findings[0].starts_with("nobody answered "), "{:?}", one.findings);
    }
    assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
}

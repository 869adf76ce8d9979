//! The datagrams to a port of the device's networks, carried to a port of 127.0.0.1, and the answers.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;

use smoltcp::iface::SocketHandle;
use smoltcp::socket::udp;
use smoltcp::wire::{IpAddress, IpEndpoint};
use tokio::net::UdpSocket;
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::tcp_relay::own_address;
use crate::host::Stack;
use crate::invariant::Observation;
use crate::world::World;

/// Clients that are remembered at once; with more, all are forgotten and their next datagrams begin anew.
const CLIENTS: usize = 64;

/// Datagrams that wait in each direction; more are lost, as on a network.
const DATAGRAMS: usize = 32;

/// More bytes than a datagram on Ethernet has.
const DATAGRAM_BYTES: usize = 2048;

pub(super) struct UdpRelay {
    socket: SocketHandle,
    port: u16,
    local_port: u16,
    clients: BTreeMap<SocketAddrV4, Sender<Vec<u8>>>,
    answers: Receiver<(SocketAddrV4, Vec<u8>)>,
    to_answers: Sender<(SocketAddrV4, Vec<u8>)>,
    bell: Arc<Notify>,
}

impl UdpRelay {
    pub(super) fn new(stack: &mut Stack, port: u16, local_port: u16, bell: &Arc<Notify>) -> Self {
        let socket = stack.add_udp(port);
        let (to_answers, answers) = channel(DATAGRAMS);
        let (clients, bell) = (BTreeMap::new(), Arc::clone(bell));
        Self { socket, port, local_port, clients, answers, to_answers, bell }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Carries datagrams. Returns whether there were any.
    pub(super) fn serve(&mut self, stack: &mut Stack, world: &mut World) -> bool {
        let mut moved = false;
        while stack.udp(self.socket).can_recv() {
            let socket = stack.sockets().get_mut::<udp::Socket<'_>>(self.socket);
            let Ok((datagram, meta)) = socket.recv().map(|(bytes, meta)| (bytes.to_vec(), meta)) else {
                break;
            };
            let IpAddress::Ipv4(from) = meta.endpoint.addr;
            self.pass_on(SocketAddrV4::new(from, meta.endpoint.port), datagram);
            moved = true;
        }
        while let Ok((to, datagram)) = self.answers.try_recv() {
            let socket = stack.sockets().get_mut::<udp::Socket<'_>>(self.socket);
            let to = IpEndpoint::new(IpAddress::Ipv4(*to.ip()), to.port());
            // If the queue is full the answer is lost, as on a network.
            let _ = socket.send_slice(&datagram, to);
            world.observe(|| Observation::Answered(self.port, datagram));
            moved = true;
        }
        moved
    }

    fn pass_on(&mut self, client: SocketAddrV4, datagram: Vec<u8>) {
        if self.clients.len() >= CLIENTS && !self.clients.contains_key(&client) {
            self.clients.clear();
        }
        let to_client = self.clients.entry(client).or_insert_with(|| {
            let (sender, from_client) = channel(DATAGRAMS);
            let (answers, bell) = (self.to_answers.clone(), Arc::clone(&self.bell));
            tokio::spawn(carry(client, self.local_port, from_client, answers, bell));
            sender
        });
        // If the queue is full the datagram is lost, as on a network.
        let _ = to_client.try_send(datagram);
    }
}

async fn carry(
    client: SocketAddrV4,
    local_port: u16,
    mut from_client: Receiver<Vec<u8>>,
    answers: Sender<(SocketAddrV4, Vec<u8>)>,
    bell: Arc<Notify>,
) {
    let own = own_address(Some(IpAddress::Ipv4(*client.ip())));
    let socket = match UdpSocket::bind((own, 0)).await {
        Ok(socket) => socket,
        // Where loopback has one address alone, every client comes from that one.
        Err(_) => match UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await {
            Ok(socket) => socket,
            Err(_) => return,
        },
    };
    if socket.connect((Ipv4Addr::LOCALHOST, local_port)).await.is_err() {
        return;
    }
    let mut answer = vec![0; DATAGRAM_BYTES];
    loop {
        tokio::select! {
            datagram = from_client.recv() => match datagram {
                // Where nobody listens it is lost, as on a network.
                Some(datagram) => drop(socket.send(&datagram).await),
                None => return,
            },
            received = socket.recv(&mut answer) => if let Ok(length) = received {
                let _ = answers.try_send((client, answer[..length].to_vec()));
                bell.notify_one();
            },
        }
    }
}

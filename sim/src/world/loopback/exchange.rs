//! Exchanges of the world's phones over loopback sockets: maps the address that a phone means to the real
//! one, and tells whether anything is reachable there.

use std::net::{SocketAddr, SocketAddrV4};
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;

use super::{Shared, lock};
use crate::client::ClientCommand;
use crate::phone::{Exchange, ExchangeId, Progress};
use crate::radio::PhoneId;
use crate::socket_exchange;
use crate::tls::Trust;
use crate::world::destination;

/// Runs an exchange and reports its progress, until it ends or is aborted.
pub(super) async fn run(shared: Arc<Shared>, phone: PhoneId, id: ExchangeId, exchange: Exchange) {
    let report = |progress: Progress<'_>| {
        shared.with(|world, now| world.phone_progress(phone, id, progress, now));
    };
    match real_address(&shared, phone, destination(&exchange)) {
        Ok(real) => {
            let source = (shared.hosts.phone(phone), 0).into();
            socket_exchange::run(source, real, &exchange, Trust::simulated(), report).await
        }
        Err(progress) => report(progress),
    }
    lock(&shared.exchanges).remove(&(phone, id));
}

/// Connects a client and runs its commands, until its connection ends or the task is aborted.
pub(super) async fn run_client(
    shared: Arc<Shared>,
    phone: PhoneId,
    id: ExchangeId,
    to: SocketAddrV4,
    commands: UnboundedReceiver<ClientCommand>,
) {
    let report = |progress: Progress<'_>| {
        shared.with(|world, now| world.phone_progress(phone, id, progress, now));
    };
    match real_address(&shared, phone, to) {
        Ok(real) => {
            socket_exchange::run_client((shared.hosts.phone(phone), 0).into(), real, commands, report).await
        }
        Err(progress) => report(progress),
    }
    lock(&shared.clients).remove(&(phone, id));
    lock(&shared.exchanges).remove(&(phone, id));
}

/// The real address of `to`, or the progress to report if nothing is reachable there.
fn real_address(shared: &Shared, phone: PhoneId, to: SocketAddrV4) -> Result<SocketAddr, Progress<'static>> {
    let reachable = shared.hosts.real_address(to).filter(|(_, interface)| {
        let mut world = lock(&shared.world);
        world.air().phone_is_on(phone) && world.is_reachable(*interface)
    });
    match reachable {
        Some((real, _)) => Ok(real),
        // The device exists but has nothing on that port; other hosts do not exist at all.
        None if shared.hosts.is_device(*to.ip()) => Err(Progress::Refused),
        None => Err(Progress::Unreachable),
    }
}

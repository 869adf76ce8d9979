//! A phone's exchange in a world on loopback: where it really goes, and whether anyone is there.

use std::net::{SocketAddr, SocketAddrV4};
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;

use super::{Shared, lock};
use crate::carry;
use crate::client::Does;
use crate::phone::{Exchange, ExchangeId, Progress};
use crate::radio::PhoneId;
use crate::world::destination;

/// Carries an exchange out and reports its progress, until it ends or is aborted.
pub(super) async fn carry_out(shared: Arc<Shared>, phone: PhoneId, id: ExchangeId, exchange: Exchange) {
    let tell = |progress: Progress<'_>| {
        shared.with(|world, now| world.phone_progress(phone, id, progress, now));
    };
    match reached(&shared, phone, destination(&exchange)) {
        Ok(real) => carry::carry_out((shared.hosts.phone(phone), 0).into(), real, &exchange, tell).await,
        Err(progress) => tell(progress),
    }
    lock(&shared.exchanges).remove(&(phone, id));
}

/// Connects a client and does what it says, until its connection ends or the task is aborted.
pub(super) async fn talk(
    shared: Arc<Shared>,
    phone: PhoneId,
    id: ExchangeId,
    to: SocketAddrV4,
    said: UnboundedReceiver<Does>,
) {
    let tell = |progress: Progress<'_>| {
        shared.with(|world, now| world.phone_progress(phone, id, progress, now));
    };
    match reached(&shared, phone, to) {
        Ok(real) => carry::converse((shared.hosts.phone(phone), 0).into(), real, said, tell).await,
        Err(progress) => tell(progress),
    }
    lock(&shared.talks).remove(&(phone, id));
    lock(&shared.exchanges).remove(&(phone, id));
}

/// Where that really is, or what comes of it.
fn reached(shared: &Shared, phone: PhoneId, to: SocketAddrV4) -> Result<SocketAddr, Progress<'static>> {
    let reachable = shared.hosts.really(to).filter(|(_, interface)| {
        let mut world = lock(&shared.world);
        world.air().phone_is_on(phone) && world.is_reachable(*interface)
    });
    match reachable {
        Some((real, _)) => Ok(real),
        // The device is there and has nothing on that port; anything else is not there at all.
        None if shared.hosts.is_device(*to.ip()) => Err(Progress::Refused),
        None => Err(Progress::Unreachable),
    }
}

//! A phone's exchange in a world on loopback: where it really goes, and whether anyone is there.

use std::sync::Arc;

use super::{Shared, lock};
use crate::carry;
use crate::phone::{Exchange, ExchangeId, Progress};
use crate::radio::PhoneId;
use crate::world::destination;

/// Carries an exchange out and reports its progress, until it ends or is aborted.
pub(super) async fn carry_out(shared: Arc<Shared>, phone: PhoneId, id: ExchangeId, exchange: Exchange) {
    let tell = |progress: Progress<'_>| {
        shared.with(|world, now| world.phone_progress(phone, id, progress, now));
    };
    let to = destination(&exchange);
    let reachable = shared.hosts.really(to).filter(|(_, interface)| {
        let mut world = lock(&shared.world);
        world.air().phone_is_on(phone) && world.is_reachable(*interface)
    });
    match reachable {
        Some((real, _)) => {
            let source = (shared.hosts.phone(phone), 0).into();
            carry::carry_out(source, real, &exchange, tell).await;
        }
        // The device is there and has nothing on that port; anything else is not there at all.
        None if shared.hosts.is_device(*to.ip()) => tell(Progress::Refused),
        None => tell(Progress::Unreachable),
    }
    lock(&shared.exchanges).remove(&(phone, id));
}

//! The device's slots for connections. It has few; whoever finds none waits, and who has waited longest is next.

use std::sync::Mutex;

use tokio::sync::Semaphore;
use vestibule_core::ConnectionId;
use vestibule_core::limits::CONNECTIONS;

use super::lock;

/// Bytes read or written at once.
const BUFFER_BYTES: usize = 2048;

/// A slot for a connection, with the buffers of whoever has it: made once, and not for each connection. What one leaves
/// in them is not passed on with the next one's bytes, whose number is known.
pub(super) struct Slot {
    pub(super) number: ConnectionId,
    pub(super) received: Box<[u8; BUFFER_BYTES]>,
    pub(super) out: Box<[u8; BUFFER_BYTES]>,
}

impl Slot {
    fn new(number: ConnectionId) -> Self {
        Self { number, received: Box::new([0; BUFFER_BYTES]), out: Box::new([0; BUFFER_BYTES]) }
    }
}

/// The slots that are free.
pub(super) struct Slots {
    free: Mutex<Vec<Slot>>,
    /// As many permits as there are free slots: it keeps those who wait in order.
    count: Semaphore,
}

impl Slots {
    pub(super) fn new() -> Self {
        Self {
            free: Mutex::new(ConnectionId::ALL.into_iter().rev().map(Slot::new).collect()),
            count: Semaphore::new(CONNECTIONS),
        }
    }

    /// A slot, once there is one.
    pub(super) async fn take(&self) -> Slot {
        loop {
            // It is never closed.
            if let Ok(permit) = self.count.acquire().await {
                permit.forget();
            }
            if let Some(slot) = lock(&self.free).pop() {
                return slot;
            }
        }
    }

    /// Gives one back.
    pub(super) fn give_back(&self, slot: Slot) {
        lock(&self.free).push(slot);
        self.count.add_permits(1);
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::Poll;

    use super::*;

    #[tokio::test]
    async fn who_has_waited_longest_is_next() {
        let slots = Slots::new();
        let mut taken = Vec::new();
        for _ in 0..CONNECTIONS {
            taken.push(slots.take().await);
        }
        let (mut first, mut second) = (pin!(slots.take()), pin!(slots.take()));
        poll_fn(|context| {
            assert!(first.as_mut().poll(context).is_pending());
            assert!(second.as_mut().poll(context).is_pending());
            let freed = taken.pop().expect("eight were taken");
            let number = freed.number;
            slots.give_back(freed);
            // Not even one that comes now takes it from them.
            assert!(pin!(slots.take()).poll(context).is_pending());
            assert!(second.as_mut().poll(context).is_pending());
            match first.as_mut().poll(context) {
                Poll::Ready(slot) => assert_eq!(slot.number, number),
                Poll::Pending => panic!("a slot is free"),
            }
            Poll::Ready(())
        })
        .await;
    }
}

//! What wakes the executor: the clock of `embassy-time` and the devices. Between two rounds of the executor
//! the hart sleeps.

use core::cell::RefCell;
use core::task::Waker;

use critical_section::Mutex;
use embassy_sync::waitqueue::AtomicWaker;
use embassy_time_driver::Driver;
use embassy_time_queue_utils::Queue;
use portable_atomic::{AtomicBool, Ordering};

use crate::machine::virtio::SLOTS;
use crate::machine::{clock, hart, interrupts};

struct Clock {
    queue: Mutex<RefCell<Queue>>,
}

embassy_time_driver::time_driver_impl!(static CLOCK: Clock = Clock { queue: Mutex::new(RefCell::new(Queue::new())) });

impl Driver for Clock {
    fn now(&self) -> u64 {
        clock::ticks()
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        // Whether the next alarm has changed does not matter: it is set before every sleep.
        critical_section::with(|cs| self.queue.borrow_ref_mut(cs).schedule_wake(at, waker));
    }
}

/// A task is to be polled again.
static WORK: AtomicBool = AtomicBool::new(false);

/// The task that waits for the device in a slot.
static WAITING: [AtomicWaker; SLOTS] = [const { AtomicWaker::new() }; SLOTS];

#[allow(unsafe_code, reason = "the executor calls it by this name")]
// SAFETY: the executor declares it so, and there is no other.
#[unsafe(export_name = "__pender")]
fn pend(_: *mut ()) {
    WORK.store(true, Ordering::Relaxed);
}

/// Wakes `waker` when the device in that slot has something, or is done with something.
pub fn register(slot: usize, waker: &Waker) {
    if let Some(waiting) = WAITING.get(slot) {
        waiting.register(waker);
    }
}

/// Sleeps until a task is to be polled again.
pub fn until_work() {
    loop {
        while let Some(slot) = interrupts::take() {
            if let Some(waiting) = WAITING.get(slot) {
                waiting.wake();
            }
        }
        let now = clock::ticks();
        let next = critical_section::with(|cs| CLOCK.queue.borrow_ref_mut(cs).next_expiration(now));
        if WORK.swap(false, Ordering::Relaxed) {
            return;
        }
        clock::set_alarm(next);
        hart::sleep();
    }
}

//! The clock of `embassy-time`, virtual: it stands still while a future has something to do, and then jumps to the next
//! deadline. Each thread has its own, so that tests run side by side.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use embassy_time::Duration;
use embassy_time_driver::Driver;
use embassy_time_queue_utils::Queue;

/// So often tasks may be polled at one moment. One that wants more keeps itself awake, and a chip with it.
const POLLS_AT_A_MOMENT: u32 = 10_000;

struct Clock {
    now: u64,
    queue: Queue,
}

thread_local! {
    static CLOCK: RefCell<Clock> = const { RefCell::new(Clock { now: 0, queue: Queue::new() }) };
}

struct VirtualTime;

embassy_time_driver::time_driver_impl!(static DRIVER: VirtualTime = VirtualTime);

impl Driver for VirtualTime {
    fn now(&self) -> u64 {
        CLOCK.with_borrow(|clock| clock.now)
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        CLOCK.with_borrow_mut(|clock| clock.queue.schedule_wake(at, waker));
    }
}

/// The clock's time.
pub(crate) fn now() -> u64 {
    CLOCK.with_borrow(|clock| clock.now)
}

/// It is this moment, unless it is later already.
pub(crate) fn advance(moment: u64) {
    CLOCK.with_borrow_mut(|clock| clock.now = clock.now.max(moment));
}

/// The processor is held up for so long, and sees nothing of what is due meanwhile.
pub(crate) fn hold_up(time: Duration) {
    CLOCK.with_borrow_mut(|clock| clock.now += time.as_ticks());
}

/// Whether a task is to be polled again.
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Futures that run side by side, each polled when it was woken and not when another was, as an executor's tasks are.
#[derive(Default)]
pub struct Tasks(Vec<Task>);

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    flag: Arc<Flag>,
}

impl Tasks {
    /// Adds one.
    pub fn spawn(&mut self, future: impl Future + 'static) {
        let future = Box::pin(async move {
            future.await;
        });
        self.0.push(Task { future, flag: Arc::new(Flag(AtomicBool::new(true))) });
    }

    /// Runs them for so much virtual time.
    ///
    /// # Panics
    /// When a future keeps itself or another one awake for ever.
    pub fn run_for(&mut self, time: Duration) {
        let end = CLOCK.with_borrow(|clock| clock.now) + time.as_ticks();
        loop {
            self.run_until_idle();
            let is_over = CLOCK.with_borrow_mut(|clock| {
                let next = clock.queue.next_expiration(clock.now);
                if self.0.iter().any(Task::is_woken) {
                    return false;
                }
                clock.now = next.min(end);
                clock.queue.next_expiration(clock.now);
                next > end
            });
            if is_over {
                return;
            }
        }
    }

    /// Runs them at the clock's moment, until each waits. Returns the next deadline.
    ///
    /// # Panics
    /// As [`Tasks::run_for`].
    pub fn run(&mut self) -> Option<u64> {
        loop {
            let next = CLOCK.with_borrow_mut(|clock| clock.queue.next_expiration(clock.now));
            if !self.0.iter().any(Task::is_woken) {
                return Some(next).filter(|next| *next != u64::MAX);
            }
            self.run_until_idle();
        }
    }

    /// Polls whatever was woken, until nothing is.
    fn run_until_idle(&mut self) {
        let mut polls = 0;
        while self.0.iter().any(Task::is_woken) {
            self.0.retain_mut(|task| !task.poll());
            polls += 1;
            assert!(polls < POLLS_AT_A_MOMENT, "the device keeps itself awake");
        }
    }
}

impl Task {
    fn is_woken(&self) -> bool {
        self.flag.0.load(Ordering::Relaxed)
    }

    /// Polls it if it was woken. Whether it has ended.
    fn poll(&mut self) -> bool {
        if !self.flag.0.swap(false, Ordering::Relaxed) {
            return false;
        }
        let waker = Waker::from(Arc::clone(&self.flag));
        self.future.as_mut().poll(&mut Context::from_waker(&waker)) == Poll::Ready(())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use embassy_time::{Instant, Timer};

    use super::*;

    #[test]
    fn an_hour_passes_at_once_and_ends_where_it_should() {
        let began = std::time::Instant::now();
        let waits = Rc::new(Cell::new(0));
        let counter = Rc::clone(&waits);
        let mut tasks = Tasks::default();
        tasks.spawn(async move {
            loop {
                Timer::after(Duration::from_secs(600)).await;
                counter.set(counter.get() + 1);
            }
        });
        let start = Instant::now();
        tasks.run_for(Duration::from_secs(3599));
        assert_eq!((start.elapsed(), waits.get()), (Duration::from_secs(3599), 5));
        tasks.run_for(Duration::from_secs(1));
        assert_eq!(waits.get(), 6);
        assert!(began.elapsed().as_secs() < 10);
    }

    #[test]
    #[should_panic(expected = "keeps itself awake")]
    fn a_future_that_keeps_itself_awake_is_found() {
        let mut tasks = Tasks::default();
        tasks.spawn(async {
            loop {
                embassy_futures::yield_now().await;
            }
        });
        tasks.run_for(Duration::from_secs(1));
    }
}

//! A phone as its driver sees it, whatever its family.

use vestibule_core::Instant;

use super::input::Input;
use super::model::Model;
use super::output::Output;

/// An operating system's connectivity check.
///
/// `Send`, so that a driver may move each phone to a task of its own.
///
/// ```
/// use vestibule::phone::{Input, Link, Output, by_id};
/// use vestibule_core::Instant;
///
/// let mut phone = by_id("ios-17").unwrap().new_checker(1);
/// let link = Link {
///     address: "192.168.4.2".parse().unwrap(),
///     router: "192.168.4.1".parse().unwrap(),
///     resolver: "192.168.4.1:53".parse().unwrap(),
/// };
/// let now = Instant::from_micros(0);
/// phone.handle(Input::Joined(link), now);
/// let now = phone.poll_timeout().unwrap_or(now);
/// phone.handle(Input::Deadline, now);
/// let mut sent = std::iter::from_fn(|| phone.poll()).filter(|output| matches!(output, Output::Open { .. }));
/// assert!(sent.next().is_some(), "the question for the name of its check");
/// ```
pub trait Checker: Send {
    /// Takes what happened at `now`. Moments must not go backwards; if they do, nothing worse
    /// happens than that deadlines come late.
    fn handle(&mut self, input: Input<'_>, now: Instant);

    /// The next thing that the phone does.
    #[must_use]
    fn poll(&mut self) -> Option<Output>;

    /// When the phone next has to be called although nothing happens.
    #[must_use]
    fn poll_timeout(&self) -> Option<Instant>;

    /// Which phone this is.
    fn model(&self) -> &'static Model;
}

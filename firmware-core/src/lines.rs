//! What happens as lines of a log, each with a level, through the features `log` and `defmt`; without
//! them there are none, and nothing of this is in the image. No line holds a secret, as no event does.

use crate::Event;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// Something does not work that should.
    Warn,
    /// A step on the way.
    Info,
    /// One of many.
    Debug,
}

/// The level of an event.
pub(crate) const fn level(event: &Event) -> Level {
    match event {
        Event::StorageFault(_) | Event::JoinFailed { .. } => Level::Warn,
        Event::Answered { .. } => Level::Debug,
        _ => Level::Info,
    }
}

/// Says what happened.
pub(crate) fn say(event: &Event) {
    #[cfg(feature = "log")]
    log::log!(
        match level(event) {
            Level::Warn => log::Level::Warn,
            Level::Info => log::Level::Info,
            Level::Debug => log::Level::Debug,
        },
        "{event:?}"
    );
    #[cfg(feature = "defmt")]
    match level(event) {
        Level::Warn => defmt::warn!("{}", defmt::Debug2Format(event)),
        Level::Info => defmt::info!("{}", defmt::Debug2Format(event)),
        Level::Debug => defmt::debug!("{}", defmt::Debug2Format(event)),
    }
}

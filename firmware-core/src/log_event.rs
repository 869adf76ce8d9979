//! Writes each event as a line of a log, at a level, through the feature `log` or `defmt`. Without either,
//! nothing of this is compiled. No line holds a secret, because no event does.

use crate::event::Event;

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
        Event::StorageFault(_) | Event::JoinFailed { .. } | Event::StaysClosed | Event::CaptiveHome => {
            Level::Warn
        }
        Event::Answered { .. } => Level::Debug,
        _ => Level::Info,
    }
}

/// Logs an event.
pub(crate) fn log(event: &Event) {
    #[cfg(feature = "log")]
    ::log::log!(
        match level(event) {
            Level::Warn => ::log::Level::Warn,
            Level::Info => ::log::Level::Info,
            Level::Debug => ::log::Level::Debug,
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

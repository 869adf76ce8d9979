//! Whether the C program was compiled with the header of this library, and with the same idea of its types.

use crate::application::Application;
use crate::config::Config;
use crate::error::{Answer, Error, NO};
use crate::event::Event;
use crate::fields::{Choice, Field};
use crate::owner::{Status, Submission};
use crate::platform::{Flash, RandomBytes};
use crate::radio::{RadioCommand, RadioEvent};
use crate::routes::{Response, Route};

/// The version of the binary interface. A program works with a library of the same major version whose minor one is not
/// less than its header's. The major version rises when a struct, a number or what a call does changes, the minor one when
/// calls, numbers or constants come on top. Before 1 every minor version may change everything, and has to be the same.
pub const VESTIBULE_ABI_MAJOR: u16 = 0;

/// See VESTIBULE_ABI_MAJOR.
pub const VESTIBULE_ABI_MINOR: u16 = 1;

/// How the C program was compiled. The header fills it in.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Layout {
    /// VESTIBULE_ABI_MAJOR of the header.
    pub major: u16,
    /// VESTIBULE_ABI_MINOR of the header.
    pub minor: u16,
    /// Bytes of these structs, in this order.
    pub config: u16,
    /// And so on.
    pub flash: u16,
    /// And so on.
    pub random: u16,
    /// And so on.
    pub application: u16,
    /// And so on.
    pub field: u16,
    /// And so on.
    pub choice: u16,
    /// And so on.
    pub route: u16,
    /// And so on.
    pub response: u16,
    /// And so on.
    pub event: u16,
    /// And so on.
    pub radio_event: u16,
    /// And so on.
    pub radio_command: u16,
    /// And so on.
    pub submission: u16,
    /// And so on.
    pub status: u16,
    /// The offset of the last member of vestibule_config, which no other order has.
    pub config_last: u16,
}

impl Layout {
    const OWN: Self = Self {
        major: VESTIBULE_ABI_MAJOR,
        minor: VESTIBULE_ABI_MINOR,
        config: size_of::<Config>() as u16,
        flash: size_of::<Flash>() as u16,
        random: size_of::<RandomBytes>() as u16,
        application: size_of::<Application>() as u16,
        field: size_of::<Field>() as u16,
        choice: size_of::<Choice>() as u16,
        route: size_of::<Route>() as u16,
        response: size_of::<Response>() as u16,
        event: size_of::<Event>() as u16,
        radio_event: size_of::<RadioEvent>() as u16,
        radio_command: size_of::<RadioCommand>() as u16,
        submission: size_of::<Submission>() as u16,
        status: size_of::<Status>() as u16,
        config_last: core::mem::offset_of!(Config, redirect_host) as u16,
    };

    pub(crate) fn check(&self) -> Answer {
        // From 1 on a header may have an earlier minor version: then only that is left out of the comparison.
        if *self == Self::OWN { NO } else { Err(Error::Layout) }
    }
}

//! What a client concludes from a complete reply to its check, or from having got none.
//!
//! Pure functions, used by the phones of this module and by the replay of recorded traffic. A
//! conclusion of several probes together (Android's HTTP beside HTTPS) is not made here.

pub mod android;
pub mod apple;
pub mod case;
pub mod client;
pub mod failure;
pub mod judgement;
pub mod names;
pub mod windows;

pub use android::Release;
pub use client::{Client, judge};
pub use failure::Failure;
pub use judgement::Judgement;

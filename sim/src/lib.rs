//! The host side: radios, flash, phones and owners, simulated around the very core that is flashed.

pub mod flash;
pub mod owner;
pub mod phone;

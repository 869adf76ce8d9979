//! The host side: radios, flash, phones and owners, simulated around the very core that is flashed.

pub mod campaign;
pub mod capture;
pub mod cli;
pub mod dashboard;
pub mod demo;
pub mod device;
pub mod dns;
pub mod fault;
pub mod flash;
pub mod invariant;
pub mod owner;
pub mod phone;
pub mod radio;
pub mod scenario;
pub mod trace;
pub mod world;

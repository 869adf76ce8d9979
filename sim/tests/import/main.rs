//! `vestibule import`: captures are made packet by packet, of every kind that other programs write, and what
//! comes out of them is held against what was put in.

mod clients;
mod command;
mod files;
mod kinds;
mod packets;
mod secrets;
mod synthesised;

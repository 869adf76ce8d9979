//! The portal of `vestibule-core` for programs in C. What each call does is said at the call, in `include/vestibule.h`,
//! which `cbindgen` makes of the comments here.
//!
//! This crate decides nothing about portals. It checks what comes over the border (pointers, lengths, numbers, the
//! order of calls) and hands it on; whatever is wrong is an error code, and nothing has been done then.
//!
//! It is the one crate of the project with `unsafe` that no hardware asks for, and each such block says why it is
//! sound. The rules that they rest on:
//!
//! - A portal lies in memory of the caller's that was all zero. Its head (`held`) tells a portal from other memory, from
//!   a copy of one and from one that has ended, before a reference to anything is made.
//! - One call at a time is in a portal. Its head says so, and a second one, from within a callback or from another
//!   thread, is refused before it touches the portal.
//! - A callback is handed an opaque pointer into that head, where it is written down what the callback may reach
//!   (`scope`), for as long as it runs.
//! - What stays with the portal (tables, texts, callbacks) stays unchanged for as long as it does: that cannot be checked,
//!   and the header says it.
//!
//! A panic cannot cross the border: the library is built with `panic = "abort"`, so there is nothing that unwinds, and
//! the panic handler ends in a function of the C program that never returns. None is known that input could cause: the
//! core is without them by its own tests, and everything from C is checked here first.
#![no_std]

#[cfg(test)]
extern crate std;

mod application;
mod border;
mod config;
mod connections;
mod datagrams;
mod error;
mod event;
mod fields;
mod getters;
mod held;
mod layout;
mod lifecycle;
mod names;
mod owner;
#[cfg(not(test))]
mod panic;
mod platform;
mod radio;
mod routes;
mod scope;
mod text;

//! What a device under the simulator has in the place of a chip's own, on an emulated machine and in virtual time: random
//! bytes that a seed decides, a secret that the host hands out, a webhook to post to the host's router. Each board says
//! when these are used.
#![no_std]

pub mod entropy;
pub mod key;
pub mod webhook;

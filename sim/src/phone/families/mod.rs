//! The families of clients. Each brings its models, its tables and its requests, and knows no other
//! family; `catalogue` lists the models of all.

pub(super) mod android;
pub(super) mod apple;
pub(super) mod chromeos;
pub(super) mod chromium;
pub(super) mod connman;
pub(super) mod firefox;
pub(super) mod harmonyos;
pub(super) mod kindle;
pub(super) mod network_manager;
pub(super) mod nintendo;
pub(super) mod steam;
pub(super) mod windows;

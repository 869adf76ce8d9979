//! The trace of a world, with the names under which the device and the world itself stand in it.

use std::sync::Arc;

use vestibule_core::{Config, Instant};

use super::snapshots::Snapshots;
use crate::flash::Flash;
use crate::radio::Air;
use crate::trace::{Trace, What};

pub(super) struct RunLog {
    pub(super) trace: Trace,
    snapshots: Snapshots,
    device_name: Arc<str>,
    world_name: Arc<str>,
}

impl RunLog {
    pub(super) fn new() -> Self {
        Self {
            trace: Trace::default(),
            snapshots: Snapshots::default(),
            device_name: "device".into(),
            world_name: "world".into(),
        }
    }

    /// Adds a record of the device.
    pub(super) fn device(&mut self, now: Instant, what: What) {
        self.trace.add(now, &self.device_name, what);
    }

    /// Adds a record of an answer of the device's.
    pub(super) fn device_traffic(&mut self, now: Instant, what: impl FnOnce() -> What) {
        self.trace.traffic(now, &self.device_name, what);
    }

    /// Adds a record of the world itself: its script, its faults, what people do to it.
    pub(super) fn world(&mut self, now: Instant, what: What) {
        self.trace.add(now, &self.world_name, what);
    }

    /// Adds snapshots of what has changed since the last ones, if the trace has details.
    pub(super) fn record_snapshots(&mut self, air: &Air, config: &Config, flash: &Flash, now: Instant) {
        if !self.trace.has_details() {
            return;
        }
        for network in self.snapshots.changed_networks(air.networks()) {
            self.world(now, network);
        }
        let access_point = self.snapshots.changed_access_point(config, air);
        let sectors = self.snapshots.changed_sectors(flash);
        for what in access_point.into_iter().chain(sectors) {
            self.device(now, what);
        }
    }
}

//! The device raises its access point as its maker has chosen: protected as configured, and not before it was asked where it
//! opens when asked. A restart, a panic and a fault of the radio change nothing of that.

use super::{Invariant, Observation, View};

/// See the module.
#[derive(Default)]
pub(super) struct OpensAsConfigured;

impl Invariant for OpensAsConfigured {
    fn name(&self) -> &'static str {
        "opens-as-configured"
    }

    fn says(&self) -> &'static str {
        "The access point is raised as the device is configured: protected as it says, and not unasked where it opens when asked."
    }

    fn check(&mut self, view: &View<'_>) -> Result<(), String> {
        view.observations.iter().try_for_each(|observation| match observation {
            Observation::Raised { is_protected: false, .. } => {
                Err("the access point is not protected as the device is configured".into())
            }
            Observation::Raised { is_asked_for: false, .. } => {
                Err("the portal opens, and nobody has asked for it".into())
            }
            _ => Ok(()),
        })
    }
}

//! A stand-in behind a link: a profile's portal with its DHCP, for whoever is at the other end of the link and brings
//! a stack of its own, as `check --link` does.

use std::time::Duration;

use tokio::time::timeout;
use vestibule_core::Instant;

use super::portal_host::PortalHost;
use super::{DeviceSetup, Profile, StandInHome};
use crate::frame_link::{FrameLink, LinkError};

/// How long it waits for a frame where nothing else is to be done.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Answers on a link as a profile says, until the link is gone.
///
/// # Errors
///
/// Why the link is gone.
pub async fn answer_on_link(profile: Profile, link: FrameLink) -> Result<(), LinkError> {
    answer_on_link_near(profile, None, link).await
}

/// The same, of a device that can join this network and no other.
///
/// # Errors
///
/// Why the link is gone.
pub async fn answer_on_link_near(
    profile: Profile,
    home: Option<StandInHome>,
    mut link: FrameLink,
) -> Result<(), LinkError> {
    let began = tokio::time::Instant::now();
    let now = || Instant::from_micros(0) + began.elapsed();
    let mut host = PortalHost::new(profile, DeviceSetup::new(home), now());
    loop {
        for frame in host.advance(now()) {
            link.send(&frame).await?;
        }
        let wait = host.timeout(now()).map_or(IDLE_TIMEOUT, |at| at.since(now()));
        match timeout(wait, link.receive()).await {
            Ok(frame) => host.receive(&frame?, now()),
            Err(_) => continue,
        }
    }
}

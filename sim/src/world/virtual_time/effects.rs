//! Performs a world's effects on the phones' hosts and the home networks, in virtual time and around QEMU.

use vestibule_core::Instant;

use super::home::Home;
use super::phone_hosts::PhoneHosts;
use crate::world::{Effect, PhoneNode, World};

/// Performs every effect of a world. Returns whether there was any.
pub(in crate::world) fn perform_effects(
    phones: &mut PhoneHosts,
    home: &mut Home,
    world: &mut World,
    now: Instant,
) -> bool {
    let mut moved = false;
    while let Some(effect) = world.poll_effect() {
        moved = true;
        let id = effect.phone();
        let phone = phones.bring_near(id, now);
        let system = world.phones().nth(id).map(PhoneNode::dhcp);
        match effect {
            Effect::Configure { .. } => {
                home.leave(id);
                if world.phones().nth(id).is_some_and(PhoneNode::rotates_address) {
                    phone.rotate_address();
                }
                phone.joined(system, now);
            }
            Effect::Open { id, exchange, .. } => phone.open(id, exchange, world, now),
            Effect::Abandon { id, .. } => phone.abandon(id),
            Effect::Load { load, .. } => phone.load(load, now),
            Effect::LoadAtHome { network, load, .. } => {
                home.visit(id, system, network, load, world.air().networks(), now);
            }
            Effect::ClientCommand { id, command, .. } => phone.client_command(id, command, world, now),
            Effect::CloseSockets { .. } => phone.cut(),
        }
    }
    moved
}

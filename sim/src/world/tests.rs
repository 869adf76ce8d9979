//! A world by itself, without a driver.

use vestibule_core::Instant;

use super::*;
use crate::scenario::load;

#[test]
fn a_device_alone_comes_up_when_the_world_is_told_the_time() {
    let scenario = load::parse("name = \"a device alone\"", "alone.toml".as_ref()).unwrap();
    let device = [192, 168, 4, 1].into();
    let layout = Layout { device, http_port: 80, home_port: 80, homes: vec![] };
    let mut world = World::new(&scenario, 1, &layout, None);
    let mut now = Instant::from_micros(0);
    world.start(now);
    while !world.air().access_point_is_up() {
        now = world.poll_timeout().expect("it is on its way there");
        world.handle_timeout(now);
    }
    assert!(world.run_state().stored.is_none());
}

#[test]
fn a_new_flash_holds_no_network() {
    assert_eq!(stored_network(&Flash::in_memory(FLASH_SECTORS).into()), None);
}

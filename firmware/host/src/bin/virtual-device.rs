//! A device in the simulator's virtual time: `vestibule run --driver firmware` starts it at each power-on.

fn main() -> std::io::Result<()> {
    vestibule_firmware_host::virtual_device::run()
}

//! Tells the linker where the chip's memory is: esp-hal's linker script.

fn main() {
    println!("cargo:rustc-link-arg-bins=-Tlinkall.x");
}

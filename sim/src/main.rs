//! The command `vestibule`.
fn main() {}

//! The program in C in which the portal of a device in virtual time may be, behind its C interface: where it is built.

use std::path::PathBuf;

/// There is no such program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no portal in C for this machine at {}; `ci/c.sh` builds one, or name another file with `--firmware`",
    .0.display()
)]
pub struct CProgramError(pub(super) PathBuf);

/// Where `ci/c.sh` leaves it, seen from the repository's top.
#[must_use]
pub fn c_program() -> PathBuf {
    ["target", "c", "with-sanitizers", "world"].iter().collect()
}

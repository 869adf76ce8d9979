//! The command `vestibule`: arguments in, library calls, exit codes.

use std::process::ExitCode;

fn main() -> ExitCode {
    vestibule::cli::main()
}

//! The `dianfu` program: the shell around the libraries.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}

//! The `dianfu` program: the shell around the libraries.

mod cli;

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Entries are made on one thread and dropped on another, which the system's allocator does slowly: see a profile of an
/// import.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cli::run()
}

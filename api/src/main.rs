//! The `dianfu` program: the shell around the libraries.

mod cli;

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Entries are made on one thread and dropped on another: the system's allocator takes a quarter of an import for that.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cli::run()
}

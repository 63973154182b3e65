//! Where the log goes and how it looks: one line an event, on standard error.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

/// How a line looks.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum LogFormat {
    /// For a person.
    #[default]
    Text,
    /// For a program: one JSON object a line.
    Json,
}

/// What others tell at every start and nobody needs; the caller's filter may say otherwise.
const QUIET: &str = "tokio_postgres=warn,refinery_core=warn";

/// Starts the log of this process; `filter` as in `info,dianfu_ledger=debug`. Answers false if one was started before.
pub fn start(format: LogFormat, filter: &str) -> bool {
    let filter = EnvFilter::new(format!("{QUIET},{filter}"));
    let coloured = io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(coloured);
    match format {
        LogFormat::Text => builder.try_init().is_ok(),
        LogFormat::Json => builder.json().try_init().is_ok(),
    }
}

//! Where the log goes and how it looks: one line an event, on standard error.
//!
//! As JSON, every line of standard error is an object, whoever writes it: a panic and the error that ends the program
//! are events too. Who reads the lines with a program never meets one that is not JSON.

use std::io::{self, IsTerminal};
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};

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

/// Of what a program says last, which no filter hides where the log is the only place for it.
pub const ENDING: &str = "dianfu::ending";

static IS_JSON: AtomicBool = AtomicBool::new(false);

/// Whether a filter such as `info,dianfu_ledger=debug` can be read; says what is wrong with it.
pub fn check_filter(filter: &str) -> Result<(), String> {
    EnvFilter::builder().parse(filter).map(drop).map_err(|error| error.to_string())
}

/// Starts the log of this process; `filter` as in [`check_filter`]. Answers false if one was started before.
pub fn start(format: LogFormat, filter: &str) -> bool {
    // The last word on a target counts.
    let filter = EnvFilter::new(format!("{QUIET},{filter},{ENDING}=error"));
    let coloured = io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(coloured);
    match format {
        LogFormat::Text => builder.try_init().is_ok(),
        LogFormat::Json => {
            let started = builder.json().try_init().is_ok();
            if started {
                IS_JSON.store(true, Ordering::Relaxed);
                panic::set_hook(Box::new(tell_panic));
            }
            started
        }
    }
}

/// Whether standard error is a log of JSON, on which nothing else may be written.
pub fn is_json() -> bool {
    IS_JSON.load(Ordering::Relaxed)
}

fn tell_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    let message = panic.payload_as_str().unwrap_or("without a message");
    tracing::error!(target: ENDING, place, message, "a thread panicked");
}

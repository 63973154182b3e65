//! The figures of one workload: one JSON object a line, from which tables and pages are made.

use serde::Serialize;

/// The figures of one workload. What does not go with it is left out of its JSON.
#[derive(Clone, Serialize, Debug)]
pub struct Line {
    /// The name of the workload.
    pub workload: String,
    /// Entries a request.
    pub batch: usize,
    /// Requests at the same time: tasks, connections or streams.
    pub callers: usize,
    /// Accounts that entries are spread over; of CLAIMS and LIVES, patients.
    pub accounts: usize,
    /// Entries asked for and answered; of CLAIMS it is transitions, of LIVES claims, of REMIT lines that are counted,
    /// here and below.
    pub entries: usize,
    /// Of those, entries that are in the books now.
    pub posted: usize,
    /// Entries that were in the books already, with the same content.
    pub replayed: usize,
    /// Entries whose id was in the books with other content.
    pub conflicts: usize,
    /// Entries that an account's limit refused.
    pub refused: usize,
    /// Entries answered a second, from the first asked for to the last answered.
    pub entries_per_s: f64,
    /// The same bytes by COPY into tables without indexes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor_per_s: Option<f64>,
    /// Ours as a part of the floor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_floor: Option<f64>,
    /// A transaction an entry that locks balance rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_lock_per_s: Option<f64>,
    /// One function a batch that does the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_function_per_s: Option<f64>,
    /// What the workload should reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_per_s: Option<f64>,
    /// Ours as a part of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_target: Option<f64>,
    /// Whether it was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_met: Option<bool>,
    /// Half of all requests were answered within so many milliseconds.
    pub p50_ms: f64,
    /// Ninety-nine of a hundred.
    pub p99_ms: f64,
    /// All but one of a thousand.
    pub p999_ms: f64,
    /// Write-ahead log an entry in the books, sealing of its segment included.
    pub wal_bytes_per_entry: f64,
    /// The same of the row-lock way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_lock_wal_bytes_per_entry: Option<f64>,
    /// The journal's tables and indexes an entry of the book, sealed; of every workload entries are meant.
    pub table_bytes_per_entry: f64,
    /// All tables and indexes that grew with the book, summaries and refusals too.
    pub book_bytes_per_entry: f64,
    /// Tables and indexes of the row-lock way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_lock_table_bytes_per_entry: Option<f64>,
    /// The most memory that the process which posts has taken, in MiB.
    pub peak_rss_mb: u32,
    /// From opening the ledger of the full book to its first answer, in milliseconds.
    pub start_up_ms: f64,
    /// Processor time of the process that posts, in microseconds an entry; the load program's is in it when it posts
    /// itself.
    pub cpu_us_per_entry_us: f64,
    /// Processor time of the load program, when another process posts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_us_per_entry_generator: Option<f64>,
    /// Processor time of all processes of the server; unknown of a server that is not ours.
    pub cpu_us_per_entry_server: Option<f64>,
    /// What the processors had left: idle, or spent on other programs.
    pub cpu_us_per_entry_idle: Option<f64>,
    /// What it takes to make up an entry, measured alone: it is part of our processor time.
    pub generator_us_per_entry: f64,
    /// Entries verified a second.
    pub verify_per_s: f64,
    /// What the figure is to be compared with: one book, or one process, alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alone_per_s: Option<f64>,
    /// The part of each book, or of each process, of what was answered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<f64>,
    /// A trial balance as of a past day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trial_balance_ms: Option<f64>,
    /// The book as it grew, piece by piece.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub growth: Vec<Grown>,
    /// Whether the whole book is right.
    pub verified: bool,
}

/// A piece of a book that grows.
#[derive(Clone, Serialize, Debug)]
pub struct Grown {
    /// Entries at its end.
    pub entries: usize,
    /// Rate of the piece.
    pub entries_per_s: f64,
    /// The most memory so far, in MiB.
    pub peak_rss_mb: u32,
    /// Of the first and the last piece: from opening the ledger to its first answer, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_up_ms: Option<f64>,
}

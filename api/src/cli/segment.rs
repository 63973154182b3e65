//! `dianfu segment`: the parts of the journal, and moving old ones out of the database and back.

use std::time::Duration;

use clap::Subcommand;
use dianfu_ledger::segment::{self, Fault, Files, Folder, Segment as Part};
use jiff::Timestamp;
use serde::Serialize;

use super::desk::Desk;
use super::ending::{Answer, No, note};
use super::print::{Column, Output, Sheet};

/// For how long those who read the journal are waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// List the segments of the journal, and move old ones out of the database and back
///
/// The journal is kept in segments of 131,072 entries. One that is sealed and summed up may be detached: its entries
/// and postings are then in two files on the database server's machine, and the journal is read as before, only slower
/// there. Balances, reports, ids and `dianfu verify` go on covering it. Keep the files with the backups of the
/// database, which has no copy of them.
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu segment list
  dianfu segment detach 1 --to /var/lib/dianfu-archive
  dianfu verify
  dianfu segment attach 1")]
pub enum Segment {
    /// List the segments: which entries they have, and where they are
    ///
    /// A segment is open until it has all its entries: within seconds of little being posted it is indexed, unless its
    /// postings take 64 MB or more, so that readers find what is in it as fast as in a sealed one. Full, it is sealed
    /// (it has its indexes for good), then summed up (so are its balances, and it may be detached). All this is done by
    /// `dianfu serve`, or by a program while it posts. A detached segment of which a file is missing, or not as large
    /// as it was, is listed as damaged. Whether a file says what it said is for `dianfu verify`.
    #[command(after_help = "\
Examples:
  dianfu segment list
  dianfu segment list --format json | jq '.segments[] | select(.state == \"detached\")'")]
    List {
        #[command(flatten)]
        output: Output,
    },
    /// Move a segment into files
    ///
    /// The files are compared with the database, row by row, before the segment leaves it. Posting and reading go on.
    /// Needed: the extension `file_fdw` of PostgreSQL's contrib modules, and the attribute SUPERUSER, or the roles
    /// `pg_read_server_files`, `pg_execute_server_program` and `pg_read_all_stats` and the right to run `pg_stat_file`;
    /// if something is missing, the statements to run are told.
    #[command(after_help = "\
Examples:
  install --directory --owner=postgres --mode=700 /var/lib/dianfu-archive
  dianfu segment detach 1 --to /var/lib/dianfu-archive")]
    Detach {
        /// The number of the segment
        #[arg(value_name = "NO")]
        segment_no: i32,
        /// A folder on the database server's machine, to which the server's user may write: an absolute path of
        /// letters, digits, '.', '_', '-' and '/'
        #[arg(long, value_name = "DIR", value_parser = folder)]
        to: Folder,
        #[command(flatten)]
        output: Output,
    },
    /// Move a segment back into the database
    ///
    /// Refused if the files do not say, to the last bit, what they said when it was detached. They stay where they are.
    #[command(after_help = "\
Example:
  dianfu segment attach 1")]
    Attach {
        /// The number of the segment
        #[arg(value_name = "NO")]
        segment_no: i32,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Serialize)]
struct SegmentBody {
    segment_no: i32,
    first_sequence: i64,
    last_sequence: i64,
    /// `open`, `indexed`, `sealed`, `summed_up`, `detached`, or `damaged`: detached, and a file is missing or not as
    /// large as it was.
    state: &'static str,
    sealed_at: Option<Timestamp>,
    bytes: Option<i64>,
    entries_file: Option<String>,
    postings_file: Option<String>,
}

#[derive(Serialize)]
struct SegmentsBody {
    segments: Vec<SegmentBody>,
}

const SEGMENTS: Sheet = Sheet {
    above: &[],
    rows: "segments",
    columns: &[
        Column::Number("segment_no"),
        Column::Number("first_sequence"),
        Column::Number("last_sequence"),
        Column::Text("state"),
        Column::Number("bytes"),
        Column::Text("entries_file"),
        Column::Text("postings_file"),
    ],
    totals: None,
    below: &[],
    empty: "Nothing is posted yet.",
};

const FIELDS: &[&str] = &["segment_no", "state", "bytes", "entries_file", "postings_file"];

impl From<Part> for SegmentBody {
    fn from(part: Part) -> SegmentBody {
        let state = match &part {
            Part { is_damaged: true, .. } => "damaged",
            Part { files: Some(_), .. } => "detached",
            Part { is_summed_up: true, .. } => "summed_up",
            Part { sealed_at: Some(_), .. } => "sealed",
            Part { is_indexed: true, .. } => "indexed",
            Part { .. } => "open",
        };
        let Part { segment_no, first_sequence, last_sequence, sealed_at, files, bytes, .. } = part;
        let (entries_file, postings_file) = files.map(|Files { entries, postings }| (entries, postings)).unzip();
        SegmentBody { segment_no, first_sequence, last_sequence, state, sealed_at, bytes, entries_file, postings_file }
    }
}

impl Segment {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let (database, book) = (desk.database().await?, desk.book());
        match self {
            Segment::List { output } => {
                let segments = segment::list(database, book).await?.into_iter().map(SegmentBody::from).collect();
                output.print(&SegmentsBody { segments }, &SEGMENTS)?;
            }
            Segment::Detach { segment_no, to, output } => {
                let part =
                    segment::detach(database, book, *segment_no, to, PATIENCE).await?.map_err(|fault| no(&fault))?;
                output.print_one(&SegmentBody::from(part), FIELDS)?;
                note("keep the files with the backups of the database: it has no copy of them");
            }
            Segment::Attach { segment_no, output } => {
                let part = segment::attach(database, book, *segment_no, PATIENCE).await?.map_err(|fault| no(&fault))?;
                output.print_one(&SegmentBody::from(part), FIELDS)?;
                note("the files stay; nothing needs them any more");
            }
        }
        Ok(Answer::Yes)
    }
}

fn no(fault: &Fault) -> No {
    No::new(fault.to_string()).next(fault.next())
}

fn folder(text: &str) -> Result<Folder, String> {
    Folder::parse(text).ok_or_else(|| "an absolute path of letters, digits, '.', '_', '-' and '/'".to_owned())
}

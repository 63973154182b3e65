//! Why a segment is not detached or attached: what the caller can see to. Nothing has changed.

use super::Files;

/// Why a segment stays where it is.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// There is no such segment.
    #[error("the book has no segment {segment_no}")]
    Unknown {
        /// The number.
        segment_no: i32,
    },
    /// It is still written to, or has just been.
    #[error("segment {segment_no} is not sealed and summed up yet")]
    NotSummedUp {
        /// Its number.
        segment_no: i32,
    },
    /// It is detached already.
    #[error("segment {segment_no} is detached already: its entries are in {}", files.entries)]
    Detached {
        /// Its number.
        segment_no: i32,
        /// Where it is.
        files: Files,
    },
    /// It is in the database already.
    #[error("segment {segment_no} is not detached")]
    NotDetached {
        /// Its number.
        segment_no: i32,
    },
    /// Somebody goes on reading the journal, or has a snapshot from before the segment was full.
    #[error("others are reading the journal and do not come to an end; segment {segment_no} stays where it is")]
    Read {
        /// Its number.
        segment_no: i32,
    },
    /// The server could not write a file.
    #[error("the database server could not write {file}")]
    NotWritten {
        /// The file.
        file: String,
    },
    /// What is read from a file is not what is in the database.
    #[error("{file} does not have the rows of the database")]
    Different {
        /// The file.
        file: String,
    },
    /// A file is missing, or does not have all that was written.
    #[error(
        "of {} and {} one is missing, may not be read, or does not say what was written",
        files.entries, files.postings
    )]
    Damaged {
        /// The files.
        files: Files,
    },
    /// The server lacks the extension.
    #[error("the database server has no extension file_fdw")]
    NoExtension,
}

impl Fault {
    /// What to do about it.
    pub fn next(&self) -> &'static str {
        match self {
            Fault::Unknown { .. } | Fault::Detached { .. } | Fault::NotDetached { .. } => {
                "`dianfu segment list` shows all of them"
            }
            Fault::NotSummedUp { .. } => {
                "a segment is when it has all its entries (131,072), a moment later, while something is posted or \
                 `dianfu serve` runs; `dianfu segment list` shows how far it has come"
            }
            Fault::Read { .. } => "ask again when long reports and exports are done",
            Fault::NotWritten { .. } => {
                "the folder must be there, on the database server's machine, with room, and its user must be let in; \
                 the server's log has the reason"
            }
            Fault::Different { .. } => "see that nobody else writes to the folder",
            Fault::Damaged { .. } => "bring the files back from a backup, and let the server's user read them",
            Fault::NoExtension => "install PostgreSQL's contrib modules on the server's machine (postgresql-contrib)",
        }
    }
}

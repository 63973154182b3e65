//! Checking an archive.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::thread;

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::journal::tuples::Batch;
use crate::verify::feed::{Feed, Journal, Rows};
use crate::verify::row::hex;
use crate::verify::{Asked, Finding, Halt, Place, Progress, Report, Rule, finished, sql, walk_beside};

use super::super::ids::find_twice_among;
use super::{BLOCK_BYTES, BLOCK_BYTES_MAX, END, HEADER, Header, MAGIC, ROWS, TABLE, tables, title};

/// Where things are in an archive.
struct Layout {
    /// Where the blocks of each table's rows begin.
    tables: Vec<u64>,
    /// Where the last block begins: as many bytes as the digest covers.
    end: u64,
    digest: [u8; 32],
}

/// Checks an archive as [`crate::verify::verify`] checks a book. Needs no database.
pub async fn verify_archive(
    path: &Path,
    asked: Asked,
    mut progress: impl FnMut(Progress),
) -> Result<(Option<Header>, Report), Error> {
    let (header, layout) = match survey(path) {
        Ok(surveyed) => surveyed,
        Err(Halt::Found(finding)) => return Ok((None, Report { finding: Some(*finding), ..Report::default() })),
        Err(Halt::Failed(error)) => return Err(error),
        Err(Halt::Mixed | Halt::WrongItem | Halt::DoubtfulIds(_) | Halt::Unwanted) => {
            unreachable!("a file is looked at for somebody, and in its order")
        }
    };
    let (file, end) = (path.to_path_buf(), layout.end);
    let digest = thread::spawn(move || digest(&file, end));
    let journal = journal(path, &layout);
    let mut report = match walk_beside(journal, asked, &mut progress).await {
        (report, Err(Halt::DoubtfulIds(doubtful))) => {
            let finding = find_twice_among(&mut entries_again(path, &layout), &doubtful);
            let (found, outcome) = match finding {
                Ok(finding) => (finding, Ok(())),
                Err(halt) => (None, Err(halt)),
            };
            Report { finding: found, ..finished((report, outcome))? }
        }
        walked => finished(walked)?,
    };
    let actual = digest.join().unwrap_or_else(|failure| std::panic::resume_unwind(failure)).map_err(Error::Archive)?;
    if report.finding.is_none() && actual != layout.digest {
        let place = Place::Archive { offset: layout.end };
        let (expected, actual) = (hex(&layout.digest), hex(&actual));
        report.finding = Some(Finding { place, rule: Rule::ArchiveDigest, expected, actual });
    }
    Ok((Some(header), report))
}

fn entries_again(path: &Path, layout: &Layout) -> Rows {
    journal(path, layout).entries
}

fn journal(path: &Path, layout: &Layout) -> Journal {
    let mut starts = tables().zip(layout.tables.iter().copied());
    let mut next = || {
        let (table, start) = starts.next().expect("the layout has every table");
        Rows::new(table, feed(path.to_path_buf(), start))
    };
    Journal {
        head: next(),
        segments: next(),
        accounts: next(),
        settings: next(),
        register: next(),
        members: next(),
        commits: next(),
        entries: next(),
        postings: next(),
        reversed: next(),
        // What follows from the journal is not archived.
        links: None,
        summaries: Rows::none(&sql::SUMMARY),
        totals: Rows::none(&sql::DAY_TOTAL),
        items: Rows::none(&sql::ITEM_TOTAL),
    }
}

/// The rows of a table, whose blocks begin at `start`; the file is opened when the first is asked for.
fn feed(path: PathBuf, start: u64) -> Feed {
    let mut file = None;
    Box::new(std::iter::from_fn(move || {
        let mut read = || -> Result<Option<Batch>, Halt> {
            if file.is_none() {
                let mut opened = BufReader::new(File::open(&path).map_err(Error::Archive)?);
                opened.seek(SeekFrom::Start(start)).map_err(Error::Archive)?;
                file = Some(opened);
            }
            let Some(file) = &mut file else { return Ok(None) };
            let mut block = [0; 5];
            file.read_exact(&mut block).map_err(Error::Archive)?;
            let [kind, length @ ..] = block;
            if kind != ROWS {
                return Ok(None);
            }
            let length = u32::from_be_bytes(length).min(BLOCK_BYTES_MAX);
            let mut rows = vec![0; usize::try_from(length).expect("a block fits in memory")];
            file.read_exact(&mut rows).map_err(Error::Archive)?;
            Ok(Some(Batch::new(rows)))
        };
        read().transpose()
    }))
}

/// Goes over the blocks without reading rows: everything must be there, in order, and nothing else.
fn survey(path: &Path) -> Result<(Header, Layout), Halt> {
    let mut file = BufReader::new(File::open(path).map_err(Error::Archive)?);
    let size = file.get_ref().metadata().map_err(Error::Archive)?.len();
    let mut survey = Survey { at: 0, size, file: &mut file };
    let magic = survey.bytes(16, "an archive of this version")?;
    if magic != MAGIC {
        return Err(not_whole(0, "an archive of this version", "another file"));
    }
    let header = survey.block(HEADER, "the header")?;
    let at = survey.at;
    let header = serde_json::from_slice(&header).map_err(|_| not_whole(at, "the header", "no header"))?;
    let mut starts = Vec::new();
    for table in tables() {
        let (at, expected) = (survey.at, format!("table {}", title(table)));
        let found = survey.block(TABLE, &expected)?;
        if found != title(table).as_bytes() {
            return Err(not_whole(at, &expected, &format!("table {}", String::from_utf8_lossy(&found))));
        }
        starts.push(survey.at);
        while survey.peek()? == Some(ROWS) {
            survey.skip()?;
        }
    }
    let end = survey.at;
    let digest = survey.block(END, "the end")?;
    let digest = <[u8; 32]>::try_from(digest).map_err(|_| not_whole(end, "a digest", "something else"))?;
    if survey.at < size {
        return Err(not_whole(survey.at, "nothing behind the end", "more"));
    }
    Ok((header, Layout { tables: starts, end, digest }))
}

struct Survey<'f> {
    at: u64,
    size: u64,
    file: &'f mut BufReader<File>,
}

impl Survey<'_> {
    fn bytes(&mut self, count: u64, what: &str) -> Result<Vec<u8>, Halt> {
        if self.size - self.at < count {
            return Err(not_whole(self.size, what, "the end of the file"));
        }
        let mut bytes = vec![0; usize::try_from(count).expect("blocks are short")];
        self.file.read_exact(&mut bytes).map_err(Error::Archive)?;
        self.at += count;
        Ok(bytes)
    }

    /// The kind of the next block.
    fn peek(&mut self) -> Result<Option<u8>, Halt> {
        let kind = if self.at < self.size { self.bytes(1, "a block")?.pop() } else { return Ok(None) };
        self.at -= 1;
        self.file.seek_relative(-1).map_err(Error::Archive)?;
        Ok(kind)
    }

    fn length(&mut self, what: &str) -> Result<(u8, u64), Halt> {
        let at = self.at;
        let begin = self.bytes(BLOCK_BYTES, what)?;
        let length = begin.last_chunk().map_or(0, |length| u32::from_be_bytes(*length));
        if length > BLOCK_BYTES_MAX {
            return Err(not_whole(at, what, &format!("a block of {length} bytes")));
        }
        Ok((begin[0], length.into()))
    }

    fn block(&mut self, kind: u8, what: &str) -> Result<Vec<u8>, Halt> {
        let at = self.at;
        let (found, length) = self.length(what)?;
        if found != kind {
            return Err(not_whole(at, what, &format!("a block of kind {found}")));
        }
        self.bytes(length, what)
    }

    fn skip(&mut self) -> Result<(), Halt> {
        let (_, length) = self.length("rows")?;
        if self.size - self.at < length {
            return Err(not_whole(self.size, "rows", "the end of the file"));
        }
        self.file.seek_relative(i64::try_from(length).expect("blocks are short")).map_err(Error::Archive)?;
        self.at += length;
        Ok(())
    }
}

fn not_whole(offset: u64, expected: &str, actual: &str) -> Halt {
    let (expected, actual) = (expected.to_owned(), actual.to_owned());
    Finding { place: Place::Archive { offset }, rule: Rule::ArchiveWhole, expected, actual }.into()
}

/// The SHA-256 of the first `count` bytes.
fn digest(path: &Path, count: u64) -> std::io::Result<[u8; 32]> {
    let mut file = File::open(path)?.take(count);
    let mut digest = Sha256::new();
    let mut piece = vec![0; 1 << 18];
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok(digest.finalize().into());
        }
        digest.update(&piece[..read]);
    }
}

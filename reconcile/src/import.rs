//! Takes a remittance file in: parse, check, store once, and apply what is funded.
//!
//! The same bytes again get the first answer again. Another file under a trace that is on record is refused, whole.
//! A file that does not hold is refused with its verdict, and that is noted. Storing is one transaction; applying is
//! one more a remittance, so that a crash between the two leaves a remittance that is not applied yet, and the same
//! file again, the cash again, or [`crate::apply::apply_waiting`] goes on from there.
//!
//! Costs one pass over the file, a few statements for all that it announces, two thousand lines in one, and a
//! transaction for each remittance whose cash is there. The pass runs beside the async threads and
//! before the transaction ([`read`]), so that a large file holds up neither requests nor a connection.

use std::panic;

use deadpool_postgres::{Client, Transaction};
use dianfu_ledger::{Ledger, clock, id};
use dianfu_settlement::chart::DUE;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use tokio::task;
use uuid::Uuid;

use crate::allocate::subject;
use crate::apply::{Application, Applying, apply};
use crate::check::examine;
use crate::error::Error;
use crate::refusal::Refusal;
use crate::remittance::Remittance;
use crate::sql::{self, FileRow, NewRemittance};
use crate::verdict::Verdict;

/// Files that this process reads at a time. What is read takes some ten times the file's bytes in memory.
static READING: Semaphore = Semaphore::const_new(2);

/// A file as it was handed over.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// Who sent it.
    pub insurer: &'a PartyNo,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// When it came.
    pub received_at: Timestamp,
    /// Who brought it.
    pub actor: &'a str,
}

/// A file that is taken in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Imported {
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
    /// What was found when it was taken in first: warnings, and the sums of each payment.
    pub verdict: Verdict,
    /// Its remittances in the order of the file, and where each stands now.
    pub remittances: Vec<Application>,
    /// Whether it had been taken in before.
    pub replayed: bool,
}

/// A file that was read and judged, and is not on record yet.
#[derive(Debug)]
pub struct Read {
    digest: [u8; 32],
    remittances: Vec<Remittance>,
    verdict: Verdict,
}

/// Reads and judges a file on a thread of its own; two files at a time, the others wait. Take a connection after it.
pub async fn read(bytes: impl AsRef<[u8]> + Send + 'static) -> Read {
    let place = READING.acquire().await.expect("the semaphore is never closed");
    let read = task::spawn_blocking(move || {
        // Given back by the thread: nobody can stop it by going away.
        let _place = place;
        let bytes = bytes.as_ref();
        let (remittances, verdict) = examine(bytes);
        Read { digest: Sha256::digest(bytes).into(), remittances, verdict }
    });
    read.await.unwrap_or_else(|failure| panic::resume_unwind(failure.into_panic()))
}

/// Reads a file and takes it in: for who has the connection to himself.
pub async fn import(
    ledger: &Ledger,
    client: &mut Client,
    delivery: &Delivery<'_>,
) -> Result<Result<Imported, Refusal>, Error> {
    let read = read(delivery.bytes.to_vec()).await;
    take_in(ledger, client, delivery, read).await
}

/// Takes a file in that was read; `read` is of the bytes of `delivery`.
pub async fn take_in(
    ledger: &Ledger,
    client: &mut Client,
    delivery: &Delivery<'_>,
    read: Read,
) -> Result<Result<Imported, Refusal>, Error> {
    let digest = read.digest;
    let stored = match store(client, delivery, read).await? {
        Ok(stored) => stored,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Stored { verdict, traces, replayed } = stored;
    let mut remittances = Vec::with_capacity(traces.len());
    for trace in &traces {
        let applying = Applying {
            insurer: delivery.insurer,
            trace,
            on: clock::date_of(delivery.received_at),
            actor: delivery.actor,
            now: delivery.received_at,
        };
        match apply(ledger, client, &applying).await? {
            Ok(application) => remittances.push(application),
            Err(refusal) => return Ok(Err(refusal)),
        }
    }
    Ok(Ok(Imported { digest, verdict, remittances, replayed }))
}

struct Stored {
    verdict: Verdict,
    traces: Vec<String>,
    replayed: bool,
}

async fn store(client: &mut Client, delivery: &Delivery<'_>, read: Read) -> Result<Result<Stored, Refusal>, Error> {
    let Read { digest, remittances, verdict } = read;
    let tx = client.transaction().await?;
    if let Some(stored) = stored_before(&tx, delivery.insurer, &digest).await? {
        return Ok(Ok(stored));
    }
    let Delivery { insurer, bytes, received_at, actor } = *delivery;
    let file = FileRow { insurer, digest: &digest, content: bytes, verdict: &verdict, received_at, actor };
    if !verdict.balanced {
        sql::insert_rejection(&tx, &file).await?;
        tx.commit().await?;
        return Ok(Err(Refusal::Unbalanced(Box::new(verdict))));
    }
    if let Some(refusal) = currency_refusal(&tx, insurer, &remittances).await? {
        return Ok(Err(refusal));
    }
    if !sql::insert_file(&tx, &file).await? {
        let stored = stored_before(&tx, insurer, &digest).await?;
        return stored.map(Ok).ok_or_else(|| Error::Corrupt("a file on record has no verdict".to_owned()));
    }
    if let Some(refusal) = insert(&tx, &file, &remittances).await? {
        return Ok(Err(refusal));
    }
    tx.commit().await?;
    let traces = remittances.into_iter().map(|remittance| remittance.trace).collect();
    Ok(Ok(Stored { verdict, traces, replayed: false }))
}

async fn stored_before(tx: &Transaction<'_>, insurer: &PartyNo, digest: &[u8]) -> Result<Option<Stored>, Error> {
    let Some(verdict) = sql::file_verdict(tx, insurer, digest).await? else { return Ok(None) };
    let traces = sql::traces_of_file(tx, insurer, digest).await?;
    Ok(Some(Stored { verdict, traces, replayed: true }))
}

async fn currency_refusal(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    remittances: &[Remittance],
) -> Result<Option<Refusal>, Error> {
    let Some(expected) = sql::account_currency(tx, DUE.of(insurer).as_str()).await? else {
        return Ok(Some(Refusal::InsurerUnknown { insurer: insurer.clone() }));
    };
    let other = remittances.iter().find(|remittance| remittance.currency != expected);
    Ok(other.map(|other| Refusal::CurrencyMismatch {
        insurer: insurer.clone(),
        trace: other.trace.clone(),
        expected,
        actual: other.currency,
    }))
}

/// Adds the remittances of a new file, or says which of them was announced before.
async fn insert(
    tx: &Transaction<'_>,
    file: &FileRow<'_>,
    remittances: &[Remittance],
) -> Result<Option<Refusal>, Error> {
    let new = |remittance| NewRemittance {
        remittance_id: remittance_id(file, remittance),
        remittance,
        value_date: value_date(file, remittance),
    };
    let new: Vec<NewRemittance<'_>> = remittances.iter().map(new).collect();
    let inserted = sql::insert_remittances(tx, file, &new).await?;
    if let Some(known) = new.iter().find(|new| !inserted.contains(&new.remittance_id)) {
        return duplicate(tx, file, &known.remittance.trace).await.map(Some);
    }
    sql::insert_lines(tx, &new).await?;
    sql::insert_adjustments(tx, &new).await?;
    Ok(None)
}

fn value_date(file: &FileRow<'_>, remittance: &Remittance) -> Date {
    remittance.value_date().unwrap_or_else(|| clock::date_of(file.received_at))
}

fn remittance_id(file: &FileRow<'_>, remittance: &Remittance) -> Uuid {
    id::entry_id(file.received_at, &subject(file.insurer, &remittance.trace), "received")
}

async fn duplicate(tx: &Transaction<'_>, file: &FileRow<'_>, trace: &str) -> Result<Refusal, Error> {
    let first = sql::digest_of_trace(tx, file.insurer, trace).await?.unwrap_or_default();
    Ok(Refusal::DuplicateAdvice {
        insurer: file.insurer.clone(),
        trace: trace.to_owned(),
        first_sha256: hexadecimal(&first),
        given_sha256: hexadecimal(file.digest),
    })
}

/// Bytes as lower-case hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes what is written to it");
        text
    })
}

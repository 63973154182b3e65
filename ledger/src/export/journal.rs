//! The journal as it is read for every export: whole entries, in order of sequence, a piece at a time.
//!
//! Entries and postings come as two binary COPYs over two connections, so that the server works at both while we write.
//! A piece is read whole and put in order here if its rows lie in another order on the disk; mostly they do not, and
//! the server sorts nothing. Pieces are of bounded size, and so is memory: it grows with the chart, not with the
//! journal. Nothing is allocated an entry: fields are read from the bytes that came.

use deadpool_postgres::Client;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::mpsc;
use tokio_postgres::{GenericClient, Row};
use uuid::Uuid;

use crate::account::{Account, AccountNote, AccountSetting, Limits};
use crate::entry::{EntryKind, Layer};
use crate::error::Error;
use crate::journal::tuples::{Batch, Batches, Tuple};
use crate::query::{Horizon, Moment, QueryError, horizon, row};

use super::{ExportError, sql};

/// Entries that are read at once at first; then as many as fill a piece.
const PIECE_ENTRIES: i64 = 1 << 13;
/// The most entries that are read at once.
const PIECE_ENTRIES_MAX: i64 = 1 << 16;
/// Bytes above which a piece is made smaller.
const PIECE_BYTES: usize = 8 << 20;
/// Bytes above which a piece is given up, and read as smaller ones: entries may be a thousand times larger than those
/// before them.
const PIECE_BYTES_MAX: usize = 64 << 20;
/// Pieces of a table that are read ahead.
const PIECES_AHEAD: usize = 1;
/// Entries after which the caller is told how far it is.
const TELL_ENTRIES: u64 = 1 << 12;

/// Which entries are exported.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Span {
    /// Only what is dated up to a day and known at a time.
    pub moment: Moment,
    /// Only entries after this sequence; 0 for all.
    pub after: i64,
    /// Only entries up to this sequence.
    pub until: Option<i64>,
}

/// The part of the journal that an export reads; it never changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    /// Up to which entry, known when, dated up to which day.
    pub horizon: Horizon,
    /// The sequence after which it begins.
    pub after: i64,
    /// The last sequence it has looked at: where a later export goes on.
    pub last: i64,
}

/// How far an export is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Sequences behind it.
    pub done: u64,
    /// Sequences in all.
    pub total: u64,
}

/// An account with all that is in force for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChartAccount {
    /// The account.
    pub account: Account,
    /// Its place in the chart, and what is known about it.
    pub note: AccountNote,
}

/// An entry as its row has it.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Its number.
    pub sequence: i64,
    /// Its id.
    pub id: Uuid,
    /// What it does.
    pub kind: EntryKind,
    /// When it counts.
    pub effective_date: Date,
    /// When the ledger knew it.
    pub booked_at: Timestamp,
    /// The day asked for, if that was closed.
    pub value_date: Option<Date>,
    /// The entry from which it takes.
    pub relates_to: Option<Uuid>,
    /// The group of holds that it joins or ends.
    pub hold_group: Option<Uuid>,
    /// When a hold ends by itself.
    pub expires_at: Option<Timestamp>,
    /// How much was asked for, if as much as possible was to be moved.
    pub at_most_minor: Option<i64>,
    /// Whether it adjusts a period that is closed to others.
    pub adjusting: bool,
    /// The version of the template that made its postings.
    pub template_no: Option<i32>,
    /// The business document.
    pub reference: &'a str,
    /// A sentence.
    pub description: &'a str,
    /// JSON text.
    pub metadata: Option<&'a str>,
    /// Who asked for it.
    pub actor: &'a str,
}

/// A posting as its row has it.
#[derive(Clone, Copy, Debug)]
pub struct Leg<'a> {
    /// Its account.
    pub account: &'a Account,
    /// Where that stands in the chart.
    pub place: usize,
    /// Its layer.
    pub layer: Layer,
    /// Signed amount, debit positive.
    pub minor: i64,
    /// The open item.
    pub item: Option<&'a str>,
    /// When the item is due.
    pub due_date: Option<Date>,
}

/// The postings of one entry, in order.
#[derive(Clone, Copy, Debug)]
pub struct Legs<'a> {
    piece: &'a Piece,
    places: &'a [Place],
    chart: &'a [ChartAccount],
}

impl<'a> Legs<'a> {
    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Result<Leg<'a>, Error>> {
        self.places.iter().map(move |place| {
            let mut fields = self.piece.tuple(place).fields();
            fields.skip(2)?;
            let (account_no, layer): (i32, i16) = (fields.get()?, fields.get()?);
            let place = usize::try_from(account_no).ok().and_then(|number| number.checked_sub(1));
            let known = place.and_then(|place| Some((place, self.chart.get(place)?)));
            let unknown = || Error::Corrupt(format!("posting.account_no is {account_no}"));
            let (place, known) = known.filter(|(_, known)| known.account.no == account_no).ok_or_else(unknown)?;
            let layer = Layer::from_number(layer).ok_or_else(|| Error::Corrupt(format!("posting.layer is {layer}")))?;
            let (minor, item, due_date) = (fields.get()?, fields.get()?, fields.get()?);
            Ok(Leg { account: &known.account, place, layer, minor, item, due_date })
        })
    }

    /// Those that move money.
    pub fn settled(self) -> impl Iterator<Item = Result<Leg<'a>, Error>> {
        self.iter().filter(|leg| leg.as_ref().map_or(true, |leg| leg.layer == Layer::Settled))
    }
}

impl Span {
    /// Resolves it to sequences.
    pub async fn extent(&self, client: &impl GenericClient) -> Result<Extent, QueryError> {
        let horizon = horizon(client, self.moment).await?;
        let last = self.until.map_or(horizon.sequence, |until| until.min(horizon.sequence));
        Ok(Extent { horizon, after: self.after.max(0), last: last.max(self.after.max(0)) })
    }
}

/// Hands over every entry of an extent with all its legs, and tells how far it is; answers how many there are.
pub async fn each_entry(
    clients: [Client; 2],
    extent: &Extent,
    chart: &[ChartAccount],
    mut progress: impl FnMut(Progress),
    mut take: impl FnMut(&Entry<'_>, Legs<'_>) -> Result<(), ExportError>,
) -> Result<u64, ExportError> {
    let done = |sequence: i64| Progress {
        done: (sequence - extent.after).unsigned_abs(),
        total: (extent.last - extent.after).unsigned_abs(),
    };
    let [of_entries, of_postings] = clients;
    let mut entries = pieces(of_entries, Table::Entry, *extent);
    let mut postings = pieces(of_postings, Table::Posting, *extent);
    let (mut legs, mut next, mut count) = (Piece::default(), 0, 0);
    while let Some(piece) = entries.recv().await.transpose()? {
        for place in &piece.places {
            while next == legs.places.len()
                && let Some(piece) = postings.recv().await.transpose()?
            {
                (legs, next) = (piece, 0);
            }
            let entry = entry(piece.tuple(place))?;
            let begin = next;
            next += legs.places[begin..].iter().take_while(|leg| leg.sequence == entry.sequence).count();
            if begin == next {
                let what = format!("entry {} has no postings, or an entry before it is missing", entry.sequence);
                return Err(ExportError::Question(Error::Corrupt(what).into()));
            }
            take(&entry, Legs { piece: &legs, places: &legs.places[begin..next], chart })?;
            count += 1;
            if count % TELL_ENTRIES == 0 {
                progress(done(entry.sequence));
            }
        }
    }
    progress(done(extent.last));
    Ok(count)
}

fn entry(tuple: Tuple<'_>) -> Result<Entry<'_>, Error> {
    let mut fields = tuple.fields();
    Ok(Entry {
        sequence: fields.get()?,
        id: fields.get()?,
        kind: row::known_kind(fields.get()?)?,
        effective_date: fields.get()?,
        booked_at: fields.get()?,
        value_date: fields.get()?,
        relates_to: fields.get()?,
        hold_group: fields.get()?,
        expires_at: fields.get()?,
        at_most_minor: fields.get()?,
        adjusting: fields.get()?,
        template_no: fields.get()?,
        reference: fields.get()?,
        description: fields.get()?,
        metadata: fields.get()?,
        actor: fields.get()?,
    })
}

#[derive(Clone, Copy)]
enum Table {
    Entry,
    Posting,
}

/// Rows of a table, in order.
#[derive(Default, Debug)]
struct Piece {
    batches: Vec<Batch>,
    places: Vec<Place>,
}

/// Where a row lies, in the order in which rows are read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Place {
    sequence: i64,
    leg: i16,
    batch: usize,
    start: usize,
    end: usize,
}

impl Piece {
    fn tuple(&self, place: &Place) -> Tuple<'_> {
        let bytes = &self.batches[place.batch].bytes()[place.start..place.end];
        let (tuple, _) = Tuple::split(bytes).expect("the row was whole when it was put there");
        tuple
    }

    /// Takes in rows.
    fn add(&mut self, batch: Batch, table: Table) -> Result<(), Error> {
        let mut start = 0;
        for tuple in batch.tuples() {
            let tuple = tuple?;
            let mut fields = tuple.fields();
            let sequence = fields.get()?;
            let leg = match table {
                Table::Entry => 0,
                Table::Posting => fields.get()?,
            };
            let end = start + tuple.bytes().len();
            self.places.push(Place { sequence, leg, batch: self.batches.len(), start, end });
            start = end;
        }
        self.batches.push(batch);
        Ok(())
    }
}

/// The pieces of a table, read by a task of its own; it ends when nobody takes them any more.
fn pieces(client: Client, table: Table, extent: Extent) -> mpsc::Receiver<Result<Piece, Error>> {
    let (send, receive) = mpsc::channel(PIECES_AHEAD);
    tokio::spawn(async move {
        let (mut first, mut at_once) = (extent.after + 1, PIECE_ENTRIES);
        while first <= extent.last {
            let last = extent.last.min(first.saturating_add(at_once - 1));
            let piece = match piece(&client, table, first, last, extent.horizon.as_of).await {
                Ok(None) => {
                    at_once = (at_once / 8).max(1);
                    continue;
                }
                Ok(Some((piece, bytes))) => {
                    match bytes {
                        0..=PIECE_BYTES => at_once = (at_once * 2).min(PIECE_ENTRIES_MAX),
                        _ => at_once = (at_once / 2).max(1),
                    }
                    Ok(piece)
                }
                Err(error) => Err(error),
            };
            let failed = piece.is_err();
            if send.send(piece).await.is_err() || failed {
                return;
            }
            first = last + 1;
        }
    });
    receive
}

/// Rows of these entries with how many bytes they have; `None` if they are too many to be kept at once.
async fn piece(
    client: &Client,
    table: Table,
    first: i64,
    last: i64,
    as_of: Option<Date>,
) -> Result<Option<(Piece, usize)>, Error> {
    let statement = match table {
        Table::Entry => sql::copy(sql::ENTRIES, first, last, as_of),
        Table::Posting => sql::copy(sql::POSTINGS, first, last, as_of),
    };
    let mut batches = Batches::new(client.copy_out(&statement).await?);
    let (mut piece, mut bytes) = (Piece::default(), 0);
    while let Some(batch) = batches.next().await? {
        bytes += batch.bytes().len();
        if bytes > PIECE_BYTES_MAX && first < last {
            return Ok(None);
        }
        piece.add(batch, table)?;
    }
    if !piece.places.is_sorted() {
        piece.places.sort_unstable();
    }
    Ok(Some((piece, bytes)))
}

/// The chart as it was known at a time, in the order in which accounts were opened.
pub async fn chart(client: &impl GenericClient, known_at: Option<Timestamp>) -> Result<Vec<ChartAccount>, QueryError> {
    let rows = client.query(sql::CHART, &[&known_at]).await?;
    rows.iter().map(chart_account).collect()
}

fn chart_account(row: &Row) -> Result<ChartAccount, QueryError> {
    let account = Account {
        no: row.try_get("account_no")?,
        code: row::account_code(row, "code")?,
        name: row.try_get("name")?,
        account_type: row::account_type(row)?,
        currency: row::currency(row)?,
        normal_side: row::normal_side(row)?,
        open_item: row.try_get("open_item")?,
        setting: AccountSetting {
            limits: Limits { min_minor: row.try_get("min_minor")?, max_minor: row.try_get("max_minor")? },
            closed: row.try_get("closed")?,
            frozen: row::frozen(row)?,
        },
    };
    let note = AccountNote { parent: row.try_get("parent")?, metadata: row.try_get("metadata")? };
    Ok(ChartAccount { account, note })
}

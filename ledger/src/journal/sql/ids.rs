//! Statements about the ids of segments. A segment's partition is named, because a partitioned table is planned and
//! locked whole.

use deadpool_postgres::Transaction;
use futures_util::TryStreamExt;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::error::Error;
use crate::journal::ids::IdSet;
use crate::journal::ids::filter::Filter;
use crate::journal::ids::spans::Spans;

/// Entries of a segment, as `open_segment` makes it.
pub const SEGMENT_ENTRIES: usize = 131_072;

/// The segments that have entries behind a sequence, or will have, in order.
pub async fn segments_behind(tx: &Transaction<'_>, sequence: i64) -> Result<Vec<i32>, Error> {
    const SQL: &str = "SELECT segment_no FROM segment WHERE last_sequence > $1 ORDER BY segment_no";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&sequence]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The name of a segment's partition of a table; an error if it is a file that is not as it was.
pub async fn leaf_to_read(tx: &Transaction<'_>, parent: &str, segment_no: i32) -> Result<String, Error> {
    const SQL: &str = "SELECT quote_ident(leaf_to_read($1, $2))";
    Ok(tx.query_one(&tx.prepare_cached(SQL).await?, &[&parent, &segment_no]).await?.get(0))
}

/// The ids of the entries of a segment behind a sequence.
pub async fn ids_behind(tx: &Transaction<'_>, segment_no: i32, sequence: i64) -> Result<IdSet, Error> {
    let leaf = leaf_to_read(tx, "entry", segment_no).await?;
    let sql = format!("SELECT entry_id FROM {leaf} WHERE sequence > $1");
    let mut ids = IdSet::default();
    if sequence == 0 {
        ids.reserve(SEGMENT_ENTRIES);
    }
    let values: [&(dyn ToSql + Sync); 1] = [&sequence];
    let mut rows = std::pin::pin!(tx.query_raw(&sql, values).await?);
    while let Some(row) = rows.try_next().await? {
        ids.insert(row.get(0));
    }
    Ok(ids)
}

/// The sequences of those of some ids that are in a segment.
pub async fn places_in(tx: &Transaction<'_>, segment_no: i32, ids: &[Uuid]) -> Result<Vec<i64>, Error> {
    let sql = "SELECT sequence FROM places_in($1, $2)";
    let rows = tx.query(&tx.prepare_cached(sql).await?, &[&segment_no, &ids]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The sequences of those of some ids that are in the books, wherever.
pub async fn places(tx: &Transaction<'_>, ids: &[Uuid]) -> Result<Vec<i64>, Error> {
    let rows = tx.query(&tx.prepare_cached("SELECT sequence FROM entry_places($1)").await?, &[&ids]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The spans on record of the segments behind one and before another, in order.
pub async fn id_spans_between(tx: &Transaction<'_>, behind: i32, before: i32) -> Result<Vec<(i32, Spans)>, Error> {
    const SQL: &str = "
        SELECT segment_no, spans
        FROM segment_ids
        WHERE segment_no > $1 AND segment_no < $2
        ORDER BY segment_no";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&behind, &before]).await?;
    let spans =
        |bounds: Vec<Uuid>| Spans::from_bounds(&bounds).ok_or_else(|| Error::Corrupt("segment_ids.spans".into()));
    rows.iter().map(|row| Ok((row.get("segment_no"), spans(row.get("spans"))?))).collect()
}

/// The filter on record of a segment; one made of its ids, if that is none.
pub async fn id_filter(tx: &Transaction<'_>, segment_no: i32, spans: &Spans) -> Result<Filter, Error> {
    const SQL: &str = "SELECT filter FROM segment_ids WHERE segment_no = $1";
    let row = tx.query_one(&tx.prepare_cached(SQL).await?, &[&segment_no]).await?;
    match Filter::from_bytes(row.get("filter"), &spans.bounds()) {
        Some(filter) => Ok(filter),
        None => Ok(Filter::of(ids_behind(tx, segment_no, 0).await?.into_iter())),
    }
}

/// The first full segment whose ids are not on record.
pub async fn first_segment_off_record(tx: &Transaction<'_>) -> Result<Option<i32>, Error> {
    const SQL: &str = "
        SELECT min(segment_no)
        FROM segment
        WHERE segment_no > (SELECT COALESCE(max(segment_no), 0) FROM segment_ids)
          AND last_sequence <= (SELECT sequence FROM head)";
    Ok(tx.query_one(&tx.prepare_cached(SQL).await?, &[]).await?.get(0))
}

/// Puts the ids of a segment on record, if nobody else has.
pub async fn record_ids(tx: &Transaction<'_>, segment_no: i32, spans: &Spans, filter: &[u8]) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO segment_ids (segment_no, spans, filter)
        VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING";
    tx.execute(&tx.prepare_cached(SQL).await?, &[&segment_no, &spans.bounds(), &filter]).await?;
    Ok(())
}

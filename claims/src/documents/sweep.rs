//! Removes objects that no document names: what was stored when its row could not be written.

use deadpool_postgres::Client;
use futures_util::TryStreamExt;
use jiff::Timestamp;

use super::store::DocumentStore;
use crate::error::Error;
use crate::sql;

/// Removes them where they were last written before an instant, and answers how many. Give uploads in hand their time:
/// an hour is plenty.
pub async fn sweep(client: &mut Client, store: &DocumentStore, before: Timestamp) -> Result<usize, Error> {
    let mut removed = 0;
    let mut older = store.older_than(before);
    while let Some(keys) = older.try_next().await? {
        let tx = client.transaction().await?;
        let known = sql::documents::known_objects(&tx, &keys).await?;
        tx.commit().await?;
        for key in keys.iter().filter(|key| !known.contains(*key)) {
            store.remove(key).await?;
            removed += 1;
        }
    }
    Ok(removed)
}

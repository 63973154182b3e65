//! Wraps again, under the current key, what is under older ones.
//!
//! Any number of processes may do it at once, and each may be killed: a batch is one transaction, rows that another
//! process has in hand are left to it, and what is done is not done again. New records are sealed under the current key
//! meanwhile. When nothing is left under an older key, it may leave the ring.

use deadpool_postgres::{Client, Transaction};

use super::blob::rewrap;
use super::keyring::Keyring;
use crate::error::Error;
use crate::sql;
use crate::sql::vault::{OwnPlace, SealedRow};

/// What a batch has done.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Rotation {
    /// Records that it has wrapped again.
    pub rewrapped: usize,
    /// Records that are not under the current key, after it.
    pub left: i64,
    /// Keys that the ring does not hold and records are under, with their number.
    pub unknown_keys: Vec<(String, i64)>,
    /// Records that do not open where they stand; they are left as they are.
    pub damaged: Vec<OwnPlace>,
}

/// Wraps at most `batch` records again. `draw` gives a fresh random nonce each time (`id::random_bytes`).
pub async fn rotate(
    client: &mut Client,
    keyring: &Keyring,
    batch: usize,
    mut draw: impl FnMut() -> [u8; 12],
) -> Result<Rotation, Error> {
    let tx = client.transaction().await?;
    let mut done = Rotation::default();
    for key_id in keyring.older_ids() {
        rotate_key(&tx, keyring, key_id, batch, &mut draw, &mut done).await?;
    }
    for (key_id, records) in sql::vault::records_by_key(&tx).await? {
        if key_id == keyring.current_id() {
            continue;
        }
        done.left += records;
        if keyring.key(&key_id).is_none() {
            done.unknown_keys.push((key_id, records));
        }
    }
    tx.commit().await?;
    Ok(done)
}

/// Goes on past what is damaged, so that it never keeps others from their turn.
async fn rotate_key(
    tx: &Transaction<'_>,
    keyring: &Keyring,
    key_id: &str,
    batch: usize,
    draw: &mut impl FnMut() -> [u8; 12],
    done: &mut Rotation,
) -> Result<(), Error> {
    let mut after = OwnPlace::default();
    while done.rewrapped < batch {
        let rows = sql::vault::lock_under_key(tx, key_id, &after, batch - done.rewrapped).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.place.clone();
        let mut rewrapped = Vec::with_capacity(rows.len());
        for SealedRow { place, sealed } in rows {
            match rewrap(keyring, place.as_place(), &sealed, &draw()) {
                Ok(sealed) => rewrapped.push(SealedRow { place, sealed }),
                Err(_) => done.damaged.push(place),
            }
        }
        sql::vault::rewrap(tx, &rewrapped).await?;
        done.rewrapped += rewrapped.len();
    }
    Ok(())
}

//! Where an insurer is reached, and with which keys. Written by the owner of the book, read by the service.

use std::net::IpAddr;

use dianfu_ledger::book::{self, BookName};
use dianfu_ledger::db::Database;
use dianfu_settlement::number::PartyNo;
use dianfu_signing::{Algorithm, CheckingKey, KeyError, SigningKey};
use jiff::Timestamp;
use reqwest::Url;

use super::sql;
use crate::error::Error;

/// Where an insurer is reached now.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The insurer.
    pub insurer: PartyNo,
    /// What stands in front of `/spi/v1/`; no slash at its end.
    pub base_url: String,
    /// What the insurer calls us.
    pub app_id: String,
    /// The id of the key that we sign with: the youngest live one of ours.
    pub key_id: String,
    /// The key that we sign with.
    pub key: SigningKey,
    /// The insurer's live keys, with their ids.
    pub insurer_keys: Vec<(String, CheckingKey)>,
}

/// Whose key it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holder {
    /// We sign requests with it.
    Ours,
    /// It checks the insurer's answers.
    Theirs,
}

impl Holder {
    /// The word for it, in the database.
    pub fn word(self) -> &'static str {
        match self {
            Holder::Ours => "ours",
            Holder::Theirs => "theirs",
        }
    }
}

/// A key to put on record.
#[derive(Clone, Copy)]
pub struct NewKey<'a> {
    /// Whose it is.
    pub holder: Holder,
    /// Its id.
    pub key_id: &'a str,
    /// How it signs.
    pub algorithm: Algorithm,
    /// Ours: the key that signs. Theirs: the one that checks.
    pub text: &'a str,
    /// When it ends by itself; `None` for never.
    pub expires_at: Option<Timestamp>,
}

/// Why an endpoint or a key is not put on record.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EndpointRefusal {
    /// TLS everywhere but on this machine.
    #[error("'{0}' is no endpoint: https://…, or http://… of this machine, without query and fragment")]
    Url(String),
    /// The text is no key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// It is no id.
    #[error("a key id has 1 to 80 visible ASCII characters; '{0}' has not")]
    KeyId(String),
    /// The id was used before, with this or another key.
    #[error("there is a key {0} on record")]
    KeyTaken(String),
}

impl EndpointRefusal {
    /// Stable code at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            EndpointRefusal::Url(_) => "endpoint_url_invalid",
            EndpointRefusal::Key(_) => "key_malformed",
            EndpointRefusal::KeyId(_) => "key_id_malformed",
            EndpointRefusal::KeyTaken(_) => "key_id_taken",
        }
    }
}

/// Puts on record where an insurer is reached from now on. Answers the version.
pub async fn record_endpoint(
    (database, book): (&Database, &BookName),
    insurer: &PartyNo,
    (base_url, app_id): (&str, &str),
    actor: &str,
    now: Timestamp,
) -> Result<Result<i32, EndpointRefusal>, Error> {
    let Some(base_url) = checked_url(base_url) else {
        return Ok(Err(EndpointRefusal::Url(base_url.chars().take(80).collect())));
    };
    let client = owner(database, book).await?;
    Ok(Ok(sql::insert_endpoint(&client, insurer, (&base_url, app_id), actor, now).await?))
}

/// Puts a key on record; those before stay good until they end or are revoked.
pub async fn record_key(
    (database, book): (&Database, &BookName),
    insurer: &PartyNo,
    new: NewKey<'_>,
    actor: &str,
    now: Timestamp,
) -> Result<Result<(), EndpointRefusal>, Error> {
    let parsed = match new.holder {
        Holder::Ours => SigningKey::parse(new.algorithm, new.text).map(|_| ()),
        Holder::Theirs => CheckingKey::parse(new.algorithm, new.text).map(|_| ()),
    };
    if let Err(error) = parsed {
        return Ok(Err(error.into()));
    }
    if !(1..=80).contains(&new.key_id.len()) || !new.key_id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(Err(EndpointRefusal::KeyId(new.key_id.chars().take(80).collect())));
    }
    let client = owner(database, book).await?;
    let is_new = sql::insert_key(&client, insurer, &new, actor, now).await?;
    Ok(if is_new { Ok(()) } else { Err(EndpointRefusal::KeyTaken(new.key_id.to_owned())) })
}

/// Ends a key, at once. Answers whether it was live.
pub async fn revoke_key(
    (database, book): (&Database, &BookName),
    insurer: &PartyNo,
    (holder, key_id): (Holder, &str),
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(sql::revoke_key(&owner(database, book).await?, insurer, (holder, key_id), now).await?)
}

/// Where an insurer is reached now; `None` without an endpoint or a live key of ours.
pub async fn endpoint(
    client: &deadpool_postgres::Client,
    insurer: &PartyNo,
    now: Timestamp,
) -> Result<Option<Endpoint>, Error> {
    let corrupt = |error: KeyError| Error::Corrupt(format!("a key of insurer {insurer}: {error}"));
    let (mut ours, mut insurer_keys) = (None, Vec::new());
    for key in sql::live_keys(client, insurer, now).await? {
        if key.is_ours {
            let parsed = SigningKey::parse(key.algorithm, &key.text).map_err(corrupt)?;
            // They come with the youngest first.
            ours.get_or_insert((key.key_id, parsed));
        } else {
            insurer_keys.push((key.key_id, CheckingKey::parse(key.algorithm, &key.text).map_err(corrupt)?));
        }
    }
    let (Some((base_url, app_id)), Some((key_id, key))) = (sql::endpoint(client, insurer).await?, ours) else {
        return Ok(None);
    };
    Ok(Some(Endpoint { insurer: insurer.clone(), base_url, app_id, key_id, key, insurer_keys }))
}

/// A base URL without the slash at its end, if it is one that may be called.
fn checked_url(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let host = url.host_str()?.trim_matches(['[', ']']);
    let on_this_machine = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    let may_be_called = url.scheme() == "https" || url.scheme() == "http" && on_this_machine;
    (is_plain && may_be_called).then(|| text.trim_end_matches('/').to_owned())
}

async fn owner(database: &Database, book: &BookName) -> Result<tokio_postgres::Client, Error> {
    book::require(database, book).await?;
    let client = database.connect_owner().await.map_err(dianfu_ledger::Error::from)?;
    sql::use_schema(&client, &book.schema()).await?;
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_use_tls_except_on_this_machine() {
        for (text, kept) in [
            ("https://spi.insurer.example", Some("https://spi.insurer.example")),
            ("https://spi.insurer.example/dianfu/", Some("https://spi.insurer.example/dianfu")),
            ("http://127.0.0.1:4000", Some("http://127.0.0.1:4000")),
            ("http://[::1]:4000/", Some("http://[::1]:4000")),
            ("http://spi.insurer.example", None),
            ("http://10.0.0.1", None),
            ("http://localhost.insurer.example", None),
            ("ftp://127.0.0.1", None),
            ("https://spi.insurer.example?a=1", None),
            ("https://spi.insurer.example#a", None),
            ("https://user:secret@spi.insurer.example", None),
            ("spi.insurer.example", None),
            ("", None),
        ] {
            assert_eq!(checked_url(text).as_deref(), kept, "{text}");
        }
    }
}

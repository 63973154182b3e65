//! Partners: an insurer that signs what it hands in ([`dianfu_signing`]).
//!
//! The app id says where to look: `BOOK.INSURER`, such as `main.picc`, is the insurer `picc` of the book `main`. The
//! key id picks one of the keys that this book keeps for this insurer; a key of another insurer is not found.
//!
//! What a caller may learn, in this order: that a header cannot be read, that there is no such key (key ids are no
//! secret), that the signature is wrong. Only who has signed correctly learns that the signature is late, that the body
//! is another than was signed, or that the nonce was used. The head is checked before the body is read, so that
//! strangers cannot make us hold large bodies; and a nonce is spent only when the whole body has come.

use axum::http::{HeaderMap, Method, Uri};
use dianfu_ledger::book::BookName;
use dianfu_ledger::db::Database;
use dianfu_settlement::number::PartyNo;
use dianfu_signing::{
    Algorithm, CheckingKey, NONCE_BYTES_MAX, NONCE_BYTES_MIN, Refusal, SignedRequest, WINDOW_S, body_sha256,
};
use jiff::Timestamp;

use super::secret;
use super::sql::partners as sql;
use crate::error::Error;
use crate::problem::{Kind, Problem};

/// How long a used nonce is kept, in seconds: two windows, each as wide as both its sides. A signature is good for one
/// window at most; the second covers clocks of API nodes that disagree.
const NONCE_KEPT_S: i64 = 2 * (2 * WINDOW_S);

/// What a partner needs to sign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartnerKey {
    /// `X-App-Id`: the book and the insurer.
    pub app_id: String,
    /// `X-Key-Id`.
    pub key_id: String,
    /// The key of the HMAC, as text; show it once.
    pub secret: String,
}

/// The headers of a signed request, as they were sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credentials {
    /// The book in the app id.
    pub book: BookName,
    /// The insurer in the app id.
    pub insurer: PartyNo,
    /// `X-App-Id`.
    pub app_id: String,
    key_id: String,
    timestamp: String,
    nonce: String,
    body_sha256: String,
    signature: String,
}

/// Makes a key for an insurer. Keys that it has stay good: revoke the old one when the new one is in use.
pub async fn create_partner_key(
    database: &Database,
    book: &BookName,
    insurer: &str,
    expires_at: Option<Timestamp>,
    created_by: &str,
) -> Result<PartnerKey, Error> {
    let insurer = PartyNo::parse(insurer).map_err(Error::InsurerMalformed)?;
    super::check_expiry(expires_at)?;
    let client = super::connect_owner(database, book).await?;
    let (key_id, secret) = (format!("pk_{}", secret::draw_name()), secret::draw());
    sql::insert_partner_key(&client, &key_id, insurer.as_str(), &secret, expires_at, created_by).await?;
    Ok(PartnerKey { app_id: format!("{book}.{insurer}"), key_id, secret })
}

/// Ends a key, at once. Answers whether it was live.
pub async fn revoke_partner_key(database: &Database, book: &BookName, key_id: &str) -> Result<bool, Error> {
    let client = super::connect_owner(database, book).await?;
    Ok(sql::revoke_partner_key(&client, key_id).await?)
}

impl Credentials {
    /// Reads the headers; all six must be there.
    pub fn read(headers: &HeaderMap) -> Result<Credentials, Problem> {
        let app_id = text(headers, "X-App-Id")?;
        let parts = app_id
            .split_once('.')
            .and_then(|(book, insurer)| Some((BookName::parse(book)?, PartyNo::parse(insurer).ok()?)));
        let Some((book, insurer)) = parts else {
            return Err(invalid("X-App-Id", "is BOOK.INSURER, such as main.picc"));
        };
        let nonce = text(headers, "X-Nonce")?;
        if !(NONCE_BYTES_MIN..=NONCE_BYTES_MAX).contains(&nonce.len()) {
            return Err(invalid("X-Nonce", "has 16 to 128 characters"));
        }
        let timestamp = text(headers, "X-Timestamp")?;
        if timestamp.parse::<i64>().is_err() {
            return Err(invalid("X-Timestamp", "is a number of seconds since 1970"));
        }
        let body_sha256 = text(headers, "X-Content-SHA256")?;
        if body_sha256.len() != 64 || !body_sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(invalid("X-Content-SHA256", "is 64 lower-case hexadecimal digits"));
        }
        let (key_id, signature) = (text(headers, "X-Key-Id")?, text(headers, "X-Signature")?);
        Ok(Credentials { book, insurer, app_id, key_id, timestamp, nonce, body_sha256, signature })
    }

    /// Checks the head of a request against the insurer's key. `client` is on the book that the app id names.
    pub async fn verify(
        &self,
        client: &deadpool_postgres::Client,
        method: &Method,
        uri: &Uri,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let Some(secret) = sql::live_partner_secret(client, &self.key_id, self.insurer.as_str()).await? else {
            return Err(self.key_unknown());
        };
        let key =
            CheckingKey::parse(Algorithm::HmacSha256, &secret).expect("the table asks for the length of a secret");
        let signed = SignedRequest {
            method: method.as_str(),
            path: uri.path(),
            query: uri.query().unwrap_or_default(),
            timestamp: &self.timestamp,
            nonce: &self.nonce,
            app_id: &self.app_id,
            key_id: &self.key_id,
            body_sha256: &self.body_sha256,
        };
        signed.verify(&key, &self.signature, now).map_err(refused)
    }

    /// The answer where there is no such book, insurer or key.
    pub fn key_unknown(&self) -> Problem {
        Problem::new(Kind::KeyUnknown, "there is no live key of this X-Key-Id for this X-App-Id")
    }

    /// Checks the body that came against the one that was signed.
    pub fn verify_body(&self, body: &[u8]) -> Result<(), Problem> {
        if body_sha256(body) == self.body_sha256 {
            return Ok(());
        }
        let detail = format!("the body that came, {} bytes, has another SHA-256 than X-Content-SHA256", body.len());
        Err(Problem::new(Kind::BodyDigestWrong, detail))
    }

    /// Spends the nonce; an error if it was spent before, on whichever node.
    pub async fn spend_nonce(&self, client: &deadpool_postgres::Client) -> Result<(), Problem> {
        if !sql::insert_nonce(client, &self.key_id, &self.nonce).await? {
            return Err(Problem::new(Kind::SignatureReplayed, "this nonce was used before; sign again with a new one"));
        }
        sql::delete_old_nonces(client, NONCE_KEPT_S).await?;
        Ok(())
    }
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Wrong => Problem::new(
            Kind::SignatureWrong,
            "X-Signature is not the HMAC-SHA256 of this request by this key; the document says what is signed",
        ),
        Refusal::OutsideWindow { late_by_s } => Problem::new(
            Kind::SignatureLate,
            format!("X-Timestamp is {late_by_s} s behind our clock; at most {WINDOW_S} s either way are taken"),
        ),
    }
}

fn text(headers: &HeaderMap, name: &'static str) -> Result<String, Problem> {
    let value = headers.get(name).ok_or_else(|| invalid(name, "is missing"))?;
    let visible = value.as_bytes().iter().all(u8::is_ascii_graphic) && !value.is_empty();
    let text = value.to_str().ok().filter(|_| visible);
    text.map(str::to_owned).ok_or_else(|| invalid(name, "is written in visible ASCII, without blanks"))
}

fn invalid(name: &'static str, what: &str) -> Problem {
    Problem::new(Kind::SignatureHeaderInvalid, format!("{name} {what}"))
}

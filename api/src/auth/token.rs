//! Tokens: `dianfu_BOOK_SECRET`, where the secret is 43 characters of base64url, 256 random bits.
//!
//! A token has one role and one bearer: a person who holds the role, a party that is on record, or a system, which the
//! token's own name names. It is good while all of that is so.
//!
//! The book keeps the SHA-256 of the whole token. It is looked up by that hash, through an index, and this needs no
//! comparison in constant time: how long the look-up takes depends on the hash of what was sent, and who cannot choose
//! hashes cannot feel his way towards one. Random bits of this length need neither salt nor a slow hash.

use std::collections::HashMap;

use dianfu_claims::party::Party;
use dianfu_ledger::book::BookName;
use dianfu_ledger::db::Database;
use dianfu_ledger::entry::REFERENCE_BYTES_MAX;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;

use super::operator::OperatorNo;
use super::role::{HeldBy, Role};
use super::secret;
use super::sql::tokens as sql;
use crate::error::Error;

const PREFIX: &str = "dianfu_";
/// What a system's actor has before the token's name.
const SYSTEM_PREFIX: &str = "system:";
/// The longest name: with its prefix it is the actor of entries.
const NAME_BYTES_MAX: usize = REFERENCE_BYTES_MAX - SYSTEM_PREFIX.len();

/// A token to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewToken<'a> {
    /// Tells it from other tokens; one live token a name.
    pub name: &'a str,
    /// What it may do.
    pub role: Role,
    /// Who acts with it, for the record.
    pub holder: Holder<'a>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// Who makes it, for the record.
    pub created_by: &'a str,
}

/// Who acts with a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holder<'a> {
    /// A person, who holds the token's role.
    Person(&'a OperatorNo),
    /// A program, under the token's own name.
    System,
    /// The insurer, the pharmacy or the patient of this number, as the role says.
    Party(&'a PartyNo),
}

impl Holder<'_> {
    /// Whether tokens of a role act for such a one.
    fn fits(self, role: Role) -> bool {
        match role.held_by() {
            HeldBy::Person => matches!(self, Holder::Person(_)),
            HeldBy::System => self == Holder::System,
            HeldBy::PersonOrSystem => matches!(self, Holder::Person(_) | Holder::System),
            HeldBy::Party => matches!(self, Holder::Party(_)),
        }
    }
}

/// A live token, as the book knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bearer {
    /// Who acts with it, for the record.
    pub actor: String,
    /// Its role.
    pub role: Role,
    /// Whose rows it sees; all if it is nobody from outside.
    pub party: Option<Party>,
}

/// Makes a token. The answer is its only copy: the book keeps a hash.
pub async fn create_token(database: &Database, book: &BookName, new: &NewToken<'_>) -> Result<String, Error> {
    let actual = new.name.len();
    if !(1..=NAME_BYTES_MAX).contains(&actual) {
        return Err(Error::TokenNameLength { actual, max: NAME_BYTES_MAX });
    }
    super::check_expiry(new.expires_at)?;
    let client = super::connect_owner(database, book).await?;
    check_holder(&client, new).await?;
    let token = format!("{PREFIX}{book}_{}", secret::draw());
    match sql::insert_token(&client, &TokenHash::of(&token).0, new).await {
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
            Err(Error::TokenNameTaken(new.name.to_owned()))
        }
        inserted => Ok(inserted.map(|()| token)?),
    }
}

/// Refuses a bearer who is not of the role's kind, not on record, or does not hold the role.
async fn check_holder(client: &tokio_postgres::Client, new: &NewToken<'_>) -> Result<(), Error> {
    let NewToken { role, holder, .. } = *new;
    if !holder.fits(role) {
        return Err(Error::TokenHolderUnfit { role, held_by: role.held_by() });
    }
    match holder {
        Holder::Person(person) if !sql::holds_role(client, person.as_str(), role.word()).await? => {
            Err(Error::RoleNotHeld { person: person.clone(), role })
        }
        Holder::Party(party) if !sql::knows_party(client, role.word(), party.as_str()).await? => {
            Err(Error::PartyUnknown { kind: role.word(), party: party.clone() })
        }
        Holder::Person(_) | Holder::Party(_) | Holder::System => Ok(()),
    }
}

/// Ends the live token of this name, at once. Answers whether there was one.
pub async fn revoke_token(database: &Database, book: &BookName, name: &str) -> Result<bool, Error> {
    let client = super::connect_owner(database, book).await?;
    Ok(sql::revoke_token(&client, name).await?)
}

/// A token on record, live or not; its secret is not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenOnRecord {
    /// Tells it from others.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Who acts with it.
    pub actor: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// Every token of the book that `client` is on, by name.
pub async fn list_tokens(client: &deadpool_postgres::Client) -> Result<Vec<TokenOnRecord>, Error> {
    let rows = sql::tokens(client).await?;
    let view = |row: &Row| -> Result<TokenOnRecord, tokio_postgres::Error> {
        let Bearer { actor, role, .. } = bearer(row)?;
        Ok(TokenOnRecord {
            name: row.try_get("name")?,
            role,
            actor,
            created_at: row.try_get("created_at")?,
            created_by: row.try_get("created_by")?,
            expires_at: row.try_get("expires_at")?,
            revoked_at: row.try_get("revoked_at")?,
        })
    };
    Ok(rows.iter().map(view).collect::<Result<_, _>>()?)
}

/// Reads who bears a token.
fn bearer(row: &Row) -> Result<Bearer, tokio_postgres::Error> {
    let role = Role::from_word(row.try_get("role")?).expect("the table knows our roles only");
    let party: Option<&str> = row.try_get("party_no")?;
    let party = party.map(|number| PartyNo::parse(number).expect("only numbers of parties are written"));
    let party = party.and_then(|number| role.party(number));
    let person: Option<&str> = row.try_get("operator_no")?;
    let person = person.map(|name| OperatorNo::parse(name).expect("the table keeps the shape of names"));
    let actor = match (&person, &party) {
        (Some(person), _) => person.actor(),
        (None, Some(party)) => party.actor(),
        (None, None) => format!("{SYSTEM_PREFIX}{}", row.try_get::<_, &str>("name")?),
    };
    Ok(Bearer { actor, role, party })
}

/// The book that a token names; `None` if it does not look like a token.
pub fn book_of(token: &str) -> Option<BookName> {
    let rest = token.strip_prefix(PREFIX)?;
    let (book, secret) = rest.split_at_checked(rest.len().checked_sub(secret::SECRET_LENGTH)?)?;
    let of_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    secret.bytes().all(of_base64url).then(|| BookName::parse(book.strip_suffix('_')?))?
}

/// What is kept of a token, here and in the book: enough to look it up, not to use it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Of a token as it was sent.
    pub fn of(token: &str) -> TokenHash {
        TokenHash(Sha256::digest(token).into())
    }
}

/// Who bears the tokens of these hashes, as far as they are live. `client` is on the book that the tokens name.
pub async fn bearers(
    client: &deadpool_postgres::Client,
    hashes: &[TokenHash],
) -> Result<HashMap<TokenHash, Bearer>, tokio_postgres::Error> {
    let texts: Vec<&[u8]> = hashes.iter().map(|hash| hash.0.as_slice()).collect();
    let rows = sql::live_tokens(client, &texts).await?;
    let borne = |row: &Row| {
        let hash = TokenHash(row.try_get::<_, &[u8]>("token_hash")?.try_into().expect("the table keeps 32 bytes"));
        Ok((hash, bearer(row)?))
    };
    rows.iter().map(borne).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_book_whatever_is_in_the_secret() {
        let secret = "a_b-c".repeat(9)[..43].to_owned();
        for book in ["main", "wuhan_2026", "a"] {
            assert_eq!(book_of(&format!("dianfu_{book}_{secret}")), BookName::parse(book));
        }
    }

    #[test]
    fn what_is_no_token_names_nothing() {
        let secret = "x".repeat(43);
        for text in [
            String::new(),
            "dianfu_".to_owned(),
            format!("dianfu_{secret}"),
            format!("dianfu__{secret}"),
            format!("dianfu_Main_{secret}"),
            format!("dianfu_main{secret}"),
            format!("dianfu_main_{}", &secret[1..]),
            format!("dianfu_main_{}é", &secret[2..]),
            format!("other_main_{secret}"),
            "书".repeat(30),
        ] {
            assert_eq!(book_of(&text), None, "{text}");
        }
    }
}

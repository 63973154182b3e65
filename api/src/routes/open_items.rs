//! What is outstanding, item by item.

use axum::{Extension, Json};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::query::{self, Items, Moment, OpenItem, QueryError};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::auth::Access;
use crate::extract::{self, QueryParams};
use crate::problem::{Kind, Problem};
use crate::wire::report::{OpenItemBody, OpenItemPageBody};
use crate::wire::time;

/// Which items.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OpenItemsQuery {
    /// The account; `1102` stands for all accounts below it too.
    #[param(example = "1102.picc")]
    account: String,
    /// Also items that have come to zero.
    #[serde(default)]
    all: bool,
    /// Only what counts up to this day; all if left out.
    #[serde(default, deserialize_with = "time::day")]
    #[param(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// Only what the ledger knew at this time; now if left out. A cursor keeps the time of its first page.
    #[serde(default, deserialize_with = "time::instant")]
    #[param(value_type = Option<String>, format = DateTime)]
    known_at: Option<Timestamp>,
    /// `next` of the page before, with the same other parameters.
    cursor: Option<String>,
    /// Rows a page: 1 to 1,000, 100 if left out.
    limit: Option<u16>,
}

/// Where a page ends, and the time that its list was known at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Cursor {
    known_at: Timestamp,
    account: String,
    item: String,
}

/// The items of an account and of all accounts below it, by account and item. Only settled money counts.
///
/// The pages of one list are one answer: the cursor keeps the time that the first page was known at.
#[utoipa::path(
    get, path = "/v1/open-items", tag = "reports", params(OpenItemsQuery),
    responses((status = 200, body = OpenItemPageBody), (status = 404, description = "There is no such account."))
)]
pub async fn open_item_list(
    Extension(access): Extension<Access>,
    QueryParams(query): QueryParams<OpenItemsQuery>,
) -> Result<Json<OpenItemPageBody>, Problem> {
    let limit = usize::from(extract::page_limit(query.limit)?);
    let account = AccountCode::parse(&query.account)
        .ok_or_else(|| Problem::parameter("/query/account", "account is a code such as 1102.picc"))?;
    let cursor = query.cursor.as_deref().map(Cursor::parse).transpose()?;
    let items = if query.all { Items::All } else { Items::Outstanding };
    let client = access.ledger.client().await?;
    let known_at = cursor.as_ref().map(|cursor| cursor.known_at).or(query.known_at);
    let horizon = query::horizon(&**client, Moment { as_of: query.as_of, known_at }).await?;
    let moment = Moment { as_of: query.as_of, known_at: Some(horizon.known_at) };
    let found = query::open_items(&**client, &account, moment, items).await?;
    // Nothing outstanding is one thing, a misspelt account another.
    if found.is_empty() && query::balances(&**client, &account, moment).await?.is_none() {
        return Err(Problem::new(Kind::AccountUnknown, format!("there is no account {account} in this book")));
    }
    let (items, next) = page(found, cursor.as_ref(), horizon.known_at, limit);
    let items = items.into_iter().map(OpenItemBody::from).collect();
    Ok(Json(OpenItemPageBody { as_of: query.as_of, known_at: horizon.known_at, items, next }))
}

/// The items behind the cursor, at most `limit`, and the cursor of the next page.
fn page(
    found: Vec<OpenItem>,
    cursor: Option<&Cursor>,
    known_at: Timestamp,
    limit: usize,
) -> (Vec<OpenItem>, Option<String>) {
    let is_behind = |item: &OpenItem| match cursor {
        Some(cursor) => (item.account.as_str(), item.item.as_str()) > (&cursor.account, &cursor.item),
        None => true,
    };
    let mut behind = found.into_iter().filter(is_behind).peekable();
    let items: Vec<OpenItem> = behind.by_ref().take(limit).collect();
    let last = items.last().filter(|_| behind.peek().is_some());
    let next = last.map(|last| {
        let (account, item) = (last.account.to_string(), last.item.clone());
        Cursor { known_at, account, item }.to_text()
    });
    (items, next)
}

impl Cursor {
    fn to_text(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).expect("texts and a time are always JSON"))
    }

    fn parse(text: &str) -> Result<Cursor, QueryError> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| QueryError::CursorMalformed)?;
        serde_json::from_slice(&bytes).map_err(|_| QueryError::CursorMalformed)
    }
}

#[cfg(test)]
mod tests {
    use dianfu_ledger::money::Currency;

    use super::*;

    fn item(account: &str, item: &str) -> OpenItem {
        let day = jiff::civil::date(2026, 5, 1);
        OpenItem {
            account: AccountCode::parse(account).unwrap(),
            item: item.to_owned(),
            currency: Currency::CNY,
            outstanding_minor: 1,
            first_date: day,
            last_date: day,
        }
    }

    #[test]
    fn pages_are_the_whole_list_once() {
        let all = vec![item("1102.a", "x"), item("1102.a", "y"), item("1102.b", "a"), item("1102.b", "x")];
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let (items, next) = page(all.clone(), cursor.as_ref(), Timestamp::UNIX_EPOCH, 3);
            seen.extend(items);
            let Some(next) = next else { break };
            cursor = Some(Cursor::parse(&next).unwrap());
        }
        assert_eq!(seen, all);
        assert_eq!(page(all, None, Timestamp::UNIX_EPOCH, 4).1, None);
    }

    #[test]
    fn a_strange_cursor_is_refused() {
        for text in ["", "%", "e30", &BASE64_URL_SAFE_NO_PAD.encode("x")] {
            assert!(Cursor::parse(text).is_err(), "{text}");
        }
    }
}

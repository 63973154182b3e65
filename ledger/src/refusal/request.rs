//! A refused request as JSON of bounded length: what is cut says so.

use serde_json::{Map, Value, json};

use super::Request;
use crate::entry::{NewEntry, NewPosting, REFERENCE_BYTES_MAX};
use crate::money::decimal_text;

/// Postings that are kept.
const POSTINGS_MAX: usize = 20;
/// Bytes of a text that are kept.
const TEXT_MAX: usize = 500;
/// Bytes of metadata, or of a text that is no entry, that are kept. JSON writes a byte in six at most.
const BODY_MAX: usize = 4_000;

impl Request {
    /// The JSON that is kept, at most 64 KiB of it.
    pub(super) fn to_json(&self) -> Option<String> {
        let value = match self {
            Request::None => return None,
            Request::Call { method, path } => json!({"method": clipped(method), "path": clipped(path)}),
            Request::Text(text) => {
                let kept = cut(text, BODY_MAX);
                json!({"text": kept, "cut": kept.len() < text.len()})
            }
            Request::Entry(entry) => of_entry(entry),
        };
        Some(value.to_string())
    }
}

fn of_entry(entry: &NewEntry) -> Value {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| {
        let is_usual = matches!(value, Value::Null | Value::Bool(false)) || value == "";
        if !is_usual {
            fields.insert(name.to_owned(), value);
        }
    };
    put("id", json!(entry.id));
    put("kind", json!(entry.kind.word()));
    put("effective_date", json!(entry.effective_date));
    put("reference", clipped(&entry.reference));
    put("description", clipped(&entry.description));
    // The text as it was sent: as a value of its own it would change its numbers.
    put("metadata", entry.metadata.as_deref().map_or(Value::Null, |text| Value::from(cut(text, BODY_MAX))));
    put("relates_to", json!(entry.relates_to));
    put("hold_group", json!(entry.hold_group));
    put("expires_at", json!(entry.expires_at));
    put("template_no", json!(entry.template_no));
    put("at_most", json!(entry.at_most));
    put("late", json!(entry.late));
    put("adjusting", json!(entry.adjusting));
    put("linked", json!(entry.linked));
    put("postings", entry.postings.iter().take(POSTINGS_MAX).map(posting).collect());
    if entry.postings.len() > POSTINGS_MAX {
        put("postings_in_all", json!(entry.postings.len()));
    }
    Value::Object(fields)
}

fn posting(posting: &NewPosting) -> Value {
    let amount = posting.amount;
    let text = decimal_text(i128::from(amount.minor).abs(), amount.currency);
    let side = if amount.minor < 0 { "credit" } else { "debit" };
    let mut value = json!({"account": posting.account.as_str(), side: text, "currency": amount.currency.code()});
    if let Some(item) = &posting.item {
        value["item"] = Value::from(cut(item, REFERENCE_BYTES_MAX));
    }
    if let Some(due_date) = posting.due_date {
        value["due_date"] = json!(due_date);
    }
    value
}

fn clipped(text: &str) -> Value {
    Value::from(cut(text, TEXT_MAX))
}

/// The beginning of a text, cut between two characters.
pub(super) fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::AccountCode;
    use crate::money::{Currency, Money};

    #[test]
    fn whatever_is_asked_for_what_is_kept_is_bounded_json() {
        let account = AccountCode::parse(&"9".repeat(64)).unwrap();
        let leg = NewPosting::new(account, Money::new(i64::MIN, Currency::CNY), Some("\u{1}".repeat(9_000)));
        let entry = NewEntry {
            reference: "\0".repeat(100_000),
            description: "药".repeat(100_000),
            metadata: Some("\u{1}".repeat(100_000)),
            postings: vec![leg; 1_000],
            ..NewEntry::default()
        };
        for request in [Request::Entry(Box::new(entry)), Request::Text("\u{1}".repeat(1 << 20))] {
            let text = request.to_json().unwrap();
            assert!(serde_json::from_str::<Value>(&text).is_ok());
            assert!(text.len() <= 65_536, "{}", text.len());
        }
    }
}

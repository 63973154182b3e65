//! Transfers as the JSON text that the HTTP door takes.

use std::io::Write;

use super::accounts::Accounts;
use super::transfers::Transfer;

/// Appends one entry, without an end of line.
pub fn append(text: &mut Vec<u8>, transfer: &Transfer, accounts: &Accounts) {
    let (debit, credit) = (accounts.code(transfer.debit), accounts.code(transfer.credit));
    let (yuan, fen) = (transfer.amount_minor / 100, transfer.amount_minor % 100);
    write!(text, r#"{{"id":"{}","reference":"bench","postings":["#, transfer.id)
        .and_then(|()| write!(text, r#"{{"account":"{debit}","debit":"{yuan}.{fen:02}","currency":"CNY"}},"#))
        .and_then(|()| write!(text, r#"{{"account":"{credit}","credit":"{yuan}.{fen:02}","currency":"CNY"}}]}}"#))
        .expect("a vector takes everything");
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::super::draw::Kind;
    use super::*;

    #[test]
    fn an_entry_is_one_line_of_json() {
        let mut text = Vec::new();
        let transfer = Transfer { id: Uuid::from_u128(1), debit: 2, credit: 0, amount_minor: 1_205 };
        append(&mut text, &transfer, &Accounts::new(3, Kind::Uniform));
        assert!(!text.contains(&b'\n'));
        let entry: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(entry["id"], "00000000-0000-0000-0000-000000000001");
        assert_eq!(entry["postings"][0], json!({"account": "1.2", "debit": "12.05", "currency": "CNY"}));
        assert_eq!(entry["postings"][1], json!({"account": "1.0", "credit": "12.05", "currency": "CNY"}));
    }
}

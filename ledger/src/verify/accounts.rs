//! Accounts and their running totals, derived again.

use std::collections::HashMap;

use crate::entry::{Effect, Layer};

use super::row::{Posting, check_chained, value};
use super::rows::Rows;
use super::{Finding, Halt, Place, Rule};

/// Three letters of ISO 4217.
pub type CurrencyCode = [u8; 3];

/// The accounts of the book, each with its totals after the last posting that was checked.
pub struct Accounts(HashMap<i32, Account>);

/// The last row of a chain that was checked.
pub struct Tip {
    pub no: i64,
    pub hash: [u8; 32],
}

struct Account {
    currency: CurrencyCode,
    open_item: bool,
    settled: Sides,
    pending: Sides,
}

/// Totals of one layer. Wide, so that a wrong row cannot overflow them.
#[derive(Clone, Copy, Default)]
struct Sides {
    debits: i128,
    credits: i128,
}

impl Sides {
    /// A leg adds to its side; one that takes from a hold, on the other side than its own sign.
    fn after(self, effect: Effect, amount_minor: i64) -> Sides {
        let amount = i128::from(amount_minor);
        if (amount > 0) == (effect != Effect::Unhold) {
            Sides { debits: self.debits + amount, ..self }
        } else {
            Sides { credits: self.credits - amount, ..self }
        }
    }
}

impl Accounts {
    /// Reads all accounts, which must be numbered without gaps and chained.
    pub async fn read(mut rows: Rows<'_>) -> Result<(Accounts, Tip), Halt> {
        let mut accounts = HashMap::new();
        let mut expected = 1_i32;
        let mut hash = [0; 32];
        while let Some(row) = rows.next().await? {
            let account_no: i32 = row.get("account_no");
            let place = Place::Account { account_no };
            Finding::unless_equal(place, Rule::Dense, &expected, &account_no)?;
            hash = check_chained(&row, place, &hash)?;
            let currency: &str = row.get("currency");
            let unknown = || Finding {
                place,
                rule: Rule::Readable,
                expected: "three letters of ISO 4217".to_owned(),
                actual: currency.to_owned(),
            };
            let currency = currency.as_bytes().try_into().map_err(|_| unknown())?;
            let open_item = value(&row, place, "open_item")?;
            let account = Account { currency, open_item, settled: Sides::default(), pending: Sides::default() };
            accounts.insert(account_no, account);
            expected += 1;
        }
        let no = i64::from(expected) - 1;
        Ok((Accounts(accounts), Tip { no, hash }))
    }

    /// Checks that settings are numbered without gaps, belong to accounts, and are chained.
    pub async fn check_settings(&self, mut rows: Rows<'_>) -> Result<Tip, Halt> {
        let mut tip = Tip { no: 0, hash: [0; 32] };
        while let Some(row) = rows.next().await? {
            let (setting_no, account_no) = (row.get("setting_no"), row.get("account_no"));
            let place = Place::Setting { setting_no };
            Finding::unless_equal(place, Rule::Dense, &(tip.no + 1), &setting_no)?;
            if !self.0.contains_key(&account_no) {
                return Err(unknown_account(place, account_no).into());
            }
            tip = Tip { no: setting_no, hash: check_chained(&row, place, &tip.hash)? };
        }
        Ok(tip)
    }

    /// Checks that the register is numbered without gaps and chained.
    pub async fn check_register(mut rows: Rows<'_>) -> Result<Tip, Halt> {
        let mut tip = Tip { no: 0, hash: [0; 32] };
        while let Some(row) = rows.next().await? {
            let register_no = row.get("register_no");
            let place = Place::Register { register_no };
            Finding::unless_equal(place, Rule::Dense, &(tip.no + 1), &register_no)?;
            tip = Tip { no: register_no, hash: check_chained(&row, place, &tip.hash)? };
        }
        Ok(tip)
    }

    /// Checks a posting against its account and folds it in; answers its currency.
    pub fn check(&mut self, effect: Effect, posting: &Posting<'_>) -> Result<CurrencyCode, Finding> {
        let place = posting.place();
        let account = self.0.get_mut(&posting.account_no);
        let account = account.ok_or_else(|| unknown_account(place, posting.account_no))?;
        if posting.currency.as_bytes() != account.currency {
            let expected = String::from_utf8_lossy(&account.currency).into_owned();
            return Err(Finding { place, rule: Rule::Currency, expected, actual: posting.currency.to_owned() });
        }
        if posting.item.is_some() != account.open_item {
            let expected = if account.open_item { "an item" } else { "no item" }.to_owned();
            let actual = posting.item.unwrap_or("no item").to_owned();
            return Err(Finding { place, rule: Rule::Item, expected, actual });
        }
        let sides = match effect.layer() {
            Layer::Settled => &mut account.settled,
            Layer::Pending => &mut account.pending,
        };
        *sides = sides.after(effect, posting.amount_minor);
        Finding::unless_equal(place, Rule::DebitsAfter, &sides.debits, &posting.debits_after.into())?;
        Finding::unless_equal(place, Rule::CreditsAfter, &sides.credits, &posting.credits_after.into())?;
        Ok(account.currency)
    }
}

fn unknown_account(place: Place, account_no: i32) -> Finding {
    Finding { place, rule: Rule::Known, expected: "an account".to_owned(), actual: format!("account {account_no}") }
}

//! Legs being collected: one an account and item, netted, cut into entries that the ledger takes.

use std::collections::BTreeMap;

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::id;
use dianfu_settlement::voucher::{Heading, Voucher};

use super::{Funded, subject};

/// Legs of one entry; the ledger takes a thousand, one of which brings the entry to zero. Even, so that pairs of legs
/// that belong together stay together.
const LEGS_MAX: usize = 998;

/// Legs of one journal.
pub struct Legs {
    journal: &'static str,
    /// In the order in which accounts and items were first named.
    order: Vec<(AccountCode, Option<String>)>,
    sums: BTreeMap<(AccountCode, Option<String>), i128>,
}

impl Legs {
    /// No legs yet.
    pub fn new(journal: &'static str) -> Legs {
        Legs { journal, order: Vec::new(), sums: BTreeMap::new() }
    }

    /// Adds an amount, debit positive. An account and item has one leg, whatever is added to it.
    pub fn add(&mut self, account: &AccountCode, item: Option<&str>, minor: i64) {
        if minor == 0 {
            return;
        }
        let key = (account.clone(), item.map(str::to_owned));
        let order = &mut self.order;
        *self.sums.entry(key).or_insert_with_key(|key| {
            order.push(key.clone());
            0
        }) += i128::from(minor);
    }

    /// The entries, each brought to zero on `against`; without it, legs come in pairs that are zero.
    pub fn entries(&self, funded: &Funded<'_>, against: Option<(&AccountCode, &str)>) -> Vec<NewEntry> {
        let moving: Vec<_> = self.order.iter().filter(|key| self.sums[*key] != 0).collect();
        let chunks = moving.chunks(LEGS_MAX).zip(1..);
        chunks.filter_map(|(keys, number)| self.entry(funded, keys, number, against)).collect()
    }

    fn entry(
        &self,
        funded: &Funded<'_>,
        keys: &[&(AccountCode, Option<String>)],
        number: usize,
        against: Option<(&AccountCode, &str)>,
    ) -> Option<NewEntry> {
        let subject = subject(funded.insurer, funded.trace);
        let heading = Heading {
            id: id::entry_id(funded.received_at, &subject, &format!("{}/{number}", self.journal)),
            journal: self.journal,
            on: funded.on,
            reference: funded.trace,
            description: self.description(funded),
            actor: funded.actor,
        };
        let mut voucher = Voucher::post(heading, funded.currency);
        let total: i128 = keys.iter().map(|key| self.sums[*key]).sum();
        if let Some((account, item)) = against {
            voucher = leg(voucher, account, Some(item), -total);
        }
        for key in keys {
            voucher = leg(voucher, &key.0, key.1.as_deref(), self.sums[*key]);
        }
        voucher.close()
    }

    fn description(&self, funded: &Funded<'_>) -> String {
        match self.journal {
            "J18" => format!("Remittance {} of {} takes earlier payments back", funded.trace, funded.insurer),
            _ => format!("Remittance {} of {} applied", funded.trace, funded.insurer),
        }
    }
}

fn leg(voucher: Voucher, account: &AccountCode, item: Option<&str>, minor: i128) -> Voucher {
    let amount = i64::try_from(minor.unsigned_abs()).expect("the check bounds the sum of all amounts (R9)");
    if minor < 0 { voucher.credit(account.clone(), amount, item) } else { voucher.debit(account.clone(), amount, item) }
}

//! Legs being collected: one an account and item, netted, cut into entries that the ledger takes.

use std::collections::BTreeMap;

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::id;
use dianfu_settlement::chart::{DUE, INSURER_PAYABLE, LATE_INTEREST, Line, PASS_THROUGH, TAX_RECOVERABLE, UNAPPLIED};
use dianfu_settlement::journals::{Facts, JournalFault, Journals};
use dianfu_settlement::voucher::Heading;

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

    /// The entries, by the template of the journal, which brings each to zero on the cash.
    pub fn entries(&self, journals: &Journals, funded: &Funded<'_>) -> Result<Vec<NewEntry>, JournalFault> {
        let moving: Vec<_> = self.order.iter().filter(|key| self.sums[*key] != 0).collect();
        let chunks = moving.chunks(LEGS_MAX).zip(1..);
        chunks.filter_map(|(keys, number)| self.entry(journals, funded, keys, number).transpose()).collect()
    }

    fn entry(
        &self,
        journals: &Journals,
        funded: &Funded<'_>,
        keys: &[&(AccountCode, Option<String>)],
        number: usize,
    ) -> Result<Option<NewEntry>, JournalFault> {
        let subject = subject(funded.insurer, funded.trace);
        let heading = Heading {
            id: id::entry_id(funded.received_at, &subject, &format!("{}/{number}", self.journal)),
            journal: self.journal,
            kind: EntryKind::Post,
            relates_to: None,
            on: funded.on,
            reference: funded.trace,
            description: Some(self.description(funded)),
            actor: funded.actor,
        };
        journals.entry(heading, &self.facts(funded, keys))
    }

    /// The legs as what the template calls them, by account and side.
    fn facts(&self, funded: &Funded<'_>, keys: &[&(AccountCode, Option<String>)]) -> Facts {
        let on = |line: &Line, sign: i128| {
            let wanted = keys.iter().filter(|(account, _)| account.control() == line.code);
            let legs: Vec<(&str, i64)> = wanted
                .map(|key| (key.1.as_deref().unwrap_or_default(), self.sums[*key] * sign))
                .filter(|(_, minor)| *minor > 0)
                .map(|(item, minor)| {
                    (item, i64::try_from(minor).expect("the check bounds the sum of all amounts (R9)"))
                })
                .collect();
            legs
        };
        let (debit, credit) = (1, -1);
        let list = |legs: Vec<(&str, i64)>, item: &'static str, amount: &'static str| {
            let element = |(of, minor): (&str, i64)| Facts::new(funded.currency).text(item, of).amount(amount, minor);
            legs.into_iter().map(element).collect::<Vec<Facts>>()
        };
        let sum = |legs: Vec<(&str, i64)>| legs.into_iter().map(|(_, minor)| minor).sum::<i64>();
        let total: i128 = keys.iter().map(|key| self.sums[*key]).sum();
        let given_back = i64::try_from(total.max(0)).expect("the check bounds the sum of all amounts (R9)");
        Facts::new(funded.currency)
            .party("insurer", funded.insurer)
            .text("receipt", funded.trace)
            .list("reversals", list(on(&DUE, debit), "claim", "paid"))
            .list("lines", list(on(&DUE, credit), "claim", "paid"))
            .list("returned_reimbursements", list(on(&PASS_THROUGH, debit), "reimbursed_claim", "reimbursed"))
            .list("reimbursements", list(on(&PASS_THROUGH, credit), "reimbursed_claim", "reimbursed"))
            .list("excesses", list(on(&INSURER_PAYABLE, credit), "owed_reference", "owed"))
            .list("takebacks", list(on(&INSURER_PAYABLE, debit), "reference", "takeback"))
            .list("waiting", list(on(&UNAPPLIED, credit), "waiting_item", "waits"))
            .list("missing", list(on(&UNAPPLIED, debit), "missing_item", "misses"))
            .amount("interest", sum(on(&LATE_INTEREST, credit)))
            .amount("interest_back", sum(on(&LATE_INTEREST, debit)))
            .amount("tax", sum(on(&TAX_RECOVERABLE, debit)))
            .amount("tax_back", sum(on(&TAX_RECOVERABLE, credit)))
            .amount("deduction", 0)
            .amount("given_back", given_back)
    }

    fn description(&self, funded: &Funded<'_>) -> String {
        match self.journal {
            "J18" => format!("Remittance {} of {} takes earlier payments back", funded.trace, funded.insurer),
            _ => format!("Remittance {} of {} applied", funded.trace, funded.insurer),
        }
    }
}

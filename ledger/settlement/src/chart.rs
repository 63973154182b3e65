//! The chart of accounts, as data.
//!
//! A control account is kept once for the book, or once a party: `1101.picc`. Patients are parties like all others, one
//! account each, under a number of ours: a patient's statement is then an account's statement, and a limit on one
//! patient can never be filled by another. Accounts cost the ledger one row each, opened when the patient is known.
//!
//! A book keeps its chart in one currency; the ledger refuses any other on these accounts.

use dianfu_ledger::account::{AccountCode, AccountNote, AccountType, Limits, NewAccount, NormalSide};
use dianfu_ledger::limit_group::LimitGroup;
use dianfu_ledger::money::Currency;

use crate::number::PartyNo;

/// How many accounts a control account has, and after whom they are named.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Per {
    /// One for the book.
    Book,
    /// One a bank account of ours that holds our own money.
    OwnBank,
    /// One a bank account of ours that holds clients' money.
    ClientBank,
    /// One a collection channel.
    Channel,
    /// One an insurer.
    Insurer,
    /// One a pharmacy.
    Pharmacy,
    /// One a patient.
    Patient,
}

/// What each open item of an account is named after.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Item {
    /// The account keeps no open items.
    None,
    /// A claim; an order has the number of its claim.
    Claim,
    /// A payout.
    Payout,
    /// A day, as `2026-03-02`.
    Day,
    /// A remittance or a line of a bank statement.
    Receipt,
    /// A reference of the insurer's.
    Reference,
}

/// A line of the chart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line {
    /// The control account.
    pub code: &'static str,
    /// A person's name for it.
    pub name: &'static str,
    /// Its normal side.
    pub normal_side: NormalSide,
    /// How many accounts it has.
    pub per: Per,
    /// Its open items.
    pub item: Item,
    /// Whether the ledger refuses to take its balance below zero. Not where outside facts post: those have happened.
    pub never_negative: bool,
}

use Item as I;
use NormalSide::{Credit as C, Debit as D};

/// A chart of accounts to begin with, as a file that [`dianfu_ledger::chart::read_chart`] reads: the control accounts
/// of the platform, retained earnings, and the accounts of exchange and revaluation, under headings.
pub const STARTER_CHART: &str = include_str!("../charts/starter.csv");

#[rustfmt::skip]
mod lines {
    use super::{C, D, I, Line, Per};
    macro_rules! lines {
        ($($name:ident = $code:literal $side:ident $per:ident $item:ident $free:literal $text:literal;)*) => {
            $(
                #[doc = concat!($code, " ", $text)]
                pub const $name: Line = Line {
                    code: $code, name: $text, normal_side: $side, per: Per::$per, item: I::$item,
                    never_negative: !$free,
                };
            )*
            /// The whole chart, by code.
            pub const CHART: &[Line] = &[$($name),*];
        };
    }
    // name             code   side per      item      may be negative   what it is called
    lines! {
        BANK_OWN         = "1001" D OwnBank    None      true  "Bank, own funds";
        BANK_CLIENT      = "1002" D ClientBank None      true  "Bank, settlement (client money)";
        CHANNEL          = "1005" D Channel    Day       true  "Collection channel clearing";
        OUTBOUND         = "1010" C ClientBank Payout    true  "Outbound payment clearing";
        ADVANCED         = "1101" D Insurer    Claim     false "Insurer receivable, advanced and not yet adjudicated";
        DUE              = "1102" D Insurer    Claim     false "Insurer receivable, approved and due";
        PASS_THROUGH     = "1103" D Insurer    Claim     false "Insurer receivable, reimbursement pass-through";
        SHORTFALL        = "1109" D Insurer    Claim     false "Insurer shortfall under determination or in dispute";
        SHARE_OWED       = "1201" D Patient    Claim     true  "Patient receivable, share";
        CLAWBACK         = "1202" D Patient    Claim     true  "Patient receivable, clawback";
        PHARMACY_OWES    = "1301" D Pharmacy   Claim     true  "Pharmacy receivable (returns, chargebacks)";
        ALLOWANCE        = "1390" C Book       None      true  "Allowance for doubtful receivables";
        TAX_RECOVERABLE  = "1403" D Insurer    None      true  "Tax withheld by others, recoverable";
        PHARMACY_PAYABLE = "2101" C Pharmacy   Claim     false "Pharmacy payable";
        RETURNED         = "2110" C Book       Payout    false "Returned payouts awaiting new details";
        UNAPPLIED        = "2190" C Insurer    Receipt   true  "Unapplied receipts (suspense)";
        REIMBURSEMENT    = "2201" C Patient    Claim     false "Patient payable, reimbursement";
        REFUND           = "2202" C Patient    Claim     false "Patient payable, refund";
        SHARE_HELD       = "2203" C Patient    Claim     false "Patient share held until dispense";
        INSURER_PAYABLE  = "2301" C Insurer    Reference true  "Insurer payable: overpayment, takeback, forward";
        PREFUND          = "2302" C Insurer    None      false "Insurer prefund or deposit";
        OUTPUT_VAT       = "2401" C Book       None      true  "Output VAT";
        TAX_WITHHELD     = "2402" C Book       None      true  "Tax withheld by us, payable";
        FEE_INSURERS     = "4101" C Book       None      true  "Service fee from insurers";
        FEE_PHARMACIES   = "4102" C Book       None      true  "Service fee from pharmacies";
        LATE_INTEREST    = "4103" C Book       None      true  "Late interest";
        RECOVERED_DEBT   = "4905" C Book       None      true  "Recovery of written-off debt";
        BANK_CHARGES     = "5101" D Book       None      true  "Bank charges";
        DEDUCTIONS       = "5102" D Book       None      true  "Deductions by insurers accepted as cost";
        ADVANCE_LOSS     = "5201" D Book       None      true  "Advance loss borne";
        BAD_DEBT         = "5202" D Book       None      true  "Bad-debt expense";
        ROUNDING         = "5901" D Book       None      true  "Rounding and small differences";
        EXPOSURE_CONTRA  = "9002" C Insurer    None      true  "Memo: contra of exposure committed";
    }
}
pub use lines::*;

/// The bank account that holds our own money.
pub const OWN_BANK: &str = "own";
/// The bank account that holds clients' money and from which payouts leave.
pub const SETTLEMENT_BANK: &str = "settlement";

impl Line {
    /// The account of a party: `1101.picc`.
    pub fn of(&self, party: &PartyNo) -> AccountCode {
        self.named(party.as_str())
    }

    /// The one account of the book: `4102`.
    pub fn of_book(&self) -> AccountCode {
        AccountCode::parse(self.code).expect("codes of the chart are account codes")
    }

    fn named(&self, party: &str) -> AccountCode {
        AccountCode::parse(&format!("{}.{party}", self.code)).expect("a party number fits behind a code of the chart")
    }

    fn new_account(&self, party: Option<&str>, currency: Currency) -> NewAccount {
        let (code, name) = match party {
            Some(party) => (self.named(party), format!("{}: {party}", self.name)),
            None => (self.of_book(), self.name.to_owned()),
        };
        let limits = Limits { min_minor: self.never_negative.then_some(0), max_minor: None };
        let open_item = self.item != Item::None;
        let (account_type, normal_side, note) = (self.account_type(), self.normal_side, AccountNote::default());
        NewAccount { code, name, account_type, currency, normal_side, open_item, limits, note }
    }

    /// The first digit of a code is its class; an account on the other side than its class is a contra account.
    fn account_type(&self) -> AccountType {
        match self.code.as_bytes()[0] {
            b'1' => AccountType::Asset,
            b'2' => AccountType::Liability,
            b'3' => AccountType::Equity,
            b'4' => AccountType::Income,
            b'5' => AccountType::Expense,
            _ => AccountType::Memo,
        }
    }
}

/// The accounts that a book has whatever its partners: one of each kept for the book, and our bank accounts.
pub fn platform_accounts(currency: Currency) -> Vec<NewAccount> {
    let party = |per| match per {
        Per::Book => Some(None),
        Per::OwnBank => Some(Some(OWN_BANK)),
        Per::ClientBank => Some(Some(SETTLEMENT_BANK)),
        Per::Channel | Per::Insurer | Per::Pharmacy | Per::Patient => None,
    };
    CHART.iter().filter_map(|line| Some(line.new_account(party(line.per)?, currency))).collect()
}

/// The accounts of a collection channel, such as `wechat`.
pub fn channel_accounts(channel: &PartyNo, currency: Currency) -> Vec<NewAccount> {
    accounts_of(Per::Channel, channel, currency)
}

/// The accounts of an insurer. What may stand on them is said by [`credit_line`].
pub fn insurer_accounts(insurer: &PartyNo, currency: Currency) -> Vec<NewAccount> {
    accounts_of(Per::Insurer, insurer, currency)
}

/// The name of the limit group that is an insurer's credit line: `credit.picc`.
pub fn credit_line_name(insurer: &PartyNo) -> String {
    format!("credit.{insurer}")
}

/// An insurer's credit line: the most, in minor units, that may be committed, advanced, due and disputed at any moment
/// together. One limit over 1101, 1102 and 1109, so that a decision moves money inside it and only payment frees it.
pub fn credit_line(insurer: &PartyNo, currency: Currency, max_minor: i64) -> LimitGroup {
    LimitGroup {
        currency,
        normal_side: NormalSide::Debit,
        limits: Limits { min_minor: None, max_minor: Some(max_minor) },
        accounts: [ADVANCED, DUE, SHORTFALL].iter().map(|line| line.of(insurer)).collect(),
    }
}

/// The accounts of a pharmacy.
pub fn pharmacy_accounts(pharmacy: &PartyNo, currency: Currency) -> Vec<NewAccount> {
    accounts_of(Per::Pharmacy, pharmacy, currency)
}

/// The accounts of a patient.
pub fn patient_accounts(patient: &PartyNo, currency: Currency) -> Vec<NewAccount> {
    accounts_of(Per::Patient, patient, currency)
}

fn accounts_of(per: Per, party: &PartyNo, currency: Currency) -> Vec<NewAccount> {
    let lines = CHART.iter().filter(|line| line.per == per);
    lines.map(|line| line.new_account(Some(party.as_str()), currency)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(name: &str) -> PartyNo {
        PartyNo::parse(name).unwrap()
    }

    #[test]
    fn the_chart_is_in_order_and_every_line_is_opened_for_somebody() {
        assert!(CHART.windows(2).all(|pair| pair[0].code < pair[1].code));
        let x = party("x");
        let opened = [
            platform_accounts(Currency::CNY),
            channel_accounts(&x, Currency::CNY),
            insurer_accounts(&x, Currency::CNY),
            pharmacy_accounts(&x, Currency::CNY),
            patient_accounts(&x, Currency::CNY),
        ];
        assert_eq!(opened.iter().map(Vec::len).sum::<usize>(), CHART.len());
    }

    #[test]
    fn the_credit_line_stands_over_what_is_advanced_due_and_disputed() {
        let picc = party("picc");
        let line = credit_line(&picc, Currency::CNY, 1_520_000);
        let codes: Vec<&str> = line.accounts.iter().map(AccountCode::as_str).collect();
        assert_eq!(codes, ["1101.picc", "1102.picc", "1109.picc"]);
        assert_eq!(line.limits.max_minor, Some(1_520_000));
        let opened = insurer_accounts(&picc, Currency::CNY);
        assert!(codes.iter().all(|code| opened.iter().any(|account| account.code.as_str() == *code)));
        assert!(opened.iter().all(|account| account.limits.max_minor.is_none()));
    }

    #[test]
    fn a_prefund_is_never_overdrawn() {
        let opened = insurer_accounts(&party("picc"), Currency::CNY);
        let prefund = opened.iter().find(|account| account.code == PREFUND.of(&party("picc"))).unwrap();
        assert_eq!(prefund.limits, Limits { min_minor: Some(0), max_minor: None });
    }

    #[test]
    fn the_longest_party_number_still_makes_an_account_code() {
        assert_eq!(ADVANCED.of(&party(&"p".repeat(40))).as_str().len(), 45);
    }
}

//! A payout batch: which payables it pays, under which cut-off, and who proposed it.
//!
//! A maker proposes a cut-off; what is due under it is planned the same way for whoever looks and for the transaction
//! that posts it ([`mod@crate::instruct`]). The checker approves a control total: if by then anything else is due,
//! nothing is paid.

use dianfu_ledger::money::Currency;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::chart::{self, Line};
use crate::number::{BatchNo, PartyNo};

/// Which payables a batch pays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pays {
    /// What pharmacies are owed for orders.
    Pharmacies,
    /// What patients get back of their share.
    PatientRefunds,
    /// What insurers reimburse patients for through us.
    Reimbursements,
    /// What insurers have paid in excess and get back.
    InsurerRefunds,
}

impl Pays {
    /// Every kind.
    pub const ALL: [Pays; 4] = [Pays::Pharmacies, Pays::PatientRefunds, Pays::Reimbursements, Pays::InsurerRefunds];

    /// The line of the chart whose items it pays.
    pub fn line(self) -> &'static Line {
        match self {
            Pays::Pharmacies => &chart::PHARMACY_PAYABLE,
            Pays::PatientRefunds => &chart::REFUND,
            Pays::Reimbursements => &chart::REIMBURSEMENT,
            Pays::InsurerRefunds => &chart::INSURER_PAYABLE,
        }
    }

    /// The inverse of [`Pays::line`], by its code.
    pub fn from_control(code: &str) -> Option<Pays> {
        Pays::ALL.into_iter().find(|pays| pays.line().code == code)
    }
}

/// A batch as its maker proposed it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Batch {
    /// Its number.
    pub batch_no: BatchNo,
    /// Which payables it pays.
    pub pays: Pays,
    /// The currency of its payouts.
    pub currency: Currency,
    /// Our bank account that the money leaves from.
    pub bank: PartyNo,
    /// It pays what is due on this day or before.
    pub cut_off: Date,
    /// Who proposed it.
    pub made_by: String,
    /// When.
    pub made_at: Timestamp,
}

//! Settlement: what is due to whom, the payouts that carry it, and what the bank says of them.
//!
//! Payables are open items of the ledger. A payout's state is derived from facts; an unknown outcome is never sent
//! again; maker and checker are two people, and the database says so. Every step is one transaction with its entries
//! and may be repeated.
//!
//! Modules in reading order: the vocabulary ([`number`], [`chart`], [`voucher`], [`journals`]); the pure part
//! ([`payout`], [`batch`], [`netting`], [`mod@plan`], [`journal_map`],
//! [`refusal`]); the steps, one a file ([`payee`], [`payable`],
//! [`propose`](mod@propose), [`instruct`](mod@instruct), [`record`](mod@record), [`reissue`](mod@reissue),
//! [`collection`]); what parties are told of it ([`statement`]).

pub mod chart;
pub mod difference;
pub mod number;
pub mod voucher;
pub mod journals;

pub mod batch;
pub mod journal_map;
pub mod netting;
pub mod payout;
pub mod plan;
pub mod refusal;

pub mod collection;
pub mod instruct;
pub mod payable;
pub mod payee;
pub mod propose;
pub mod record;
pub mod reissue;

pub mod statement;

pub mod error;
mod sql;

pub use error::Error;
pub use instruct::{Approval, instruct};
pub use propose::{preview, propose};
pub use record::{Report, record};
pub use refusal::{ControlTotal, Refusal};
pub use reissue::{Reissue, reissue};

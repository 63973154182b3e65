//! Money in several currencies: exchange, settlement at another rate, and revaluation, all of them ordinary entries.
//!
//! # The method
//! A book has one *functional* currency, in which its result is measured (IAS 21). An account holds one currency, and
//! an entry balances in each; so what crosses currencies goes through three clearing accounts of each foreign currency
//! ([`Setup`]), which keep an item for every foreign account (or account and item) that holds something:
//!
//! - *position* (`1901.usd`, in the currency): the opposite of the quantity that came in by exchange;
//! - *cost* (`1902.usd`, in the functional currency): what that quantity cost;
//! - *revaluation* (`1903.usd`, in the functional currency): what the last revaluation added to the cost.
//!
//! **Carrying amount.** What came into an account by an exchange is carried at its cost; what moved on it otherwise, at
//! the rate of its day (IAS 21.21). What goes out takes its share of the cost, by weighted average in order of booking;
//! the rest of what was got for it is realised gain or loss ([`holding`]).
//!
//! **Revaluation.** Balances are valued at the closing rate of a day, and the difference to the carrying amount goes to
//! unrealised gain or loss, net per currency (IAS 1.35). Each entry is moved back on the next day: the carrying amount
//! stays the cost, every period stands for itself, and one corrected later touches no other. What stands in the
//! revaluation account at the end of the day is what was posted for it, so that doing it again posts the difference.
//!
//! Everything is worked out under the head's lock and posted in the same transaction.
//!
//! Reading order: [`setup`], [`holding`], [`legs`] (both pure), [`trade`], [`revaluation`].

pub mod fault;
pub mod holding;
pub mod legs;
pub mod revaluation;
pub mod setup;
pub mod sql;
mod state;
pub mod trade;

pub use fault::FxFault;
pub use holding::Holding;
pub use revaluation::{Revaluation, Revalued, RevaluedAccount};
pub use setup::{Setup, SetupView};
pub use trade::{Quoted, Side, Trade, TradeKind, Traded};

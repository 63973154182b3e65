//! The ledger against an independent model that predicts every answer: outcomes, receipts, balances, items, reports.
//!
//! Random operations are done to a book through two handles and to the model, one after the other; after each the
//! answers are compared, at the end the whole book. Time is moved by hand, so that also the holds that it ends are
//! predicted ([`time`]). In between and at the end every report is asked for at random moments, as of one day and known
//! at one time ([`look`]).
//!
//! Three kinds of runs:
//! - Small books, whose failures are shrunk and kept in `tests/proptest-regressions`, so that the next run begins with
//!   them; `PROPTEST_CASES` says how many are filled.
//! - Long ones, one step after the other, whose failures tell their seed ([`long`]).
//! - Many posters at once, also while programs and servers are killed: the model follows the journal ([`storm`]).
//!
//! The seed of a failure does the same again ([`seed`]); more steps, or rounds, than in an everyday run:
//! `DIANFU_MODEL_SEED=1 DIANFU_MODEL_STEPS=50000 cargo test -p dianfu-tests --test suite model::long`.

mod books;
mod chart;
mod coverage;
mod draft;
mod found;
mod long;
mod look;
mod machine;
mod operation;
mod reference;
mod rules;
mod seed;
mod sharing;
mod spoil;
mod storm;
mod taking;
mod time;
mod whole;

use proptest::test_runner::Config;
use proptest_state_machine::prop_state_machine;

use self::machine::Machine;

/// Books to fill, unless the environment says otherwise.
const CASES: u32 = 10;

fn config() -> Config {
    let cases = std::env::var_os("PROPTEST_CASES").map_or(CASES, |_| Config::default().cases);
    Config { cases, max_shrink_iters: 500, ..Config::default() }
}

prop_state_machine! {
    #![proptest_config(config())]

    #[test]
    fn the_ledger_answers_as_the_model_predicts(sequential 1..40 => Machine);
}

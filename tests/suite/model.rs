//! The ledger against an independent model that predicts every answer: outcomes, receipts, balances, statements.
//!
//! Random operations are done to a book through two handles and to the model, one after the other; after each the
//! answers are compared, at the end the whole book. A failure is shrunk and its seed kept in
//! `tests/proptest-regressions`, so that the next run begins with it; `PROPTEST_CASES` says how many books are filled.

mod books;
mod chart;
mod coverage;
mod draft;
mod found;
mod machine;
mod operation;
mod reference;
mod rules;
mod spoil;
mod taking;
mod whole;

use proptest::test_runner::Config;
use proptest_state_machine::prop_state_machine;

use self::machine::Machine;

/// Books to fill, unless the environment says otherwise.
const CASES: u32 = 24;

fn config() -> Config {
    let cases = std::env::var_os("PROPTEST_CASES").map_or(CASES, |_| Config::default().cases);
    Config { cases, max_shrink_iters: 500, ..Config::default() }
}

prop_state_machine! {
    #![proptest_config(config())]

    #[test]
    fn the_ledger_answers_as_the_model_predicts(sequential 1..40 => Machine);
}

//! How things look outside: JSON that is read strictly and written plainly.
//!
//! Amounts are decimal strings beside their currency, never JSON numbers; days are `2026-05-01`; times are RFC 3339 in
//! UTC. Unknown fields are refused, so that a misspelt one is not passed over.

pub mod account;
pub mod act;
pub mod allocation;
pub mod claim;
pub mod claim_answer;
pub mod claim_asked;
pub mod claim_intake;
pub mod claim_proposal;
pub mod claim_refusal;
pub mod claim_told;
pub mod control;
pub mod coverage;
pub mod dispute;
pub mod entry;
pub mod exchange;
pub mod fx;
pub mod fx_setup;
pub mod event;
pub mod insurer;
pub mod insurer_agreed;
pub mod insurer_money;
pub mod insurer_refusal;
pub mod item;
pub mod json;
pub(crate) mod metadata;
pub mod material;
pub mod operator;
pub mod outcome;
pub mod parallel_run;
pub mod patient;
pub mod proof;
pub mod refusal;
pub mod rate;
pub mod remittance;
pub mod report;
pub mod review_task;
pub mod rules;
pub mod statement;
pub mod template;
pub mod time;
pub mod translated;

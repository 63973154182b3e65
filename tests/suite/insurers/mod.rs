//! Insurers on a real book: papers, two people, stages, modules, terms, the credit line, prefunds, coverage, disputes
//! and statements.

mod coverage;
mod credit_line;
mod disputes;
mod fixture;
mod guards;
mod modules;
mod onboarding;
mod prefund;
mod statement;
mod suspension;
mod terms;

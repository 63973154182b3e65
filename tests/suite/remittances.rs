//! Remittances end to end on a real book: files in, cash in, what is applied, and what becomes of repeats and races.

mod applying;
pub mod fixture;
mod guards;
mod intake;
mod races;
mod real_files;
mod statements;

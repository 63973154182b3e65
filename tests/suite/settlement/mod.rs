//! Settlement by itself, without claims: what is set off, what is paid, and what parties are told of it.

mod fixture;
mod netting;
mod payouts;
mod races;
mod statements;

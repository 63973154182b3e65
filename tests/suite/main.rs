//! What is tested on the shared throwaway server, and some of what is killed beside it.

#![expect(clippy::unwrap_used, reason = "in a test, what cannot be had is a failure")]

mod allocations;
mod api;
mod books;
mod bulk;
mod claims;
mod concurrency;
mod connections;
mod events;
mod currencies;
mod export;
mod guards;
mod holds;
mod ids;
mod insurers;
mod items;
mod lately;
mod model;
mod patients;
mod periods;
mod ports;
mod posting;
mod proofs;
mod put_back;
mod queries;
mod remittances;
mod reports;
mod reviews;
mod segments;
mod settlement;
mod shell;
mod summaries;
mod templates;
mod trouble;
mod verify;

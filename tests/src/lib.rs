//! The harness: real PostgreSQL servers, real programs, real files; nothing is faked.
//!
//! - [`test_database`]: a database of its own for one test, with the book `main` in it, on the one throwaway server of
//!   this test process. A clone of a template, so it costs about a tenth of a second.
//! - [`DataFolder`]: a data folder for crash tests, on which servers are durable. Whatever runs in it dies with the
//!   test process.
//! - [`sample()`]: real files from outside, where they are at hand.
//! - [`dianfu_bin`]: the program itself, built.
//! - [`mod@work`], [`poster`], [`journal`]: requests by number, a program that makes them in a process of its own, and
//!   the check that what it was told is what is in the books.
//! - [`mod@audit`]: the same by the SQL that is shipped for auditors.
//! - [`cut_segments`], [`tend`]: segments of a few entries, sealed and summed up.
//! - [`FilesFolder`], [`attach`], [`record_ids`]: segments that are detached, and attached again.
//! - [`Overheard`]: what a session asks of the server, statement by statement.
//! - [`http_client()`]: for whoever speaks HTTP.
//! - [`eventually()`]: the one way to wait for something that nobody announces.

pub mod audit;
mod data_folder;
mod database;
mod detached;
mod eventually;
mod http;
pub mod journal;
mod overheard;
pub mod poster;
mod program;
mod sample;
mod small_segments;
pub mod work;

pub use data_folder::{DataFolder, durable_cluster};
pub use database::{TestDatabase, test_database};
pub use detached::{FilesFolder, attach, record_ids};
pub use eventually::eventually;
pub use http::http_client;
pub use overheard::{Asked, Overheard};
pub use program::dianfu_bin;
pub use sample::sample;
pub use small_segments::{cut_segments, rewrite, tend};

use std::path::Path;

/// The project's root folder.
pub fn project_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package lies in the project's root")
}

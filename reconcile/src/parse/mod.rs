//! Readers: bytes of a foreign format in, [`Remittance`]s and findings out. Pure: no clock, no files, no database.

pub mod x12_835;

use crate::remittance::Remittance;
use crate::violation::Findings;

/// The largest file that is read. 64 MiB is about half a million claims.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What a reader makes of a file.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Reading {
    /// The remittances whose amounts could all be read, in the order of the file.
    pub remittances: Vec<Remittance>,
    /// What is wrong with how the file is written.
    pub findings: Findings,
}

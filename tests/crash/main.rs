//! What must hold when programs and servers are killed. Each test has a server of its own, with fsync on.

#![expect(clippy::unwrap_used, reason = "in a test, what cannot be had is a failure")]

mod ahead;
mod cluster;
mod detached;
mod following;
mod posting;
mod sharing;

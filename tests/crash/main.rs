//! What must hold when programs and servers are killed. Each test has a server of its own, with fsync on.

mod cluster;
mod sharing;

//! The `dianfu` program.

fn main() {}

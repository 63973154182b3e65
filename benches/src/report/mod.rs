//! What was measured, to be read: one JSON object a workload, and tables for a terminal.

pub mod line;
pub mod table;

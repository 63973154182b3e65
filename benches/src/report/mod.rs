//! What was measured, to be read: one JSON object a workload, tables for a terminal, and a page.

pub mod html;
pub mod line;
pub mod table;

//! The reader and the checker from outside: real files, bad files, and files that nobody has thought of.

mod bad_input;
mod properties;
mod samples;
mod writer;

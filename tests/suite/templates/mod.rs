//! Templates on record and in use, on the real database: what was recorded when and by whom, what is posted by it, and
//! what races do.

pub mod fixture;
mod platform;
mod posting;
mod races;
mod recording;

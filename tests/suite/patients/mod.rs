//! Patients as people, what they hand in, and how all of it is kept from who may not see it.

pub mod desk;
mod documents;
pub mod files;
mod gate;
mod guards;
mod materials;
mod records;
mod rotation;
mod uploads;

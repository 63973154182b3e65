//! Looks into an upload: what it is, whether it is whole, and whether it is safe to open.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::document::MediaType;
use super::refusal::UploadRefusal;
use super::{disguise, jpeg, pdf, png};

/// The largest upload. Ten pages photographed at 2 MB each.
pub const BYTES_MAX: u64 = 20 << 20;
/// The longest side of a picture, in pixels.
pub const SIDE_MAX: u32 = 30_000;
/// The most pixels of a picture: twice what telephones make.
pub const PIXELS_MAX: u64 = 100_000_000;
/// The most that compressed parts may come to, in bytes: `PIXELS_MAX` in two bytes and a half, or a thousand pages.
pub const INFLATED_MAX: u64 = 256 << 20;

/// What an upload is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Inspected {
    /// What its bytes are.
    pub media_type: MediaType,
    /// Its SHA-256.
    pub sha256: [u8; 32],
}

/// Judges an upload by its bytes. `declared` is what it says it is and `announced` its SHA-256, where they are known.
/// The order of refusals: empty, too large, another digest, another kind, other than it says, broken or unsafe.
///
/// Costs one pass over the bytes and inflates at most [`INFLATED_MAX`] of them, none of which are kept.
pub fn inspect(
    bytes: &[u8],
    declared: Option<MediaType>,
    announced: Option<&[u8; 32]>,
) -> Result<Inspected, UploadRefusal> {
    let found = bytes.len() as u64;
    match found {
        0 => return Err(UploadRefusal::Empty),
        1..=BYTES_MAX => {}
        _ => return Err(UploadRefusal::TooLarge { expected: BYTES_MAX, found }),
    }
    let sha256: [u8; 32] = Sha256::digest(bytes).into();
    if let Some(announced) = announced.filter(|announced| **announced != sha256) {
        return Err(UploadRefusal::DigestDiffers { expected: hex(announced), found: hex(&sha256) });
    }
    let media_type = media_type(bytes).ok_or_else(|| disguise::name(bytes))?;
    if let Some(declared) = declared.filter(|declared| *declared != media_type) {
        return Err(UploadRefusal::NotWhatItSays { expected: declared.word(), found: media_type.word() });
    }
    match media_type {
        MediaType::Pdf => pdf::check(bytes)?,
        MediaType::Jpeg => jpeg::check(bytes)?,
        MediaType::Png => png::check(bytes)?,
    }
    disguise::check(bytes)?;
    Ok(Inspected { media_type, sha256 })
}

/// Refuses a picture that would be too large when opened.
pub(super) fn check_dimensions(width: u32, height: u32) -> Result<(), UploadRefusal> {
    let pixels = u64::from(width) * u64::from(height);
    if width <= SIDE_MAX && height <= SIDE_MAX && pixels <= PIXELS_MAX {
        return Ok(());
    }
    let expected = format!("at most {SIDE_MAX} pixels a side and {PIXELS_MAX} in all");
    Err(UploadRefusal::Bomb { expected, found: format!("{width} x {height}") })
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes everything");
        text
    })
}

fn media_type(bytes: &[u8]) -> Option<MediaType> {
    if bytes.starts_with(b"%PDF-") {
        Some(MediaType::Pdf)
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        Some(MediaType::Jpeg)
    } else if bytes.starts_with(png::SIGNATURE) {
        Some(MediaType::Png)
    } else {
        None
    }
}

//! A JPEG: its segments in order, its dimensions, and an end that is the end.

use memchr::memchr;

use super::document::MediaType;
use super::inspect::check_dimensions;
use super::refusal::UploadRefusal;

/// The most scans: a progressive picture has about ten, and each costs a pass over all pixels.
const SCANS_MAX: usize = 64;

const END: u8 = 0xd9;
const SCAN: u8 = 0xda;

/// Checks a JPEG from its first byte to its last.
pub fn check(bytes: &[u8]) -> Result<(), UploadRefusal> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8").ok_or_else(|| malformed("a start of image", "another"))?;
    let (mut frames, mut scans) = (0, 0);
    loop {
        let (marker, behind) = marker(rest)?;
        if marker == END {
            return check_end(behind, frames, scans);
        }
        let (segment, behind) = segment(behind)?;
        rest = behind;
        if is_frame(marker) {
            check_frame(segment)?;
            frames += 1;
        } else if marker == SCAN {
            scans += 1;
            rest = behind_scan(behind)?;
        }
        if scans > SCANS_MAX {
            let expected = format!("at most {SCANS_MAX} scans");
            return Err(UploadRefusal::Bomb { expected, found: "more".to_owned() });
        }
        if frames > 1 || (scans > 0 && frames == 0) {
            return Err(malformed("one frame, before its scans", format!("{frames}")));
        }
    }
}

fn check_end(behind: &[u8], frames: usize, scans: usize) -> Result<(), UploadRefusal> {
    if frames == 0 || scans == 0 {
        return Err(malformed("a frame and a scan", "none"));
    }
    if behind.is_empty() { Ok(()) } else { Err(malformed("nothing behind its end", format!("{} bytes", behind.len()))) }
}

/// The marker that begins here, behind what may fill, and what is behind it.
fn marker(bytes: &[u8]) -> Result<(u8, &[u8]), UploadRefusal> {
    let fill = bytes.iter().take_while(|byte| **byte == 0xff).count();
    match &bytes[fill..] {
        [marker @ 0xc0..=0xfe, rest @ ..] if fill > 0 && !matches!(marker, 0xd0..=0xd8) => Ok((*marker, rest)),
        [] => Err(malformed("an end of image", "no more bytes")),
        [other, ..] => Err(malformed("a marker", format!("byte {other:#04x}"))),
    }
}

/// A segment's content, and what is behind it. Its length counts its own two bytes.
fn segment(bytes: &[u8]) -> Result<(&[u8], &[u8]), UploadRefusal> {
    let cut = || malformed("a whole segment", format!("{} bytes", bytes.len()));
    let (length, rest) = bytes.split_first_chunk::<2>().ok_or_else(cut)?;
    let length = usize::from(u16::from_be_bytes(*length)).checked_sub(2).ok_or_else(cut)?;
    rest.split_at_checked(length).ok_or_else(cut)
}

/// SOF0 to SOF15, which are not DHT, JPG and DAC.
fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

fn check_frame(segment: &[u8]) -> Result<(), UploadRefusal> {
    let [_, h1, h2, w1, w2, 1 | 3 | 4, ..] = *segment else {
        return Err(malformed("a frame with dimensions and 1, 3 or 4 components", "another"));
    };
    let (width, height) = (u16::from_be_bytes([w1, w2]), u16::from_be_bytes([h1, h2]));
    if width == 0 || height == 0 {
        return Err(malformed("a frame with dimensions", format!("{width} x {height}")));
    }
    check_dimensions(width.into(), height.into())
}

/// What is behind the coded pixels: they end at a marker that is neither a stuffed byte nor a restart.
fn behind_scan(mut bytes: &[u8]) -> Result<&[u8], UploadRefusal> {
    loop {
        let at = memchr(0xff, bytes).ok_or_else(|| malformed("an end of image", "no more bytes"))?;
        match bytes.get(at + 1) {
            Some(0x00 | 0xd0..=0xd7) => bytes = &bytes[at + 2..],
            Some(0xff) => bytes = &bytes[at + 1..],
            Some(_) => return Ok(&bytes[at..]),
            None => return Err(malformed("an end of image", "no more bytes")),
        }
    }
}

fn malformed(expected: &'static str, found: impl Into<String>) -> UploadRefusal {
    UploadRefusal::Malformed { media_type: MediaType::Jpeg, expected, found: found.into() }
}

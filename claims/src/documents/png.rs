//! A PNG: its chunks in order with their checksums, its dimensions, and pixels that come to exactly what they say.

use memchr::memchr;

use super::document::MediaType;
use super::inflate::{End, measure};
use super::inspect::{INFLATED_MAX, check_dimensions};
use super::refusal::UploadRefusal;

/// How every PNG begins.
pub const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The most that a compressed text or colour profile may come to, in bytes.
const ASIDE_MAX: u64 = 4 << 20;

/// A chunk.
struct Chunk<'a> {
    name: &'a [u8],
    data: &'a [u8],
}

/// What the first chunk says.
struct Header {
    width: u32,
    height: u32,
    bits_per_pixel: u64,
    is_interlaced: bool,
}

/// Checks a PNG from its first byte to its last.
pub fn check(bytes: &[u8]) -> Result<(), UploadRefusal> {
    let mut rest = bytes.strip_prefix(SIGNATURE).ok_or_else(|| malformed("its signature", "another"))?;
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        if chunks.last().is_some_and(|last: &Chunk<'_>| last.name == b"IEND") {
            return Err(malformed("nothing behind its end", format!("{} bytes", rest.len())));
        }
        let (chunk, behind) = first_chunk(rest)?;
        chunks.push(chunk);
        rest = behind;
    }
    let [first, .., last] = chunks.as_slice() else { return Err(malformed("IHDR, IDAT and IEND", "fewer chunks")) };
    if last.name != b"IEND" {
        return Err(malformed("IEND as the last chunk", String::from_utf8_lossy(last.name)));
    }
    let header = header(first)?;
    check_dimensions(header.width, header.height)?;
    check_asides(&chunks)?;
    check_pixels(&header, chunks.iter().filter(|chunk| chunk.name == b"IDAT").map(|chunk| chunk.data))
}

/// Length, name, data, checksum.
fn first_chunk(bytes: &[u8]) -> Result<(Chunk<'_>, &[u8]), UploadRefusal> {
    let cut = || malformed("a whole chunk", format!("{} bytes at its end", bytes.len()));
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(cut)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| cut())?;
    let (named, rest) = rest.split_at_checked(length.saturating_add(4)).ok_or_else(cut)?;
    let (checksum, rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
    let (name, data) = named.split_at(4);
    if !name.iter().all(u8::is_ascii_alphabetic) {
        return Err(malformed("a chunk's name in letters", String::from_utf8_lossy(name)));
    }
    if crc32fast::hash(named) != u32::from_be_bytes(*checksum) {
        let name = String::from_utf8_lossy(name);
        return Err(malformed("chunks with their checksums", format!("another checksum of {name}")));
    }
    Ok((Chunk { name, data }, rest))
}

fn header(chunk: &Chunk<'_>) -> Result<Header, UploadRefusal> {
    let [w1, w2, w3, w4, h1, h2, h3, h4, depth, colour, 0, 0, interlace @ 0..=1] = *chunk.data else {
        return Err(malformed("IHDR of 13 bytes as the first chunk", String::from_utf8_lossy(chunk.name)));
    };
    let samples = match (colour, depth) {
        (0, 1 | 2 | 4 | 8 | 16) | (3, 1 | 2 | 4 | 8) => 1,
        (2, 8 | 16) => 3,
        (4, 8 | 16) => 2,
        (6, 8 | 16) => 4,
        _ => return Err(malformed("a colour type and its depth", format!("type {colour}, depth {depth}"))),
    };
    let (width, height) = (u32::from_be_bytes([w1, w2, w3, w4]), u32::from_be_bytes([h1, h2, h3, h4]));
    if chunk.name != b"IHDR" || width == 0 || height == 0 {
        return Err(malformed("IHDR with dimensions as the first chunk", format!("{width} x {height}")));
    }
    Ok(Header { width, height, bits_per_pixel: samples * u64::from(depth), is_interlaced: interlace == 1 })
}

/// Texts and colour profiles are compressed too.
fn check_asides(chunks: &[Chunk<'_>]) -> Result<(), UploadRefusal> {
    let mut left = ASIDE_MAX;
    for stream in chunks.iter().filter_map(compressed) {
        let measured = measure([stream], left);
        if measured.end == End::More {
            let expected = format!("texts and profiles of at most {ASIDE_MAX} bytes");
            return Err(UploadRefusal::Bomb { expected, found: "more".to_owned() });
        }
        left -= measured.made;
    }
    Ok(())
}

/// The compressed part of a text or a profile: behind a keyword, NUL and the method, or, where the text is
/// international, behind two more texts.
fn compressed<'a>(chunk: &Chunk<'a>) -> Option<&'a [u8]> {
    let behind_nul = |text: &'a [u8]| text.get(memchr(0, text)? + 1..);
    let behind_keyword = behind_nul(chunk.data)?;
    match chunk.name {
        b"zTXt" | b"iCCP" => behind_keyword.get(1..),
        b"iTXt" if behind_keyword.first() == Some(&1) => behind_nul(behind_nul(behind_keyword.get(2..)?)?),
        _ => None,
    }
}

/// Whether a zlib stream may begin here (RFC 1950).
pub(super) fn is_zlib(bytes: &[u8]) -> bool {
    matches!(bytes, [method, flags, ..]
        if method & 0x0f == 8 && method >> 4 <= 7 && (u16::from(*method) << 8 | u16::from(*flags)) % 31 == 0)
}

fn check_pixels<'a>(header: &Header, parts: impl Iterator<Item = &'a [u8]>) -> Result<(), UploadRefusal> {
    let expected = raw_bytes(header);
    let bomb = |found: String| UploadRefusal::Bomb { expected: format!("{expected} bytes of pixels"), found };
    if expected > INFLATED_MAX {
        let found = format!("{expected} bytes of pixels");
        return Err(UploadRefusal::Bomb { expected: format!("at most {INFLATED_MAX} bytes of pixels"), found });
    }
    let measured = measure(parts, expected);
    match measured.end {
        End::Whole if measured.made == expected => Ok(()),
        End::Whole => Err(malformed("as many pixels as it says", format!("{} bytes of them", measured.made))),
        End::More => Err(bomb("more".to_owned())),
        End::Cut => Err(malformed("all its pixels", "only some")),
        End::Broken => Err(malformed("compressed pixels", "something else")),
    }
}

/// The passes of an interlaced picture (Adam7): first column and row, then the steps.
const PASSES: [(u64, u64, u64, u64); 7] =
    [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

/// What the pixels come to: each row behind a byte that names its filter; interlaced, in seven passes.
fn raw_bytes(header: &Header) -> u64 {
    let (width, height) = (u64::from(header.width), u64::from(header.height));
    let pass = |x: u64, y: u64, dx: u64, dy: u64| {
        let columns = width.saturating_sub(x).div_ceil(dx);
        let rows = height.saturating_sub(y).div_ceil(dy);
        if columns == 0 { 0 } else { rows * (1 + (columns * header.bits_per_pixel).div_ceil(8)) }
    };
    if !header.is_interlaced {
        return pass(0, 0, 1, 1);
    }
    PASSES.iter().map(|(x, y, dx, dy)| pass(*x, *y, *dx, *dy)).sum()
}

fn malformed(expected: &'static str, found: impl Into<String>) -> UploadRefusal {
    UploadRefusal::Malformed { media_type: MediaType::Png, expected, found: found.into() }
}

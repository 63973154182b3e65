//! Files, good and bad, byte by byte.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

pub fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn chunk(name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let named = [name.as_slice(), data].concat();
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length, named.as_slice(), &crc32fast::hash(&named).to_be_bytes()].concat()
}

/// A grey picture's first chunk, one byte a pixel.
pub fn header(width: u32, height: u32, interlace: u8) -> Vec<u8> {
    chunk(*b"IHDR", &[&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, interlace]].concat())
}

/// A PNG of these chunks, and its end.
pub fn png_of(chunks: &[Vec<u8>]) -> Vec<u8> {
    [PNG, &chunks.concat(), &chunk(*b"IEND", b"")].concat()
}

/// A grey PNG whose pixels inflate to so many bytes.
pub fn png(width: u32, height: u32, bytes: usize) -> Vec<u8> {
    png_of(&[header(width, height, 0), chunk(*b"IDAT", &deflated(&vec![0; bytes]))])
}

pub fn good_png() -> Vec<u8> {
    png(10, 20, 20 * 11)
}

/// A JPEG of one component, with a stuffed byte and a restart among its pixels.
pub fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let [h1, h2] = height.to_be_bytes();
    let [w1, w2] = width.to_be_bytes();
    [
        &b"\xff\xd8\xff\xfe\x00\x06note"[..],
        &[0xff, 0xc0, 0, 11, 8, h1, h2, w1, w2, 1, 1, 0x11, 0],
        b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00",
        b"\x12\x34\xff\x00\x56\xff\xd0\x78\xff\xff\xd9",
    ]
    .concat()
}

/// A PDF of one page, and more objects.
pub fn pdf(more: &[u8]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n\
        2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n\
        3 0 obj\n<< /Type /Page /Parent 2 0 R >>\nendobj\n"
        .to_vec();
    bytes.extend_from_slice(more);
    let at = bytes.len();
    bytes.extend_from_slice(b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Root 1 0 R >>\nstartxref\n");
    bytes.extend_from_slice(format!("{at}\n%%EOF\n").as_bytes());
    bytes
}

/// A stream of a PDF.
pub fn stream(data: &[u8]) -> Vec<u8> {
    [b"4 0 obj\n<< /Filter /FlateDecode >>\nstream\n", data, b"\nendstream\nendobj\n"].concat()
}

/// A ZIP with one file without content.
pub fn zip() -> Vec<u8> {
    let mut bytes = b"PK\x03\x04\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0a".to_vec();
    let at = u32::try_from(bytes.len()).unwrap();
    bytes.extend_from_slice(b"PK\x01\x02\x0a\0\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0");
    bytes.extend_from_slice(&[0; 16]);
    bytes.push(b'a');
    let length = u32::try_from(bytes.len()).unwrap() - at;
    bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&at.to_le_bytes());
    bytes.extend_from_slice(b"\0\0");
    bytes
}

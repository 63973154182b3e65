//! A PDF: its header, its last cross-reference, its end; not too many objects and pages, nothing that acts, and
//! compressed parts that stay within bounds.

use memchr::memmem;

use super::document::MediaType;
use super::inflate::{End, measure};
use super::inspect::INFLATED_MAX;
use super::png::is_zlib;
use super::refusal::UploadRefusal;

const OBJECTS_MAX: usize = 100_000;
const PAGES_MAX: usize = 1_000;
/// How far from the end readers look for the end.
const TAIL: usize = 1_024;
/// Names of what acts, is locked, or carries files.
const ACTIVE: [&str; 7] = ["/JavaScript", "/JS", "/Launch", "/EmbeddedFile", "/RichMedia", "/Encrypt", "/GoToR"];

/// Checks a PDF.
pub fn check(bytes: &[u8]) -> Result<(), UploadRefusal> {
    if !bytes.starts_with(b"%PDF-1.") && !bytes.starts_with(b"%PDF-2.") {
        let found = String::from_utf8_lossy(&bytes[..bytes.len().min(8)]);
        return Err(malformed("%PDF-1.n or %PDF-2.n", found));
    }
    check_end(bytes)?;
    at_most("objects", OBJECTS_MAX, memmem::find_iter(bytes, b" obj").count())?;
    at_most("pages", PAGES_MAX, pages(bytes))?;
    if let Some(found) = ACTIVE.into_iter().find(|name| has_name(bytes, name)) {
        return Err(UploadRefusal::Active { found });
    }
    check_streams(bytes, INFLATED_MAX)
}

/// `startxref`, where the cross-reference lies, `%%EOF`, and nothing but blanks.
fn check_end(bytes: &[u8]) -> Result<(), UploadRefusal> {
    let tail = &bytes[bytes.len().saturating_sub(TAIL)..];
    let end = memmem::rfind(tail, b"%%EOF").ok_or_else(|| malformed("%%EOF at its end", "none"))?;
    let behind = &tail[end + b"%%EOF".len()..];
    if !behind.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
        return Err(malformed("nothing behind %%EOF", format!("{} bytes", behind.len())));
    }
    let no_reference = || malformed("startxref and where it points", "none");
    let start = memmem::rfind(&tail[..end], b"startxref").ok_or_else(no_reference)?;
    let number = tail[start + b"startxref".len()..end].trim_ascii();
    let number = std::str::from_utf8(number).ok().and_then(|number| number.parse::<usize>().ok());
    let there = number.and_then(|number| bytes.get(number..)).ok_or_else(no_reference)?.trim_ascii_start();
    // A table, or an object that holds one.
    let is_object = || {
        let digits = there.iter().take_while(|byte| byte.is_ascii_digit()).count();
        digits > 0 && there[digits..].starts_with(b" ") && memmem::find(&there[..there.len().min(40)], b"obj").is_some()
    };
    if there.starts_with(b"xref") || is_object() {
        return Ok(());
    }
    Err(malformed("a cross-reference where startxref points", "something else"))
}

fn at_most(what: &str, most: usize, found: usize) -> Result<(), UploadRefusal> {
    if found <= most {
        return Ok(());
    }
    Err(UploadRefusal::Bomb { expected: format!("at most {most} {what}"), found: found.to_string() })
}

/// Pages whose dictionaries are not compressed.
fn pages(bytes: &[u8]) -> usize {
    let is_page = |at: &usize| {
        let value = bytes[at + b"/Type".len()..].trim_ascii_start();
        value.strip_prefix(b"/Page").is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_alphanumeric))
    };
    memmem::find_iter(bytes, b"/Type").filter(is_page).count()
}

/// Whether a name stands here that does not go on.
fn has_name(bytes: &[u8], name: &str) -> bool {
    memmem::find_iter(bytes, name).any(|at| !bytes.get(at + name.len()).is_some_and(u8::is_ascii_alphanumeric))
}

/// What all compressed streams come to, together.
fn check_streams(bytes: &[u8], bound: u64) -> Result<(), UploadRefusal> {
    let mut left = bound;
    for at in memmem::find_iter(bytes, b"stream") {
        let rest = &bytes[at + b"stream".len()..];
        let data = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).unwrap_or_default();
        if bytes[..at].ends_with(b"end") || !is_zlib(data) {
            continue;
        }
        let measured = measure([data], left);
        // What a stream takes counts as well as what it makes: streams that lie in each other cost no more than others.
        match left.checked_sub(measured.made.max(measured.taken)) {
            Some(rest) if measured.end != End::More => left = rest,
            Some(_) | None => {
                let expected = format!("streams that come to at most {bound} bytes");
                return Err(UploadRefusal::Bomb { expected, found: "more".to_owned() });
            }
        }
    }
    Ok(())
}

fn malformed(expected: &'static str, found: impl Into<String>) -> UploadRefusal {
    UploadRefusal::Malformed { media_type: MediaType::Pdf, expected, found: found.into() }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn streams_are_counted_together_also_those_that_are_broken_or_lie_in_each_other() {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&vec![0; 100_000]).unwrap();
        let data = encoder.finish().unwrap();
        let stream = |data: &[u8]| [b"stream\r\n", data, b"\nendstream\n"].concat();
        let (whole, cut) = (stream(&data), stream(&data[..data.len() - 20]));
        for (streams, enough, little) in [(whole.repeat(3), 300_000, 299_999), (cut.repeat(3), 400_000, 150_000)] {
            assert_eq!(check_streams(&streams, enough), Ok(()));
            let refusal = check_streams(&streams, little).unwrap_err();
            assert_eq!(refusal.code(), "upload_bomb");
        }
        // Stored blocks of nothing take bytes and make none: what is taken counts.
        let nested = b"stream\nx\x01\0\0\0\xff\xff".repeat(1_000);
        let refusal = check_streams(&nested, 10).unwrap_err();
        let sentence =
            "the upload would grow beyond bounds: expected streams that come to at most 10 bytes, found more";
        assert_eq!(refusal.to_string(), sentence);
    }
}

//! Uploads are judged by their bytes: what is whole is taken, and what is not says why.

use dianfu_claims::documents::inspect::{BYTES_MAX, inspect};
use dianfu_claims::documents::{MediaType, UploadRefusal};

use super::files::{PNG, chunk, deflated, good_png, header, jpeg, pdf, png, png_of, stream, zip};

/// `code: sentence`.
fn refused(bytes: &[u8]) -> String {
    let refusal = inspect(bytes, None, None).unwrap_err();
    format!("{}: {refusal}", refusal.code())
}

fn check(cases: &[(Vec<u8>, &str)]) {
    for (bytes, expected) in cases {
        let refused = refused(bytes);
        assert!(refused.starts_with(expected), "{refused}\nis not\n{expected}");
    }
}

#[test]
fn whole_files_are_taken_for_what_they_are() {
    // Adam7 of 10 x 20: passes of 2x3, 1x3, 3x2, 2x5, 5x5, 5x10, 10x10 pixels, a byte before each row.
    let interlaced = [(2, 3), (1, 3), (3, 2), (2, 5), (5, 5), (5, 10), (10, 10)];
    let bytes = interlaced.iter().map(|(columns, rows)| rows * (columns + 1)).sum();
    let interlaced = png_of(&[header(10, 20, 1), chunk(*b"IDAT", &deflated(&vec![0; bytes]))]);
    let pixels = deflated(&[0; 220]);
    let (one, other) = pixels.split_at(5);
    let in_parts = png_of(&[header(10, 20, 0), chunk(*b"IDAT", one), chunk(*b"IDAT", other)]);
    let profile = [b"icc\0\0", deflated(&[7; 3_000]).as_slice()].concat();
    let with_profile = png_of(&[header(1, 1, 0), chunk(*b"iCCP", &profile), chunk(*b"IDAT", &deflated(&[0; 2]))]);
    for (bytes, media_type) in [
        (pdf(b""), MediaType::Pdf),
        (pdf(&stream(&deflated(&vec![0; 1_000_000]))), MediaType::Pdf),
        (jpeg(3_000, 4_000), MediaType::Jpeg),
        (good_png(), MediaType::Png),
        (interlaced, MediaType::Png),
        (in_parts, MediaType::Png),
        (with_profile, MediaType::Png),
    ] {
        let inspected = inspect(&bytes, Some(media_type), None).unwrap();
        assert_eq!(inspected.media_type, media_type);
        assert_eq!(inspect(&bytes, None, Some(&inspected.sha256)), Ok(inspected));
    }
}

#[test]
fn what_is_empty_too_large_or_not_what_was_announced_is_refused_first() {
    assert_eq!(inspect(b"", None, Some(&[0; 32])), Err(UploadRefusal::Empty));
    let large = vec![b'%'; usize::try_from(BYTES_MAX).unwrap() + 1];
    let found = BYTES_MAX + 1;
    assert_eq!(inspect(&large, None, Some(&[0; 32])), Err(UploadRefusal::TooLarge { expected: BYTES_MAX, found }));
    let refusal = inspect(b"abc", None, Some(&[0xab; 32])).unwrap_err();
    let sentence = format!(
        "the upload's SHA-256 is ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad, not {}",
        "ab".repeat(32)
    );
    assert_eq!((refusal.code(), refusal.to_string()), ("upload_digest_differs", sentence));
    let refusal = inspect(&good_png(), Some(MediaType::Pdf), None).unwrap_err();
    let sentence = "the upload says that it is application/pdf; it is image/png";
    assert_eq!((refusal.code(), refusal.to_string().as_str()), ("upload_not_what_it_says", sentence));
}

#[test]
fn other_kinds_and_archives_are_named() {
    check(&[
        (zip(), "upload_archive: the upload is or holds an archive (application/zip)"),
        (
            b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec(),
            "upload_archive: the upload is or holds an archive (application/gzip)",
        ),
        (b"7z\xbc\xaf\x27\x1c\0\x04".to_vec(), "upload_archive: "),
        (b"GIF89a\x01\0\x01\0".to_vec(), "upload_kind_refused: the upload is image/gif"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".repeat(100), "upload_kind_refused: "),
        (b"MZ\x90\0".repeat(100), "upload_kind_refused: "),
        (b"hello".to_vec(), "upload_kind_refused: the upload is no kind of file that is known"),
        // Two things at once.
        (pdf(&zip()), "upload_archive: the upload is or holds an archive (application/zip inside)"),
        ([zip(), pdf(b"")].concat(), "upload_archive: "),
        (png_of(&[header(1, 1, 0), chunk(*b"zzzz", &zip()), chunk(*b"IDAT", &deflated(&[0; 2]))]), "upload_archive: "),
        ([good_png(), zip()].concat(), "upload_malformed: the upload is no whole image/png: expected nothing behind"),
        ([jpeg(1, 1), zip()].concat(), "upload_malformed: the upload is no whole image/jpeg: expected nothing behind"),
        ([pdf(b""), zip()].concat(), "upload_malformed: the upload is no whole application/pdf: expected nothing"),
    ]);
}

#[test]
fn a_png_is_read_to_its_end_and_never_unpacked_beyond_it() {
    let mut altered = good_png();
    altered[20] ^= 1;
    let text = [b"note\0\0", deflated(&vec![0; 5 << 20]).as_slice()].concat();
    let parts = |data: Vec<u8>| png_of(&[header(10, 20, 0), chunk(*b"IDAT", &data)]);
    check(&[
        (png(100_000, 100_000, 10), "upload_bomb: the upload would grow beyond bounds: expected at most 30000 pixels"),
        (png(30_000, 30_000, 10), "upload_bomb: "),
        // The dimensions are small, and the pixels go on.
        (png(10, 20, 50_000_000), "upload_bomb: the upload would grow beyond bounds: expected 220 bytes of pixels"),
        (png_of(&[header(10, 20, 0), chunk(*b"zTXt", &text), chunk(*b"IDAT", &deflated(&[0; 220]))]), "upload_bomb: "),
        (png(10, 20, 219), "upload_malformed: the upload is no whole image/png: expected as many pixels as it says"),
        (parts(deflated(&[0; 220])[..8].to_vec()), "upload_malformed: "),
        (parts(b"no pixels".to_vec()), "upload_malformed: "),
        (altered, "upload_malformed: the upload is no whole image/png: expected chunks with their checksums"),
        (good_png()[..60].to_vec(), "upload_malformed: "),
        (PNG.to_vec(), "upload_malformed: "),
        (png_of(&[]), "upload_malformed: "),
        (png_of(&[header(0, 1, 0)]), "upload_malformed: "),
        (png_of(&[header(1, 1, 2)]), "upload_malformed: "),
        (png_of(&[chunk(*b"IDAT", b""), header(1, 1, 0)]), "upload_malformed: "),
    ]);
    for length in 8..good_png().len() {
        assert!(refused(&good_png()[..length]).starts_with("upload_malformed: "), "{length}");
    }
}

#[test]
fn a_jpeg_is_read_to_its_end() {
    let whole = jpeg(10, 10);
    for length in 3..whole.len() {
        assert!(refused(&whole[..length]).starts_with("upload_malformed: "), "{length}");
    }
    let scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x12";
    let many = [&whole[..whole.len() - 2], &scan.repeat(100), b"\xff\xd9"].concat();
    check(&[
        (jpeg(40_000, 1), "upload_bomb: "),
        (jpeg(20_000, 20_000), "upload_bomb: "),
        (jpeg(0, 1), "upload_malformed: "),
        (many, "upload_bomb: the upload would grow beyond bounds: expected at most 64 scans"),
        (
            b"\xff\xd8\xff\xd9".to_vec(),
            "upload_malformed: the upload is no whole image/jpeg: expected a frame and a scan",
        ),
        (b"\xff\xd8\xff\xda\x00\x02\x00\xff\xd9".to_vec(), "upload_malformed: "),
        (b"\xff\xd8\xff\xe0\x00\x01".to_vec(), "upload_malformed: "),
    ]);
}

#[test]
fn a_pdf_has_an_end_and_does_nothing() {
    let whole = pdf(b"");
    let cut = whole.len() - b"%%EOF\n".len();
    let elsewhere = String::from_utf8(whole.clone()).unwrap().replace("startxref\n1", "startxref\n");
    let pages = b"9 0 obj << /Type/Page >> endobj\n".repeat(1_001);
    check(&[
        (whole[..cut].to_vec(), "upload_malformed: the upload is no whole application/pdf: expected %%EOF at its end"),
        (b"%PDF-1.4\n".to_vec(), "upload_malformed: "),
        (b"%PDF-9.9\n%%EOF".to_vec(), "upload_malformed: the upload is no whole application/pdf: expected %PDF-1.n"),
        (b"%PDF-1.4\n%%EOF".to_vec(), "upload_malformed: the upload is no whole application/pdf: expected startxref"),
        (elsewhere.into_bytes(), "upload_malformed: "),
        (b"%PDF-1.4\nstartxref\n99999\n%%EOF".to_vec(), "upload_malformed: "),
        (pdf(b"4 0 obj << /S /JavaScript /JS (x) >> endobj\n"), "upload_active: the upload holds /JavaScript"),
        (pdf(b"4 0 obj << /Type /EmbeddedFile >> endobj\n"), "upload_active: the upload holds /EmbeddedFile"),
        (pdf(b"trailer << /Encrypt 5 0 R >>\n"), "upload_active: the upload holds /Encrypt"),
        (pdf(&pages), "upload_bomb: the upload would grow beyond bounds: expected at most 1000 pages, found 1002"),
        (pdf(&b"9 0 obj\n".repeat(100_001)), "upload_bomb: "),
    ]);
    // A name that only begins like one of those is another name.
    assert!(inspect(&pdf(b"4 0 obj << /JSON 1 /Launcher 2 >> endobj\n"), None, None).is_ok());
}

//! What an upload is that is none of ours, and what may hide in one that is.

use infer::MatcherType;
use memchr::memmem;

use super::refusal::UploadRefusal;

/// What readers of archives look for, wherever it stands: the end of a ZIP's directory (with the two disk numbers that
/// are zero in every ZIP of one file), RAR, 7z. Long enough that no picture has them by chance.
const HIDDEN: [(&[u8], &str); 3] = [
    (b"PK\x05\x06\x00\x00\x00\x00", "application/zip"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
];

/// The refusal of what is no PDF, JPEG or PNG: an archive, also where office documents are one, or another kind.
pub fn name(bytes: &[u8]) -> UploadRefusal {
    let kind = infer::get(bytes);
    let found = kind.map_or("no kind of file that is known", |kind| kind.mime_type()).to_owned();
    let is_archive = kind.is_some_and(|kind| kind.matcher_type() == MatcherType::Archive);
    if is_archive || bytes.starts_with(b"PK") {
        UploadRefusal::Archive { found }
    } else {
        UploadRefusal::KindRefused { found }
    }
}

/// Refuses what is a document and an archive at once.
pub fn check(bytes: &[u8]) -> Result<(), UploadRefusal> {
    let hidden = HIDDEN.iter().find(|(signature, _)| memmem::find(bytes, signature).is_some());
    hidden.map_or(Ok(()), |(_, found)| Err(UploadRefusal::Archive { found: format!("{found} inside") }))
}

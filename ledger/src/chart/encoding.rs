//! Bytes to text: UTF-8 with or without a byte order mark; what else is refused by name and place. One pass.

use super::fault::{ChartFault, FaultKind};

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// The text without its byte order mark, or the first place where it is none.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, ChartFault> {
    if let Some(order) = utf16_order(bytes) {
        return Err(ChartFault::new(FaultKind::EncodingUtf16, 1, None, "UTF-8", format!("UTF-16, {order} endian")));
    }
    let unmarked = bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes);
    std::str::from_utf8(unmarked).map_err(|error| {
        let (before, rest) = unmarked.split_at(error.valid_up_to());
        let in_line = before.iter().rev().take_while(|byte| !matches!(byte, b'\n' | b'\r')).count() + 1;
        let value = rest.first().map_or_else(|| "none".to_owned(), |byte| format!("0x{byte:02X}"));
        let in_file = bytes.len() - rest.len() + 1;
        let actual = format!("byte {value}, byte {in_line} of the line and byte {in_file} of the file");
        ChartFault::new(FaultKind::EncodingNotUtf8, 1 + line_ends(before), None, "UTF-8", actual)
    })
}

/// How many lines end in these bytes: with a line feed, a carriage return, or both.
pub(crate) fn line_ends(bytes: &[u8]) -> usize {
    let mut after_return = false;
    let mut count = 0;
    for byte in bytes {
        count += usize::from(*byte == b'\r' || (*byte == b'\n' && !after_return));
        after_return = *byte == b'\r';
    }
    count
}

/// UTF-16 by its byte order mark; or by a first character from ASCII, which leaves one byte of two zero.
fn utf16_order(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, ..] | [1..=255, 0, 1..=255, 0, ..] => Some("little"),
        [0xfe, 0xff, ..] | [0, 1..=255, 0, 1..=255, ..] => Some("big"),
        _ => None,
    }
}

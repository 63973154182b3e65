//! Memory for rows on their way into the database, used again by later turns: what is given back to the system comes
//! back as fresh pages, and those cost as much as the encoding.

use std::sync::Mutex;

use bytes::{Bytes, BytesMut};

/// Buffers that are kept: those of the turns that a process has under way in two books or so.
const KEPT: usize = 16;
/// Longer ones go back to the system.
const BYTES_MAX: usize = 8 << 20;

static BUFFERS: Mutex<Vec<BytesMut>> = Mutex::new(Vec::new());

/// An empty buffer, with room for at least so many bytes.
pub fn take(bytes: usize) -> BytesMut {
    let mut buffer = BUFFERS.lock().expect("nobody panics with it").pop().unwrap_or_default();
    buffer.reserve(bytes);
    buffer
}

/// Keeps a buffer for later, if nobody else reads it any more.
pub fn give_back(used: Bytes) {
    let Ok(mut buffer) = used.try_into_mut() else { return };
    buffer.clear();
    let mut buffers = BUFFERS.lock().expect("nobody panics with it");
    if buffers.len() < KEPT && buffer.capacity() <= BYTES_MAX {
        buffers.push(buffer);
    }
}

#[cfg(test)]
mod tests {
    use bytes::BufMut;

    use super::*;

    #[test]
    fn a_buffer_comes_back_empty_and_never_while_somebody_reads_it() {
        let mut buffer = take(100);
        buffer.put_slice(b"rows");
        let rows = buffer.freeze();
        let reader = rows.clone();
        give_back(rows);
        let other = take(10);
        assert!(other.is_empty() && &reader[..] == b"rows");
        give_back(reader);
        assert!(take(1).is_empty());
    }
}

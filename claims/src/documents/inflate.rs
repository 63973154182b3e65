//! How much compressed bytes come to, without keeping any.

use flate2::{Decompress, FlushDecompress, Status};

/// How a zlib stream ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// As it should.
    Whole,
    /// The input ends before it does.
    Cut,
    /// It comes to more than the bound.
    More,
    /// It is no zlib stream, from some byte on.
    Broken,
}

/// What was found of a zlib stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Measured {
    /// How it ends.
    pub end: End,
    /// Bytes that it came to, until then.
    pub made: u64,
    /// Bytes that it took, until then.
    pub taken: u64,
}

/// Inflates a zlib stream that lies in parts, up to a bound, into a buffer that is used again.
pub fn measure<'a>(parts: impl IntoIterator<Item = &'a [u8]>, bound: u64) -> Measured {
    let mut inflater = Decompress::new(true);
    let mut buffer = [0; 16 << 10];
    let mut end = End::Cut;
    for part in parts {
        end = inflate_part(&mut inflater, part, &mut buffer, bound);
        if end != End::Cut {
            break;
        }
    }
    Measured { end, made: inflater.total_out(), taken: inflater.total_in() }
}

fn inflate_part(inflater: &mut Decompress, mut part: &[u8], buffer: &mut [u8], bound: u64) -> End {
    loop {
        let (taken, made) = (inflater.total_in(), inflater.total_out());
        let status = inflater.decompress(part, buffer, FlushDecompress::None);
        if inflater.total_out() > bound {
            return End::More;
        }
        match status {
            Ok(Status::StreamEnd) => return End::Whole,
            Ok(Status::Ok | Status::BufError) => {}
            Err(_) => return End::Broken,
        }
        let used = usize::try_from(inflater.total_in() - taken).expect("no more is used than is given");
        part = &part[used..];
        let is_stuck = used == 0 && inflater.total_out() == made;
        if is_stuck || (part.is_empty() && inflater.total_out() - made < buffer.len() as u64) {
            return End::Cut;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_stream_is_measured_whole_in_parts_and_up_to_its_bound() {
        let stream = deflated(&vec![7; 1_000_000]);
        let end = |parts: &[&[u8]], bound| measure(parts.iter().copied(), bound).end;
        assert_eq!(measure([stream.as_slice()], 1_000_000).made, 1_000_000);
        assert_eq!(end(&[&stream], 1_000_000), End::Whole);
        assert_eq!(end(&stream.chunks(3).collect::<Vec<_>>(), 1_000_000), End::Whole);
        assert_eq!(end(&[&stream], 999_999), End::More);
        assert_eq!(end(&[&stream[..stream.len() - 10]], 1_000_000), End::Cut);
        assert_eq!(end(&[b"no stream"], 10), End::Broken);
        assert_eq!(end(&[], 10), End::Cut);
        assert_eq!(end(&[&deflated(b"")], 0), End::Whole);
    }
}

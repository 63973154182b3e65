//! What requests may hold in memory at the same time, whoever sends them: whoever finds no room is told to come again,
//! before anything of his body is read.

use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::{Kind, Problem};
use crate::serve::Limits;

/// Bytes that are counted as one.
const BYTES_A_PERMIT: usize = 1 << 10;

/// The room for bodies, and for streams of entries.
pub struct Room {
    bodies: Arc<Semaphore>,
    streams: Arc<Semaphore>,
}

/// A share of it, until it is dropped.
pub struct Share {
    _permit: OwnedSemaphorePermit,
}

impl Room {
    /// As much as the limits say.
    pub fn new(limits: &Limits) -> Room {
        let bodies = Semaphore::new(limits.bodies_bytes / BYTES_A_PERMIT);
        Room { bodies: Arc::new(bodies), streams: Arc::new(Semaphore::new(limits.streams)) }
    }

    /// For a body of at most so many bytes.
    pub fn for_body(&self, bytes: usize) -> Result<Share, Problem> {
        let permits = u32::try_from(bytes.div_ceil(BYTES_A_PERMIT)).unwrap_or(u32::MAX);
        take(&self.bodies, permits, "too many large requests are being read; nothing of this one is")
    }

    /// For a stream of entries, which is read a piece at a time.
    pub fn for_stream(&self) -> Result<Share, Problem> {
        take(&self.streams, 1, "as many streams of entries as may be are open; nothing of this one is read")
    }
}

fn take(of: &Arc<Semaphore>, permits: u32, full: &str) -> Result<Share, Problem> {
    let taken = of.clone().try_acquire_many_owned(permits);
    taken.map(|permit| Share { _permit: permit }).map_err(|_| Problem::new(Kind::Busy, full))
}

/// A whole body, with its share of the room.
pub struct Held {
    bytes: Bytes,
    _share: Share,
}

impl Held {
    /// The bytes that a share was taken for.
    pub fn new(bytes: Bytes, share: Share) -> Held {
        Held { bytes, _share: share }
    }
}

impl Deref for Held {
    type Target = Bytes;

    fn deref(&self) -> &Bytes {
        &self.bytes
    }
}

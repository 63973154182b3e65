//! What the server says of itself in `postmaster.pid`: whether it is ready, and where its socket is.
//!
//! The file outlives a killed server, so it is believed only where somebody answers at the socket.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use super::folder::Folder;

/// The protocol's shortest question, "do you speak TLS?": length 8, code 80877103. Answered by one byte, S or N.
const TLS_QUESTION: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The parts of `postmaster.pid` that we need; lines 1, 5 and 8 of it.
pub(super) struct Postmaster {
    pub(super) pid: i32,
    pub(super) socket_folder: PathBuf,
    status: String,
}

impl Postmaster {
    /// Whether it takes connections now.
    pub(super) fn is_ready(&self) -> bool {
        self.status == "ready" && self.answers()
    }

    /// Whether the process that wrote the file still lives. A socket alone does not tell: the kernel still takes
    /// connections for a process that is just dying.
    pub(super) fn answers(&self) -> bool {
        self.ask().is_ok()
    }

    fn ask(&self) -> io::Result<()> {
        let mut stream = UnixStream::connect(self.socket_folder.join(".s.PGSQL.5432"))?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        stream.write_all(&TLS_QUESTION)?;
        stream.read_exact(&mut [0])
    }
}

/// The server's own words; `None` where there are none or not yet all of them.
pub(super) fn read(folder: &Folder) -> Option<Postmaster> {
    parse(&fs::read_to_string(folder.data().join("postmaster.pid")).ok()?)
}

fn parse(text: &str) -> Option<Postmaster> {
    let lines: Vec<&str> = text.lines().collect();
    Some(Postmaster {
        pid: lines.first()?.trim().parse().ok()?,
        socket_folder: PathBuf::from(lines.get(4)?),
        status: lines.get(7).map(|status| status.trim().to_owned()).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read_while_it_grows() {
        let starting = "10272\n/d\n1795445090\n5432\n/d/run\n\n 10215432 14\nstarting\n";
        let postmaster = parse(starting).unwrap();
        assert_eq!((postmaster.pid, postmaster.status.as_str()), (10272, "starting"));
        assert_eq!(postmaster.socket_folder, PathBuf::from("/d/run"));
        assert!(!postmaster.is_ready());
        assert!(parse("10272\n/d\n").is_none());
        assert!(parse("").is_none());
    }
}

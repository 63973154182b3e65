//! What the server says of itself in `postmaster.pid`: whether it is ready, and where its socket is.
//!
//! The file outlives a killed server, so it is believed only where the socket takes connections.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use super::folder::Folder;

/// The parts of `postmaster.pid` that we need; lines 1, 5 and 8 of it.
pub(super) struct Postmaster {
    pub(super) pid: i32,
    pub(super) socket_folder: PathBuf,
    status: String,
}

impl Postmaster {
    /// Whether it takes connections now.
    pub(super) fn is_ready(&self) -> bool {
        self.status == "ready" && self.is_listening()
    }

    /// Whether the process that wrote the file still lives: its socket is closed with it.
    pub(super) fn is_listening(&self) -> bool {
        UnixStream::connect(self.socket_folder.join(".s.PGSQL.5432")).is_ok()
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

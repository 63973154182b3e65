//! A connection that is kept: whole requests out, whole answers in, and nothing else that costs time.

use std::net::SocketAddr;

use anyhow::{Context, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The connection.
pub struct Connection {
    socket: TcpStream,
    /// What has come of the answer.
    come: Vec<u8>,
}

/// An answer.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: &'a [u8],
}

impl Connection {
    /// To a server.
    pub async fn to(address: SocketAddr) -> anyhow::Result<Connection> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        Ok(Connection { socket, come: Vec::with_capacity(4_096) })
    }

    /// Sends one whole request and waits for its whole answer, which must say how long it is.
    pub async fn ask(&mut self, request: &[u8]) -> anyhow::Result<Answer<'_>> {
        self.come.clear();
        self.socket.write_all(request).await?;
        loop {
            ensure!(self.socket.read_buf(&mut self.come).await? > 0, "the server has hung up");
            let Some(end) = end_of_head(&self.come) else { continue };
            let (status, length) = read_head(&self.come[..end])?;
            if self.come.len() >= end + length {
                return Ok(Answer { status, body: &self.come[end..end + length] });
            }
        }
    }
}

/// Where the body begins.
fn end_of_head(come: &[u8]) -> Option<usize> {
    come.windows(4).position(|four| four == b"\r\n\r\n").map(|place| place + 4)
}

/// The status, and the length of the body.
fn read_head(head: &[u8]) -> anyhow::Result<(u16, usize)> {
    let mut lines = std::str::from_utf8(head)?.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).context("an answer begins with its status")?;
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find_map(|(name, value)| name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse()));
    Ok((status.parse()?, length.context("the answer has a length")??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_whatever_the_case_of_its_names() {
        let head = b"HTTP/1.1 201 Created\r\ndate: Mon, 1 Jan\r\nContent-Length: 17\r\n\r\n{";
        let end = end_of_head(head).unwrap();
        assert_eq!(&head[end..], b"{");
        assert_eq!(read_head(&head[..end]).unwrap(), (201, 17));
        assert!(read_head(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert_eq!(end_of_head(b"HTTP/1.1 200 OK\r\n"), None);
    }
}

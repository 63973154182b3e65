//! A program that uses the private cluster of a data folder until its input ends: the other program in tests about
//! programs that share one. Writes the server's process number when it has it.

use std::io::{Read, Write, stdin, stdout};
use std::path::PathBuf;

use dianfu_ledger::db::{Durability, PrivateCluster};

fn main() -> anyhow::Result<()> {
    let folder: PathBuf = std::env::args_os().nth(1).expect("the data folder is the first argument").into();
    let cluster = PrivateCluster::start(&folder, Durability::Durable)?;
    writeln!(stdout(), "{}", cluster.server_pid().expect("a started server has a process number"))?;
    stdin().read_to_end(&mut Vec::new())?;
    Ok(cluster.close()?)
}

//! Where, when and by which command a line was measured: a line that is read later elsewhere still says so.

use std::fs;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tokio_postgres::Client;

/// How a program is called that is built for finding mistakes.
const DEBUG_BUILD: &str = "debug build";
/// The option whose value may hold a password.
const SECRET: &str = "--database-url";

/// Where, when and by which command. Every fact is a text for a person; what is not known is empty.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize, Debug)]
#[serde(default)]
pub struct Origin {
    /// What a person types to see the same.
    pub command: String,
    /// The day, in UTC.
    pub date: String,
    /// What was measured, and how it was built.
    pub program: String,
    /// How many cores this process may use, and of which processor.
    pub cores: String,
    /// Memory of the machine.
    pub memory: String,
    /// Name and version of the kernel.
    pub kernel: String,
    /// Version of the server.
    pub postgresql: String,
    /// The settings of the server on which durability hangs, and how much it keeps in memory.
    pub settings: String,
}

/// A line and where it was measured, as one object.
#[derive(Serialize)]
pub struct Placed<'a, L> {
    #[serde(flatten)]
    line: &'a L,
    origin: &'a Origin,
}

impl Origin {
    /// This machine, this server, and the arguments that this process was started with.
    pub async fn here(client: &Client, today: Date, arguments: &[String]) -> anyhow::Result<Origin> {
        let sql = "
            SELECT current_setting('server_version'),
                   string_agg(name || ' ' || current_setting(name), ', ' ORDER BY name)
            FROM pg_settings
            WHERE name IN ('fsync', 'full_page_writes', 'shared_buffers', 'synchronous_commit', 'wal_compression')";
        let row = client.query_one(sql, &[]).await?;
        let build = if cfg!(debug_assertions) { DEBUG_BUILD } else { "release build" };
        // What this kernel does not tell is not known.
        let told = |file: &str| fs::read_to_string(file).unwrap_or_default();
        let kernel = ["ostype", "osrelease"].map(|name| told(&format!("/proc/sys/kernel/{name}")).trim().to_owned());
        Ok(Origin {
            command: command(arguments),
            date: today.to_string(),
            program: format!("dianfu {}, {build}", env!("CARGO_PKG_VERSION")),
            cores: cores(std::thread::available_parallelism()?.get(), &told("/proc/cpuinfo")),
            memory: memory(&told("/proc/meminfo")),
            kernel: kernel.join(" ").trim().to_owned(),
            postgresql: row.get(0),
            settings: row.get(1),
        })
    }

    /// A line that says where it was measured.
    pub fn of<'a, L: Serialize>(&'a self, line: &'a L) -> Placed<'a, L> {
        Placed { line, origin: self }
    }

    /// Whether what was measured was built for finding mistakes, not for speed.
    pub fn is_debug(&self) -> bool {
        self.program.ends_with(DEBUG_BUILD)
    }

    /// The facts that are known, with their names, but for the command.
    pub fn facts(&self) -> Vec<(&'static str, &str)> {
        let facts = [
            ("Date", self.date.as_str()),
            ("Program", &self.program),
            ("Cores", &self.cores),
            ("Memory", &self.memory),
            ("Kernel", &self.kernel),
            ("PostgreSQL", &self.postgresql),
            ("Settings", &self.settings),
        ];
        facts.into_iter().filter(|(_, fact)| !fact.is_empty()).collect()
    }
}

/// What a person types, without what may hold a password.
fn command(arguments: &[String]) -> String {
    let mut command = "./run bench".to_owned();
    let mut is_secret = false;
    for argument in arguments {
        let hidden = std::mem::replace(&mut is_secret, *argument == SECRET);
        if !hidden && !argument.starts_with(SECRET) {
            command.push(' ');
            command.push_str(argument);
        }
    }
    command
}

fn cores(count: usize, cpuinfo: &str) -> String {
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    match model {
        Some((_, model)) => format!("{count} of {}", model.trim()),
        None => count.to_string(),
    }
}

fn memory(meminfo: &str) -> String {
    let kib = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse().ok());
    kib.map_or_else(String::new, |kib: u64| format!("{} MiB", kib / 1_024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_without_its_password() {
        let shown = |arguments: &str| command(&arguments.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(shown(""), "./run bench");
        assert_eq!(shown("--workload U,H --json"), "./run bench --workload U,H --json");
        assert_eq!(shown("--database-url postgres://a:secret@b/c --quick"), "./run bench --quick");
        assert_eq!(shown("--quick --database-url=postgres://a:secret@b/c"), "./run bench --quick");
    }

    #[test]
    fn a_machine_is_described_as_far_as_it_tells() {
        let cpuinfo = "processor\t: 0\nmodel name\t: AMD EPYC 7B13\nmodel name\t: AMD EPYC 7B13\n";
        assert_eq!(cores(2, cpuinfo), "2 of AMD EPYC 7B13");
        assert_eq!(cores(8, "processor\t: 0\nBogoMIPS\t: 50.00\n"), "8");
        assert_eq!(memory("MemTotal:       16378620 kB\nMemFree:  1 kB\n"), "15994 MiB");
        assert_eq!(memory(""), "");
    }
}

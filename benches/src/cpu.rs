//! Processor time: ours, the server's, and what is left of the machine.

use std::fs;
use std::thread::available_parallelism;
use std::time::Duration;

/// The kernel counts in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// Which processes count.
#[derive(Clone, Debug, Default)]
pub struct Processes {
    /// Those that post.
    pub posters: Vec<u32>,
    /// The load program, if it does not post itself.
    pub generator: Option<u32>,
    /// The server's first process, whose children all others are; unknown of a server that is not ours.
    pub postmaster: Option<u32>,
}

/// Processor time taken: since the start of the processes, or, as a difference, meanwhile.
#[derive(Clone, Copy, Debug, Default)]
pub struct Taken {
    /// By those that post.
    pub posters: Duration,
    /// By the load program.
    pub generator: Option<Duration>,
    /// By the server.
    pub server: Option<Duration>,
}

impl Processes {
    /// The time they have taken so far.
    pub fn taken(&self) -> Taken {
        Taken {
            posters: self.posters.iter().map(|process| own_time(*process)).sum(),
            generator: self.generator.map(own_time),
            server: self.postmaster.map(family_time),
        }
    }
}

impl Taken {
    /// What was taken since an earlier look.
    pub fn since(&self, earlier: &Taken) -> Taken {
        let between = |now: Option<Duration>, before: Option<Duration>| {
            now.zip(before).map(|(now, before)| now.saturating_sub(before))
        };
        Taken {
            posters: self.posters.saturating_sub(earlier.posters),
            generator: between(self.generator, earlier.generator),
            server: between(self.server, earlier.server),
        }
    }

    /// What all processors had left in so long a time; unknown if the server's part is.
    pub fn left_of(&self, elapsed: Duration) -> Option<Duration> {
        let processors = u32::try_from(available_parallelism().map_or(1, usize::from)).unwrap_or(1);
        let used = self.posters + self.generator.unwrap_or_default() + self.server?;
        Some((elapsed * processors).saturating_sub(used))
    }
}

/// Of one process with all its threads; nothing of one that is gone.
fn own_time(process: u32) -> Duration {
    Stat::of(process).map_or(Duration::ZERO, |stat| TICK * stat.own_ticks)
}

/// Of a process and its children, those that have ended too.
fn family_time(process: u32) -> Duration {
    let ended = Stat::of(process).map_or(0, |stat| stat.own_ticks + stat.ended_children_ticks);
    let is_child = |stat: &Stat| stat.parent == process;
    let living: u32 = all_processes().filter_map(Stat::of).filter(is_child).map(|stat| stat.own_ticks).sum();
    TICK * (ended + living)
}

fn all_processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// What `/proc/PID/stat` says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stat {
    parent: u32,
    own_ticks: u32,
    ended_children_ticks: u32,
}

impl Stat {
    fn of(process: u32) -> Option<Stat> {
        Stat::read(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
    }

    /// Fields are counted behind the name, which may have anything in it but ends with the last parenthesis.
    fn read(text: &str) -> Option<Stat> {
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |field: usize| fields.get(field)?.parse::<u32>().ok();
        Some(Stat {
            parent: number(1)?,
            own_ticks: number(11)? + number(12)?,
            ended_children_ticks: number(13)? + number(14)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_line_is_read_whatever_the_name() {
        let line = "7 (a) b (c)) S 3 7 7 0 -1 4194560 1 2 3 4 10 20 300 4000 20 0 1 0 1 2 3";
        assert_eq!(Stat::read(line), Some(Stat { parent: 3, own_ticks: 30, ended_children_ticks: 4_300 }));
        assert_eq!(Stat::read("7 (a"), None);
    }

    #[test]
    fn what_nobody_used_is_left() {
        let taken = Taken { posters: Duration::ZERO, generator: None, server: Some(Duration::ZERO) };
        assert!(taken.left_of(Duration::from_secs(1)).unwrap() >= Duration::from_secs(1));
        assert_eq!(Taken { server: None, ..taken }.left_of(Duration::from_secs(1)), None);
    }
}

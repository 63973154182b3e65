//! Finding PostgreSQL's server programs.
//!
//! Order: the folder in `DIANFU_PG_BIN` and no other; else what `pg_config --bindir` says, the folders of `PATH`, and
//! Debian's folders, newest first. Among those the first whose major version made the data wins, so that a machine with
//! several releases goes on with the right one.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::DbError;

/// The oldest release our SQL is written for.
const OLDEST_MAJOR: u32 = 15;
const DEBIAN_FOLDER: &str = "/usr/lib/postgresql";

/// A folder with `postgres` and `initdb` in it.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    pub(super) bin: PathBuf,
    pub(super) major: u32,
}

impl Programs {
    pub(super) fn postgres(&self) -> PathBuf {
        self.bin.join("postgres")
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.bin.join("initdb")
    }
}

/// The programs to run a data directory made by `data_major` with, or to make a new one with.
pub(super) fn find(data: &Path, data_major: Option<u32>) -> Result<Programs, DbError> {
    let explicit = env::var_os("DIANFU_PG_BIN").map(PathBuf::from);
    let folders = match &explicit {
        Some(folder) => vec![folder.clone()],
        None => candidates(),
    };
    let mut found = Vec::new();
    for bin in folders.into_iter().filter(|bin| is_complete(bin)) {
        found.push(Programs { major: major_of(&bin)?, bin });
    }
    choose(found, data, data_major, explicit.as_deref())
}

fn choose(
    found: Vec<Programs>,
    data: &Path,
    data_major: Option<u32>,
    explicit: Option<&Path>,
) -> Result<Programs, DbError> {
    let matching = found.iter().find(|programs| data_major.is_none_or(|major| major == programs.major)).cloned();
    let Some(programs) = matching.or_else(|| found.into_iter().next()) else {
        let looked_in = match explicit {
            Some(folder) => format!("{} (DIANFU_PG_BIN)", folder.display()),
            None => format!("pg_config --bindir, PATH, {DEBIAN_FOLDER}"),
        };
        return Err(DbError::NoServerPrograms { looked_in });
    };
    match data_major {
        Some(made_by) if made_by != programs.major => Err(DbError::OtherMajor {
            folder: data.to_path_buf(),
            found: made_by,
            bin: programs.bin,
            installed: programs.major,
        }),
        _ if programs.major < OLDEST_MAJOR => {
            Err(DbError::TooOld { bin: programs.bin, major: programs.major, oldest: OLDEST_MAJOR })
        }
        _ => Ok(programs),
    }
}

fn candidates() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = pg_config().into_iter().collect();
    folders.extend(env::var_os("PATH").iter().flat_map(env::split_paths).filter_map(|folder| {
        let postgres = folder.join("postgres").canonicalize().ok()?;
        postgres.parent().map(Path::to_path_buf)
    }));
    folders.extend(debian_folders());
    folders
}

fn pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(text.trim()))
}

fn debian_folders() -> Vec<PathBuf> {
    let mut majors: Vec<u32> = fs::read_dir(DEBIAN_FOLDER)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    majors.sort_unstable_by(|a, b| b.cmp(a));
    majors.into_iter().map(|major| Path::new(DEBIAN_FOLDER).join(major.to_string()).join("bin")).collect()
}

fn is_complete(bin: &Path) -> bool {
    ["postgres", "initdb"].iter().all(|program| bin.join(program).is_file())
}

/// The major version from a line such as `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn major_of(bin: &Path) -> Result<u32, DbError> {
    let program = bin.join("postgres");
    let output = Command::new(&program).arg("--version").output().map_err(DbError::file("run", &program))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    parse_major(&text).ok_or(DbError::Program { program, output: text })
}

fn parse_major(version_line: &str) -> Option<u32> {
    let version = version_line.split_once("(PostgreSQL) ")?.1;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs(major: u32) -> Programs {
        Programs { bin: PathBuf::from(format!("/bin/{major}")), major }
    }

    #[test]
    fn the_major_version_is_read_from_releases_and_previews() {
        assert_eq!(parse_major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(parse_major("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(parse_major("something else"), None);
    }

    #[test]
    fn the_data_decides_between_releases() {
        let data = Path::new("/data");
        let both = || vec![programs(17), programs(15)];
        assert_eq!(choose(both(), data, None, None).unwrap().major, 17);
        assert_eq!(choose(both(), data, Some(15), None).unwrap().major, 15);
        let refusal = choose(both(), data, Some(16), None).unwrap_err();
        assert!(matches!(refusal, DbError::OtherMajor { found: 16, installed: 17, .. }), "{refusal}");
    }

    #[test]
    fn nothing_found_and_too_old_are_refused() {
        let data = Path::new("/data");
        let nothing = choose(Vec::new(), data, None, Some(Path::new("/opt/pg"))).unwrap_err();
        assert!(nothing.to_string().contains("/opt/pg (DIANFU_PG_BIN)"), "{nothing}");
        let old = choose(vec![programs(14)], data, None, None).unwrap_err();
        assert!(matches!(old, DbError::TooOld { major: 14, oldest: 15, .. }), "{old}");
    }
}

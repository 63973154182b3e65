//! The program under test, as a program.

use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::project_root;

static BUILT: OnceLock<PathBuf> = OnceLock::new();

/// The `dianfu` program, built in the profile and target folder of the running test.
///
/// The whole workspace is selected, so that its dependencies have the features they have in the tests already built.
pub fn dianfu_bin() -> PathBuf {
    BUILT.get_or_init(build).clone()
}

fn build() -> PathBuf {
    let running = env::current_exe().expect("know our own path");
    // Tests lie in target/PROFILE/deps, programs in target/PROFILE.
    let beside = running.parent().expect("a program lies in a folder");
    let profile_folder = if beside.ends_with("deps") { beside.parent().expect("it is in the profile") } else { beside };
    let profile = match profile_folder.file_name().and_then(|name| name.to_str()).expect("profiles have plain names") {
        "debug" => "dev",
        name => name,
    };
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--workspace", "--bin", "dianfu", "--profile", profile, "--target-dir"])
        .arg(profile_folder.parent().expect("profiles lie in the target folder"))
        .current_dir(project_root())
        .status()
        .expect("run cargo");
    assert!(status.success(), "cargo build of dianfu failed: {status}");
    profile_folder.join("dianfu")
}

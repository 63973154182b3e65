//! The private cluster: what it is made of, what it refuses, and how it comes back.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

use dianfu_ledger::db::{Database, DbError};
use dianfu_tests::{DataFolder, eventually};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use tokio::time::timeout;
use tokio_postgres::Client;

/// Opens the folder's cluster and gives the server's process number with it.
pub async fn open(folder: &Path) -> (Database, i32) {
    let database = Database::private(folder).await.unwrap();
    let pid = database.cluster().unwrap().server_pid().unwrap();
    (database, pid)
}

/// Kills a process and waits until it is dead; it may stay in the process table until its parent asks for it.
pub async fn kill_9(pid: i32) {
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    eventually("the killed process is dead", async || !is_alive(pid)).await;
}

/// Has commits wait for a standby that there is none of, except the owner's own, who does not wait for any.
pub async fn want_standby(database: &Database, owner: &Client) {
    owner.batch_execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'").await.unwrap();
    owner.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    // The server takes it up some time after that.
    eventually("commits wait", async || {
        let probe = database.connect_owner().await.unwrap();
        timeout(Duration::from_millis(200), probe.batch_execute("CREATE TEMPORARY TABLE probe ()")).await.is_err()
    })
    .await;
}

/// From the next time on that the server reads its settings.
pub async fn want_no_standby(owner: &Client) {
    owner.batch_execute("ALTER SYSTEM RESET synchronous_standby_names").await.unwrap();
}

fn is_alive(pid: i32) -> bool {
    fs::read_link(format!("/proc/{pid}/exe")).is_ok()
}

async fn show(client: &Client, setting: &str) -> String {
    client.query_one(&format!("SHOW {setting}"), &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_cluster_is_durable_and_private() {
    let folder = DataFolder::new();
    let (database, _) = open(folder.path()).await;
    let client = database.connect_owner().await.unwrap();
    for setting in ["fsync", "full_page_writes", "synchronous_commit", "data_checksums"] {
        assert_eq!(show(&client, setting).await, "on", "{setting}");
    }
    assert_eq!(show(&client, "listen_addresses").await, "");
    assert_eq!(show(&client, "server_encoding").await, "UTF8");
    assert_eq!(show(&client, "lc_collate").await, "C.UTF-8");
    let socket_folder = database.cluster().unwrap().socket_folder();
    assert_eq!(fs::metadata(socket_folder).unwrap().permissions().mode() & 0o777, 0o700);
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let readable = entry.file_name() == "postgres.conf";
        let mode = entry.metadata().unwrap().permissions().mode() & 0o077;
        assert!(mode == 0 || readable, "{} is open to others: {mode:o}", entry.path().display());
    }
    database.close().await.unwrap();
}

#[tokio::test]
async fn the_data_outlives_a_stop_and_a_killed_server() {
    let folder = DataFolder::new();
    let (database, first) = open(folder.path()).await;
    let client = database.connect_owner().await.unwrap();
    client.batch_execute("CREATE TABLE kept (number integer); INSERT INTO kept VALUES (1)").await.unwrap();
    database.close().await.unwrap();
    assert_eq!(database.cluster().unwrap().server_pid(), None, "the last user stops the server");

    let (database, second) = open(folder.path()).await;
    assert_ne!(first, second);
    let client = database.connect_owner().await.unwrap();
    client.batch_execute("INSERT INTO kept VALUES (2)").await.unwrap();
    kill_9(second).await;

    let (recovered, third) = open(folder.path()).await;
    assert_ne!(second, third);
    let client = recovered.connect_owner().await.unwrap();
    let sum: i64 = client.query_one("SELECT sum(number) FROM kept", &[]).await.unwrap().get(0);
    assert_eq!(sum, 3);
    database.close().await.unwrap();
    recovered.close().await.unwrap();
    assert_eq!(recovered.cluster().unwrap().server_pid(), None);
}

#[tokio::test]
async fn a_killed_server_whose_sessions_still_work_is_waited_for() {
    let folder = DataFolder::new();
    let (database, pid) = open(folder.path()).await;
    let busy = database.connect_owner().await.unwrap();
    let busy_pid: i32 = busy.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    tokio::spawn(async move {
        let two_seconds_of_work = "SELECT count(*) FROM generate_series(1, 10000) a, generate_series(1, 3000) b";
        busy.query_one(two_seconds_of_work, &[]).await.map(drop)
    });
    let watch = database.connect_owner().await.unwrap();
    eventually("the session works", async || {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND state = 'active'";
        watch.query_one(sql, &[&busy_pid]).await.unwrap().get::<_, i64>(0) == 1
    })
    .await;
    kill_9(pid).await;
    assert!(is_alive(busy_pid), "a session at work does not notice that its server is gone");

    let (recovered, _) = open(folder.path()).await;
    assert!(!is_alive(busy_pid), "a new server runs beside a session of the old one");
    recovered.connect_owner().await.unwrap();
}

#[tokio::test]
async fn a_folder_of_another_major_version_is_refused() {
    let folder = DataFolder::new();
    let (database, _) = open(folder.path()).await;
    database.close().await.unwrap();
    let version_file = folder.path().join("postgres/PG_VERSION");
    let ours = fs::read_to_string(&version_file).unwrap();
    fs::write(&version_file, "9\n").unwrap();

    let error = Database::private(folder.path()).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, DbError::OtherMajor { found: 9, .. }), "{text}");
    for part in ["was made by PostgreSQL 9", &format!("are PostgreSQL {}", ours.trim()), "DIANFU_PG_BIN"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    fs::write(&version_file, ours).unwrap();
    open(folder.path()).await;
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let folder = DataFolder::new();
    let (database, _) = open(folder.path()).await;
    database.close().await.unwrap();
    fs::remove_file(folder.path().join("postgres/global/pg_control")).unwrap();
    let error = Database::private(folder.path()).await.unwrap_err();
    assert!(matches!(error, DbError::DidNotStart { .. }), "{error}");
    assert!(error.to_string().contains("could not find the database system"), "{error}");
}

#[tokio::test]
async fn a_long_path_gets_its_socket_elsewhere() {
    let folder = DataFolder::new();
    let long = folder.path().join("a-folder-with-a-rather-long-name/".repeat(4));
    let (database, _) = open(&long).await;
    let socket_folder = database.cluster().unwrap().socket_folder().to_path_buf();
    assert!(!socket_folder.starts_with(folder.path()), "{}", socket_folder.display());
    database.connect_owner().await.unwrap();
    let (second, _) = open(&long).await;
    assert_eq!(second.cluster().unwrap().socket_folder(), socket_folder);
    database.close().await.unwrap();
    second.close().await.unwrap();
    assert!(!socket_folder.exists());
}

#[tokio::test]
async fn a_folder_that_the_servers_user_cannot_reach_is_named() {
    if !geteuid().is_root() {
        eprintln!("passed over: only root hands over to another user");
        return;
    }
    let folder = DataFolder::new();
    fs::write(folder.path().join("something-else"), "").unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    let error = Database::private(&folder.path().join("data")).await.unwrap_err();
    let DbError::Unreachable { folder: barred, .. } = &error else { panic!("{error}") };
    assert_eq!(barred, folder.path());
}

#[tokio::test]
async fn no_link_in_the_folder_leads_out_of_it() {
    let folder = DataFolder::new();
    open(folder.path()).await.0.close().await.unwrap();
    let elsewhere = DataFolder::new();
    let victim = elsewhere.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    let victims_mode = fs::metadata(&victim).unwrap().permissions().mode();
    let links = ["postgres.conf", "postgres.log"].map(|name| folder.path().join(name));
    for link in &links {
        fs::remove_file(link).unwrap();
        symlink(&victim, link).unwrap();
    }
    // The settings are a file again; the log is refused, because something may still write to where it leads.
    let error = Database::private(folder.path()).await.unwrap_err();
    assert!(matches!(error, DbError::File { ref path, .. } if *path == links[1]), "{error}");
    fs::remove_file(&links[1]).unwrap();
    let locks = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let locks: Vec<_> = locks.filter(|path| path.extension().is_some_and(|extension| extension == "lock")).collect();
    assert!(!locks.is_empty());
    for lock in locks {
        fs::remove_file(&lock).unwrap();
        symlink(&victim, &lock).unwrap();
        let error = Database::private(folder.path()).await.unwrap_err();
        assert!(matches!(error, DbError::File { ref path, .. } if *path == lock), "{error}");
        fs::remove_file(&lock).unwrap();
    }
    open(folder.path()).await.0.close().await.unwrap();
    assert!(fs::symlink_metadata(&links[0]).unwrap().is_file());
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    assert_eq!(fs::metadata(&victim).unwrap().permissions().mode(), victims_mode);
}

#[tokio::test]
async fn a_long_log_is_turned_over() {
    let folder = DataFolder::new();
    open(folder.path()).await.0.close().await.unwrap();
    let log = folder.path().join("postgres.log");
    let long = fs::OpenOptions::new().append(true).open(&log).unwrap();
    long.set_len(11 << 20).unwrap();
    open(folder.path()).await.0.close().await.unwrap();
    assert!(fs::metadata(&log).unwrap().len() < 1 << 20);
    assert_eq!(fs::metadata(folder.path().join("postgres.log.1")).unwrap().len(), 11 << 20);
}

//! What every session starts with: its role, its search path, its limits.

use tokio_postgres::Config;

use super::sql::SERVICE_ROLE;

/// A client that stops between two statements of a transaction keeps a book's head locked; the server ends it after
/// this time.
const LONGEST_PAUSE_IN_TRANSACTION: &str = "60s";
/// A client whose machine is gone may have been in the middle of a COPY: the server asks after so many seconds of
/// silence, again after some more, and gives it up after so many questions.
const KEEPALIVES: [&str; 3] = ["10", "5", "3"];

/// For the owner of the books: makes schemas, roles and tables.
pub(super) fn owner(base: &Config) -> Config {
    with_settings(base, &[("TimeZone", "UTC")])
}

/// For the running service: the service's role, and one book as the whole world.
pub(super) fn service(base: &Config, schema: &str) -> Config {
    with_settings(
        base,
        &[
            ("TimeZone", "UTC"),
            ("role", SERVICE_ROLE),
            ("search_path", &quoted(schema)),
            // Whatever the server's default is: an answered entry is on disk, and a statement sees what is committed.
            ("synchronous_commit", "on"),
            ("default_transaction_isolation", "read committed"),
            // Our statements are short: compiling one takes longer than running it.
            ("jit", "off"),
            // The sums of a turn are checked over a copy of its postings: in memory, not in a file.
            ("work_mem", "16MB"),
            ("idle_in_transaction_session_timeout", LONGEST_PAUSE_IN_TRANSACTION),
            ("tcp_keepalives_idle", KEEPALIVES[0]),
            ("tcp_keepalives_interval", KEEPALIVES[1]),
            ("tcp_keepalives_count", KEEPALIVES[2]),
        ],
    )
}

/// Adds start-up settings behind those that the operator's URL brings.
fn with_settings(base: &Config, settings: &[(&str, &str)]) -> Config {
    let mut options = base.get_options().unwrap_or_default().to_owned();
    for (name, value) in settings {
        options.extend([" -c ", name, "=", &escaped(value)]);
    }
    let mut config = base.clone();
    config.options(options.trim_start()).application_name("dianfu");
    config
}

/// A name as an SQL identifier.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A value in the start-up packet: blanks part the options, a backslash takes the next character as it is.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace(' ', "\\ ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_follow_those_of_the_url() {
        let base: Config = "host=/run options='-c random_page_cost=1.1'".parse().unwrap();
        let config = service(&base, "book_main");
        assert_eq!(
            config.get_options(),
            Some(
                "-c random_page_cost=1.1 -c TimeZone=UTC -c role=dianfu_service -c search_path=\"book_main\" \
                 -c synchronous_commit=on -c default_transaction_isolation=read\\ committed \
                 -c jit=off -c work_mem=16MB -c idle_in_transaction_session_timeout=60s \
                 -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
            )
        );
        assert_eq!(config.get_application_name(), Some("dianfu"));
    }

    #[test]
    fn a_name_cannot_leave_its_place() {
        assert_eq!(escaped(&quoted("a b\\\" -c x")), "\"a\\ b\\\\\"\"\\ -c\\ x\"");
    }
}

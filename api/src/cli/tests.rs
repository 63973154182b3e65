//! The command line as a whole.

use clap::{Command, CommandFactory};

use super::Cli;

fn for_each(command: &Command, path: &str, check: &mut impl FnMut(&str, &Command)) {
    let path = format!("{path} {}", command.get_name());
    check(&path, command);
    for inner in command.get_subcommands() {
        for_each(inner, &path, check);
    }
}

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_teaches_by_example() {
    let mut count = 0;
    for_each(&Cli::command(), "", &mut |path, command| {
        count += 1;
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        assert!(!about.is_empty(), "{path} says what it does");
        let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(after.lines().any(|line| line.starts_with("Example")), "{path} has no example");
        let shown = path.trim().strip_prefix("dianfu").unwrap().trim().split(' ').next().unwrap().to_owned();
        assert!(after.contains(&format!("dianfu {shown}")), "{path}: the example shows the command");
    });
    assert!(count > 25, "{count} commands");
}

#[test]
fn every_argument_is_explained() {
    for_each(&Cli::command(), "", &mut |path, command| {
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{path}: {} is not explained", argument.get_id());
        }
    });
}

//! The README's commands and files are held to what they say.
#![cfg(feature = "full")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic"
)]

use std::fs;

use assert_cmd::Command;

fn readme() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap()
}

/// The fenced blocks of one language.
fn blocks(language: &str) -> Vec<String> {
    let text = readme();
    let fence = format!("```{language}\n");
    text.split(&fence)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

fn alarmwire(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_alarmwire"));
    command.args(arguments);
    command
}

#[test]
fn the_stations_file_in_the_readme_is_a_good_one() {
    let file = blocks("toml")
        .into_iter()
        .find(|block| block.contains("[station]"))
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("station.toml");
    fs::write(&path, file).unwrap();
    let output = alarmwire(&["gateway", "--check", "--config", path.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn every_subcommand_that_the_readme_names_has_help_with_its_flags() {
    let commands = blocks("console").concat();
    let lines = commands
        .lines()
        .filter_map(|line| line.strip_prefix("alarmwire "));
    let mut seen = 0;
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        let names: Vec<&str> = words
            .iter()
            .copied()
            .take_while(|word| word.starts_with(|c: char| c.is_ascii_lowercase()))
            .collect();
        let names: Vec<&str> = names
            .into_iter()
            .filter(|name| !name.contains('.'))
            .collect();
        let output = alarmwire(&[&names[..], &["--help"]].concat())
            .output()
            .unwrap();
        let help = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{names:?}");
        for flag in words
            .iter()
            .take_while(|word| **word != "|")
            .filter(|word| word.starts_with("--"))
        {
            assert!(
                help.contains(flag),
                "{flag} is not in the help of {names:?}"
            );
            seen += 1;
        }
    }
    assert!(seen >= 8, "only {seen} flags were looked at");
}

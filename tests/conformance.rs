//! The conformance statement names tests and files: each of them exists.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed test may panic"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

#[test]
fn every_test_and_file_that_the_statement_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    sources(&root.join("tests"), &mut files);
    let mut tests = BTreeSet::new();
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        for rest in text.split("fn ").skip(1) {
            let name = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            tests.extend(name.take(1).map(str::to_owned));
        }
    }
    let page = fs::read_to_string(root.join("docs/conformance.md")).unwrap();
    let (mut named, mut missing) = (0, Vec::new());
    for name in page.split('`').skip(1).step_by(2) {
        let is_test = name.matches('_').count() >= 2
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let exists = match name.strip_suffix(".rs") {
            Some(_) => root.join(name).is_file(),
            None if is_test => tests.contains(name),
            None => continue,
        };
        named += 1;
        if !exists {
            missing.push(name);
        }
    }
    assert!(missing.is_empty(), "no such tests or files: {missing:#?}");
    assert!(named > 80, "{named}");
}

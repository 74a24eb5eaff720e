//! The scenarios that ship with the project.
#![cfg(all(feature = "simulator", unix))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may"
)]

use std::collections::BTreeMap;

use alarmwire::simulator::{Category, Path, Scenario, Schedule};

#[test]
fn every_shipped_scenario_is_good() {
    for name in ["acceptance", "lixia", "storm"] {
        let text = std::fs::read_to_string(format!("examples/{name}.toml")).unwrap();
        let scenario = Scenario::parse(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let schedule = Schedule::build(&scenario, scenario.run.seed);
        assert_eq!(schedule.panels.len(), scenario.panels());
        assert!(!schedule.events.is_empty());
    }
}

#[test]
fn the_lixia_district_is_875_subscribers_of_three_categories_with_all_functions_on_both_paths() {
    let scenario =
        Scenario::parse(&std::fs::read_to_string("examples/lixia.toml").unwrap()).unwrap();
    let schedule = Schedule::build(&scenario, scenario.run.seed);
    assert_eq!(schedule.panels.len(), 875);
    let mut categories: BTreeMap<Category, usize> = BTreeMap::new();
    for panel in &schedule.panels {
        *categories.entry(panel.category).or_default() += 1;
    }
    assert_eq!(categories.len(), 3);
    let ip = schedule
        .panels
        .iter()
        .filter(|panel| panel.path() == Path::Ip);
    let encrypted = schedule
        .panels
        .iter()
        .filter(|panel| panel.key_bits > 0)
        .count();
    assert!(encrypted * 10 > ip.count() * 7);
    let mut functions: BTreeMap<(Path, _), usize> = BTreeMap::new();
    for event in &schedule.events {
        if let Some(function) = event.function() {
            *functions
                .entry((schedule.path_of(event), function))
                .or_default() += 1;
        }
    }
    assert_eq!(functions.len(), 10, "{functions:?}");
}

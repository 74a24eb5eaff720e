//! The families with frames between LF and CR over a line that loses, doubles, damages and delays.

use std::{format, vec::Vec};

use super::{
    ademco685,
    automation::{
        Family,
        pair::{CLEAN, Faults, World, gets_over_it},
    },
    cp220, iti,
};
use crate::types::ReceiverNumber;

fn over_a_bad_line<F: Family>(line: impl Fn() -> (F, F), frame: fn(usize) -> Vec<u8>) {
    let mut attempts = 0;
    for seed in 0..60 {
        let faults = Faults {
            loss: seed % 25,
            double: seed / 7 % 15,
            damage: seed / 3 % 20,
            delay_ms: 1 + seed % 300,
        };
        let (reader, poser) = line();
        let frames = (0..60).map(frame).collect();
        attempts += gets_over_it(seed, World::new(seed, faults, frames, reader, poser));
    }
    assert!(attempts > 60 * 60, "the faults did something");
    let (reader, poser) = line();
    let frames = (0..60).map(frame).collect();
    assert_eq!(
        gets_over_it(1, World::new(1, CLEAN, frames, reader, poser)),
        60
    );
}

#[test]
fn nothing_acknowledged_is_lost_on_a_685_line() {
    let line = || {
        let number = ReceiverNumber::new("11").expect("two digits");
        let poser = ademco685::Line::posing(number).expect("a heartbeat");
        (ademco685::Line::default(), poser)
    };
    over_a_bad_line(line, |i| match i % 3 {
        0 => format!("\n11 1234 18 E130 01 C{i:03}\r").into_bytes(),
        1 => format!("\n11 {i:04} 1 3\r").into_bytes(),
        _ => format!("\n11 {i:04} 0 5 3A").into_bytes(),
    });
}

#[test]
fn nothing_acknowledged_is_lost_on_a_cp220_line() {
    let line = || (cp220::Line::default(), cp220::Line::default());
    over_a_bad_line(line, |i| {
        format!("\n11 1234 18 E130 01 C{i:03}\r").into_bytes()
    });
}

#[test]
fn nothing_acknowledged_is_lost_on_an_iti_line() {
    let line = || (iti::Line::default(), iti::Line::default());
    over_a_bad_line(line, |i| format!("\n1B1j{i:04}A\r").into_bytes());
}

//! Laws of pulse formats and their siblings.
#![cfg(all(feature = "pulse", feature = "_testing"))]
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use alarmwire::{
    codec::pulse::{Ambiguity, Frame},
    testing::pulse::{fuzz, reports, settings},
};
use bytes::BytesMut;
use proptest::prelude::*;

proptest! {
    #[test]
    fn what_is_encoded_parses_back(report in reports()) {
        let settings = settings(&report);
        let mut wire = BytesMut::new();
        report.encode(&mut wire).unwrap();
        let read = Frame::read(&wire, &settings).unwrap();
        // Two equal lines are two rounds, whatever they were meant to be.
        if read.ambiguity() != Some(Ambiguity::TwoRoundsOrExtended) {
            prop_assert_eq!(&read, &report);
        }
        prop_assert_eq!(wire, read.to_string());
    }

    #[test]
    fn telephone_keys_say_the_same(report in reports()) {
        let mut keys = BytesMut::new();
        if report.encode_keys(&mut keys).is_ok() {
            prop_assert_eq!(Frame::read_keys(&keys, &settings(&report)), Ok(report));
        }
    }

    #[test]
    fn what_carries_an_event_alone_says_that_event(report in reports()) {
        let settings = settings(&report);
        let mut failed = false;
        report.events(&settings, &mut |event, own| {
            let mut events = 0;
            if let Ok(again) = Frame::read(own, &settings) {
                again.events(&settings, &mut |other, _| {
                    events += 1;
                    failed |= again.ambiguity().is_none() && other != event;
                });
            }
            failed |= events != 1;
        });
        prop_assert!(!failed);
    }

    #[test]
    fn any_bytes_do_no_harm(input in proptest::collection::vec(any::<u8>(), 0..200)) {
        fuzz(&input);
    }

    #[test]
    fn nearly_digits_do_no_harm(input in "[0-9A-F*# \r\n]{0,80}") {
        fuzz(input.as_bytes());
    }
}

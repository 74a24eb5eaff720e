//! What holds for the translation of any event under any settings.
#![cfg(feature = "_testing")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failed test may panic"
)]

use alarmwire::{
    event::{Translation, ZoneBase},
    testing::translation::{check, events, settings},
};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn any_event_is_told_with_its_place_or_refused(owned in events(), hex in any::<bool>(), settings in settings()) {
        let base = if hex { ZoneBase::Hexadecimal } else { ZoneBase::Decimal };
        check(&owned, &settings.with_zone_base(base), base, true);
        check(&owned, &Translation::STANDARD.with_zone_base(base), base, false);
        check(&owned, &Translation::STANDARD.with_zone_base(base).with_fallback(true), base, false);
    }
}

#[cfg(feature = "surgard")]
mod frames {
    use alarmwire::{
        Class, Protocol,
        codec::{DecodeOptions, Emit, surgard::Surgard},
        types::{LineNumber, Now, ReceiverNumber, Sequence},
    };
    use bytes::BytesMut;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

        #[test]
        fn a_sur_gard_frame_says_what_the_event_said_or_nothing_is_written(owned in events(), settings in settings()) {
            let event = owned.event();
            let mut how = Emit::new(ReceiverNumber::new("01").unwrap(), LineNumber::new("001").unwrap(), Sequence::FIRST, Now::default());
            how.translation = &settings;
            let mut out = BytesMut::from(&b"before"[..]);
            let emitted = Surgard.emit(&event, &how, &mut out);
            prop_assert!(out.starts_with(b"before"));
            if emitted.is_err() {
                prop_assert_eq!(&out[..], b"before");
                return Ok(());
            }
            let options = DecodeOptions { line_digits: Some(3), ..DecodeOptions::default() };
            let (decoded, taken) = Surgard.decode(&out[6..], &options);
            prop_assert!(decoded.ok, "{:?} {}", decoded, out.escape_ascii());
            prop_assert_eq!(taken, out.len() - 6);
            prop_assert_eq!(decoded.events.len(), 1, "{}", out.escape_ascii());
            let class = |class: Class| class.function();
            if class(event.class).is_some() {
                let back = &decoded.events[0];
                prop_assert_eq!(back.class.as_str(), event.class.as_str(), "{}", out.escape_ascii());
            }
        }
    }
}

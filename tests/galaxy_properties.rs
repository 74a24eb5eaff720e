//! Properties of the Galaxy codec and of its receiver.
#![cfg(all(feature = "galaxy", feature = "_testing"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

use alarmwire::{
    AccountId, AlarmEvent, EventCode, Now, Qualifier, Sequence,
    codec::{
        Emit, Protocol,
        dc03::Event,
        galaxy::{Galaxy, Message, Settings},
    },
    link::galaxy::{Event as Told, Receiver, ReceiverSettings},
    testing::galaxy::{blocks, cuts, fuzz, messages, wires},
    types::{LineNumber, ReceiverNumber, Zone},
};
use bytes::BytesMut;
use proptest::prelude::*;

/// The signals of a wire in one line each: account, token, data.
fn signals(wire: &[u8]) -> Vec<(String, String, String)> {
    let mut receiver = Receiver::new(ReceiverSettings::default(), Now::default());
    receiver.handle_input(Now::default(), wire);
    let mut seen = Vec::new();
    while let Some(told) = receiver.next(Now::default()) {
        if let Told::Signal(_, signal) = told {
            seen.push((
                signal.account.unwrap().to_string(),
                signal.token.unwrap().to_string(),
                String::from_utf8_lossy(signal.data).into_owned(),
            ));
        }
    }
    seen
}

proptest! {
    #[test]
    fn what_is_encoded_parses_back((level, account, code, address, area, text) in messages()) {
        let settings = Settings::default().with_level(level);
        let account = AccountId::new(&account).unwrap();
        let mut message = Message::new(account, Event::new(&code, &address).unwrap());
        (message.area, message.text) = (Some(area.as_str()), Some(text.as_bytes()));
        let mut wire = BytesMut::new();
        message.encode(&settings, &mut wire).unwrap();
        let seen = signals(&wire);
        let ri = if level.has_modifiers() { format!("ri{area}/") } else { String::new() };
        let event = format!("{ri}{code}{address}");
        let mut expected = vec![(account.to_string(), "N".into(), format!("N{event}"))];
        if level.has_text() {
            expected.push((account.to_string(), "A".into(), format!("O{event}|A{text}")));
        }
        prop_assert_eq!(seen, expected);
    }

    #[test]
    fn what_is_emitted_is_the_event_again((_, account, _, zone, _, text) in messages()) {
        let mut event = AlarmEvent::new(EventCode::Sia(*b"BA"), Qualifier::New);
        event.account = AccountId::new(&account).ok();
        event.zone = Zone::new(&zone).ok();
        event.text = Some(text.as_bytes());
        let how = Emit::new(
            ReceiverNumber::new("1").unwrap(),
            LineNumber::new("1").unwrap(),
            Sequence::new(1).unwrap(),
            Now::default(),
        );
        let mut wire = BytesMut::new();
        let losses = Galaxy.emit(&event, &how, &mut wire).unwrap();
        prop_assert!(losses.is_empty());
        let seen = signals(&wire);
        prop_assert_eq!(&seen[0].2, &format!("NBA{zone}"));
        prop_assert_eq!(&seen[1].2, &format!("OBA{zone}|A{text}"));
    }

    #[test]
    fn blocks_of_any_kind_keep_the_laws(wire in blocks()) {
        fuzz(&wire);
    }

    #[test]
    fn any_stream_keeps_the_laws(wire in wires(), size in 1_usize..40) {
        fuzz(&wire);
        let settings = Settings::default();
        prop_assert_eq!(cuts(&wire, size, &settings), cuts(&wire, wire.len().max(1), &settings));
    }

    #[test]
    fn any_bytes_keep_the_laws(wire in proptest::collection::vec(any::<u8>(), 0..300)) {
        fuzz(&wire);
    }
}

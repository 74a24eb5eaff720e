//! Deadlines, limits and chunking of one connection.

use proptest::prelude::*;

use super::*;

#[test]
fn a_connection_that_sends_one_byte_a_second_is_closed_five_seconds_into_its_frame() {
    let mut receiver = Receiver::stream(Arc::new(policy()), Limits::default(), zeros(), now());
    let frame = clear(&message("ADM-CID", "1234", CID, None));
    let mut closed = None;
    for (second, byte) in frame.iter().enumerate() {
        let at = later(second as u64);
        receiver.handle_timeout(at);
        if receiver.close().is_some() {
            closed = Some(second);
            break;
        }
        receiver.handle_input(at, &[*byte]);
        assert!(receiver.next(at).is_none());
    }
    // The LF alone might be a line end, so the frame begins with the byte behind it.
    assert!(matches!(closed, Some(5 | 6)), "{closed:?}");
    assert_eq!(receiver.close(), Some(Close::FrameDeadline));
    assert!(matches!(
        receiver.next(later(6)),
        Some(Event::Refused(Refused {
            reason: Refusal::Truncated,
            ..
        }))
    ));
    assert!(receiver.next(later(6)).is_none());
    assert_eq!(receiver.poll_timeout(), None);
}

#[test]
fn ten_megabytes_without_a_frame_close_the_connection_and_take_no_room() {
    for filler in [
        &b"A"[..],
        b"\n1234",
        b"\n00000FFF\"ADM-CID\"0001L0#1234[",
        b"\r\n",
    ] {
        let mut receiver = Receiver::stream(Arc::new(policy()), Limits::default(), zeros(), now());
        let chunk = filler.repeat(1000);
        for _ in 0..10_000_000 / chunk.len() {
            receiver.handle_input(now(), &chunk);
            while receiver.next(now()).is_some() {}
            if let Source::Stream(framer) = &receiver.source {
                assert!(framer.pending() <= crate::codec::dc09::LONGEST_FRAME + chunk.len());
            }
        }
        assert_eq!(receiver.close(), Some(Close::Noise), "{filler:?}");
    }
}

#[test]
fn a_silent_connection_is_closed_at_its_idle_limit_and_a_frame_puts_that_off() {
    let limits = Limits::default();
    let mut receiver = Receiver::stream(Arc::new(policy()), limits, zeros(), now());
    assert_eq!(receiver.poll_timeout(), Some(now().monotonic + limits.idle));
    let at = later(1000);
    receiver.handle_input(at, &clear(&message("NULL", "1234", "", None)));
    assert!(receiver.next(at).is_some());
    assert!(receiver.next(at).is_none());
    assert_eq!(receiver.poll_timeout(), Some(at.monotonic + limits.idle));
    receiver.handle_timeout(later(1800));
    assert_eq!(receiver.close(), None);
    receiver.handle_timeout(later(2800));
    assert_eq!(receiver.close(), Some(Close::Idle));
}

#[test]
fn line_ends_between_frames_are_no_frame_that_was_begun() {
    let mut receiver = Receiver::stream(Arc::new(policy()), Limits::default(), zeros(), now());
    let mut bytes = clear(&message("NULL", "1234", "", None));
    bytes.extend(b"\r\n");
    receiver.handle_input(now(), &bytes);
    let mut seen = Vec::new();
    drain(&mut receiver, now(), &mut seen);
    assert_eq!(seen.len(), 1);
    receiver.handle_timeout(later(100));
    assert_eq!(receiver.close(), None);
}

#[test]
fn a_new_policy_counts_from_the_next_frame_on() {
    let mut receiver = Receiver::stream(Arc::new(Policy::new()), Limits::default(), zeros(), now());
    let frame = clear(&message("ADM-CID", "1234", CID, None));
    receiver.handle_input(now(), &frame);
    assert!(matches!(
        receiver.next(now()),
        Some(Event::Refused(Refused {
            answer: None::<Answer>,
            ..
        }))
    ));
    receiver.set_policy(Arc::new(policy()));
    receiver.handle_input(now(), &frame);
    let ticket: Ticket = match receiver.next(now()) {
        Some(Event::Signal(ticket, _)) => ticket,
        other => panic!("{other:?}"),
    };
    assert!(ticket.redeem(&Stored::new(false)).ends_with(b"[]\r"));
}

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let sent = now().utc;
    let mut all = vec![
        clear(&message("ADM-CID", "1234", CID, None)),
        clear(&message("SIA-DCS", "9999", "#9999|Nri1/BA1", Some(sent))),
        clear(&message("NULL", "1234", "", None)),
        clear(&message("FOO", "1234", "", None)),
        b"\nEAA\r\n\0 ".to_vec(),
        b"\nB0AC0099\"ADM-CID\"0001L0#7099[#7099|1628 01 000]\r".to_vec(),
        b"\n\xd1K0029\"NULL\"0000R1L1#9413[]_23:05:28,08-30-2023\r".to_vec(),
    ];
    #[cfg(feature = "crypto")]
    all.extend([
        encrypted(
            &message("ADM-CID", "AAA", "#AAA|1130 01 015", Some(sent)),
            1,
        ),
        encrypted(
            &message("ADM-CID", "AAA", "#AAA|1130 01 015", Some(sent)),
            2,
        ),
        encrypted(
            &message("NULL", "AAA", "", Some(sent.offset(99_000_000_000))),
            1,
        ),
    ]);
    all.dedup();
    let damaged = (
        prop::sample::select(all.clone()),
        any::<prop::sample::Index>(),
        any::<u8>(),
    )
        .prop_map(|(mut bytes, at, value)| {
            let at = at.index(bytes.len());
            bytes[at] = value;
            bytes
        });
    let piece = prop_oneof![4 => prop::sample::select(all), 2 => damaged, 1 => prop::collection::vec(any::<u8>(), 0..40)];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// Feeds chunks, then lets time pass until nothing is due.
fn fed(bytes: &[u8], cuts: &[usize]) -> Vec<Seen> {
    let mut receiver = Receiver::stream(Arc::new(policy()), Limits::default(), zeros(), now());
    let mut seen = Vec::new();
    let mut rest = bytes;
    for cut in cuts.iter().chain([&bytes.len()]) {
        let (chunk, more) = rest.split_at((*cut).min(rest.len()));
        rest = more;
        receiver.handle_input(now(), chunk);
        drain(&mut receiver, now(), &mut seen);
    }
    while let Some(at) = receiver.poll_timeout() {
        let at = now().after(at - now().monotonic);
        receiver.handle_timeout(at);
        drain(
            &mut receiver,
            Now {
                utc: now().utc,
                ..at
            },
            &mut seen,
        );
    }
    // How noise is counted may depend on the cuts; what is answered may not.
    seen.retain(|s| s.answer.is_some());
    seen
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same_answers(bytes in pieces(), cuts in prop::collection::vec(0..60_usize, 0..40)) {
        prop_assert_eq!(fed(&bytes, &cuts), fed(&bytes, &[]));
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), more in pieces()) {
        let _ = fed(&bytes, &[7]);
        let _ = datagram(&policy(), &bytes);
        let _ = datagram(&policy(), &more);
    }
}

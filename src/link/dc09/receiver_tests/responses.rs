//! RSP: messages that ride in place of an acknowledgement, and keys.

use super::*;
use crate::{
    codec::{
        dc03::{Control, ControlCode},
        dc09::{Body, Field},
    },
    link::dc09::{Identity, Outgoing, Path, Report, Response, Timing, Transmitter},
};

fn response(account: &str) -> Response {
    let pulse = Control::new(ControlCode::Pulse, "1", Some("5")).unwrap();
    let query = Control::new(ControlCode::Area, "2", None).unwrap();
    Response::controls(id(account), &[pulse, query]).unwrap()
}

fn receiver() -> Receiver {
    Receiver::stream(Arc::new(policy()), Limits::default(), zeros(), now())
}

/// Takes one frame, and gives all that would be sent.
fn answer(receiver: &mut Receiver, wire: &[u8]) -> Vec<u8> {
    receiver.handle_input(now(), wire);
    let is_response = match receiver.next(now()).unwrap() {
        Event::Signal(ticket, _) => {
            let bytes = ticket.redeem(&Stored::new(false)).to_vec();
            assert_eq!(
                ticket.is_response(),
                bytes.windows(5).any(|w| w == b"RSP\"0")
            );
            return bytes;
        }
        Event::Answered(answered) => answered.response,
        other => panic!("{other:?}"),
    };
    let (ack, response) = (receiver.poll_transmit(), receiver.poll_response());
    assert_eq!(response.is_some(), is_response);
    assert!(ack.is_some() != response.is_some() && receiver.poll_response().is_none());
    response.or(ack.map(|ack| ack.to_vec())).unwrap()
}

#[test]
fn a_message_rides_in_the_next_acknowledgement_of_its_account_and_only_there() {
    let mut receiver = receiver();
    receiver.respond(id("1234"), response("1234")).unwrap();
    let event = clear(&message("ADM-CID", "1234", CID, None));
    let rsp = answer(&mut receiver, &event);
    assert_eq!(
        &rsp[9..],
        b"\"RSP\"0001L0#1234[#1234|COP1*5/SA2]_12:00:00,03-01-2026\r"
    );
    assert_eq!(receiver.pending_responses(), 0);
    let ack = answer(&mut receiver, &event);
    assert_eq!(&ack[9..], b"\"ACK\"0001L0#1234[]\r");
}

#[test]
fn a_message_rides_in_the_answer_to_a_sign_of_life() {
    let mut receiver = receiver();
    let null = clear(&message("NULL", "1234", "", None));
    assert!(answer(&mut receiver, &null).ends_with(b"\"ACK\"0000L0#1234[]\r"));
    for _ in 0..2 {
        receiver.respond(id("1234"), response("1234")).unwrap();
    }
    for _ in 0..2 {
        let rsp = answer(&mut receiver, &null);
        let (frame, _) = Frame::parse_whole(&rsp).unwrap();
        let Body::Clear(content) = frame.body else {
            panic!()
        };
        assert_eq!((frame.token, content.controls().count()), (Token::Rsp, 2));
    }
    assert!(answer(&mut receiver, &null).ends_with(b"\"ACK\"0000L0#1234[]\r"));
}

#[test]
fn messages_are_valid_and_few() {
    let field = |letter, value| Field { letter, value };
    assert!(Response::new(b"", &[]).is_err());
    assert!(Response::new(b"#1234|C]", &[]).is_err());
    assert!(Response::new(b"\x01", &[]).is_err());
    assert!(
        Response::new(b"", &[field(b'K', b"00")]).is_err(),
        "keys go another way"
    );
    assert!(Response::new(b"", &[field(b'p', b"1")]).is_err());
    assert!(Response::new(&[b'x'; 1501], &[]).is_err());
    assert!(Response::controls(id("1234"), &[]).is_err());
    let program = Response::new(&[b'x'; 1400], &[field(b'P', b"program")]).unwrap();
    assert_eq!(program.extended(), b"[Pprogram]");
    assert!(!format!("{program:?}").contains("program"));
    let mut receiver = receiver();
    for _ in 0..64 {
        receiver.respond(id("9999"), program.clone()).unwrap();
    }
    assert_eq!(receiver.respond(id("9999"), program.clone()), Err(program));
}

fn panel(identity: Identity) -> (Transmitter, BytesMut) {
    let mut panel = Transmitter::new(identity, Arc::new(Timing::default()), None, now());
    let outgoing = Outgoing {
        id: 7,
        sequence: None,
        token: "ADM-CID",
        data: b"|1130 01 015",
        extended: b"",
    };
    panel.submit(now(), outgoing).unwrap();
    let mut wire = BytesMut::new();
    panel
        .poll_transmit(now(), &mut |pad: &mut [u8]| pad.fill(7), &mut wire)
        .unwrap();
    (panel, wire)
}

#[test]
fn a_panel_hands_the_control_packets_to_its_caller_and_does_nothing_else() {
    let mut receiver = receiver();
    receiver.respond(id("1234"), response("1234")).unwrap();
    let (mut panel, wire) = panel(Identity::new(id("1234")));
    let rsp = answer(&mut receiver, &wire);
    panel.handle_input(now(), Path::Main, &rsp);
    let report = panel.poll_event().unwrap();
    assert_eq!(
        format!("{:?}", report.controls().collect::<Vec<_>>()),
        "[Control(OP1*5), Control(SA2)]"
    );
    assert!(matches!(
        panel.poll_event(),
        Some(Report::Delivered { id: 7, .. })
    ));
    assert_eq!(panel.poll_event(), None);
    assert!(
        panel
            .poll_transmit(now(), &mut |_: &mut [u8]| {}, &mut BytesMut::new())
            .is_none()
    );
}

#[cfg(feature = "crypto")]
mod keys {
    use std::sync::Mutex;

    use super::*;
    use crate::{
        codec::dc09::NewKey,
        link::dc09::{Demand, KeyExchange},
    };

    #[test]
    fn an_encrypted_frame_has_its_message_encrypted() {
        let mut receiver = receiver();
        receiver.respond(id("AAA"), response("AAA")).unwrap();
        let (mut panel, wire) = panel(Identity::new(id("AAA")).with_key(key(1)));
        let rsp = answer(&mut receiver, &wire);
        assert!(rsp[9..].starts_with(b"\"*RSP\"0001L0#AAA["));
        panel.handle_input(now(), Path::Main, &rsp);
        assert_eq!(panel.poll_event().unwrap().controls().count(), 2);
    }

    #[test]
    fn an_account_with_a_key_hears_no_message_in_clear() {
        let mut policy = policy();
        let mut account = Account::keyed(key(1));
        account.demand = Demand::Clear;
        policy.insert(id("AAA"), account);
        let mut receiver = Receiver::stream(Arc::new(policy), Limits::default(), zeros(), now());
        receiver.respond(id("AAA"), response("AAA")).unwrap();
        let event = message("ADM-CID", "AAA", "|1130 01 015", Some(now().utc));
        assert!(answer(&mut receiver, &clear(&event))[9..].starts_with(b"\"ACK\""));
        assert!(answer(&mut receiver, &encrypted(&event, 1))[9..].starts_with(b"\"*RSP\""));
    }

    /// Offers one key, and writes down what it hears.
    #[derive(Default)]
    struct Change {
        offer: Option<u8>,
        used: Vec<(String, bool)>,
    }

    impl KeyExchange for Arc<Mutex<Change>> {
        fn offer(&mut self, _account: AccountId<'_>, _now: Now) -> Option<NewKey> {
            let n = self.lock().unwrap().offer.take()?;
            NewKey::from_bytes(&[n; 16]).ok()
        }

        fn used(&mut self, account: AccountId<'_>, new: bool) {
            self.lock()
                .unwrap()
                .used
                .push((account.as_str().into(), new));
        }
    }

    #[test]
    fn a_new_key_travels_encrypted_and_its_use_is_told() {
        let change = Arc::new(Mutex::new(Change {
            offer: Some(2),
            ..Change::default()
        }));
        let mut policy = policy();
        let mut account = Account::keyed(key(1));
        assert!(account.add_key(key(2)));
        policy.insert(id("AAA"), account);
        let mut receiver = Receiver::stream(Arc::new(policy), Limits::default(), zeros(), now());
        receiver.set_key_exchange(Box::new(Arc::clone(&change)));
        // A clear frame of another account is no occasion.
        let stranger = clear(&message("ADM-CID", "1234", CID, None));
        assert!(answer(&mut receiver, &stranger)[9..].starts_with(b"\"ACK\""));

        let (mut panel, wire) = panel(Identity::new(id("AAA")).with_key(key(1)));
        let rsp = answer(&mut receiver, &wire);
        panel.handle_input(now(), Path::Main, &rsp);
        let offered = panel.poll_key().unwrap();
        assert_eq!(offered.as_bytes(), [2; 16]);
        assert!(panel.poll_key().is_none(), "handed out once");
        let report = panel.poll_event().unwrap();
        let Report::Response { extended, .. } = report else {
            panic!()
        };
        assert!(extended.is_empty(), "no report carries a key");

        panel.change_key(offered.key().unwrap());
        while panel.poll_event().is_some() {}
        let outgoing = Outgoing {
            id: 8,
            sequence: None,
            token: "ADM-CID",
            data: b"",
            extended: b"",
        };
        panel.submit(now(), outgoing).unwrap();
        let mut wire = BytesMut::new();
        panel
            .poll_transmit(now(), &mut |pad: &mut [u8]| pad.fill(7), &mut wire)
            .unwrap();
        let ack = answer(&mut receiver, &wire);
        panel.handle_input(now(), Path::Main, &ack);
        assert!(matches!(
            panel.poll_event(),
            Some(Report::Delivered { id: 8, .. })
        ));
        let used = &change.lock().unwrap().used;
        assert_eq!(*used, [("AAA".into(), false), ("AAA".into(), true)]);
    }

    #[test]
    fn an_answer_under_the_old_key_counts_until_the_new_one_is_used() {
        let mut receiver = receiver();
        let (mut panel, wire) = panel(Identity::new(id("AAA")).with_key(key(1)));
        let ack = answer(&mut receiver, &wire);
        panel.change_key(key(2));
        panel.handle_input(now(), Path::Main, &ack);
        assert!(matches!(
            panel.poll_event(),
            Some(Report::Delivered { id: 7, .. })
        ));
    }

    #[test]
    fn a_key_in_an_ack_or_in_clear_is_nobodys() {
        let field = [Field {
            letter: b'K',
            value: b"02020202020202020202020202020202",
        }];
        let ack = |token| Message {
            extended: &field,
            timestamp: Some(now().utc),
            ..message(token, "AAA", "", None)
        };
        let (mut keyed, _) = panel(Identity::new(id("AAA")).with_key(key(1)));
        keyed.handle_input(now(), Path::Main, &encrypted(&ack("ACK"), 1));
        assert!(matches!(keyed.poll_event(), Some(Report::Delivered { .. })));
        assert!(keyed.poll_key().is_none());
        let (mut plain, _) = panel(Identity::new(id("AAA")));
        plain.handle_input(now(), Path::Main, &clear(&ack("RSP")));
        assert!(
            matches!(plain.poll_event(), Some(Report::Response { extended, .. }) if extended.is_empty())
        );
        assert!(plain.poll_key().is_none());
    }

    #[test]
    fn only_the_newest_key_stays_when_the_change_is_over() {
        let mut account = Account::keyed(key(1));
        assert_eq!(account.keep_newest_key(), 0);
        assert!(account.add_key(key(2)) && !account.add_key(key(3)));
        assert_eq!((account.keep_newest_key(), account.keys().len()), (1, 1));
    }
}

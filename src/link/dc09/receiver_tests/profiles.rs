//! Every profile at a panel, before a receiver that reads anything, one that answers in the panel's form, and one that
//! insists on it; and what strict refuses.

use alloc::vec::Vec;

use super::*;
use crate::{
    codec::dc09::{Fault, NakForm, Profile},
    link::dc09::{Identity, Outgoing, Path, Report, Timing, Transmitter},
};

const EXTENDED: &[u8] = b"[ITest][M001122334455]";

/// A panel and a receiver that hear each other at once.
struct Link {
    panel: Transmitter,
    receiver: Receiver,
    now: Now,
    /// How far the panel's clock is behind.
    behind: Duration,
    seen: Vec<(Vec<u8>, Vec<u8>, String)>,
}

impl Link {
    fn new(profile: Profile, policy: Policy, keyed: bool, datagram: bool) -> Self {
        let identity = Identity::new(id("AAA")).with_profile(profile);
        #[cfg(feature = "crypto")]
        let identity = if keyed {
            identity.with_key(key(1))
        } else {
            identity
        };
        assert!(!keyed || cfg!(feature = "crypto"));
        let timing = Timing {
            supervise: Some(Duration::from_secs(60)),
            ..Timing::default()
        };
        let policy = Arc::new(policy);
        Self {
            panel: Transmitter::new(identity, Arc::new(timing), None, now()),
            receiver: if datagram {
                Receiver::datagram(policy, zeros())
            } else {
                Receiver::stream(policy, Limits::default(), zeros(), now())
            },
            now: now(),
            behind: Duration::ZERO,
            seen: Vec::new(),
        }
    }

    /// Runs until the panel has nothing to send, and gives its reports.
    fn run(&mut self) -> Vec<Report> {
        for _ in 0..4 {
            let panel_now = Now {
                utc: self
                    .now
                    .utc
                    .offset(-i64::try_from(self.behind.as_nanos()).unwrap()),
                ..self.now
            };
            let mut wire = BytesMut::new();
            let mut pad = |pad: &mut [u8]| pad.fill(7);
            if self
                .panel
                .poll_transmit(panel_now, &mut pad, &mut wire)
                .is_none()
            {
                break;
            }
            let mut answers = Vec::new();
            self.receiver.handle_input(self.now, &wire);
            self.hear(self.now, &mut answers);
            // A length that says too much is believed for a second.
            let later = self.now.after(Duration::from_secs(2));
            self.receiver.handle_timeout(later);
            self.hear(later, &mut answers);
            self.panel.handle_input(panel_now, Path::Main, &answers);
        }
        core::iter::from_fn(|| self.panel.poll_event()).collect()
    }

    fn hear(&mut self, now: Now, answers: &mut Vec<u8>) {
        while let Some(event) = self.receiver.next(now) {
            match event {
                Event::Signal(ticket, signal) => {
                    let account = signal.account.map(|a| String::from(a.as_str()));
                    self.seen.push((
                        signal.data.to_vec(),
                        signal.extended.to_vec(),
                        account.unwrap_or_default(),
                    ));
                    answers.extend_from_slice(ticket.redeem(&Stored::new(false)));
                }
                Event::Answered(_) => {
                    self.seen
                        .push((Vec::new(), Vec::new(), String::from("null")));
                    answers.extend_from_slice(&self.receiver.poll_transmit().unwrap());
                }
                Event::Refused(refused) => {
                    assert_eq!(refused.reason, Refusal::OutsideWindow);
                    answers.extend_from_slice(&self.receiver.poll_transmit().unwrap());
                }
                Event::Noise(count) => panic!("{count} bytes of noise"),
            }
        }
    }

    fn say(&mut self, id: u64) -> Vec<Report> {
        self.panel
            .submit(
                self.now,
                Outgoing {
                    id,
                    sequence: None,
                    token: "ADM-CID",
                    data: b"#AAA|1130 01 015",
                    extended: EXTENDED,
                },
            )
            .unwrap();
        self.run()
    }
}

fn policies(profile: Profile, keyed: bool) -> [Policy; 3] {
    [None, Some(profile), Some(profile.exactly())].map(|profile| {
        #[cfg(feature = "crypto")]
        let account = if keyed {
            Account::keyed(key(1))
        } else {
            Account::clear()
        };
        #[cfg(not(feature = "crypto"))]
        let account = Account::clear();
        assert!(!keyed || cfg!(feature = "crypto"));
        let mut policy = Policy::new();
        policy.insert(id("AAA"), Account { profile, ..account });
        policy.unknown = Unknown::Accept;
        if let Some(profile) = profile {
            policy.profile = profile;
        }
        policy
    })
}

#[test]
fn what_any_profile_writes_is_read_and_answered_in_a_form_that_it_takes() {
    for (name, profile) in Profile::ALL.iter().copied() {
        for keyed in [false, cfg!(feature = "crypto") && profile.header_account] {
            for policy in policies(profile, keyed) {
                for datagram in [false, true] {
                    let mut link = Link::new(profile, policy.clone(), keyed, datagram);
                    for id in 0..3 {
                        let reports = link.say(id);
                        assert!(
                            matches!(reports[..], [Report::Delivered { id: of, .. }] if of == id),
                            "{name}, keyed {keyed}, datagram {datagram}: {reports:?}"
                        );
                    }
                    link.now = link.now.after(Duration::from_secs(100));
                    let reports = link.run();
                    assert!(
                        matches!(reports[..], [Report::Supervised { .. }]),
                        "{name}: {reports:?}"
                    );
                    assert_eq!(link.seen.len(), 4, "{name}");
                    for (data, extended, account) in &link.seen[..3] {
                        assert_eq!(data, b"#AAA|1130 01 015", "{name}");
                        assert_eq!(extended, EXTENDED, "{name}");
                        assert_eq!(account, "AAA", "{name}");
                    }
                }
            }
        }
    }
}

#[cfg(feature = "crypto")]
#[test]
fn every_form_of_nak_that_tells_a_time_corrects_the_clock() {
    for (name, profile) in Profile::ALL
        .iter()
        .copied()
        .filter(|(_, p)| p.header_account)
    {
        for policy in policies(profile, true) {
            let tells = policy.profile.nak_time;
            let mut link = Link::new(profile, policy, true, true);
            link.behind = Duration::from_secs(3600);
            let reports = link.say(1);
            if tells {
                assert!(
                    matches!(
                        reports[..],
                        [Report::ClockOffset { .. }, Report::Delivered { .. }]
                    ),
                    "{name}: {reports:?}"
                );
            } else {
                assert!(reports.is_empty(), "{name}: a NAK without a time is none");
            }
        }
    }
}

#[test]
fn the_forms_of_nak_are_those_of_the_dossier() {
    let wire = clear(&message("NULL", "1234", "", None));
    let (frame, _) = Frame::parse_whole(&wire).unwrap();
    for (form, text) in [
        (
            NakForm::Constant,
            "\"NAK\"0000R0L0A0[]_12:00:00,03-01-2026\r",
        ),
        (NakForm::Hash, "\"NAK\"0000R0L0#0[]_12:00:00,03-01-2026\r"),
        (
            NakForm::LineFirst,
            "\"NAK\"0000L0R0A0[]_12:00:00,03-01-2026\r",
        ),
        (NakForm::Echo, "\"NAK\"0000L0#1234[]_12:00:00,03-01-2026\r"),
    ] {
        let mut profile = Profile::STANDARD;
        profile.nak = form;
        let mut reply = Reply::new();
        profile.nak(&frame, now().utc, &mut reply);
        assert_eq!(&reply[9..], text.as_bytes());
        assert!(Frame::parse_whole(&reply).is_ok());
    }
}

/// A frame by hand, around the text from the first quote on.
fn framed(text: &[u8]) -> Vec<u8> {
    let crc = crc::Crc::<u16>::new(&crc::CRC_16_ARC).checksum(text);
    let mut wire = format!("\n{crc:04X}{:04X}", text.len()).into_bytes();
    wire.extend_from_slice(text);
    wire.push(b'\r');
    wire
}

#[test]
fn strict_refuses_what_the_rules_forbid() {
    let mut strict = Policy::accept_all();
    strict.profile = Profile::STRICT;
    let good: &[&[u8]] = &[
        b"\"ADM-CID\"0001L0#1234[#1234|1130 01 015]",
        b"\"ADM-CID\"0001R1L0#0[#0|1130 01 015][IGr\xC3\xB6\xC3\x9Fe]_12:00:00,03-01-2026",
        b"\"SIA-DCS\"9999RabcdefL0#1234[#1234|Nri1BA1]",
        b"\"NULL\"0000L0#1234[]",
        b"\"SIA-DCS\"0001L0#1234[#5678|??]",
    ];
    for text in good {
        assert!(
            !one(&strict, &framed(text)).0.starts_with("refused"),
            "{}",
            text.escape_ascii()
        );
    }
    let cases: &[(&[u8], Fault)] = &[
        (b"\"ADM-CID\"0001L 0#1234[#1234|1130 01 015]", Fault::Blanks),
        (
            b"\"ADM-CID\"0001R1234567L0#1234[#1234|1130 01 015]",
            Fault::Receiver,
        ),
        (
            b"\"ADM-CID\"0001RL0#1234[#1234|1130 01 015]",
            Fault::Receiver,
        ),
        (b"\"ADM-CID\"0001L#1234[#1234|1130 01 015]", Fault::Line),
        (b"\"ADM-CID\"0001#1234[#1234|1130 01 015]", Fault::Line),
        (b"\"ADM-CID\"0001LXY#1234[#1234|1130 01 015]", Fault::Line),
        (b"\"ADM-CID\"0001L0[#1234|1130 01 015]", Fault::Account),
        (b"\"ADM-CID\"0001L0#XYZ[#1234|1130 01 015]", Fault::Account),
        (
            b"\"ADM-CID\"0000L0#1234[#1234|1130 01 015]",
            Fault::Sequence,
        ),
        (b"\"NULL\"0001L0#1234[]", Fault::Sequence),
        (b"\"NULL\"0000L0#1234[#1234|x]", Fault::NullData),
        (
            b"\"ADM-CID\"0001L0#1234[#1234|1130 01 015]x",
            Fault::Brackets,
        ),
        (
            b"\"ADM-CID\"0001L0#1234[#1234|1130 01 015][$1]",
            Fault::Letter,
        ),
        (b"\"SIA-DCS\"0001L0#1234[#1234|NBA1^\xF6^]", Fault::Ascii),
        (b"\"ADM-CID\"0001L0#1234[1130 01 015]", Fault::DataAccount),
        (
            b"\"ADM-CID\"0001L0#1234[1234|1130 01 015]",
            Fault::DataAccount,
        ),
        (
            b"\"ADM-CID\"0001L0#1234[#1234|1130 01 015]_noon",
            Fault::Time,
        ),
    ];
    let mut shown: Vec<Fault> = Vec::new();
    let mut check = |wire: &[u8], fault: Fault, ways: &[bool]| {
        for is_datagram in ways {
            let mut receiver = if *is_datagram {
                Receiver::datagram(Arc::new(strict.clone()), zeros())
            } else {
                Receiver::stream(Arc::new(strict.clone()), Limits::default(), zeros(), now())
            };
            receiver.handle_input(now(), wire);
            let event = receiver.next(now());
            let Some(Event::Refused(refused)) = event else {
                panic!("{}: {event:?}", wire.escape_ascii());
            };
            assert_eq!(
                refused.reason,
                Refusal::Profile(fault),
                "{}",
                wire.escape_ascii()
            );
            assert_eq!(
                (refused.answer, refused.reason.is_compromise()),
                (None, false)
            );
        }
        shown.push(fault);
    };
    for (text, fault) in cases {
        check(&framed(text), *fault, &[false, true]);
    }
    let message = message("ADM-CID", "1234", CID, None);
    for (name, fault, ways) in [
        (
            "binary-crc",
            Fault::Crc(crate::codec::dc09::CrcForm::Binary),
            &[false, true][..],
        ),
        (
            "crc-over-cr",
            Fault::Crc(crate::codec::dc09::CrcForm::HexOverCr),
            &[false, true],
        ),
        ("decimal-length", Fault::Length, &[true]),
        ("no-lf", Fault::MissingLf, &[false, true]),
        ("trailing-nul", Fault::Trailing, &[false, true]),
        ("trailing-crlf", Fault::Trailing, &[false]),
        ("no-line", Fault::Line, &[false, true]),
        ("no-account", Fault::Line, &[false, true]),
    ] {
        let mut wire = BytesMut::new();
        let style = Profile::find(name).unwrap().style();
        message.encode(&style, &mut wire).unwrap();
        check(&wire, fault, ways);
    }
    for fault in Fault::ALL {
        assert!(shown.contains(fault), "{fault:?} is shown by no case");
    }
    assert_eq!(
        one(&Policy::accept_all(), &framed(cases[0].0)).0.get(..6),
        Some("signal")
    );
}

#[test]
fn a_refused_form_is_answered_by_policy() {
    let mut strict = Policy::accept_all();
    strict.profile = Profile::STRICT;
    strict.refuse = Refuse::Duh;
    let (what, answer) = one(
        &strict,
        &framed(b"\"ADM-CID\"0001L#1234[#1234|1130 01 015]"),
    );
    assert_eq!(what, "refused profile 1234");
    assert_eq!(answer.as_deref(), Some("\"DUH\"0001L#1234[]"));
}

#[test]
fn profiles_are_found_by_their_names() {
    for (name, profile) in Profile::ALL {
        assert_eq!(Profile::find(name), Some(*profile));
        assert_eq!(profile.name(), Some(*name));
    }
    assert_eq!(Profile::find("eldes"), None);
    assert_eq!(Profile::SHORT_PAD.exactly().name(), None);
}

#[cfg(feature = "crypto")]
#[test]
fn keys_are_read_in_the_notation_of_the_peers_menu() {
    let text = "0123456789ABCDEF0123456789ABCDEF";
    let bits =
        |profile: Profile, text: &str| profile.read_key(text).map(|key| format!("{key:?}")).ok();
    assert_eq!(
        bits(Profile::KEY_HEX, text).as_deref(),
        Some("Key(128 bits)")
    );
    assert_eq!(
        bits(Profile::KEY_ASCII, text).as_deref(),
        Some("Key(256 bits)")
    );
    assert_eq!(bits(Profile::STANDARD, text), None);
    assert_eq!(bits(Profile::KEY_HEX, "0123456789ABCDEF"), None);
    assert_eq!(bits(Profile::KEY_ASCII, "0123456789ABCDEé"), None);
}

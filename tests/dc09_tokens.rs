//! Every event token of dc09.md 3.2, a test each: read, written again byte for byte, acknowledged, stored, read back from
//! the journal, and written once more with the same content; in clear and encrypted.
#![cfg(all(feature = "dc09", feature = "crypto", feature = "journal"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation
)]

#[path = "common/desk.rs"]
mod desk;

use std::sync::Arc;

use alarmwire::{
    Lane,
    codec::{
        DecodeOptions, Protocol,
        dc09::{Body, Dc09, EventToken, Extended, Field, Frame, Key, Message, Style, Token},
    },
    journal::{Batch, Outcome, Reader, SqliteJournal, StoredEvent, commit},
    link::dc09::{Account, Event, Policy, Receiver},
};
use bytes::BytesMut;
use desk::{entropy, id, message, noon};

const KEY: &[u8] = b"0123456789ABCDEF";
const FIELDS: [Field<'static>; 2] = [
    Field {
        letter: b'Q',
        value: b"unknown",
    },
    Field {
        letter: b'I',
        value: "Tür".as_bytes(),
    },
];

fn write(message: &Message<'_>, key: Option<&Key>) -> Vec<u8> {
    let mut out = BytesMut::new();
    match key {
        None => message.encode(&Style::default(), &mut out).unwrap(),
        Some(key) => message
            .encode_encrypted(&Style::default(), key, &mut *entropy(), &mut out)
            .unwrap(),
    }
    out.to_vec()
}

/// Sends a frame to a receiver with a journal on disk: the answer, and what the journal then holds.
fn store(wire: &[u8], key: Option<&Key>) -> (Vec<u8>, Vec<StoredEvent>) {
    let mut policy = Policy::accept_all();
    if let Some(key) = key {
        policy.insert(id("1234"), Account::keyed(key.clone()));
    }
    let mut receiver = Receiver::datagram(Arc::new(policy), entropy());
    let folder = tempfile::tempdir().unwrap();
    let mut journal = SqliteJournal::open(folder.path()).unwrap();
    let mut batch = Batch::new();
    receiver.handle_datagram(noon(), wire);
    let Some(Event::Signal(ticket, signal)) = receiver.next(noon()) else {
        panic!("no signal: {}", wire.escape_ascii())
    };
    let index = batch.push("ip", noon(), &signal);
    let proofs = commit(&mut journal, &mut batch).unwrap();
    let Some(Outcome::Stored(stored)) = proofs.outcome(index) else {
        panic!("not stored")
    };
    let answer = ticket.redeem(&stored).to_vec();
    drop(journal);
    let reader = Reader::open(folder.path()).unwrap();
    let events = Lane::ALL
        .iter()
        .flat_map(|lane| reader.events(*lane, 0, 100).unwrap().events)
        .collect();
    (answer, events)
}

fn carried(token: EventToken, data: &str, code: &str) {
    for key in [None, Some(Key::from_bytes(KEY).unwrap())] {
        let key = key.as_ref();
        let original = Message {
            extended: &FIELDS,
            ..message(token.as_str(), 7, "1234", data, Some(noon().utc))
        };
        assert_eq!(original.token, Token::Event(token));
        let wire = write(&original, key);
        let (frame, taken) = Frame::parse_whole(&wire).unwrap();
        assert_eq!(
            (frame.token, frame.encrypted, taken),
            (Token::Event(token), key.is_some(), wire.len())
        );

        let options = DecodeOptions {
            key: key.map(|_| KEY),
            now: noon(),
            ..DecodeOptions::default()
        };
        let (decoded, _) = Dc09.decode(&wire, &options);
        assert!(decoded.ok && decoded.token.as_deref() == Some(token.as_str()));
        assert_eq!(decoded.data.as_deref(), Some(data));
        assert_eq!(decoded.extended.len(), 2);
        assert!(
            decoded.events[0].code.starts_with(code),
            "{}",
            decoded.events[0].code
        );
        assert!(decoded.reply_hex.is_some());

        let (answer, stored) = store(&wire, key);
        let (answer, _) = Frame::parse_whole(&answer).unwrap();
        assert_eq!(
            (answer.token, answer.encrypted, answer.sequence.value()),
            (Token::Ack, key.is_some(), 7)
        );
        let [stored] = &stored[..] else {
            panic!("{stored:?}")
        };
        assert_eq!(stored.code, decoded.events[0].code);
        assert_eq!(
            (stored.token.as_deref(), &stored.raw),
            (Some(token.as_str()), &wire)
        );

        // What an output writes of it: the token, the data and the fields are those that came.
        let fields: Vec<_> = Extended::new(&stored.extended).iter().collect();
        let again = Message {
            token: Token::new(stored.token.as_deref().unwrap()).unwrap(),
            data: &stored.data,
            extended: &fields,
            ..original
        };
        assert_eq!(write(&again, None), write(&original, None));
        if let Body::Clear(content) = frame.body {
            assert_eq!(content.data, data.as_bytes());
        }
    }
}

macro_rules! tokens {
    ($($name:ident $token:ident $data:literal $code:literal)*) => {
        $(#[test] fn $name() { carried(EventToken::$token, $data, $code); })*

        #[test]
        fn every_token_of_the_table_has_its_test() {
            let tested = [$(EventToken::$token),*];
            for token in EventToken::ALL {
                assert!(tested.contains(token), "{}", token.as_str());
            }
        }
    };
}

tokens! {
    adm_cid AdmCid "#1234|1131 01 015" "cid:1131"
    sia_dcs SiaDcs "#1234|Nri1/BA015" "sia:BA"
    sia_pul SiaPul "#1234|?2 7" ""
    sia_s2k SiaS2k "#1234|0102?" "raw:dc09:SIA-S2K:0102?"
    adm_41e Adm41e "#1234|?1" ""
    adm_42e Adm42e "#1234|?2" ""
    adm_hs AdmHs "#1234|?5555 1555 9" ""
    acr_sf AcrSf "#1234|?" ""
    dsc_43 Dsc43 "#1234|?123" ""
    fbi_sf FbiSf "#1234|?12" ""
    iti_i ItiI "#1234|B 01 ?" "raw:dc09:ITI-I:"
    scn_s8 ScnS8 "#1234|?5155 5555" ""
    scn_s16 ScnS16 "#1234|?5155" ""
    scn_s24 ScnS24 "#1234|?5155" ""
    sct Sct "#1234|?" "raw:dc09:SCT:?"
    ses_ss SesSs "#1234|?1" ""
    sk_fsk1 SkFsk1 "#1234|?A01" "raw:dc09:SK-FSK1:?A01"
    sk_fsk2 SkFsk2 "#1234|?A01" "raw:dc09:SK-FSK2:?A01"
}

//! `serde`: every public value is told, and what text or plain data can make is read back and checked.
#![cfg(all(
    feature = "serde",
    feature = "ademco685",
    feature = "ademco8000",
    feature = "bosch6500",
    feature = "cp220",
    feature = "dc07",
    feature = "dc09",
    feature = "galaxy",
    feature = "iti",
    feature = "surgard"
))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed test may panic"
)]

use std::{collections::BTreeSet, fs, path::Path};

use alarmwire::{
    AccountId, AlarmEvent, EventCode, Lane, Qualifier, Timestamp,
    codec::{
        DecodeOptions, Decoded, Owned, PROTOCOLS, Protocol as _, Quirk, Quirks, dc09,
        detect::Detection, galaxy, pulse, registry, surgard,
    },
    event::{Loss, Losses, Refusal},
    link::automation,
    types::{Now, Sequence, Zone},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

fn told<T: Serialize>() {}

#[test]
fn every_public_value_is_told() {
    use alarmwire::{codec, event, link, types};

    told::<alarmwire::EncodeError>();
    told::<alarmwire::ParseError>();
    told::<alarmwire::ParseErrorKind>();
    told::<codec::Crc>();
    told::<codec::Decoded>();
    told::<codec::DecodedError>();
    told::<codec::DecodedEvent>();
    told::<codec::DecodedExtended>();
    told::<codec::Emit<'_>>();
    told::<codec::HighSpeed<'_>>();
    told::<codec::Letter>();
    told::<codec::LetterTable>();
    told::<codec::Owned<codec::surgard::Surgard>>();
    told::<codec::Quirk>();
    told::<codec::Quirks>();
    told::<codec::Shows>();
    told::<codec::Signal<'_>>();
    told::<codec::ademco685::Body<'_>>();
    told::<codec::ademco685::Caps<'_>>();
    told::<codec::ademco685::Configured>();
    told::<codec::ademco685::ContactId<'_>>();
    told::<codec::ademco685::Digits<'_>>();
    told::<codec::ademco685::Frame<'_>>();
    told::<codec::ademco685::HighSpeed<'_>>();
    told::<codec::ademco685::Settings<'_>>();
    told::<codec::bosch6500::Body<'_>>();
    told::<codec::bosch6500::Bytes>();
    told::<codec::bosch6500::Command<'_>>();
    told::<codec::bosch6500::Common<'_>>();
    told::<codec::bosch6500::Configured>();
    told::<codec::bosch6500::ContactIdBody<'_>>();
    told::<codec::bosch6500::EventField>();
    told::<codec::bosch6500::EventTable>();
    told::<codec::bosch6500::Express<'_>>();
    told::<codec::bosch6500::Frame<'_>>();
    told::<codec::bosch6500::Header<'_>>();
    told::<codec::bosch6500::Kind>();
    told::<codec::bosch6500::Settings<'_>>();
    told::<codec::contact_id::Block>();
    told::<codec::contact_id::Body>();
    told::<codec::contact_id::Digit>();
    told::<codec::contact_id::DtmfKey>();
    told::<codec::contact_id::MessageType>();
    told::<codec::cp220::Body<'_>>();
    told::<codec::cp220::Configured>();
    told::<codec::cp220::Frame<'_>>();
    told::<codec::cp220::Settings<'_>>();
    told::<codec::cp220::SilentKnight<'_>>();
    told::<codec::dc03::Block<'_>>();
    told::<codec::dc03::Control<'_>>();
    told::<codec::dc03::ControlCode>();
    told::<codec::dc03::Environmental<'_>>();
    told::<codec::dc03::Event<'_>>();
    told::<codec::dc03::FskBlock<'_>>();
    told::<codec::dc03::Function>();
    told::<codec::dc03::Lengths>();
    told::<codec::dc03::Modifier<'_>>();
    told::<codec::dc03::OutOfOrder>();
    told::<codec::dc03::Packet<'_>>();
    told::<codec::dc03::Part<'_>>();
    told::<codec::dc03::Reading>();
    told::<codec::dc03::Role>();
    told::<codec::dc03::Setting<'_>>();
    told::<codec::dc07::Body<'_>>();
    told::<codec::dc07::Configured>();
    told::<codec::dc07::Frame<'_>>();
    told::<codec::dc07::Kind>();
    told::<codec::dc07::Settings<'_>>();
    told::<codec::dc09::Altitude<'_>>();
    told::<codec::dc09::Body<'_>>();
    told::<codec::dc09::Content<'_>>();
    told::<codec::dc09::Coordinate>();
    told::<codec::dc09::Counting>();
    told::<codec::dc09::CrcForm>();
    told::<codec::dc09::EventToken>();
    told::<codec::dc09::Expects>();
    told::<codec::dc09::Extended<'_>>();
    told::<codec::dc09::Fault>();
    told::<codec::dc09::Field<'_>>();
    told::<codec::dc09::Frame<'_>>();
    told::<codec::dc09::Framed<'_>>();
    told::<codec::dc09::KeyNotation>();
    told::<codec::dc09::LengthForm>();
    told::<codec::dc09::LineForm>();
    told::<codec::dc09::Message<'_>>();
    told::<codec::dc09::NakForm>();
    told::<codec::dc09::Profile>();
    told::<codec::dc09::Rsp<'_>>();
    told::<codec::dc09::ShortField>();
    told::<codec::dc09::Style<'_>>();
    told::<codec::dc09::Tail>();
    told::<codec::dc09::Token<'_>>();
    told::<codec::dc09::Trigger>();
    told::<codec::detect::Detection>();
    told::<codec::galaxy::Frame<'_>>();
    told::<codec::galaxy::Level>();
    told::<codec::galaxy::Message<'_>>();
    told::<codec::galaxy::Settings>();
    told::<codec::galaxy::Sms<'_>>();
    told::<codec::galaxy::State>();
    told::<codec::galaxy::Text<'_>>();
    told::<codec::galaxy::TextOrder>();
    told::<codec::iti::Computer<'_>>();
    told::<codec::iti::Configured>();
    told::<codec::iti::Frame<'_>>();
    told::<codec::iti::Record<'_>>();
    told::<codec::iti::Settings>();
    told::<codec::mx8000::Answer>();
    told::<codec::mx8000::Body<'_>>();
    told::<codec::mx8000::Call<'_>>();
    told::<codec::mx8000::CallStyle<'_>>();
    told::<codec::mx8000::Command>();
    told::<codec::mx8000::Dialect>();
    told::<codec::mx8000::Frame<'_>>();
    told::<codec::mx8000::Id>();
    told::<codec::mx8000::Joined>();
    told::<codec::mx8000::Meaning>();
    told::<codec::mx8000::Pushed>();
    told::<codec::mx8000::Reading<'_>>();
    told::<codec::mx8000::System<'_>>();
    told::<codec::mx8000::SystemCode>();
    told::<codec::pulse::Agreement>();
    told::<codec::pulse::Ambiguity>();
    told::<codec::pulse::channels::ChannelTable>();
    told::<codec::pulse::channels::Channels<'_>>();
    told::<codec::pulse::Configured>();
    told::<codec::pulse::EventDigits>();
    told::<codec::pulse::Format>();
    told::<codec::pulse::Frame>();
    told::<codec::pulse::Parity>();
    told::<codec::pulse::Rounds>();
    told::<codec::pulse::Settings<'_>>();
    told::<codec::pulse::channels::Single>();
    told::<codec::pulse::channels::StatusWords>();
    told::<codec::stream::Cut<'_>>();
    told::<codec::stream::Look>();
    told::<codec::surgard::Basic<'_>>();
    told::<codec::surgard::Body<'_>>();
    told::<codec::surgard::Caller<'_>>();
    told::<codec::surgard::Configured>();
    told::<codec::surgard::ContactIdBody<'_>>();
    told::<codec::surgard::Frame<'_>>();
    told::<codec::surgard::Framed<'_>>();
    told::<codec::surgard::Header<'_>>();
    told::<codec::surgard::Kind>();
    told::<codec::surgard::ModemTwo<'_>>();
    told::<codec::surgard::Settings<'_>>();
    told::<codec::surgard::SiaOne<'_>>();
    told::<codec::surgard::SilentKnight<'_>>();
    told::<event::AlarmEvent<'_>>();
    told::<event::CidCode>();
    told::<event::CidRole>();
    told::<event::Class>();
    told::<event::Equivalent>();
    told::<event::EventCode<'_>>();
    told::<event::Function>();
    told::<event::HexA>();
    told::<event::InvalidLane>();
    told::<event::Lane>();
    told::<event::Loss>();
    told::<event::Losses>();
    told::<event::Profile>();
    told::<event::Qualifier>();
    told::<event::Refusal>();
    told::<event::SiaAddress>();
    told::<event::SiaCode>();
    told::<event::SiaPair>();
    told::<event::SiaPlaces>();
    told::<event::Translation>();
    told::<event::ZoneBase>();
    told::<link::automation::Answers>();
    told::<link::automation::Gone>();
    told::<link::automation::Reason>();
    told::<link::automation::Rules>();
    told::<link::automation::SenderEvent>();
    told::<link::automation::Verdict>();
    told::<link::dc09::AccountCode>();
    told::<link::dc09::Answer>();
    told::<link::dc09::Busy>();
    told::<link::dc09::Close>();
    told::<link::dc09::DataAccounts>();
    told::<link::dc09::Demand>();
    told::<link::dc09::Limits>();
    told::<link::dc09::Path>();
    told::<link::dc09::Refusal>();
    told::<link::dc09::Refuse>();
    told::<link::dc09::Report>();
    told::<link::dc09::Timing>();
    told::<link::dc09::Transmit>();
    told::<link::dc09::Unknown>();
    told::<link::dial::Handshake>();
    told::<link::dial::PanelAction>();
    told::<link::dial::PanelBusy>();
    told::<link::dial::PanelEvent>();
    told::<link::dial::PanelSettings>();
    told::<link::dial::Reason>();
    told::<link::dial::ReceiverAction>();
    told::<link::dial::ReceiverSettings>();
    told::<link::dial::Report>();
    told::<link::dial::Tone>();
    told::<link::galaxy::DefaultAccount>();
    told::<link::galaxy::PanelEvent>();
    told::<link::galaxy::PanelSettings>();
    told::<link::galaxy::Reason>();
    told::<link::galaxy::ReceiverSettings>();
    told::<link::galaxy::Refused>();
    told::<link::surgard::AutomationSettings>();
    told::<link::surgard::SenderSettings<'_>>();
    told::<types::AccountId<'_>>();
    told::<types::LineNumber<'_>>();
    told::<types::Now>();
    told::<types::Partition<'_>>();
    told::<types::ReceiverNumber<'_>>();
    told::<types::Sequence>();
    told::<types::Timestamp>();
    told::<types::User<'_>>();
    told::<types::Zone<'_>>();
}

/// Public structs and enums of the library that are not told, and why.
const NOT_TOLD: &[(&str, &[&str])] = &[
    (
        "they work and are no values",
        &[
            "Assembler",
            "Automation",
            "Blocks",
            "Candidates",
            "Controls",
            "Detector",
            "Framer",
            "FskStream",
            "GalaxyStream",
            "Line",
            "Lines",
            "Order",
            "Packets",
            "Pairing",
            "Panel",
            "Prober",
            "Receiver",
            "Sender",
            "SignalMemory",
            "Stream",
            "Transmitter",
            "TwoRounds",
            "Pretty",
            "Wire",
        ],
    ),
    (
        "they are or hold keys, which are not to be shown, or proofs, which are not to be copied",
        &[
            "Account",
            "DecodeOptions",
            "Identity",
            "Key",
            "NewKey",
            "Policy",
            "Response",
            "Scratch",
            "Stored",
            "Ticket",
        ],
    ),
    (
        "they lend what a session holds, for the length of a call",
        &["Answered", "Event", "Heard", "Outgoing", "Refused"],
    ),
];

/// The names of the public structs with fields and enums below `folder`.
fn names(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names(&path, found);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for line in text.lines() {
            let declared = ["pub struct ", "pub enum "]
                .iter()
                .find_map(|word| line.strip_prefix(word));
            let name: String = declared
                .unwrap_or_default()
                .chars()
                .take_while(|c| c.is_alphanumeric())
                .collect();
            if !name.is_empty() && !line.ends_with(';') && !name.starts_with("Invalid") {
                found.insert(name);
            }
        }
    }
}

#[test]
fn the_list_of_what_is_told_is_complete() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeSet::new();
    for layer in ["types", "event", "codec", "link"] {
        names(&root.join("src").join(layer), &mut found);
    }

    let test = fs::read_to_string(root.join("tests/serde.rs")).unwrap();
    let list: BTreeSet<&str> = test.split(|c: char| !c.is_alphanumeric()).collect();
    let missing: Vec<&String> = found
        .iter()
        .filter(|name| !list.contains(name.as_str()))
        .collect();
    assert!(missing.is_empty(), "neither told nor excepted: {missing:?}");
    assert!(
        found.len() > 100
            && NOT_TOLD
                .iter()
                .all(|(why, names)| !why.is_empty() && !names.is_empty())
    );
}

fn round<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: T, shown: Value) {
    assert_eq!(serde_json::to_value(&value).unwrap(), shown);
    assert_eq!(serde_json::from_value::<T>(shown).unwrap(), value);
}

fn refused<T: DeserializeOwned + std::fmt::Debug>(shown: Value) -> String {
    serde_json::from_value::<T>(shown).unwrap_err().to_string()
}

#[test]
fn values_are_shown_as_their_text_and_read_back() {
    round(Sequence::new(7).unwrap(), json!("0007"));
    round(
        "2026-03-01T12:00:00.250Z".parse::<Timestamp>().unwrap(),
        json!("2026-03-01T12:00:00.250Z"),
    );
    round(Qualifier::New, json!("new"));
    round(Qualifier::Other(b'4'), json!("4"));
    round(alarmwire::Class::OpenClose, json!("open_close"));
    round(Lane::Service, json!(2));
    round(Quirk::SevenBits, json!("seven-bits"));
    round(
        Quirks::from_iter([Quirk::SevenBits, Quirk::BinaryCrc]),
        json!(["quirk-01-binary-crc", "seven-bits"]),
    );
    round(
        Losses::from_iter([Loss::Text, Loss::Account]),
        json!(["text", "account"]),
    );
    round(pulse::Format::FourTwo, json!(pulse::Format::FourTwo.name()));
    round(dc09::EventToken::AdmCid, json!("ADM-CID"));
    round(dc09::CrcForm::HexOverCr, json!("hex_over_cr"));
    round(
        galaxy::Settings::default(),
        json!({"long_blocks": false, "level": "three", "text_order": "name_first"}),
    );
    let rules: automation::Rules =
        serde_json::from_value(serde_json::to_value(surgard_rules()).unwrap()).unwrap();
    assert_eq!(rules, surgard_rules());
    let profile = dc09::Profile::default();
    assert_eq!(
        serde_json::from_value::<dc09::Profile>(serde_json::to_value(profile).unwrap()).unwrap(),
        profile
    );
    let now = Now::default();
    assert_eq!(
        serde_json::from_value::<Now>(serde_json::to_value(now).unwrap()).unwrap(),
        now
    );
}

fn surgard_rules() -> automation::Rules {
    use alarmwire::link::automation::Family as _;
    let port: &'static surgard::Configured = Box::leak(Box::default());
    alarmwire::link::surgard::Line::reading(port).rules()
}

#[test]
fn what_is_borrowed_is_borrowed_from_the_text() {
    let text = r#"["12A4", "015", "cid:1130", "raw:surgard:x1", "VIS-BBA"]"#;
    type All<'a> = (
        AccountId<'a>,
        Zone<'a>,
        EventCode<'a>,
        EventCode<'a>,
        dc09::Token<'a>,
    );
    let all: All<'_> = serde_json::from_str(text).unwrap();
    assert_eq!(all.0, AccountId::new("12A4").unwrap());
    assert_eq!(all.2, EventCode::parse("cid:1130").unwrap());
    assert_eq!(
        all.3,
        EventCode::Raw {
            protocol: "surgard",
            text: "x1"
        }
    );
    assert_eq!(
        serde_json::to_string(&all).unwrap(),
        text.replace(", ", ",")
    );
    assert_eq!(registry::event_code("sia:BA"), EventCode::parse("sia:BA"));
}

#[test]
fn what_is_read_is_checked() {
    for (wrong, why) in [
        (
            serde_json::from_str::<AccountId<'_>>(r#""""#).map(drop),
            "account is not 1 to 16",
        ),
        (
            serde_json::from_str::<AccountId<'_>>(r#""12345678901234567""#).map(drop),
            "account is not 1 to 16",
        ),
        (
            serde_json::from_str::<EventCode<'_>>(r#""cid:113""#).map(drop),
            "an event code is",
        ),
        (
            serde_json::from_str::<EventCode<'_>>(r#""raw:nobody:x""#).map(drop),
            "an event code is",
        ),
        (
            serde_json::from_str::<dc09::Token<'_>>(r#""*NULL""#).map(drop),
            "no token",
        ),
    ] {
        let said = wrong.unwrap_err().to_string();
        assert!(said.contains(why), "{said}");
    }
    assert!(refused::<Sequence>(json!("10000")).contains("0000 to 9999"));
    assert!(refused::<Sequence>(json!("-1")).contains("0000 to 9999"));
    assert!(refused::<Timestamp>(json!("2023-02-29T00:00:00Z")).contains("no such date"));
    assert!(refused::<Lane>(json!(4)).contains("0 to 3"));
    assert!(refused::<Qualifier>(json!("neu")).contains("a qualifier is"));
    assert!(refused::<Quirk>(json!("odd")).contains("no quirk"));
    assert!(refused::<Decoded>(json!({"crc": {"form": "md5", "ok": true}})).contains("md5"));
}

#[test]
fn what_is_decoded_of_every_vector_comes_back() {
    let mut frames = 0;
    for file in [
        include_str!("vectors/serial-vectors.json"),
        include_str!("vectors/dc09-vectors.json"),
        include_str!("vectors/mx8000.json"),
    ] {
        let file: Value = serde_json::from_str(file).unwrap();
        for vector in file["vectors"].as_array().unwrap() {
            let Some(hex) = vector["raw_hex"].as_str() else {
                continue;
            };
            let wire = alarmwire::types::decode_hex(hex.as_bytes()).unwrap();
            let best = registry::detect(&wire)
                .or_else(|| PROTOCOLS.first().copied())
                .unwrap();
            let (decoded, _) = best.decode(&wire, &DecodeOptions::default());
            let text = serde_json::to_string(&decoded).unwrap();
            assert_eq!(
                serde_json::from_str::<Decoded>(&text).unwrap(),
                decoded,
                "{text}"
            );
            frames += 1;
        }
    }
    assert!(frames > 100, "{frames}");
}

#[test]
fn events_frames_and_detections_are_told_in_words() {
    let mut event = AlarmEvent::new(EventCode::parse("cid:1130").unwrap(), Qualifier::New);
    event.account = AccountId::new("1234").ok();
    event.text = Some(b"T\xFCr");
    assert_eq!(
        serde_json::to_value(event).unwrap(),
        json!({"account": "1234", "code": "cid:1130", "qualifier": "new", "class": "burglary", "lane": 1,
            "partition": null, "zone": null, "user": null, "text": "T\\xFCr", "time": null})
    );
    let wire = b"5011 181234E12101001\x14";
    let (frame, _) = surgard::Frame::parse(wire, &surgard::Settings::default())
        .unwrap()
        .unwrap();
    let shown = serde_json::to_value(frame).unwrap();
    assert_eq!(shown["raw"], "5011 181234E12101001\\x14");
    assert_eq!(shown["kind"], "5");
    assert_eq!(shown["body"]["contact_id"]["code"], "121");
    let kept = Owned::copied(surgard::Surgard, wire).unwrap();
    assert_eq!(serde_json::to_value(kept).unwrap()["protocol"], "surgard");
    let likely = Detection::Likely {
        protocol: &dc09::Dc09,
        confidence: 40,
    };
    assert_eq!(
        serde_json::to_value(likely).unwrap(),
        json!({"protocol": "dc09", "confidence": 40, "certain": false})
    );
    let refusal = Refusal::Protocol(surgard::Surgard.name());
    assert_eq!(
        serde_json::to_value(refusal).unwrap(),
        json!({"protocol": "surgard"})
    );
}

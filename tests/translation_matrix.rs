//! Any event in any output protocol: it is written, and reads back as an event of the same class, or it is refused with
//! the reason. The matrix in docs/translation.md is what this test finds; `UPDATE=1 cargo test --test
//! translation_matrix` writes it anew.
#![cfg(feature = "default")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failed test may panic"
)]

use std::{fmt::Write as _, fs, path::PathBuf};

use alarmwire::{
    AccountId, AlarmEvent, Class, EventCode, Protocol, Qualifier, Signal,
    codec::{
        DecodeOptions, DecodedEvent, Emit, PROTOCOLS, Quirks, contact_id::ContactId, dc03::Dc03,
        reemit, surgard::Surgard,
    },
    event::{Loss, Losses, Pairing, Profile, Refusal, Translation},
    types::{LineNumber, Now, Partition, ReceiverNumber, Sequence, Timestamp, User, Zone},
};
use bytes::BytesMut;

const BEGIN: &str = "<!-- matrix: UPDATE=1 cargo test --test translation_matrix -->\n";
const END: &str = "<!-- end of the matrix -->\n";

/// Name and event in short: `p` partition, `z` zone, `u` user, `x` text, `t` a time, `old` reported again.
const EVENTS: &[(&str, &str)] = &[
    ("hold-up of a zone", "cid:1122 p01 z015"),
    ("duress of a user", "cid:1121 p01 u007"),
    ("burglary, perimeter", "cid:1131 p01 z015"),
    ("burglary, its restore", "cid:3131 p01 z015"),
    ("burglary, reported again", "cid:6131 p01 z015"),
    ("fire", "cid:1110 p01 z015"),
    ("gas", "cid:1151 z015"),
    ("medical", "cid:1100 z015"),
    ("tamper of a sensor", "cid:1383 z015"),
    ("mains lost", "cid:1301"),
    ("opening by a user", "cid:1401 p01 u007"),
    ("closing by a user", "cid:3401 p01 u007"),
    ("bypass", "cid:1570 p01 z015"),
    ("periodic test", "cid:1602"),
    ("user-defined code", "cid:1750 z015"),
    ("digits beyond nine", "cid:113F p01 z0B5"),
    ("burglary with text", "sia:BA p1 z15 xHall"),
    ("burglary with time", "sia:BA p1 z15 t"),
    ("burglary, R restore", "sia:BR p1 z15"),
    ("burglary, reported again", "sia:BA p1 z15 old"),
    ("zone above 999", "sia:BA p1 z1011"),
    ("area above 99", "sia:BA p100 z15"),
    ("zone and user", "sia:BB p1 z15 u7"),
    ("confirmed, of an area", "sia:BV p1"),
    ("fire with text", "sia:FA p1 z15 xKitchen"),
    ("gas", "sia:GA p1 z15"),
    ("duress of a user", "sia:HA p1 u7"),
    ("untyped", "sia:UA p1 z15"),
    ("opening after an alarm", "sia:OR p1 u7"),
    ("automatic test", "sia:RP"),
    ("no Contact ID code", "sia:JX p1 u7"),
    ("unknown code", "sia:QQ p1 z15"),
    ("basic letter", "raw:surgard:A p1 z15"),
    ("pulse code", "raw:pulse:3 z1"),
];

fn event(text: &'static str) -> AlarmEvent<'static> {
    let mut parts = text.split(' ');
    let code = parts.next().unwrap();
    let mut event = if let Some(raw) = code.strip_prefix("raw:") {
        let (protocol, text) = raw.split_once(':').unwrap();
        let mut event = AlarmEvent::new(EventCode::Raw { protocol, text }, Qualifier::New);
        // What a letter means is in the standard table; what a pulse digit means is each port's setting.
        if protocol == "surgard" {
            (event.class, event.lane) = (Class::Burglary, Class::Burglary.lane());
        }
        event
    } else {
        let code = EventCode::parse(code).unwrap();
        let qualifier = match code {
            EventCode::ContactId { qualifier, .. } => Qualifier::from_digit(qualifier),
            _ => code.sia_qualifier(text.ends_with(" old")),
        };
        AlarmEvent::new(code, qualifier)
    };
    event.account = AccountId::new("1234").ok();
    for part in parts.filter(|part| *part != "old") {
        let (kind, value) = part.split_at(1);
        match kind {
            "p" => event.partition = Partition::new(value).ok(),
            "z" => event.zone = Zone::new(value).ok(),
            "u" => event.user = User::new(value).ok(),
            "x" => event.text = Some(value.as_bytes()),
            "t" => event.time = Timestamp::from_civil(2026, 1, 31, 10, 15, 0).ok(),
            _ => panic!("{part}"),
        }
    }
    event
}

fn how(translation: &Translation) -> Emit<'_> {
    let mut how = Emit::new(
        ReceiverNumber::new("01").unwrap(),
        LineNumber::new("1").unwrap(),
        Sequence::FIRST,
        Now::default(),
    );
    how.translation = translation;
    how
}

/// What was written reads back as this.
struct Back {
    losses: Losses,
    events: Vec<DecodedEvent>,
    accounts: Vec<String>,
    /// What stood beside the events: some protocols send a text in a block of its own.
    beside: Vec<String>,
}

fn emit(
    target: &dyn Protocol,
    event: &AlarmEvent<'_>,
    settings: &Translation,
) -> Result<Result<Back, String>, Refusal> {
    let mut out = BytesMut::from(&b"before"[..]);
    let losses = match target.emit(event, &how(settings), &mut out) {
        Ok(losses) => losses,
        Err(refusal) => {
            assert_eq!(out, b"before"[..], "{} {event:?}", target.name());
            return Err(refusal);
        }
    };
    let mut rest = &out[6..];
    let mut back = Back {
        losses,
        events: Vec::new(),
        accounts: Vec::new(),
        beside: Vec::new(),
    };
    while !rest.is_empty() {
        let options = DecodeOptions {
            line_digits: Some(1),
            ..DecodeOptions::default()
        };
        let (decoded, taken) = target.decode(rest, &options);
        if !decoded.ok {
            return Ok(Err(format!(
                "{} reads back as {decoded:?}",
                out.escape_ascii()
            )));
        }
        back.accounts.extend(decoded.account);
        back.accounts.extend(decoded.data_account);
        if decoded.events.is_empty() {
            back.beside.extend(decoded.data);
        }
        back.events.extend(decoded.events);
        rest = &rest[taken..];
    }
    Ok(Ok(back))
}

/// What does not read back as it went in, but for what was told to be lost.
fn differences(event: &AlarmEvent<'_>, all: &Back) -> Vec<String> {
    let losses = all.losses;
    let [back] = &all.events[..] else {
        return vec![format!("{} events", all.events.len())];
    };
    let mut found = Vec::new();
    let mut differs = |what: &str, before: Option<String>, after: Option<String>| {
        if before != after {
            found.push(format!("{what} {before:?} became {after:?}"));
        }
    };
    if event.class.function().is_some() || !losses.has(Loss::Class) {
        differs(
            "class",
            Some(event.class.to_string()),
            Some(back.class.clone()),
        );
    }
    let number = |text: &str| text.trim_start_matches('0').to_owned();
    for (loss, before, after) in [
        (
            Loss::Partition,
            event.partition.map(Partition::as_str),
            &back.partition,
        ),
        (Loss::Zone, event.zone.map(Zone::as_str), &back.zone),
        (Loss::User, event.user.map(User::as_str), &back.user),
    ] {
        if !losses.has(loss) {
            differs(
                loss.as_str(),
                before.map(number),
                after.as_deref().map(number),
            );
        }
    }
    if let Some(text) = event.text.filter(|_| !losses.has(Loss::Text))
        && back.text.is_none()
    {
        let text = String::from_utf8_lossy(text).into_owned();
        let beside = all.beside.iter().find(|data| data.contains(&text));
        differs("text", Some(text.clone()), beside.map(|_| text.clone()));
    }
    if !losses.has(Loss::Time) && event.time.is_some() && back.time.is_none() {
        differs("time", Some("a time".into()), None);
    }
    if !losses.has(Loss::Qualifier) && !losses.has(Loss::Status) {
        let after = Some(back.qualifier.clone());
        differs("qualifier", Some(event.qualifier.to_string()), after);
    }
    let account = event.account.unwrap();
    for other in &all.accounts {
        let same = AccountId::new(other).is_ok_and(|other| other.same_panel(account));
        if !same && !losses.has(Loss::Account) {
            differs("account", Some(account.to_string()), Some(other.clone()));
        }
    }
    found
}

fn matrix() -> String {
    let mut out = String::from("| event | code |");
    for protocol in PROTOCOLS {
        write!(out, " {} |", protocol.name()).unwrap();
    }
    out.push_str("\n| --- | --- |");
    out.push_str(&" --- |".repeat(PROTOCOLS.len()));
    out.push('\n');
    let mut reasons: Vec<String> = Vec::new();
    let mut note = |reason: String| {
        let place = reasons.iter().position(|known| *known == reason);
        place.unwrap_or_else(|| {
            reasons.push(reason);
            reasons.len() - 1
        }) + 1
    };
    let mut rows = String::new();
    let mut wrong = Vec::new();
    for (title, text) in EVENTS {
        let event = event(text);
        let code = text.split(' ').next().unwrap();
        write!(rows, "| {title} | `{code}` |").unwrap();
        for protocol in PROTOCOLS {
            let cell = match emit(*protocol, &event, &Translation::STANDARD) {
                Ok(back) => {
                    let found = match &back {
                        Ok(back) => differences(&event, back),
                        Err(bad) => vec![bad.clone()],
                    };
                    for found in found {
                        wrong.push(format!("{} {text}: {found}", protocol.name()));
                    }
                    match back {
                        Ok(back) if !back.losses.is_empty() => {
                            format!("yes, not its {}", back.losses)
                        }
                        _ => "yes".to_owned(),
                    }
                }
                Err(Refusal::Protocol(_)) => {
                    format!("[{}]", note("it carries no such event".into()))
                }
                Err(refusal) => format!("[{}]", note(refusal.to_string())),
            };
            write!(rows, " {cell} |").unwrap();
        }
        rows.push('\n');
    }
    assert!(
        wrong.is_empty(),
        "not as it went in, and not told as lost: {wrong:#?}"
    );
    out.push_str(&rows);
    out.push_str("\nRefused, and why:\n\n");
    for (i, reason) in reasons.iter().enumerate() {
        writeln!(out, "{}. {reason}", i + 1).unwrap();
    }
    out
}

#[test]
fn the_documented_matrix_is_what_happens() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/translation.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (committed, after) = rest.split_once(END).unwrap();
    let found = matrix();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{found}{END}{after}")).unwrap();
        return;
    }
    assert!(
        committed == found,
        "docs/translation.md is old: UPDATE=1 cargo test --test translation_matrix\n{found}"
    );
}

fn signal<'a>(protocol: &'static dyn Protocol, data: &'a [u8], raw: &'a [u8]) -> Signal<'a> {
    Signal {
        protocol,
        token: None,
        encrypted: false,
        sequence: None,
        receiver: None,
        line: Some("1"),
        account: AccountId::new("1234").ok(),
        data,
        extended: b"",
        sent: None,
        raw,
        possible_repeat: false,
        remember_ciphertext: false,
        quirks: Quirks::NONE,
    }
}

#[test]
fn in_its_own_protocol_a_signal_keeps_its_bytes() {
    let wire = b"S011[#1234|Nri01/BA0015^ Hall ^*odd|A x]\x14";
    let own = signal(&Surgard, &wire[1..wire.len() - 1], wire);
    let mut out = BytesMut::new();
    let settings = Translation::STANDARD;
    let losses = reemit::emit(&own, &Surgard, &how(&settings), None, &mut out);
    assert_eq!(losses, Ok(Losses::NONE));
    assert_eq!(out, wire[..]);
    let encrypted = Signal {
        encrypted: true,
        ..own
    };
    assert_eq!(reemit::original(&encrypted, &Surgard), None);
    assert_eq!(reemit::original(&own, &ContactId), None);
}

/// Contact ID only, with the sequence in front.
struct Strict;
impl Protocol for Strict {
    fn name(&self) -> &'static str {
        "strict"
    }
    fn confidence(&self, _: &[u8]) -> u8 {
        0
    }
    fn decode(
        &self,
        input: &[u8],
        options: &DecodeOptions<'_>,
    ) -> (alarmwire::codec::Decoded, usize) {
        Surgard.decode(input, options)
    }
    fn events(&self, _: &Signal<'_>, _: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {}
    fn emit(
        &self,
        event: &AlarmEvent<'_>,
        how: &Emit<'_>,
        out: &mut BytesMut,
    ) -> Result<Losses, Refusal> {
        out.extend_from_slice(&how.sequence.digits());
        how.translation.contact_id(event, |event, losses| {
            Surgard.emit(event, how, out).map(|more| losses.union(more))
        })?
    }
}

#[test]
fn a_block_goes_on_whole_or_event_by_event() {
    let block = b"Nri1/BA15/JX7/TA16";
    let dc03 = signal(&Dc03, block, block);
    let settings = Translation::STANDARD;
    let mut out = BytesMut::new();
    let losses = reemit::emit(&dc03, &Surgard, &how(&settings), None, &mut out).unwrap();
    assert!(losses.is_empty());
    assert_eq!(
        out,
        b"S011[#1234|Nri1/BA15]\x14S011[#1234|Nri1/JX7]\x14S011[#1234|Nri1/TA16]\x14"[..]
    );

    // A target that can't carry one of them.
    out.clear();
    let refused = reemit::emit(&dc03, &Strict, &how(&settings), None, &mut out);
    assert_eq!(refused, Err(Refusal::NoCode("Contact ID")));
    assert!(out.is_empty());
    let mut seen = Vec::new();
    reemit::emit_each(
        &dc03,
        &Strict,
        &how(&settings),
        None,
        &mut out,
        &mut |event, done| seen.push((event.code.to_string(), done.is_ok())),
    );
    assert_eq!(
        out,
        b"00015011 181234E13001015\x1400025011 181234E13701016\x14"[..]
    );
    assert_eq!(
        seen,
        [
            ("sia:BA".to_owned(), true),
            ("sia:JX".to_owned(), false),
            ("sia:TA".to_owned(), true)
        ]
    );
}

#[test]
fn what_becomes_two_events_is_written_whole_or_not_at_all() {
    let settings = Translation::STANDARD.with_profile(&Profile::DSC);
    let event = event("sia:OR p1 u7");
    for protocol in PROTOCOLS {
        if let Ok(back) = emit(*protocol, &event, &settings) {
            let codes: Vec<_> = back.unwrap().events.into_iter().map(|e| e.code).collect();
            assert!(
                codes == ["sia:OR"] || codes == ["cid:1401", "cid:1406"],
                "{codes:?}"
            );
        }
    }
}

#[test]
fn a_restore_goes_on_with_the_code_of_its_alarm_and_a_refusal_changes_nothing() {
    let settings = Translation::STANDARD;
    let how = how(&settings);
    let mut pairing = Pairing::new(10);
    let mut send = |block: &[u8]| {
        let mut out = BytesMut::new();
        let signal = signal(&Dc03, block, block);
        reemit::emit(&signal, &Strict, &how, Some(&mut pairing), &mut out)
            .map(|_| String::from_utf8_lossy(&out[..]).into_owned())
    };
    assert!(send(b"Nri1/BT15").unwrap().contains("E38001015"));
    // The second event can't be carried, so the first was not sent: the trouble is still open.
    assert!(send(b"Nri1/BR15/JX7").is_err());
    assert!(send(b"Nri1/BR15").unwrap().contains("R38001015"));
    assert!(send(b"Nri1/BR15").unwrap().contains("R13001015"));
}

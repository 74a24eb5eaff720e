//! A small protocol from nothing to a running session; `docs/adding-a-protocol.md` walks through it.
//!
//! `cargo run --example add_a_protocol`
//!
//! prints a frame that was read and its events, a stream cut into frames, an event of SIA written as one of its frames,
//! and what a session answers. `cargo test --test add_a_protocol` runs the laws at the end.

use std::{error::Error, fmt, str, time::Duration};

use alarmwire::{
    AccountId, AlarmEvent, EncodeError, EventCode, Now, ParseError, ParseErrorKind, Protocol,
    Qualifier, Sequence, Signal,
    codec::{
        DecodeOptions, Decoded, DecodedError, DecodedEvent, Emit, Quirk, Quirks,
        stream::{Cut, Decoder, Look, Shape, Stream},
    },
    event::{self, CidRole, Loss, Losses, Refusal},
    link::automation::{self, Automation, Family, Heard, Reason, Rules},
    types::{LineNumber, ReceiverNumber, User, Zone},
};
use bytes::{BufMut, BytesMut};

/// Its name in configuration, reports and JSON.
const NAME: &str = "tick";
const STX: u8 = 0x02;
const ETX: u8 = 0x03;
/// The code of a heartbeat.
const TICK: &str = "TICK";
/// The most characters of a code.
const LONGEST_CODE: usize = 16;
/// The most bytes of a frame: 16 of account, 16 of code, and what stands around them.
const LONGEST: usize = 16 + LONGEST_CODE + 3;

/// One frame, borrowed from the bytes that it was read from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Frame<'a> {
    /// Whose event it is.
    pub account: AccountId<'a>,
    /// `QEEE`, `QEEE/CCC`, or what somebody invented.
    pub code: &'a str,
}

impl<'a> Frame<'a> {
    /// A frame to write.
    #[must_use]
    pub const fn new(account: AccountId<'a>, code: &'a str) -> Self {
        Self { account, code }
    }
}

/// What may stand in a code: the encoder and the parser ask the same question.
fn is_code(text: &str) -> bool {
    (1..=LONGEST_CODE).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

impl<'a> Frame<'a> {
    /// The frame at the head of `input`, and how many bytes it took; `None` when it is not whole.
    ///
    /// # Errors
    /// When no bytes to come can make it a frame.
    pub fn parse(input: &'a [u8]) -> Result<Option<(Self, usize)>, ParseError> {
        match input.first() {
            None => return Ok(None),
            Some(&STX) => {}
            Some(_) => return Err(ParseError::new(0, ParseErrorKind::Expected("STX"))),
        }
        // Never past the cap, however much there is.
        let within = input.get(..LONGEST).unwrap_or(input);
        match within.iter().position(|b| *b == ETX) {
            Some(end) => {
                let body = within.get(1..end).unwrap_or_default();
                let frame = Self::read(body).map_err(|error| error.shifted(1))?;
                Ok(Some((frame, end + 1)))
            }
            None if within.len() < LONGEST => Ok(None),
            None => {
                let kind = ParseErrorKind::TooLong(LONGEST);
                Err(ParseError::new(LONGEST, kind))
            }
        }
    }

    /// What stands between STX and ETX.
    fn read(body: &'a [u8]) -> Result<Self, ParseError> {
        let wrong = |at, what| ParseError::new(at, ParseErrorKind::Expected(what));
        let colon = body.iter().position(|b| *b == b':');
        let colon = colon.ok_or(wrong(body.len(), "a colon"))?;
        let (account, code) = body.split_at_checked(colon).unwrap_or_default();
        let account = str::from_utf8(account).ok();
        let account = account.and_then(|text| AccountId::new(text).ok());
        let code = str::from_utf8(code.get(1..).unwrap_or_default()).ok();
        Ok(Self {
            account: account.ok_or(wrong(0, "an account"))?,
            code: code
                .filter(|text| is_code(text))
                .ok_or(wrong(colon + 1, "a code"))?,
        })
    }
}

impl Frame<'_> {
    /// Appends the frame.
    ///
    /// # Errors
    /// When the account is not of 3 to 16 hex digits, or the code holds what no code may: `out` is as before.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let wrong = |field, what| EncodeError::Field { field, what };
        if !self.account.is_strict() {
            return Err(wrong("account", "anything but 3 to 16 hex digits"));
        }
        if !is_code(self.code) {
            return Err(wrong("code", "anything but 1 to 16 graphic characters"));
        }
        out.put_u8(STX);
        out.put_slice(self.account.as_str().as_bytes());
        out.put_u8(b':');
        out.put_slice(self.code.as_bytes());
        out.put_u8(ETX);
        Ok(())
    }
}

impl fmt::Display for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\\x02{}:{}\\x03", self.account, self.code)
    }
}

impl Frame<'_> {
    /// Hands out the one event of the frame; a code that can't be read is a raw one, never none.
    pub fn event<R>(&self, each: impl FnOnce(&AlarmEvent<'_>) -> R) -> R {
        let (code, place) = self.code.split_once('/').unwrap_or((self.code, ""));
        let code = match code.as_bytes() {
            [qualifier @ (b'1' | b'3' | b'6'), code @ ..] => {
                let digits = code.iter().all(u8::is_ascii_digit);
                let code = code.try_into().ok().filter(|_| digits);
                code.map(|code: [u8; 3]| (*qualifier, code))
            }
            _ => None,
        };
        let Some((qualifier, code)) = code else {
            return event::raw(NAME, self.code.as_bytes(), |event| {
                let mut event = *event;
                event.account = Some(self.account);
                each(&event)
            });
        };
        let code = EventCode::ContactId { qualifier, code };
        let mut event = AlarmEvent::new(code, Qualifier::from_digit(qualifier));
        event.account = Some(self.account);
        // 000 names nothing.
        if place.bytes().any(|b| b != b'0') {
            match code.contact_id().map(|row| row.role) {
                Some(CidRole::User) => event.user = User::new(place).ok(),
                _ => event.zone = Zone::new(place).ok(),
            }
        }
        each(&event)
    }
}

/// How frames look on a line.
#[derive(Clone, Copy, Debug)]
struct Ticks;

impl Shape for Ticks {
    fn look(&self, bytes: &[u8], ended: bool) -> Look {
        match bytes.iter().position(|b| *b == STX) {
            Some(0) => {}
            at => return Look::Noise(at.unwrap_or(bytes.len())),
        }
        let cut_off = |at| {
            let kind = ParseErrorKind::Expected("ETX");
            Look::Bad(at, ParseError::new(at, kind))
        };
        // A second start byte begins another frame: the first has lost its end.
        let end = bytes.iter().skip(1).position(|b| matches!(*b, STX | ETX));
        let Some(at) = end.map(|at| at + 1) else {
            return if ended {
                cut_off(bytes.len())
            } else {
                Look::More
            };
        };
        if bytes.get(at) == Some(&STX) {
            return cut_off(at);
        }
        match Frame::parse(bytes) {
            Ok(_) => Look::Frame(at + 1),
            Err(error) => Look::Bad(at + 1, error),
        }
    }

    fn longest(&self) -> usize {
        LONGEST
    }

    fn end(&self) -> Option<u8> {
        Some(ETX)
    }
}

/// There is no check value, so never over 80.
fn confidence(input: &[u8]) -> u8 {
    match Frame::parse(input) {
        Ok(Some((frame, _))) if frame.code == TICK => 80,
        Ok(Some((frame, _))) => frame.event(|event| match event.code {
            EventCode::ContactId { .. } => 70,
            _ => 20,
        }),
        _ => 0,
    }
}

fn decode(input: &[u8]) -> (Decoded, usize) {
    let mut decoded = Decoded::default();
    decoded.protocol = NAME.into();
    let mut failed = |error: ParseError, taken| {
        let message = error.kind().to_string();
        decoded.error = Some(DecodedError::new(error.offset(), message));
        (decoded.clone(), taken)
    };
    let start = |from: usize| {
        let rest = input.iter().skip(from).position(|b| *b == STX);
        rest.map_or(input.len(), |at| at + from)
    };
    match Frame::parse(input) {
        // Noise, or damage: one object, up to where the next frame may begin.
        Err(error) => failed(error, start(1)),
        Ok(None) => {
            let kind = ParseErrorKind::Expected("ETX");
            failed(ParseError::new(input.len(), kind), input.len())
        }
        Ok(Some((frame, taken))) => {
            decoded.ok = true;
            decoded.account = Some(frame.account.to_string());
            decoded.data = Some(frame.code.into());
            decoded.reply_hex = Some("06".into());
            if frame.code != TICK {
                frame.event(|event| decoded.events.push(DecodedEvent::new(event)));
            }
            (decoded, taken)
        }
    }
}

fn emit(event: &AlarmEvent<'_>, how: &Emit<'_>, out: &mut BytesMut) -> Result<Losses, Refusal> {
    // Our own invented codes go out as they came.
    if let EventCode::Raw {
        protocol: NAME,
        text,
    } = event.code
    {
        return write(event, text, Losses::NONE, out);
    }
    let before = out.len();
    let done = how.translation.contact_id(event, |event, losses| {
        let EventCode::ContactId { qualifier, code } = event.code else {
            return Err(Refusal::NoCode("Contact ID"));
        };
        let mut text = char::from(qualifier).to_string();
        text.extend(code.map(char::from));
        let zone = event.zone.map(Zone::as_str);
        if let Some(place) = zone.or(event.user.map(User::as_str)) {
            text = format!("{text}/{place}");
        }
        write(event, &text, losses, out)
    });
    let done = done.and_then(|written| written);
    if done.is_err() {
        // One event may become two, and the second may not fit.
        out.truncate(before);
    }
    done
}

/// Writes the frame, and adds what it has no place for.
fn write(
    event: &AlarmEvent<'_>,
    code: &str,
    losses: Losses,
    out: &mut BytesMut,
) -> Result<Losses, Refusal> {
    let account = event.account.ok_or(EncodeError::Missing("account"))?;
    Frame::new(account, code).encode(out)?;
    let both = event.zone.is_some() && event.user.is_some();
    Ok(losses
        .with_text_and_time(event)
        .with(Loss::Partition, event.partition.is_some())
        .with(Loss::User, both))
}

/// The registry's entry.
#[derive(Clone, Copy, Debug)]
pub struct Tick;

impl Protocol for Tick {
    fn name(&self) -> &'static str {
        NAME
    }

    fn confidence(&self, input: &[u8]) -> u8 {
        confidence(input)
    }

    fn decode(&self, input: &[u8], _: &DecodeOptions<'_>) -> (Decoded, usize) {
        decode(input)
    }

    fn events(&self, signal: &Signal<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
        match Frame::read(signal.data) {
            Ok(frame) => frame.event(|event| each(event, signal.data)),
            Err(_) => event::raw(NAME, signal.data, |event| each(event, signal.data)),
        }
    }

    fn stream(&self) -> Option<Box<dyn Decoder>> {
        Some(Box::new(Stream::new(Ticks)))
    }

    fn emit(
        &self,
        event: &AlarmEvent<'_>,
        how: &Emit<'_>,
        out: &mut BytesMut,
    ) -> Result<Losses, Refusal> {
        emit(event, how, out)
    }
}

/// One port that speaks it: a byte as answer, a heartbeat every ten seconds.
#[derive(Clone, Copy, Debug)]
pub struct Line;

impl Family for Line {
    fn rules(&self) -> Rules {
        Rules::SERIAL.with_heartbeat(Duration::from_secs(10))
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(Stream::new(Ticks))
    }

    fn read<'a>(&mut self, frame: &'a [u8], quirks: Quirks) -> Heard<'a> {
        if quirks.has(Quirk::SevenBits) {
            return Heard::Refused(Reason::SevenBits);
        }
        match Frame::parse(frame) {
            Ok(Some((read, _))) if read.code == TICK => Heard::Heartbeat,
            Ok(Some((read, taken))) => {
                let mut signal = Signal::new(&Tick, frame);
                signal.account = Some(read.account);
                signal.data = frame.get(1..taken - 1).unwrap_or_default();
                Heard::Signal(signal)
            }
            Ok(None) => Heard::Nothing,
            Err(error) => Heard::Refused(Reason::Damaged(error)),
        }
    }

    fn heartbeat(&mut self, _: Now, _: &mut Sequence, out: &mut BytesMut) -> bool {
        out.extend_from_slice(b"\x020000:TICK\x03");
        true
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let wire = b"\x021234:1131/015\x03";
    let (frame, taken) = Frame::parse(wire)?.ok_or("not whole")?;
    println!("{frame}: {taken} bytes");
    for event in Tick.decode(wire, &DecodeOptions::default()).0.events {
        println!("  {}, {}, lane {}", event.code, event.class, event.lane);
    }

    let mut stream = Stream::new(Ticks);
    let now = Duration::ZERO;
    for read in [
        &b"noise\x021234:11"[..],
        b"31/015\x03\x021234:31",
        b"31/015\x03",
    ] {
        stream.push(now, read);
        loop {
            match stream.next(now) {
                Cut::More => break,
                Cut::Frame { bytes, .. } => println!("frame {}", bytes.escape_ascii()),
                Cut::Noise(bytes) => println!("{bytes} bytes of noise"),
                other => println!("{other:?}"),
            }
        }
    }

    // A fire alarm of SIA, told as Contact ID's.
    let mut fire = AlarmEvent::new(EventCode::parse("sia:FA")?, Qualifier::New);
    fire.account = Some(AccountId::new("1234")?);
    fire.zone = Some(Zone::new("7")?);
    let (receiver, line) = (ReceiverNumber::new("01")?, LineNumber::new("1")?);
    let how = Emit::new(receiver, line, Sequence::FIRST, Now::default());
    let mut out = BytesMut::new();
    let losses = Tick.emit(&fire, &how, &mut out)?;
    println!("sia:FA as {}, lost: [{losses}]", out.escape_ascii());

    let now = Now::default();
    let mut port = Automation::of(Line, Line.rules(), now);
    port.handle_input(now, b"\x020000:TICK\x03\x021234:1131/015\x03");
    while let Some(event) = port.next(now) {
        match event {
            // Only a journal's proof of storage turns the ticket into an acknowledgement.
            automation::Event::Signal(_ticket, signal) => println!("to store: {signal:?}"),
            other => println!("{other:?}"),
        }
    }
    while let Some(answer) = port.poll_transmit() {
        println!("answered at once: {}", answer.escape_ascii());
    }
    Ok(())
}

/// One call for a fuzz target: whatever the bytes are, nothing panics, loops, or reads past the cap.
///
/// # Panics
/// On a finding.
pub fn fuzz(input: &[u8]) {
    if let Ok(Some((frame, taken))) = Frame::parse(input) {
        assert!(taken <= input.len().min(LONGEST));
        let mut out = BytesMut::new();
        if frame.encode(&mut out).is_ok() {
            assert_eq!(out, input.get(..taken).unwrap_or_default());
        }
    }
    let (_, taken) = decode(input);
    assert!(taken <= input.len() && (taken > 0 || input.is_empty()));
    assert!(confidence(input) <= 100);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Wire, code of the event, its zone or user.
    const VECTORS: &[(&[u8], &str, &str)] = &[
        (b"\x021234:1131/015\x03", "cid:1131", "015"),
        (b"\x021234:3401/004\x03", "cid:3401", "004"),
        (b"\x0200A1:1602\x03", "cid:1602", ""),
        (b"\x021234:?\x03", "raw:tick:?", ""),
    ];

    #[test]
    fn every_vector_is_read_explained_and_written_again() {
        for (wire, code, place) in VECTORS {
            let (frame, taken) = Frame::parse(wire).unwrap().unwrap();
            assert_eq!(taken, wire.len());
            frame.event(|event| {
                assert_eq!(event.code.to_string(), *code);
                let named = event
                    .zone
                    .map(Zone::as_str)
                    .or(event.user.map(User::as_str));
                assert_eq!(named.unwrap_or_default(), *place);
            });
            let mut out = BytesMut::new();
            frame.encode(&mut out).unwrap();
            assert_eq!(out, *wire);
            let (decoded, _) = Tick.decode(wire, &DecodeOptions::default());
            assert!(decoded.ok && decoded.reply_hex.as_deref() == Some("06"));
        }
    }

    fn frames(wire: &[u8], size: usize) -> Vec<Vec<u8>> {
        let (mut stream, mut found) = (Stream::new(Ticks), vec![]);
        for read in wire.chunks(size) {
            stream.push(Duration::ZERO, read);
            loop {
                match stream.next(Duration::ZERO) {
                    Cut::More => break,
                    Cut::Frame { bytes, .. } => found.push(bytes.to_vec()),
                    _ => {}
                }
            }
        }
        found
    }

    proptest! {
        #[test]
        fn what_is_encoded_parses_back(account in "[0-9A-F]{3,16}", code in "[!-~]{1,16}") {
            let frame = Frame::new(AccountId::new(&account).unwrap(), &code);
            let mut wire = BytesMut::new();
            frame.encode(&mut wire).unwrap();
            prop_assert_eq!(Frame::parse(&wire), Ok(Some((frame, wire.len()))));
            for end in 0..wire.len() {
                prop_assert_eq!(Frame::parse(&wire[..end]), Ok(None));
            }
        }

        #[test]
        fn reads_may_be_cut_anywhere(size in 1_usize..40, noise in "[a-z]{0,8}") {
            let mut wire = noise.into_bytes();
            VECTORS.iter().for_each(|(vector, ..)| wire.extend_from_slice(vector));
            prop_assert_eq!(frames(&wire, size).len(), VECTORS.len());
            prop_assert_eq!(frames(&wire, size), frames(&wire, wire.len()));
        }

        #[test]
        fn any_bytes_are_survived(input in proptest::collection::vec(any::<u8>(), 0..80)) {
            fuzz(&input);
        }
    }
}

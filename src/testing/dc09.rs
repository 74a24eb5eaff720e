//! DC-09: strategies for messages, and what the fuzz targets call.

use core::time::Duration;

use bytes::BytesMut;
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::{
    codec::{
        DecodeOptions, Protocol, Signal,
        dc09::{
            Body, Content, CrcForm, Dc09, EventToken, Field, Frame, Framed, Framer, Message,
            Profile, Reply, Rsp, Style, Token, content_quirks, reply_ack, reply_duh, reply_nak,
        },
    },
    types::{AccountId, LineNumber, ReceiverNumber, Sequence, Timestamp},
};

/// A message that owns its parts.
#[derive(Clone, Debug)]
pub struct OwnedMessage {
    token: String,
    sequence: u16,
    receiver: Option<String>,
    line: Option<String>,
    account: Option<String>,
    data: Vec<u8>,
    extended: Vec<(u8, Vec<u8>)>,
    seconds: Option<i64>,
}

impl OwnedMessage {
    /// Hands out the message; its fields borrow, so it can't be returned.
    ///
    /// # Panics
    /// Never: the strategy makes valid parts only.
    pub fn with<T>(&self, use_it: impl FnOnce(&Message<'_>) -> T) -> T {
        let extended: Vec<_> = self
            .extended
            .iter()
            .map(|(letter, value)| Field {
                letter: *letter,
                value,
            })
            .collect();
        use_it(&Message {
            token: Token::new(&self.token).unwrap_or(Token::Null),
            sequence: Sequence::new(self.sequence).unwrap_or_default(),
            receiver: self
                .receiver
                .as_deref()
                .and_then(|v| ReceiverNumber::new(v).ok()),
            line: self.line.as_deref().and_then(|v| LineNumber::new(v).ok()),
            account: self.account.as_deref().and_then(|v| AccountId::new(v).ok()),
            data: &self.data,
            extended: &extended,
            timestamp: self
                .seconds
                .map(|s| Timestamp::from_nanos(s * 1_000_000_000)),
        })
    }

    /// The same with a time of sending.
    #[must_use]
    pub fn timed(mut self) -> Self {
        self.seconds.get_or_insert(1_769_860_800);
        self
    }
}

fn text(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(
        any::<u8>().prop_filter("brackets and line ends", |b| {
            !matches!(b, b'[' | b']' | b'\r' | b'\n')
        }),
        0..most,
    )
}

/// Text that may stand in an encrypted message: no control characters either, as they show a wrong key.
fn printable(most: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(
        any::<u8>().prop_filter("control", |b| !matches!(b, b'[' | b']' | 0..=31 | 127)),
        0..most,
    )
}

/// Any token, the private ones too.
pub fn token() -> impl Strategy<Value = String> {
    let events: Vec<_> = EventToken::ALL
        .iter()
        .map(|t| t.as_str().to_owned())
        .collect();
    prop_oneof![
        select(vec!["NULL", "XNM", "ACK", "NAK", "DUH", "RSP"]).prop_map(String::from),
        select(events),
        "[A-Z][A-Z0-9-]{0,12}",
    ]
}

/// Messages as builders may send them, and as panels with habits do.
pub fn message() -> impl Strategy<Value = OwnedMessage> {
    parts(text(60).boxed())
}

/// Messages for encrypting: with a time, and data without control characters; NAK and DUH always stay in clear.
pub fn secret() -> impl Strategy<Value = OwnedMessage> {
    parts(printable(60).boxed())
        .prop_filter("never encrypted", |message| {
            !matches!(message.token.as_str(), "NAK" | "DUH")
        })
        .prop_map(OwnedMessage::timed)
}

fn parts(data: BoxedStrategy<Vec<u8>>) -> impl Strategy<Value = OwnedMessage> {
    (
        token(),
        0_u16..=9999,
        option::of("[0-9A-Fa-f]{1,6}"),
        option::of("[0-9A-Fa-f]{0,6}"),
        option::of("[0-9A-Fa-f]{1,16}"),
        data,
        vec((b'A'..=b'Z', text(40)), 0..4),
        option::of(0_i64..9_000_000_000),
    )
        .prop_map(
            |(token, sequence, receiver, line, account, data, extended, seconds)| OwnedMessage {
                token,
                sequence,
                receiver,
                line,
                account,
                data,
                extended,
                seconds,
            },
        )
}

/// Every profile that has a name.
pub fn profile() -> impl Strategy<Value = Profile> {
    let profiles: Vec<_> = Profile::ALL.iter().map(|(_, profile)| *profile).collect();
    select(profiles)
}

/// Every form of check value that both sides agree on without a look at the length.
pub fn crc_form() -> impl Strategy<Value = CrcForm> {
    select(vec![CrcForm::Hex, CrcForm::Binary, CrcForm::HexOverCr])
}

/// Whether what was read is what was written.
///
/// # Panics
/// When it is not.
pub fn assert_same(message: &Message<'_>, frame: &Frame<'_>, content: &Content<'_>) {
    assert_eq!(frame.token, message.token);
    assert_eq!(frame.sequence, message.sequence);
    assert_eq!(frame.receiver, message.receiver);
    assert_eq!(frame.line, message.line);
    assert_eq!(frame.account, message.account);
    assert_eq!(content.data, message.data);
    assert!(content.extended.iter().eq(message.extended.iter().copied()));
    assert_eq!(content.sent(), message.timestamp);
}

/// Reads one frame and everything that hangs on it: fields, quirks, events, answers, the explanation.
pub fn fuzz_frame(input: &[u8]) {
    let repaired = Frame::repaired(input);
    for bytes in [Some(input), repaired.as_deref()].into_iter().flatten() {
        let piecewise = Frame::parse(bytes);
        let whole = Frame::parse_whole(bytes);
        if let Ok(Some(found)) = piecewise {
            assert_eq!(Ok(found), whole, "more bytes than needed change nothing");
        }
        if let Ok((frame, taken)) = whole {
            assert!(taken <= bytes.len());
            look_at(&frame);
        }
        for argument in [false, true] {
            for key in [None, Some(&b"0123456789ABCDEF"[..])] {
                let options = DecodeOptions {
                    argument,
                    key,
                    ..DecodeOptions::default()
                };
                let (_, taken) = Dc09.decode(bytes, &options);
                assert!(taken <= bytes.len() && (taken > 0 || bytes.is_empty()));
            }
        }
        let _any = Dc09.confidence(bytes);
    }
}

fn look_at(frame: &Frame<'_>) {
    let mut reply = Reply::new();
    for answer in [reply_ack, reply_duh] {
        answer(frame, &mut reply);
        let (back, _) =
            Frame::parse_whole(&reply).unwrap_or_else(|e| unreachable!("our own answer: {e}"));
        assert_eq!(
            (back.sequence, back.receiver, back.account),
            (frame.sequence, frame.receiver, frame.account)
        );
    }
    reply_nak(frame, Timestamp::default(), &mut reply);
    // Any profile, chosen by the frame itself.
    let profiles = Profile::ALL;
    if let Some((_, profile)) = profiles.get(frame.raw.len() % profiles.len()) {
        profile.nak(frame, Timestamp::default(), &mut reply);
        assert!(Frame::parse_whole(&reply).is_ok_and(|(nak, _)| nak.token == Token::Nak));
        let mut out = BytesMut::new();
        let rsp = Rsp::new(b"#1234|COP1*5", &[]);
        if rsp
            .encode(frame, Timestamp::default(), profile, &mut out)
            .is_ok()
        {
            assert!(Frame::parse_whole(&out).is_ok_and(|(rsp, _)| rsp.token == Token::Rsp));
        }
        if let Body::Clear(content) = &frame.body {
            let _strict = profile.exactly().fault(frame, content);
            let _controls = content.controls().count();
            let _forms = content
                .extended
                .iter()
                .filter(Field::is_well_formed)
                .count();
        }
    }
    let _text = frame.to_string();
    if let Body::Clear(content) = &frame.body {
        let _odd = content_quirks(frame, content);
        events(frame, content);
    }
}

fn events(frame: &Frame<'_>, content: &Content<'_>) {
    let signal = Signal {
        protocol: &Dc09,
        token: Some(frame.token.as_str()),
        encrypted: frame.encrypted,
        sequence: Some(frame.sequence),
        receiver: frame.receiver.map(ReceiverNumber::as_str),
        line: frame.line.map(LineNumber::as_str),
        account: frame.account,
        data: content.data,
        extended: content.extended.as_bytes(),
        sent: content.sent(),
        raw: frame.raw,
        possible_repeat: false,
        remember_ciphertext: false,
        quirks: frame.quirks,
    };
    let mut count = 0;
    signal.events(&mut |_, _| count += 1);
    assert!(count > 0, "a signal has at least one event");
}

/// What a stream holds, in words that can be compared; the time is `at` seconds.
pub fn frames(framer: &mut Framer, at: u64, found: &mut Vec<Vec<u8>>, noise: &mut usize) {
    loop {
        match framer.next(Duration::from_secs(at)) {
            Framed::Frame(frame) => {
                look_at(&frame);
                found.push(frame.raw.to_vec());
            }
            Framed::Noise(count) => *noise += count,
            Framed::Bad { bytes, .. } => *noise += bytes.len(),
            Framed::More => return,
        }
    }
}

/// Pushes a stream in pieces whose sizes the first byte chooses, and as a whole: both give the same frames. Check values
/// that the input itself leaves wrong are repaired frame by frame.
pub fn fuzz_stream(input: &[u8]) {
    let [step, stream @ ..] = input else { return };
    let mut repaired = Vec::with_capacity(stream.len());
    for piece in stream.split_inclusive(|b| *b == b'\r') {
        let at = piece.iter().rposition(|b| *b == b'\n').unwrap_or(0);
        let (noise, frame) = piece.split_at(at);
        repaired.extend_from_slice(noise);
        repaired.extend_from_slice(Frame::repaired(frame).as_deref().unwrap_or(frame));
    }
    for stream in [stream, &repaired] {
        let (mut whole, mut pieces) = (Framer::new(), Framer::new());
        let (mut of_whole, mut of_pieces) = (Vec::new(), Vec::new());
        let (mut noise, mut noise_of_pieces) = (0, 0);
        whole.push(stream);
        frames(&mut whole, 0, &mut of_whole, &mut noise);
        for piece in stream.chunks(usize::from(*step).max(1)) {
            pieces.push(piece);
            frames(&mut pieces, 0, &mut of_pieces, &mut noise_of_pieces);
            let _when = pieces.poll_timeout();
            assert!(pieces.pending() <= crate::codec::dc09::LONGEST_FRAME + 1);
        }
        assert_eq!(of_whole, of_pieces);
        // When patience ends, the same again.
        for at in [1, 2] {
            frames(&mut whole, at, &mut of_whole, &mut noise);
            frames(&mut pieces, at, &mut of_pieces, &mut noise_of_pieces);
        }
        assert_eq!(of_whole, of_pieces);
    }
}

/// Reads the input as a decrypted text, and as the text of a message that is encrypted and decrypted again.
#[cfg(feature = "crypto")]
pub fn fuzz_decrypted(input: &[u8]) {
    crate::codec::dc09::fuzz_plain(input);
    let Some((first, text)) = input.split_first() else {
        return;
    };
    let Ok(key) = crate::codec::dc09::Key::from_bytes(match first % 3 {
        0 => &b"0123456789ABCDEF"[..],
        1 => b"0123456789ABCDEF01234567",
        _ => b"0123456789ABCDEF0123456789ABCDEF",
    }) else {
        return;
    };
    let message = Message {
        token: Token::Event(if first & 4 == 0 {
            EventToken::SiaDcs
        } else {
            EventToken::AdmCid
        }),
        sequence: Sequence::FIRST,
        receiver: None,
        line: LineNumber::new("0").ok(),
        account: AccountId::new("1234").ok(),
        data: text,
        extended: &[],
        timestamp: Some(Timestamp::from_nanos(0)),
    };
    let style = Style {
        short_pad: first & 8 != 0,
        lower: first & 16 != 0,
        pipe: first & 32 != 0,
        ..Style::default()
    };
    let mut wire = BytesMut::new();
    let mut seed = *first;
    let mut entropy = |out: &mut [u8]| {
        for byte in out {
            seed = seed.wrapping_mul(5).wrapping_add(17);
            *byte = seed;
        }
    };
    if message
        .encode_encrypted(&style, &key, &mut entropy, &mut wire)
        .is_err()
    {
        return;
    }
    let Ok((frame, _)) = Frame::parse_whole(&wire) else {
        unreachable!("our own frame")
    };
    let mut scratch = crate::codec::dc09::Scratch::new();
    let mut reply = Reply::new();
    crate::codec::dc09::reply_ack_encrypted(
        &frame,
        &key,
        Timestamp::default(),
        &style,
        &mut entropy,
        &mut reply,
    );
    match frame.decrypt(&key, &mut scratch) {
        Ok(content) => {
            assert_eq!(content.data, text);
            let _odd = content_quirks(&frame, &content);
            events(&frame, &content);
        }
        Err(_) => assert!(text.iter().any(u8::is_ascii_control)),
    }
}

/// Makes a message from the input, writes it and reads it back.
pub fn fuzz_roundtrip(input: &[u8]) {
    let mut parts = input.split(|b| *b == 0);
    let mut next = || parts.next().unwrap_or_default();
    let utf8 = |bytes| core::str::from_utf8(bytes).ok();
    let first = next();
    let [flags, low, high, token @ ..] = first else {
        return;
    };
    let Some(token) = utf8(token).and_then(Token::new) else {
        return;
    };
    let receiver = utf8(next())
        .filter(|v| !v.is_empty())
        .and_then(|v| ReceiverNumber::new(v).ok());
    let line = utf8(next()).and_then(|v| LineNumber::new(v).ok());
    let account = utf8(next()).and_then(|v| AccountId::new(v).ok());
    // Letters and blanks of the header's own grammar can't stand in a value; builders refuse them anyway.
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    let header_fits = receiver.is_none_or(|v| plain(v.as_str()))
        && line.is_none_or(|v| plain(v.as_str()))
        && account.is_none_or(|v| plain(v.as_str()));
    let data = next();
    let fields: Vec<_> = (0..3)
        .map_while(|_| {
            next().split_first().map(|(letter, value)| Field {
                letter: letter % 26 + b'A',
                value,
            })
        })
        .collect();
    let message = Message {
        token,
        sequence: Sequence::new(u16::from_be_bytes([*high, *low]) % 10_000).unwrap_or_default(),
        receiver,
        line,
        account,
        data,
        extended: &fields,
        timestamp: (flags & 1 != 0).then_some(Timestamp::from_nanos(1_700_000_000_000_000_000)),
    };
    let crc = match flags >> 1 & 3 {
        0 => CrcForm::Hex,
        1 => CrcForm::Binary,
        2 => CrcForm::HexOverCr,
        _ => CrcForm::Dc07Table {
            binary: flags & 64 != 0,
        },
    };
    let style = Style {
        crc,
        lower: flags & 8 != 0,
        lenient: flags & 16 != 0 && header_fits,
        ..Style::default()
    };
    let mut wire = BytesMut::new();
    if message.encode(&style, &mut wire).is_err() {
        assert!(wire.is_empty());
        return;
    }
    let (frame, taken) =
        Frame::parse_whole(&wire).unwrap_or_else(|e| unreachable!("our own frame: {e}"));
    assert_eq!(taken, wire.len());
    let Body::Clear(content) = &frame.body else {
        unreachable!("written in clear")
    };
    let line = if style.lenient {
        message.line
    } else {
        message.line.or(LineNumber::new("0").ok())
    };
    assert_same(&Message { line, ..message }, &frame, content);
    look_at(&frame);
}

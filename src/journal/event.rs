use crate::{
    Class, Function, Lane, Timestamp,
    codec::{Quirk, Quirks, printable},
    event::decode_text,
    types::encode_hex,
};

/// One stored event where it stands in the reader's row: what [`StoredEvent`] owns, without a copy.
#[derive(Clone, Copy)]
pub(crate) struct EventRef<'a> {
    pub(crate) seq: i64,
    pub(crate) id: &'a str,
    pub(super) received: Timestamp,
    pub(super) sent: Option<Timestamp>,
    pub(crate) source: &'a str,
    pub(super) protocol: &'a str,
    pub(super) token: Option<&'a str>,
    pub(super) encrypted: bool,
    pub(super) sequence: Option<u16>,
    pub(super) receiver: Option<&'a str>,
    pub(super) line: Option<&'a str>,
    pub(super) header_account: Option<&'a str>,
    pub(super) account: Option<&'a str>,
    pub(super) code: &'a str,
    pub(super) qualifier: &'a str,
    pub(super) class: Class,
    pub(super) lane: Lane,
    pub(super) partition: Option<&'a str>,
    pub(super) zone: Option<&'a str>,
    pub(super) user: Option<&'a str>,
    pub(super) text: Option<&'a [u8]>,
    pub(super) time: Option<Timestamp>,
    pub(super) data: &'a [u8],
    pub(super) extended: &'a [u8],
    pub(super) raw: &'a [u8],
    pub(super) possible_repeat: bool,
    pub(super) quirks: &'a str,
}

/// One stored event, as a [`super::Reader`] gives it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StoredEvent {
    /// Its place: the lane in the top bits, then a number that counts over all lanes ([`super::lane_of`],
    /// [`super::number_of`]).
    pub seq: i64,
    /// Its name for ever: a UUIDv7, made at the first storing.
    pub id: String,
    /// When it was received.
    pub received: Timestamp,
    /// When it was sent, by the frame.
    pub sent: Option<Timestamp>,
    /// Name of the input.
    pub source: String,
    /// Name of the protocol.
    pub protocol: String,
    /// The frame's kind.
    pub token: Option<String>,
    /// Whether the frame was encrypted.
    pub encrypted: bool,
    /// The sequence as received.
    pub sequence: Option<u16>,
    /// The receiver number as received.
    pub receiver: Option<String>,
    /// The line number as received.
    pub line: Option<String>,
    /// The header's account.
    pub header_account: Option<String>,
    /// The event's account: the data account where one stands, else the header's.
    pub account: Option<String>,
    /// `cid:1130`, `sia:BA`, `raw:PROTOCOL:TEXT`.
    pub code: String,
    /// `new`, `restore`, `status`, or the digit as received.
    pub qualifier: String,
    /// What it is about.
    pub class: Class,
    /// The lane in which it rides.
    pub lane: Lane,
    /// The partition.
    pub partition: Option<String>,
    /// The zone or device.
    pub zone: Option<String>,
    /// The user.
    pub user: Option<String>,
    /// Text as sent, not decoded.
    pub text: Option<Vec<u8>>,
    /// When it happened, by the frame.
    pub time: Option<Timestamp>,
    /// The data that carries this event alone.
    pub data: Vec<u8>,
    /// The extended data fields of the frame as they stand.
    pub extended: Vec<u8>,
    /// The frame as received.
    pub raw: Vec<u8>,
    /// The frame may be a second copy.
    pub possible_repeat: bool,
    /// Oddities of the frame.
    pub quirks: Quirks,
}

#[derive(serde::Serialize)]
struct Field {
    letter: String,
    value: String,
}

struct FourDigits(u16);

impl serde::Serialize for FourDigits {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:04}", self.0))
    }
}

#[derive(serde::Serialize)]
struct Line<'a> {
    id: &'a str,
    received: Timestamp,
    source: &'a str,
    protocol: &'a str,
    account: Option<&'a str>,
    token: Option<&'a str>,
    sequence: Option<FourDigits>,
    code: &'a str,
    qualifier: &'a str,
    class: Class,
    function: Option<Function>,
    lane: u8,
    partition: Option<&'a str>,
    zone: Option<&'a str>,
    user: Option<&'a str>,
    text: Option<std::borrow::Cow<'a, str>>,
    extended: Vec<Field>,
    raw_hex: String,
    possible_repeat: bool,
}

impl StoredEvent {
    /// The alarm function, when its class is one.
    #[must_use]
    pub const fn function(&self) -> Option<Function> {
        self.class.function()
    }

    /// The event as one line of JSON, without the line's end: every key always, `null` for what the frame has not.
    #[must_use]
    pub fn json(&self) -> String {
        let mut out = Vec::with_capacity(512);
        self.borrowed().append_json(&mut out);
        // JSON by construction.
        String::from_utf8(out).unwrap_or_default()
    }

    fn borrowed(&self) -> EventRef<'_> {
        EventRef {
            seq: self.seq,
            id: &self.id,
            received: self.received,
            sent: self.sent,
            source: &self.source,
            protocol: &self.protocol,
            token: self.token.as_deref(),
            encrypted: self.encrypted,
            sequence: self.sequence,
            receiver: self.receiver.as_deref(),
            line: self.line.as_deref(),
            header_account: self.header_account.as_deref(),
            account: self.account.as_deref(),
            code: &self.code,
            qualifier: &self.qualifier,
            class: self.class,
            lane: self.lane,
            partition: self.partition.as_deref(),
            zone: self.zone.as_deref(),
            user: self.user.as_deref(),
            text: self.text.as_deref(),
            time: self.time,
            data: &self.data,
            extended: &self.extended,
            raw: &self.raw,
            possible_repeat: self.possible_repeat,
            // No part of the line.
            quirks: "",
        }
    }
}

impl EventRef<'_> {
    /// [`StoredEvent::json`], appended.
    pub(crate) fn append_json(&self, out: &mut Vec<u8>) {
        let line = Line {
            id: self.id,
            received: self.received,
            source: self.source,
            protocol: self.protocol,
            account: self.account,
            token: self.token,
            sequence: self.sequence.map(FourDigits),
            code: self.code,
            qualifier: self.qualifier,
            class: self.class,
            function: self.class.function(),
            lane: self.lane.number(),
            partition: self.partition,
            zone: self.zone,
            user: self.user,
            text: self.text.map(decode_text),
            extended: fields(self.extended),
            raw_hex: encode_hex(self.raw),
            possible_repeat: self.possible_repeat,
        };
        // Neither a vector nor these fields can fail.
        let _infallible = serde_json::to_writer(out, &line);
    }

    pub(super) fn to_owned(self) -> StoredEvent {
        let text = |text: Option<&str>| text.map(str::to_owned);
        StoredEvent {
            seq: self.seq,
            id: self.id.to_owned(),
            received: self.received,
            sent: self.sent,
            source: self.source.to_owned(),
            protocol: self.protocol.to_owned(),
            token: text(self.token),
            encrypted: self.encrypted,
            sequence: self.sequence,
            receiver: text(self.receiver),
            line: text(self.line),
            header_account: text(self.header_account),
            account: text(self.account),
            code: self.code.to_owned(),
            qualifier: self.qualifier.to_owned(),
            class: self.class,
            lane: self.lane,
            partition: text(self.partition),
            zone: text(self.zone),
            user: text(self.user),
            text: self.text.map(<[u8]>::to_vec),
            time: self.time,
            data: self.data.to_vec(),
            extended: self.extended.to_vec(),
            raw: self.raw.to_vec(),
            possible_repeat: self.possible_repeat,
            quirks: quirks_from_slugs(self.quirks),
        }
    }
}

/// `[X093W23.456][Y45N23.456]` as letters and values, as `alarmwire decode` shows them.
fn fields(extended: &[u8]) -> Vec<Field> {
    extended
        .split(|byte| *byte == b']')
        .filter_map(|field| match field.strip_prefix(b"[").unwrap_or(field) {
            [] => None,
            [letter, value @ ..] => Some(Field {
                letter: printable(&[*letter]),
                value: printable(value),
            }),
        })
        .collect()
}

fn quirks_from_slugs(slugs: &str) -> Quirks {
    let mut quirks = Quirks::NONE;
    for slug in slugs.split_ascii_whitespace() {
        // A slug of a newer program is not known here and not an error.
        if let Some(quirk) = Quirk::ALL.iter().find(|quirk| quirk.slug() == slug) {
            quirks.note(*quirk);
        }
    }
    quirks
}

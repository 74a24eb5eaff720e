use crate::{
    Class, Function, Lane, Timestamp,
    codec::{Quirk, Quirks, printable},
    event::decode_text,
    types::encode_hex,
};

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

#[derive(serde::Serialize)]
struct Line<'a> {
    id: &'a str,
    received: Timestamp,
    source: &'a str,
    protocol: &'a str,
    account: Option<&'a str>,
    token: Option<&'a str>,
    sequence: Option<String>,
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
        let line = Line {
            id: &self.id,
            received: self.received,
            source: &self.source,
            protocol: &self.protocol,
            account: self.account.as_deref(),
            token: self.token.as_deref(),
            sequence: self.sequence.map(|n| format!("{n:04}")),
            code: &self.code,
            qualifier: &self.qualifier,
            class: self.class,
            function: self.function(),
            lane: self.lane.number(),
            partition: self.partition.as_deref(),
            zone: self.zone.as_deref(),
            user: self.user.as_deref(),
            text: self.text.as_deref().map(decode_text),
            extended: fields(&self.extended),
            raw_hex: encode_hex(&self.raw),
            possible_repeat: self.possible_repeat,
        };
        serde_json::to_string(&line).unwrap_or_default()
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

pub(super) fn quirks_from_slugs(slugs: &str) -> Quirks {
    let mut quirks = Quirks::NONE;
    for slug in slugs.split_ascii_whitespace() {
        // A slug of a newer program is not known here and not an error.
        if let Some(quirk) = Quirk::ALL.iter().find(|quirk| quirk.slug() == slug) {
            quirks.note(*quirk);
        }
    }
    quirks
}

//! A protocol that says what it is told, for the journal's tests.

use std::time::Duration;

use alarmwire::{
    AccountId, AlarmEvent, EventCode, Now, Protocol, Qualifier, Sequence, Signal, Timestamp,
    codec::{DecodeOptions, Decoded, Quirks},
    journal::Batch,
    types::Zone,
};

/// `code qualifier-digit zone` as data.
pub(crate) struct Plain;

impl Protocol for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn confidence(&self, _input: &[u8]) -> u8 {
        0
    }

    fn decode(&self, input: &[u8], _options: &DecodeOptions<'_>) -> (Decoded, usize) {
        (Decoded::default(), input.len())
    }

    fn events(&self, signal: &Signal<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
        for one in signal.data.split(|b| *b == b'|') {
            let text = std::str::from_utf8(one).unwrap();
            let mut words = text.split(' ');
            let code = EventCode::parse(words.next().unwrap()).unwrap();
            let mut event = AlarmEvent::new(
                code,
                Qualifier::from_digit(words.next().unwrap().as_bytes()[0]),
            );
            event.account = signal.account;
            event.zone = Zone::new(words.next().unwrap()).ok();
            each(&event, one);
        }
    }
}

/// One signal to be.
#[derive(Clone)]
pub(crate) struct Text<'a> {
    pub(crate) account: &'a str,
    pub(crate) code: &'a str,
    pub(crate) qualifier: Qualifier,
    pub(crate) zone: &'a str,
    pub(crate) sequence: Option<u16>,
    pub(crate) raw: &'a [u8],
    pub(crate) remember: bool,
}

impl<'a> Text<'a> {
    pub(crate) fn new(code: &'a str, sequence: u16) -> Self {
        Self {
            account: "1234",
            code,
            qualifier: Qualifier::New,
            zone: "015",
            sequence: Some(sequence),
            raw: b"raw",
            remember: false,
        }
    }
}

/// So many seconds after the tests' beginning.
pub(crate) fn at(seconds: u64) -> Now {
    let start = Now {
        monotonic: Duration::ZERO,
        utc: Timestamp::from_civil(2026, 1, 1, 0, 0, 0).unwrap(),
    };
    start.after(Duration::from_secs(seconds))
}

pub(crate) fn push(batch: &mut Batch, seconds: u64, text: &Text<'_>) {
    let data = format!(
        "{} {} {}",
        text.code,
        char::from(text.qualifier.digit()),
        text.zone
    );
    let signal = Signal {
        protocol: &Plain,
        token: Some("T"),
        encrypted: text.remember,
        sequence: text.sequence.map(|n| Sequence::new(n).unwrap()),
        receiver: None,
        line: Some("0"),
        account: AccountId::new(text.account).ok(),
        data: data.as_bytes(),
        extended: b"",
        sent: None,
        raw: text.raw,
        possible_repeat: false,
        remember_ciphertext: text.remember,
        quirks: Quirks::NONE,
    };
    batch.push("ip", at(seconds), &signal);
}

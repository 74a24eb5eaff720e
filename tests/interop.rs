//! Other people's DC-09 programs, read and fed: pysiaalarm 3.2.2 receives what the gateway forwards, siadc09 1.0.1 reads
//! what the encoder writes. `docs/testing.md` says how they are installed.
#![cfg(feature = "full")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic"
)]

use std::{
    collections::BTreeSet,
    env,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, sync_channel},
    thread,
    time::Duration,
};

use alarmwire::{
    AccountId, Sequence, Timestamp,
    codec::dc09::{EventToken, Field, Key, Message, Style, Token},
    types::{LineNumber, ReceiverNumber, encode_hex},
};
use bytes::BytesMut;
use serde_json::{Value, json};

const KEY: &str = "0123456789ABCDEF";

/// The Python that has the peers; `None`, and a word about it, where there is none and none is demanded.
fn python() -> Option<String> {
    let program = env::var("ALARMWIRE_PYTHON").unwrap_or_else(|_| "python3".into());
    let ready = Command::new(&program)
        .args(["-c", "import pysiaalarm, siadc09"])
        .stderr(Stdio::null())
        .status();
    if ready.is_ok_and(|status| status.success()) {
        return Some(program);
    }
    assert!(
        env::var("ALARMWIRE_REQUIRE_PEERS").as_deref() != Ok("1"),
        "{program} lacks pysiaalarm or siadc09: see docs/testing.md"
    );
    // Past the capture of the test runner, which shows nothing of a test that passes.
    let _told = writeln!(
        io::stderr(),
        "\nSKIPPED: no pysiaalarm and siadc09 for {program}; see docs/testing.md\n"
    );
    None
}

/// A child that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn script(name: &str) -> String {
    format!("{}/tests/interop/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Starts a child, and gives the lines of its standard output as JSON.
fn start(mut command: Command) -> (Running, ChildStdin, Receiver<Value>) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (send, lines) = sync_channel(10_000);
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let value = serde_json::from_str(&line).unwrap_or(Value::String(line));
            if send.send(value).is_err() {
                return;
            }
        }
    });
    (Running(child), input, lines)
}

fn next(lines: &Receiver<Value>, what: &str) -> Value {
    lines
        .recv_timeout(Duration::from_secs(30))
        .unwrap_or_else(|_| panic!("{what} does not come"))
}

fn message<'a>(token: EventToken, sequence: u16, account: &'a str, data: &'a [u8]) -> Message<'a> {
    Message {
        token: Token::Event(token),
        sequence: Sequence::new(sequence).unwrap(),
        receiver: Some(ReceiverNumber::new("1").unwrap()),
        line: Some(LineNumber::new("0").unwrap()),
        account: Some(AccountId::new(account).unwrap()),
        data,
        extended: &[],
        timestamp: None,
    }
}

/// A port that was free a moment ago.
fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

fn connect(to: SocketAddr) -> TcpStream {
    for _ in 0..300 {
        if let Ok(stream) = TcpStream::connect(to) {
            stream
                .set_read_timeout(Some(Duration::from_secs(30)))
                .unwrap();
            return stream;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("{to} does not answer");
}

/// The events that go through: account, data, and what pysiaalarm makes of the code.
const EVENTS: &[(EventToken, &str, &str, &str)] = &[
    (EventToken::AdmCid, "1234", "#1234|1130 01 015", "BA"),
    (EventToken::AdmCid, "1234", "#1234|3130 01 015", "BH"),
    (EventToken::AdmCid, "1234", "#1234|1110 00 002", "FA"),
    (EventToken::AdmCid, "AB12", "#AB12|1121 01 001", "HA"),
    (EventToken::AdmCid, "AB12", "#AB12|1151 01 004", "GA"),
    (EventToken::AdmCid, "AB12", "#AB12|1100 01 000", "MA"),
    (EventToken::AdmCid, "1234", "#1234|1602 00 000", "RP"),
    (EventToken::SiaDcs, "1234", "#1234|Nri1/BA015", "BA"),
    (EventToken::SiaDcs, "AB12", "#AB12|Nri2/FA003", "FA"),
    (EventToken::SiaDcs, "AB12", "#AB12|Nri1/OP7", "OP"),
];

/// Panels, the real gateway, and pysiaalarm behind it.
fn forwarded(key: Option<&str>) {
    let Some(python) = python() else { return };
    let mut peer = Command::new(python);
    peer.arg(script("receiver.py"));
    for account in ["1234", "AB12"] {
        peer.arg(key.map_or(account.to_owned(), |key| format!("{account}={key}")));
    }
    let (_peer, end, events) = start(peer);
    let port = next(&events, "pysiaalarm's port")["port"].as_u64().unwrap();

    let data = tempfile::tempdir().unwrap();
    let listen = free_port();
    let mut gateway = Command::new(env!("CARGO_BIN_EXE_alarmwire"));
    // Without a receiver number this peer answers `None`, which no sender may take; and it takes one read for one frame.
    let key = key.map_or(String::new(), |key| format!(",key=ascii:{key}"));
    gateway.args(["gateway", "--accept-unknown", "--dc09", &listen.to_string()]);
    gateway.args([
        "--forward",
        &format!("127.0.0.1:{port},receiver=1,window=1{key}"),
    ]);
    gateway
        .arg("--data")
        .arg(data.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let _gateway = Running(gateway.spawn().unwrap());

    let mut panel = connect(listen);
    for (sequence, (token, account, data, _)) in (1..).zip(EVENTS) {
        let mut frame = BytesMut::new();
        message(*token, sequence, account, data.as_bytes())
            .encode(&Style::default(), &mut frame)
            .unwrap();
        panel.write_all(&frame).unwrap();
        let mut answer = [0; 256];
        let length = panel.read(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
        assert!(
            answer.contains(&format!("\"ACK\"{sequence:04}")),
            "{answer:?}"
        );
    }

    let expected: BTreeSet<(String, String, String)> = EVENTS
        .iter()
        .map(|(token, account, _, code)| (token.as_str().into(), (*account).into(), (*code).into()))
        .collect();
    let mut arrived = BTreeSet::new();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    while arrived.len() < expected.len() {
        let event = next(
            &events,
            &format!("an event of {expected:?} beside {arrived:?}"),
        );
        assert_eq!(event["encrypted"], json!(!key.is_empty()), "{event}");
        arrived.insert((
            text(&event["type"]),
            text(&event["account"]),
            text(&event["code"]),
        ));
    }
    assert_eq!(arrived, expected);

    // Nothing comes twice, nothing was refused.
    drop(end);
    let last = next(&events, "pysiaalarm's counts");
    assert_eq!(
        last["counts"]["valid_events"],
        json!(EVENTS.len()),
        "{last}"
    );
    for (name, count) in last["counts"].as_object().unwrap() {
        assert!(!name.starts_with("error") || *count == 0, "{last}");
    }
}

#[test]
fn pysiaalarm_receives_what_the_gateway_forwards() {
    forwarded(None);
}

#[test]
fn pysiaalarm_receives_what_the_gateway_forwards_encrypted() {
    forwarded(Some(KEY));
}

/// Frames through siadc09, one answer each.
struct Reader {
    _child: Running,
    input: ChildStdin,
    answers: Receiver<Value>,
}

impl Reader {
    fn start() -> Option<Self> {
        let mut command = Command::new(python()?);
        command.arg(script("parse.py"));
        let (child, input, answers) = start(command);
        Some(Self {
            _child: child,
            input,
            answers,
        })
    }

    fn read(&mut self, frame: &[u8], key: Option<&[u8]>) -> Value {
        let key = key.map_or(String::new(), encode_hex);
        writeln!(self.input, "{} {key}", encode_hex(frame)).unwrap();
        let answer = next(&self.answers, "siadc09's answer");
        assert!(
            answer.get("error").is_none(),
            "{answer} for {}",
            frame.escape_ascii()
        );
        answer
    }

    /// Writes the message in clear and under keys of the three lengths; each must be read as the same.
    fn read_all(&mut self, message: &Message<'_>) -> Value {
        let mut clear = BytesMut::new();
        message.encode(&Style::default(), &mut clear).unwrap();
        let mut told = self.read(&clear, None);
        assert_eq!(told["encrypted"], json!(false));
        told["encrypted"] = json!(true);
        for length in [16, 24, 32] {
            let key: Vec<u8> = (0..length).map(|i| i * 7 + 1).collect();
            for short_pad in [false, true] {
                let mut frame = BytesMut::new();
                let mut seed = length;
                let mut pad = |bytes: &mut [u8]| {
                    for byte in bytes {
                        seed = seed.wrapping_mul(181).wrapping_add(97);
                        *byte = seed;
                    }
                };
                let style = Style {
                    short_pad,
                    ..Style::default()
                };
                message
                    .encode_encrypted(
                        &style,
                        &Key::from_bytes(&key).unwrap(),
                        &mut pad,
                        &mut frame,
                    )
                    .unwrap();
                assert_eq!(
                    self.read(&frame, Some(&key)),
                    told,
                    "{length} bytes, short pad {short_pad}"
                );
            }
        }
        told
    }
}

fn at() -> Option<Timestamp> {
    Some(Timestamp::from_civil(2026, 3, 1, 12, 34, 56).unwrap())
}

#[test]
fn siadc09_reads_every_token_and_number_that_is_written() {
    let Some(mut reader) = Reader::start() else {
        return;
    };
    let tokens = EventToken::ALL
        .iter()
        .map(|token| Token::Event(*token))
        .chain([Token::Null, Token::Xnm, Token::Rsp]);
    for token in tokens {
        for (receiver, line, account) in [
            (None, "0", "1234"),
            (Some("FFFFFF"), "1A2B", "ABCDEF0123456789"),
        ] {
            let message = Message {
                token,
                receiver: receiver.map(|text| ReceiverNumber::new(text).unwrap()),
                line: Some(LineNumber::new(line).unwrap()),
                account: Some(AccountId::new(account).unwrap()),
                timestamp: at(),
                ..message(EventToken::AdmCid, 9999, account, b"")
            };
            let told = reader.read_all(&message);
            let number = |text: &str| u64::from_str_radix(text, 16).unwrap();
            assert_eq!(told["token"], json!(token.as_str()));
            assert_eq!(told["sequence"], json!(9999));
            assert_eq!(
                told["receiver"],
                receiver.map_or(Value::Null, |text| json!(number(text)))
            );
            assert_eq!(
                told["line"],
                if line == "0" {
                    Value::Null
                } else {
                    json!(number(line))
                }
            );
            assert_eq!(told["account"], json!(number(account)));
            assert_eq!(told["timestamp"], json!("12:34:56,03-01-2026"));
        }
    }
}

#[test]
fn siadc09_reads_contact_id_in_clear_and_encrypted() {
    let Some(mut reader) = Reader::start() else {
        return;
    };
    for (data, qualifier, code, group, address) in [
        ("#1234|1130 01 015", "1", "130", 0x01, 0x015),
        ("#1234|3401 02 007", "3", "401", 0x02, 0x007),
        ("#1234|6302 00 000", "6", "302", 0x00, 0x000),
    ] {
        let message = Message {
            timestamp: at(),
            ..message(EventToken::AdmCid, 1, "1234", data.as_bytes())
        };
        let told = reader.read_all(&message);
        let cid = json!({"qualifier": qualifier, "code": code, "group": group, "address": address});
        assert_eq!(
            (&told["content"], &told["data"]["cid"]),
            (&json!(data), &cid)
        );
    }
}

#[test]
fn siadc09_reads_sia_events_in_clear_and_encrypted() {
    let Some(mut reader) = Reader::start() else {
        return;
    };
    let data = "#1234|Nri1/BA015^FRONT DOOR^/FA003|NCL7";
    let message = Message {
        timestamp: at(),
        ..message(EventToken::SiaDcs, 1, "1234", data.as_bytes())
    };
    let told = reader.read_all(&message);
    assert_eq!(told["content"], json!(data));
    let blocks = told["data"]["blocks"].as_array().unwrap();
    let functions: Vec<&Value> = blocks.iter().map(|block| &block["function"]).collect();
    assert_eq!(functions, ["#", "N", "N"]);
    let events = blocks[1]["events"].as_array().unwrap();
    let short: Vec<(&Value, &Value)> = events
        .iter()
        .map(|event| (&event["code"], &event["address"]))
        .collect();
    assert_eq!(
        short,
        [(&json!("BA"), &json!(0x15)), (&json!("FA"), &json!(3))]
    );
    assert_eq!(
        (&events[0]["text"], &events[0]["modifiers"]["ri"]),
        (&json!("FRONT DOOR"), &json!(1))
    );
    assert_eq!(blocks[2]["events"][0]["code"], json!("CL"));
}

#[test]
fn siadc09_reads_every_extended_field() {
    let Some(mut reader) = Reader::start() else {
        return;
    };
    let fields = [
        "A6f2348c99335df38",
        "CDP",
        "G2",
        "H13:59:58,12-31-2025",
        "I2nd Floor West PIR",
        r#"J{"path": 2}"#,
        "L3rd Floor Hallway, größer",
        "M0026b9e4268b",
        "N1133557799bbddff",
        "OIDS Center",
        "Psome program",
        "R2322",
        "S123 Main St., 55123",
        "TS",
        "Vhttp://verify.example/34AC",
        "X093W23.456",
        "Y45N23.456",
        "Z123.2M",
        "M0026b9e4268c",
    ];
    let extended: Vec<Field<'_>> = fields
        .iter()
        .map(|text| Field {
            letter: text.as_bytes()[0],
            value: &text.as_bytes()[1..],
        })
        .collect();
    let told = reader.read_all(&Message {
        extended: &extended,
        timestamp: at(),
        ..message(EventToken::AdmCid, 1, "1234", b"#1234|1130 01 015")
    });
    let expected: Vec<Value> = fields
        .iter()
        .map(|text| json!([&text[..1], &text[1..]]))
        .collect();
    assert_eq!(told["extended"], json!(expected));
}

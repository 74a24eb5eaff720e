//! For QA: plays the events of recorded DC-09 frames at a receiver, as one panel, over TCP. Each event goes out with a sequence
//! and a time of its own, is repeated as the standard says when no answer comes, and every answer is checked strictly.
//!
//! ```console
//! cargo run --features full --example minimal_receiver -- 127.0.0.1:12128 journal-folder
//! cargo run --example replay_vectors -- 127.0.0.1:12128 tests/vectors/dc09-vectors.json
//! ```
//!
//! prints a line a frame and a summary:
//!
//! ```text
//! dahua-room-1         0041 delivered after 3.2 ms, sent 1 times
//! …
//! 46 frames: 46 delivered, 0 refused, 0 unanswered
//! ```
//!
//! Exit status 0 when every frame was acknowledged. The file is JSON: `{"vectors": [{"id", "raw_hex"}, …]}`; frames that are
//! damaged, encrypted, or none of a panel's are left out. Thousands of panels, faults and histograms are `alarmwire simulate`'s.
use std::{
    env,
    error::Error,
    fs,
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    process::ExitCode,
    sync::Arc,
    time::{Duration, SystemTime},
};

use alarmwire::{
    AccountId, Now, Timestamp,
    codec::dc09::{Body, Frame},
    link::dc09::{Identity, Outgoing, Path, Report, Timing, Transmitter},
    types::decode_hex,
};
use bytes::BytesMut;

fn now() -> Now {
    let monotonic = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    let utc = Timestamp::default().after(monotonic);
    Now { monotonic, utc }
}

fn text<'a>(vector: &'a serde_json::Value, key: &str) -> &'a str {
    vector.get(key).and_then(|v| v.as_str()).unwrap_or_default()
}

/// Sends one frame until it is answered or given up, and gives back what became of it.
fn play(
    panel: &mut Transmitter,
    receiver: &mut TcpStream,
    outgoing: Outgoing<'_>,
) -> Result<(Report, u32), Box<dyn Error>> {
    // Clear frames have no pad. Encrypted ones need a cryptographic source here.
    let mut no_pad = |_: &mut [u8]| {};
    let (mut bytes, mut sent) = ([0; 4096], 0);
    panel.submit(now(), outgoing)?;
    loop {
        let mut wire = BytesMut::new();
        if panel.poll_transmit(now(), &mut no_pad, &mut wire).is_some() {
            receiver.write_all(&wire)?;
            sent += 1;
        }
        while let Some(report) = panel.poll_event() {
            match report {
                Report::Delivered { .. } | Report::Refused { .. } | Report::GaveUp { .. } => {
                    return Ok((report, sent));
                }
                other => println!("{other:?}"),
            }
        }
        let due = panel.poll_timeout().unwrap_or_default();
        let wait = due.saturating_sub(now().monotonic);
        receiver.set_read_timeout(Some(wait.max(Duration::from_millis(1))))?;
        match receiver.read(&mut bytes) {
            Ok(0) => return Err("the receiver closed the connection".into()),
            Ok(length) => {
                let answer = bytes.get(..length).unwrap_or_default();
                panel.handle_input(now(), Path::Main, answer);
            }
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(e) => return Err(e.into()),
        }
    }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [address, file] = arguments.as_slice() else {
        return Err("HOST:PORT VECTORS.json".into());
    };
    let file: serde_json::Value = serde_json::from_str(&fs::read_to_string(file)?)?;
    let mut receiver = TcpStream::connect(address)?;
    let timing = Arc::new(Timing {
        rounds: Some(1),
        ..Timing::default()
    });
    let identity = Identity::new(AccountId::new("1234")?);
    let mut panel = Transmitter::new(identity, timing, None, now());
    let (mut frames, mut delivered, mut refused) = (0, 0, 0);
    for vector in file
        .get("vectors")
        .and_then(|v| v.as_array())
        .ok_or("no vectors")?
    {
        let raw = decode_hex(text(vector, "raw_hex").as_bytes())?;
        let Ok(Some((frame, _))) = Frame::parse(&raw) else {
            continue;
        };
        let Body::Clear(content) = frame.body else {
            continue;
        };
        if !matches!(frame.token.as_str(), "ADM-CID" | "SIA-DCS") {
            continue;
        }
        frames += 1;
        let began = now().monotonic;
        let outgoing = Outgoing {
            id: frames,
            sequence: None,
            token: frame.token.as_str(),
            data: content.data,
            extended: content.extended.as_bytes(),
        };
        let (report, sent) = play(&mut panel, &mut receiver, outgoing)?;
        let took = now().monotonic.saturating_sub(began).as_secs_f64() * 1e3;
        let id = text(vector, "id");
        match report {
            Report::Delivered { sequence, .. } => {
                delivered += 1;
                println!("{id:20} {sequence} delivered after {took:.1} ms, sent {sent} times");
            }
            Report::Refused { .. } => {
                refused += 1;
                println!("{id:20} refused: the receiver will never take it");
            }
            _ => println!("{id:20} no answer, sent {sent} times"),
        }
    }
    let unanswered = frames - delivered - refused;
    println!("{frames} frames: {delivered} delivered, {refused} refused, {unanswered} unanswered");
    Ok(if frames == delivered {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

//! For integrators: what does this line speak, and what does it say? Reads bytes from standard input, finds the protocol out,
//! and prints each frame with its events. It answers nothing: on a line that waits for acknowledgements take a session of
//! `alarmwire::link`, as the example `minimal_receiver` does.
//!
//! ```console
//! printf '5011 181234E13101015\0245011 181234R13101015\024' | cargo run --example read_a_line
//! stty -F /dev/ttyUSB0 raw 9600 && cargo run --example read_a_line < /dev/ttyUSB0
//! ```
//!
//! prints for the first
//!
//! ```text
//! protocol surgard, likely (85 of 100)
//! 5011 181234E13101015\x14
//!   account 1234: cid:1131 new, burglary, lane 1, partition 01, zone 015
//! 5011 181234R13101015\x14
//!   account 1234: cid:3131 restore, burglary, lane 1, partition 01, zone 015
//! ```
use std::{
    error::Error,
    io::{self, Read},
    time::{Duration, SystemTime},
};

use alarmwire::codec::{
    DecodeOptions, Protocol,
    detect::{Detection, Detector},
    printable,
    stream::{Cut, Decoder},
};

/// Pauses in a frame count, so that reads come with their time.
fn now() -> Duration {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
}

fn print(protocol: &dyn Protocol, stream: &mut dyn Decoder, now: Duration) {
    loop {
        match stream.next(now) {
            Cut::More => return,
            Cut::Noise(bytes) => println!("{bytes} bytes of noise"),
            Cut::Bad { error, bytes } => println!("{}\n  damaged: {error}", printable(bytes)),
            Cut::Frame { bytes, .. } => {
                println!("{}", printable(bytes));
                let (decoded, _) = protocol.decode(bytes, &DecodeOptions::default());
                let account = decoded.account.or(decoded.data_account);
                for event in decoded.events {
                    print!("  account {}: ", account.as_deref().unwrap_or("none"));
                    print!("{} {}, {}", event.code, event.qualifier, event.class);
                    print!(", lane {}", event.lane);
                    let places = [
                        ("partition", event.partition),
                        ("zone", event.zone),
                        ("user", event.user),
                    ];
                    for (name, place) in places {
                        place.iter().for_each(|place| print!(", {name} {place}"));
                    }
                    println!();
                }
            }
            _ => {}
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut line = Detector::new();
    let mut heard = Vec::new();
    let mut known: Option<(&'static dyn Protocol, Box<dyn Decoder>)> = None;
    let mut buffer = [0; 1024];
    loop {
        let length = io::stdin().read(&mut buffer)?;
        let (read, at, ended) = (buffer.get(..length).unwrap_or_default(), now(), length == 0);
        if let Some((protocol, stream)) = &mut known {
            stream.push(at, read);
            print(*protocol, stream.as_mut(), at);
        } else {
            line.push(at, read);
            heard.extend_from_slice(read);
            // A pause ends what is not whole; at the end of the input there is one.
            if let (true, Some(end)) = (ended, line.poll_timeout()) {
                line.handle_timeout(end);
            }
            let detection = line.detection();
            if detection.is_certain() || ended || line.is_exhausted() {
                let protocol = detection.protocol().ok_or("no protocol fits this line")?;
                match detection {
                    Detection::Likely { confidence, .. } => {
                        println!("protocol {}, likely ({confidence} of 100)", protocol.name());
                    }
                    _ => println!("protocol {}", protocol.name()),
                }
                // What was heard so far is read once more, by the right reader.
                let mut stream = protocol.stream().ok_or("it comes not as a stream")?;
                stream.push(at, &heard);
                print(protocol, stream.as_mut(), at);
                heard = Vec::new();
                known = Some((protocol, stream));
            }
        }
        if let (true, Some((protocol, stream))) = (ended, &mut known) {
            let end = stream.poll_timeout().unwrap_or(at);
            print(*protocol, stream.as_mut(), end);
            return Ok(());
        }
    }
}

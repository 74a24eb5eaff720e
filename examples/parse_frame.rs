//! Reads one DC-09 frame, its header and its events:
//!
//! `cargo run --example parse_frame -- 'BEB90027"ADM-CID"0001L0#1234[#1234|1130 01 015]'`

use alarmwire::{
    ParseError, Protocol,
    codec::{DecodeOptions, dc09},
};

fn main() -> Result<(), ParseError> {
    let given = std::env::args()
        .nth(1)
        .unwrap_or_else(|| r#"BEB90027"ADM-CID"0001L0#1234[#1234|1130 01 015]"#.into());
    let wire = format!("\n{}\r", given.trim());

    // A frame borrows from the bytes; `None` would mean that more of them are needed.
    let Some((frame, taken)) = dc09::Frame::parse(wire.as_bytes())? else {
        println!("the frame is not whole");
        return Ok(());
    };
    println!(
        "{} of {} bytes, token {}, sequence {}",
        taken,
        wire.len(),
        frame.token,
        frame.sequence
    );
    if let Some(account) = frame.account {
        println!("account {account}");
    }
    match frame.body {
        dc09::Body::Clear(content) => println!("data {}", content.data.escape_ascii()),
        dc09::Body::Encrypted(digits) => println!("{} bytes of ciphertext", digits.len() / 2),
    }

    // The registry's entry of the protocol explains the same frame with its events.
    let (decoded, _) = dc09::Dc09.decode(wire.as_bytes(), &DecodeOptions::default());
    for event in &decoded.events {
        println!(
            "event {}, {}, {}, lane {}",
            event.code, event.class, event.qualifier, event.lane
        );
    }
    Ok(())
}

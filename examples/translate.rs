//! For integrators: Contact ID in, SIA out. Each line of standard input is a body of `ADM-CID` or a block of telephone digits;
//! printed are the SIA body, ready for `SIA-DCS`, and what it could not carry, or why it was refused.
//!
//! ```console
//! printf '#1234|1131 01 015\n#1234|3131 01 015\n1234181110020038\n#1234|1753 00 001\n' | cargo run --example translate
//! ```
//!
//! prints
//!
//! ```text
//! #1234|1131 01 015    #1234|Nri1/BA015       lost: detail
//! #1234|3131 01 015    #1234|Nri1/BH015       lost: detail
//! 1234181110020038     #1234|Nri2/FA003       lost:
//! #1234|1753 00 001    refused: there is no SIA code for this event
//! ```
//!
//! The memory of what is open gives each restore the code of its alarm. Event texts and times stay in the body.
use std::{error::Error, io};

use alarmwire::{
    Signal,
    codec::{contact_id::ContactId, dc03},
    event::{Pairing, Refusal, Translation},
};

fn main() -> Result<(), Box<dyn Error>> {
    // One receiver's settings: zone base, account width, a maker's tables; see docs/translation.md.
    let settings = Translation::STANDARD;
    let mut open = Pairing::new(10_000);
    for line in io::stdin().lines() {
        let line = line?;
        let signal = Signal::new(&ContactId, line.as_bytes());
        signal.events(&mut |event, _| {
            let mut wire = bytes::BytesMut::new();
            let done = open.sia(&settings, event, |translated, losses| {
                let more = dc03::encode_event(translated, true, &mut wire)?;
                Ok::<_, Refusal>(losses.union(more))
            });
            match done.and_then(|written| written) {
                Ok(losses) => {
                    let account = event.account.map_or("", |account| account.as_str());
                    let block = String::from_utf8_lossy(&wire);
                    println!("{line:20} #{account}|{block:16} lost: {losses}");
                }
                Err(refusal) => println!("{line:20} refused: {refusal}"),
            }
        });
    }
    Ok(())
}

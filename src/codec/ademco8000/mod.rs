//! The native output of Honeywell's MX8000 to a computer, read after serial-receivers.md 5.1 (one guide, K5982V2): a
//! header with date, time, receiver and reference, a call or a word of the receiver on itself, a check byte, CR.
//!
//! ```text
//!  26 051697 " 124041 " 02 " 0002 " 005 01 05 1234 " BA01 *030 V 0D
//!  02 051697 " 124039 " 02 " 0001 " p01                        m 0D
//!  03 051697 " 124042 " 02 " 0000 "                            V 0D
//! ```
//!
//! Answered with ACK (06h) or, where the check byte does not fit, NAK (15h); the reference makes a repetition known.
//! After two failures the receiver sends heartbeats until one is acknowledged. Frames, codes and commands are shared with
//! [`crate::codec::sk9000`]: see [`crate::codec::mx8000`].

use super::mx8000::{Dialect, entry};

entry! {
    /// The registry's entry.
    Ademco8000
}

//! Silent Knight 9000 output (receivers 9000, 9500 and 9800, and MX8000 in that mode), read after serial-receivers.md 5.2:
//! a header with date and time, a call or a word of the receiver on itself, a check byte, CR.
//!
//! ```text
//!  27 062794 " 0345 " 5 1 05 1234 " BA01 " BA02 " BA04 ~ 0D
//!  01 062794 " 0345 " z9000                            P 0D
//! ```
//!
//! Answered with ACK (06h) or NAK (15h). There is no heartbeat: the computer sends 00h when it wants to know, and a NAK
//! is the good answer. One of the two examples in print has a check byte that its bytes do not give; so a frame whose
//! every field reads well is taken in spite of its check byte, with a quirk. Frames, codes and commands are shared with
//! [`crate::codec::ademco8000`]: see [`crate::codec::mx8000`].

use super::mx8000::{Dialect, entry};

entry! {
    /// The registry's entry.
    Sk9000
}

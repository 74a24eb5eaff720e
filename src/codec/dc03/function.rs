use core::fmt;

/// The function of a block: its first character. The set is open.
///
/// | byte | block | byte | block |
/// | --- | --- | --- | --- |
/// | `0` | end of data | `#` | account |
/// | `1` `2` | wait, abort | `&` | origin (caller) |
/// | `6` `7` | acknowledge and stand by, and disconnect | `A` | text for the events before it |
/// | `8` `9` | acknowledge, reject | `@` | configuration |
/// | `N` | new events | `?` | access passcode |
/// | `O`, in some text `R` | old events | `X` | extended |
/// | `E` | environmental | `L` | listen-in |
/// | `C` `P` | control, program | `V` `v` `I` | V-channel, its frames, video |
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Function(u8);

impl Function {
    /// End of data.
    pub const END: Self = Self(b'0');
    /// Positive acknowledge.
    pub const ACKNOWLEDGE: Self = Self(b'8');
    /// Reject.
    pub const REJECT: Self = Self(b'9');
    /// Account.
    pub const ACCOUNT: Self = Self(b'#');
    /// New events.
    pub const NEW: Self = Self(b'N');
    /// Old events, reported before.
    pub const OLD: Self = Self(b'O');
    /// Text that describes the events before it.
    pub const TEXT: Self = Self(b'A');
    /// Environmental values; its codes are a table of their own.
    pub const ENVIRONMENTAL: Self = Self(b'E');
    /// Commands to a panel. Logged here, never executed.
    pub const CONTROL: Self = Self(b'C');
    /// Programming of a panel.
    pub const PROGRAM: Self = Self(b'P');

    /// Wait: the receiver is busy.
    pub const WAIT: Self = Self(b'1');
    /// Abort.
    pub const ABORT: Self = Self(b'2');
    /// Configuration: what the two sides can do.
    pub const CONFIGURATION: Self = Self(b'@');
    /// Access passcode, remote login.
    pub const PASSCODE: Self = Self(b'?');
    /// Origin: the caller, on lines of a receiver.
    pub const ORIGIN: Self = Self(b'&');
    /// Listen-in.
    pub const LISTEN_IN: Self = Self(b'L');
    /// Extended, by the maker.
    pub const EXTENDED: Self = Self(b'X');

    /// The function with that byte.
    #[must_use]
    pub const fn new(byte: u8) -> Self {
        Self(byte)
    }

    /// Its byte.
    #[must_use]
    pub const fn as_byte(self) -> u8 {
        self.0
    }

    /// Whether it is one of the standard's, or 08 and 09, which stand for `8` and `9`.
    #[must_use]
    pub const fn is_known(self) -> bool {
        matches!(
            self.0,
            0x08 | 0x09 | b'0'
                ..=b'9'
                    | b'C'
                    | b'E'
                    | b'N'
                    | b'O'
                    | b'P'
                    | b'@'
                    | b'?'
                    | b'#'
                    | b'&'
                    | b'A'
                    | b'X'
                    | b'L'
                    | b'V'
                    | b'v'
                    | b'I'
        )
    }

    /// Whether its data are events: `N`, `O`, and `R`, which some send for `O`.
    #[must_use]
    pub const fn is_events(self) -> bool {
        matches!(self.0, b'N' | b'O' | b'R')
    }

    /// Whether its events were reported before.
    #[must_use]
    pub const fn is_old(self) -> bool {
        matches!(self.0, b'O' | b'R')
    }

    /// Whether its data are packets.
    #[must_use]
    pub const fn has_packets(self) -> bool {
        self.is_events() || matches!(self.0, b'E' | b'C' | b'P' | b'L')
    }

    /// Whether it answers a block: acknowledge or reject in any form.
    #[must_use]
    pub const fn is_answer(self) -> bool {
        matches!(self.0, 0x08 | 0x09 | b'6'..=b'9')
    }

    /// Whether it is a reject, in either form.
    #[must_use]
    pub const fn is_reject(self) -> bool {
        matches!(self.0, 0x09 | b'9')
    }

    /// Whether its data may hold a passcode: such blocks are shown and logged without.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        matches!(self.0, b'?' | b'P')
    }

    /// Whether it only accompanies the events before it and reports nothing by itself.
    pub(super) const fn accompanies(self) -> bool {
        matches!(
            self.0,
            b'A' | b'&' | b'@' | b'?' | b'X' | b'L' | b'V' | b'v' | b'I' | b'0'..=b'9'
        )
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Function({})", self.0.escape_ascii())
    }
}

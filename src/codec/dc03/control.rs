use core::{fmt, str};

use bytes::{BufMut as _, BytesMut};

use super::{
    Function,
    block::{Blocks, Packets},
    packet::{Event, Packet},
};
use crate::EncodeError;

/// What a control packet asks for (sia-dc03.md 3, control; one source). The set is open.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ControlCode {
    /// `OP`: output x on for y seconds.
    Pulse,
    /// `OR`: output x on (1) or off (0).
    Output,
    /// `SA`: area x to state y: 0 disarmed, 1 armed, 2 perimeter, 3 defined by the user.
    Area,
    /// `SB`: zone x bypassed or not.
    Bypass,
    /// `SS`: sounder x.
    Sounder,
    /// `SW`: warning device x.
    Warning,
    /// `LK`: listen-in ends.
    ListenEnd,
    /// `LN`: listen-in, switched to x.
    Listen,
    /// `TP`: trap for remote programming.
    TrapProgram,
    /// `TC`: the other trap for remote programming.
    TrapControl,
    /// Two other letters, as received.
    Other(
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))] [u8; 2],
    ),
}

impl ControlCode {
    const ALL: [(Self, [u8; 2]); 10] = [
        (Self::Pulse, *b"OP"),
        (Self::Output, *b"OR"),
        (Self::Area, *b"SA"),
        (Self::Bypass, *b"SB"),
        (Self::Sounder, *b"SS"),
        (Self::Warning, *b"SW"),
        (Self::ListenEnd, *b"LK"),
        (Self::Listen, *b"LN"),
        (Self::TrapProgram, *b"TP"),
        (Self::TrapControl, *b"TC"),
    ];

    /// The code with those letters.
    #[must_use]
    pub fn new(letters: [u8; 2]) -> Self {
        let known = Self::ALL.iter().find(|(_, known)| *known == letters);
        known.map_or(Self::Other(letters), |(code, _)| *code)
    }

    /// Its two letters.
    #[must_use]
    pub fn letters(self) -> [u8; 2] {
        match self {
            Self::Other(letters) => letters,
            known => Self::ALL
                .iter()
                .find(|(code, _)| *code == known)
                .map_or(*b"??", |(_, letters)| *letters),
        }
    }
}

/// One control packet: `OP1*5`, output 1 for five seconds; without `*` and a value it asks for the state.
///
/// Nothing here executes one: it is read, handed over and written.
///
/// ```
/// use alarmwire::codec::dc03::{Control, ControlCode, Controls};
///
/// let found: Vec<_> = Controls::new(b"COP1*5/SA2").collect();
/// assert_eq!(found, [
///     Control::new(ControlCode::Pulse, "1", Some("5"))?,
///     Control::new(ControlCode::Area, "2", None)?,
/// ]);
/// assert!(found[1].is_query());
/// # Ok::<(), alarmwire::EncodeError>(())
/// ```
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Control<'a> {
    code: ControlCode,
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    number: &'a [u8],
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_bytes")
    )]
    value: Option<&'a [u8]>,
}

const fn in_value(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':' | b'_')
}

impl<'a> Control<'a> {
    /// A packet of an own making.
    ///
    /// # Errors
    /// When the code is not two upper-case letters, the number more than four digits 0-9 A-F, or the value empty, longer
    /// than 16 characters, or something other than letters, digits, `-`, `.`, `:` and `_`.
    pub fn new(
        code: ControlCode,
        number: &'a str,
        value: Option<&'a str>,
    ) -> Result<Self, EncodeError> {
        const MOST: usize = 16;
        let letters = code.letters();
        // The rules for codes and addresses are those of an event.
        Event::new(str::from_utf8(&letters).unwrap_or_default(), number)?;
        if let Some(value) = value {
            if value.len() > MOST {
                return Err(EncodeError::TooLong {
                    field: "value",
                    most: MOST,
                });
            }
            if value.is_empty() || !value.bytes().all(in_value) {
                return Err(EncodeError::Field {
                    field: "value",
                    what: "anything but letters, digits and - . : _",
                });
            }
        }
        Ok(Self {
            code: ControlCode::new(letters),
            number: number.as_bytes(),
            value: value.map(str::as_bytes),
        })
    }

    /// What it asks for.
    #[must_use]
    pub const fn code(&self) -> ControlCode {
        self.code
    }

    /// Of which output, area or zone, as sent; may be empty.
    #[must_use]
    pub fn number(&self) -> &'a str {
        str::from_utf8(self.number).unwrap_or_default()
    }

    /// What stands behind `*`, as sent.
    #[must_use]
    pub const fn value(&self) -> Option<&'a [u8]> {
        self.value
    }

    /// Whether it only asks for the state.
    #[must_use]
    pub const fn is_query(&self) -> bool {
        self.value.is_none()
    }

    /// Appends the packet.
    pub fn encode(&self, out: &mut BytesMut) {
        out.put_slice(&self.code.letters());
        out.put_slice(self.number);
        if let Some(value) = self.value {
            out.put_u8(b'*');
            out.put_slice(value);
        }
    }
}

impl fmt::Debug for Control<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Control({}{}",
            self.code.letters().escape_ascii(),
            self.number.escape_ascii()
        )?;
        self.value
            .map_or(Ok(()), |value| write!(f, "*{}", value.escape_ascii()))?;
        f.write_str(")")
    }
}

/// Appends a control block: `C`, then the packets with a `/` between any two.
pub fn encode_controls(controls: &[Control<'_>], out: &mut BytesMut) {
    out.put_u8(Function::CONTROL.as_byte());
    for (i, control) in controls.iter().enumerate() {
        if i > 0 {
            out.put_u8(b'/');
        }
        control.encode(out);
    }
}

/// The control packets in all `C` blocks of a payload; what is none is passed over.
#[derive(Clone, Debug)]
pub struct Controls<'a> {
    blocks: Blocks<'a>,
    packets: Option<Packets<'a>>,
}

impl<'a> Controls<'a> {
    /// Those of `payload`, which is what stands behind the account block.
    #[must_use]
    pub const fn new(payload: &'a [u8]) -> Self {
        Self {
            blocks: Blocks::new(payload),
            packets: None,
        }
    }
}

impl<'a> Iterator for Controls<'a> {
    type Item = Control<'a>;

    fn next(&mut self) -> Option<Control<'a>> {
        loop {
            while let Some(part) = self.packets.as_mut().and_then(Iterator::next) {
                if let Packet::Event(event) = part.packet {
                    return Some(Control {
                        code: ControlCode::new(event.code),
                        number: event.address,
                        value: event.units,
                    });
                }
            }
            let block = self.blocks.next()?;
            self.packets = (block.function() == Function::CONTROL).then(|| block.packets());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_table_is_written_and_read_back() {
        for (code, letters) in ControlCode::ALL {
            assert_eq!(ControlCode::new(letters), code);
            for value in [None, Some("1"), Some("120")] {
                let control = Control::new(code, "12", value).unwrap();
                let mut out = BytesMut::new();
                encode_controls(&[control, control], &mut out);
                assert!(Controls::new(&out).eq([control, control]), "{control:?}");
            }
        }
        assert_eq!(ControlCode::new(*b"ZZ"), ControlCode::Other(*b"ZZ"));
    }

    #[test]
    fn only_control_blocks_hold_controls() {
        let found: Vec<_> = Controls::new(b"#1234|NBA1|COP1*5|!|COR2|PTT1|C").collect();
        assert_eq!(format!("{found:?}"), "[Control(OP1*5), Control(OR2)]");
    }

    #[test]
    fn builders_make_only_what_the_wire_can_carry() {
        assert!(Control::new(ControlCode::Other(*b"op"), "1", None).is_err());
        assert!(Control::new(ControlCode::Pulse, "12345", None).is_err());
        for value in ["", "1/2", "1]", "1|2", "12345678901234567", "^"] {
            assert!(
                Control::new(ControlCode::Pulse, "1", Some(value)).is_err(),
                "{value}"
            );
        }
    }
}

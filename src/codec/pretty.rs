//! A decoded frame as a table for people.

use alloc::{format, string::String};
use core::fmt;

use super::{Decoded, DecodedEvent};
use crate::{EventCode, types::decode_hex};

const BOLD: &str = "\x1b[1m";
const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const DIM: &str = "\x1b[2m";
const NONE: &str = "";
const PLAIN: &str = "\x1b[0m";

/// A decoded frame as a table, a field a line and each explained: what [`Decoded::pretty`] gives, and what
/// `alarmwire decode` prints.
///
/// Whether colours are wanted is the caller's to know: a terminal, and no `NO_COLOR`.
///
/// ```
/// # #[cfg(feature = "surgard")] {
/// use alarmwire::codec::{DecodeOptions, Protocol as _, surgard::Surgard};
///
/// let (decoded, _) = Surgard.decode(b"5011 181234E12101001\x14", &DecodeOptions::default());
/// let table = decoded.pretty().to_string();
/// assert!(table.starts_with("surgard 5  good\n"));
/// assert!(table.contains("  event         cid:1121  hold up, new, lane 0, partition 01"));
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Pretty<'a> {
    frame: &'a Decoded,
    colour: bool,
}

impl Decoded {
    /// The frame as a table for people, without colours.
    #[must_use]
    pub const fn pretty(&self) -> Pretty<'_> {
        Pretty {
            frame: self,
            colour: false,
        }
    }
}

impl Pretty<'_> {
    /// With the colours of a terminal, or without.
    #[must_use]
    pub const fn colour(mut self, colour: bool) -> Self {
        self.colour = colour;
        self
    }
}

impl fmt::Display for Pretty<'_> {
    /// Every line ends with a line feed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frame = self.frame;
        let mut table = Table {
            out: f,
            colour: self.colour,
        };
        table.head(frame)?;
        if let Some(error) = &frame.error {
            let why = format!("{} (byte {})", error.message, error.offset);
            table.row("error", &why, RED)?;
        }
        table.row(
            "encrypted",
            if frame.encrypted { "yes" } else { "no" },
            NONE,
        )?;
        let fields = [
            ("sequence", &frame.sequence),
            ("receiver", &frame.receiver),
            ("line", &frame.line),
            ("account", &frame.account),
            ("data account", &frame.data_account),
            ("data", &frame.data),
        ];
        for (name, value) in fields {
            table.some(name, value.as_deref())?;
        }
        for field in &frame.extended {
            let (letter, value) = (&field.letter, &field.value);
            table.row(
                "extended",
                &format!("{letter}  {value}{}", letter_meaning(letter)),
                NONE,
            )?;
        }
        table.some("sent", frame.timestamp.as_deref())?;
        table.checks(frame)?;
        for quirk in frame.quirks.iter() {
            table.row(
                "quirk",
                &format!("{}: {}", quirk.slug(), quirk.what()),
                YELLOW,
            )?;
        }
        for event in &frame.events {
            let tint = if event.function.is_some() { BOLD } else { NONE };
            table.row("event", &event_line(event), tint)?;
        }
        match &frame.reply_hex {
            Some(hex) => table.row("answer", &answer(hex), NONE),
            None => table.row("answer", "none", DIM),
        }
    }
}

struct Table<'a, 'f> {
    out: &'a mut fmt::Formatter<'f>,
    colour: bool,
}

impl Table<'_, '_> {
    fn head(&mut self, frame: &Decoded) -> fmt::Result {
        self.tinted(BOLD, |out| {
            let star = if frame.encrypted { "*" } else { "" };
            out.write_str(&frame.protocol)?;
            let token = frame.token.as_deref();
            token.map_or(Ok(()), |token| write!(out, " {star}{token}"))
        })?;
        let (word, tint) = if frame.ok {
            ("good", GREEN)
        } else {
            ("not good", RED)
        };
        self.out.write_str("  ")?;
        self.tinted(tint, |out| out.write_str(word))?;
        self.out.write_str("\n")
    }

    fn checks(&mut self, frame: &Decoded) -> fmt::Result {
        let says = |ok| if ok { "fits" } else { "does not fit" };
        if let Some(crc) = frame.crc.filter(|crc| crc.form != "none") {
            let how = format!("{} ({})", says(crc.ok), crc.form.replace('_', " "));
            self.row("crc", &how, if crc.ok { NONE } else { RED })?;
        }
        match frame.length_ok {
            Some(ok) => self.row("length", says(ok), if ok { NONE } else { YELLOW }),
            None => Ok(()),
        }
    }

    fn row(&mut self, name: &str, value: &str, tint: &str) -> fmt::Result {
        self.out.write_str("  ")?;
        self.tinted(DIM, |out| write!(out, "{name:<13}"))?;
        self.out.write_str(" ")?;
        self.tinted(tint, |out| out.write_str(value))?;
        self.out.write_str("\n")
    }

    fn some(&mut self, name: &str, value: Option<&str>) -> fmt::Result {
        value.map_or(Ok(()), |value| self.row(name, value, NONE))
    }

    fn tinted(
        &mut self,
        tint: &str,
        write: impl FnOnce(&mut fmt::Formatter<'_>) -> fmt::Result,
    ) -> fmt::Result {
        if !self.colour || tint.is_empty() {
            return write(self.out);
        }
        self.out.write_str(tint)?;
        write(self.out)?;
        self.out.write_str(PLAIN)
    }
}

fn event_line(event: &DecodedEvent) -> String {
    let mut line = format!(
        "{}  {}, {}, lane {}",
        event.code,
        event.class.replace('_', " "),
        event.qualifier,
        event.lane
    );
    let fields = [
        ("partition", &event.partition),
        ("zone", &event.zone),
        ("user", &event.user),
        ("at", &event.time),
        ("text", &event.text),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            line.push_str(&format!(", {name} {value}"));
        }
    }
    if let Some(name) = code_name(&event.code) {
        line.push_str(&format!(" ({name})"));
    }
    line
}

/// What the code is called in the tables.
fn code_name(code: &str) -> Option<&'static str> {
    let code = EventCode::parse(code).ok()?;
    let contact_id = code.contact_id().map(|row| row.name);
    contact_id.or_else(|| code.sia().map(|row| row.name))
}

/// The bytes of an answer as text, which is what nearly every protocol's answers are.
fn answer(hex: &str) -> String {
    let bytes = decode_hex(hex.as_bytes()).unwrap_or_default();
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\x{byte:02X}")),
        }
    }
    text
}

/// What the letter of an extended field stands for, where the letters are known by heart to few.
fn letter_meaning(letter: &str) -> &'static str {
    match letter {
        "A" => "  (authentication)",
        "C" => "  (supervision category)",
        "G" => "  (network path)",
        "H" => "  (time of occurrence)",
        "I" => "  (installer's text)",
        "J" => "  (JSON)",
        "L" => "  (location)",
        "M" => "  (MAC address)",
        "N" => "  (network address)",
        "O" => "  (building)",
        "P" => "  (programming data)",
        "R" => "  (room)",
        "S" => "  (site name)",
        "T" => "  (trigger)",
        "V" => "  (verification)",
        "X" => "  (longitude)",
        "Y" => "  (latitude)",
        "Z" => "  (altitude)",
        _ => "",
    }
}

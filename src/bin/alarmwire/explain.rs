//! A decoded frame as a table for people.

use std::io::{self, Write};

use alarmwire::codec::{Decoded, DecodedEvent, Quirk};

const BOLD: &str = "\x1b[1m";
const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const DIM: &str = "\x1b[2m";
const PLAIN: &str = "\x1b[0m";

/// Writes what a frame says, a field a line.
pub(crate) fn frame(out: &mut impl Write, frame: &Decoded, colour: bool) -> io::Result<()> {
    let mut table = Table { out, colour };
    let (word, tint) = if frame.ok {
        ("good", GREEN)
    } else {
        ("not good", RED)
    };
    let star = if frame.encrypted { "*" } else { "" };
    let kind = frame
        .token
        .as_deref()
        .map_or_else(String::new, |token| format!(" {star}{token}"));
    table.head(&format!("{}{kind}", frame.protocol), word, tint)?;
    if let Some(error) = &frame.error {
        table.row(
            "error",
            &format!("{} (byte {})", error.message, error.offset),
            RED,
        )?;
    }
    table.row("encrypted", if frame.encrypted { "yes" } else { "no" }, "")?;
    table.some("sequence", frame.sequence.as_deref())?;
    table.some("receiver", frame.receiver.as_deref())?;
    table.some("line", frame.line.as_deref())?;
    table.some("account", frame.account.as_deref())?;
    table.some("data account", frame.data_account.as_deref())?;
    table.some("data", frame.data.as_deref())?;
    for field in &frame.extended {
        table.row(
            "extended",
            &format!(
                "{}  {}{}",
                field.letter,
                field.value,
                meaning(&field.letter)
            ),
            "",
        )?;
    }
    table.some("sent", frame.timestamp.as_deref())?;
    if let Some(crc) = frame.crc.filter(|crc| crc.form != "none") {
        let (word, tint) = if crc.ok {
            ("fits", "")
        } else {
            ("does not fit", RED)
        };
        table.row(
            "crc",
            &format!("{word} ({})", crc.form.replace('_', " ")),
            tint,
        )?;
    }
    if let Some(ok) = frame.length_ok {
        table.row(
            "length",
            if ok { "fits" } else { "does not fit" },
            if ok { "" } else { YELLOW },
        )?;
    }
    for quirk in frame.quirks.iter() {
        table.row(
            "quirk",
            &format!("{}: {}", quirk.slug(), Quirk::what(quirk)),
            YELLOW,
        )?;
    }
    for event in &frame.events {
        table.row(
            "event",
            &event_line(event),
            if event.function.is_some() { BOLD } else { "" },
        )?;
    }
    match &frame.reply_hex {
        Some(hex) => table.row("answer", &answer(hex), ""),
        None => table.row("answer", "none", DIM),
    }
}

struct Table<'a, W> {
    out: &'a mut W,
    colour: bool,
}

impl<W: Write> Table<'_, W> {
    fn head(&mut self, what: &str, word: &str, tint: &str) -> io::Result<()> {
        let (what, word) = (self.tint(BOLD, what), self.tint(tint, word));
        writeln!(self.out, "{what}  {word}")
    }

    fn row(&mut self, name: &str, value: &str, tint: &str) -> io::Result<()> {
        let (name, value) = (
            self.tint(DIM, &format!("{name:<13}")),
            self.tint(tint, value),
        );
        writeln!(self.out, "  {name} {value}")
    }

    fn some(&mut self, name: &str, value: Option<&str>) -> io::Result<()> {
        value.map_or(Ok(()), |value| self.row(name, value, ""))
    }

    fn tint(&self, tint: &str, text: &str) -> String {
        if self.colour && !tint.is_empty() {
            format!("{tint}{text}{PLAIN}")
        } else {
            text.to_owned()
        }
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
    line
}

/// The bytes of an answer as text, which is what nearly every protocol's answers are.
fn answer(hex: &str) -> String {
    let bytes = alarmwire::types::decode_hex(hex.as_bytes()).unwrap_or_default();
    let text: String = bytes
        .iter()
        .map(|&byte| match byte {
            b'\n' => "\\n".into(),
            b'\r' => "\\r".into(),
            b' '..=b'~' => char::from(byte).to_string(),
            _ => format!("\\x{byte:02X}"),
        })
        .collect();
    text
}

/// What the letter of an extended field stands for, where the letters are known by heart to few.
fn meaning(letter: &str) -> &'static str {
    match letter {
        "A" => "  (authentication)",
        "C" => "  (supervision category)",
        "G" => "  (network path)",
        "H" => "  (time of occurrence)",
        "I" => "  (installer's text)",
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

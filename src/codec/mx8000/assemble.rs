use alloc::vec::Vec;

use super::{Body, Dialect, Frame, Id, QUOTE};

/// Joins the pieces of a message that is longer than a packet.
///
/// Pieces have the same header, and all but the last a 2Ch before the check byte (serial-receivers.md 5.1). Whether a
/// further piece repeats format, line card and account is not said: both are joined, what repeats them at an event's
/// start (inferred). A piece that repeats the bytes of
/// the one before it is that one's second copy (its acknowledgement was lost) and adds nothing.
///
/// A receiver waits for the acknowledgement of one piece before it sends the next, so each is stored by itself first and
/// gives its own events; what joins them serves whoever wants the whole message. A lone piece, whose others never come,
/// means: of a first piece all events but the last for certain, of the last the code; of a further piece its bytes only.
///
/// ```
/// use alarmwire::codec::mx8000::{Assembler, Body, Dialect, Frame};
///
/// let mut assembler = Assembler::new(Dialect::Sk9000);
/// let first = Frame::parse(b"'062794\"0345\"51\x051234\"BA01\"BA,\x7F\r", Dialect::Sk9000)?.expect("whole").0;
/// assert!(assembler.push(&first).whole.is_none());
/// let last = Frame::parse(b"'062794\"0345\"02\"BA04^\r", Dialect::Sk9000)?.expect("whole").0;
/// let joined = assembler.push(&last).whole.expect("all of it");
/// let Some(Body::Call(call)) = joined.frame().map(|frame| frame.body) else { panic!() };
/// assert!(call.each().eq(["BA01", "BA02", "BA04"]));
/// # Ok::<(), alarmwire::ParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Assembler {
    dialect: Dialect,
    most: usize,
    /// The bytes of the last piece, to know its copy.
    last: Vec<u8>,
    held: Option<Joined>,
}

/// A message of one piece or more.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Joined {
    dialect: Dialect,
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    header: Vec<u8>,
    /// What stands between header and check byte, without the 2Ch.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    body: Vec<u8>,
    /// The whole as one frame, with a check byte of its own.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    wire: Vec<u8>,
    pieces: usize,
    complete: bool,
}

/// What a piece led to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Pushed {
    /// The message before, whose last piece never came, or that is longer than what is held.
    pub unfinished: Option<Joined>,
    /// The message that this piece ended.
    pub whole: Option<Joined>,
    /// The piece is a second copy of the one before.
    pub repeat: bool,
}

impl Joined {
    fn new(frame: &Frame<'_>) -> Self {
        let mut joined = Self {
            dialect: frame.dialect,
            header: frame.header().to_vec(),
            body: text(frame).to_vec(),
            wire: Vec::new(),
            pieces: 1,
            complete: false,
        };
        joined.seal(frame.continued);
        joined
    }

    fn seal(&mut self, continued: bool) {
        self.complete = !continued;
        let more: &[u8] = if continued { b"," } else { b"" };
        self.wire = [&self.header, &self.body[..], more].concat();
        self.wire.push(super::check_byte(&self.wire));
        self.wire.push(super::CR);
    }

    /// The message as one frame; it may be longer than a packet.
    #[must_use]
    pub fn frame(&self) -> Option<Frame<'_>> {
        let (frame, _) = Frame::within(&self.wire, self.dialect, self.wire.len()).ok()??;
        Some(frame)
    }

    /// How many pieces it is made of.
    #[must_use]
    pub const fn pieces(&self) -> usize {
        self.pieces
    }

    /// Whether its last piece came.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.complete
    }
}

/// What stands between header and check byte, without the 2Ch.
fn text<'a>(frame: &Frame<'a>) -> &'a [u8] {
    let data = frame.data();
    data.get(..data.len() - usize::from(frame.continued))
        .unwrap_or_default()
}

impl Assembler {
    /// The most bytes of one message that are held, where nothing else is set.
    pub const MOST: usize = 1024;

    /// An assembler that holds at most [`Assembler::MOST`] bytes of a message.
    #[must_use]
    pub const fn new(dialect: Dialect) -> Self {
        Self::holding(dialect, Self::MOST)
    }

    /// An assembler that holds at most `most` bytes of a message, header included; one packet is always held.
    #[must_use]
    pub const fn holding(dialect: Dialect, most: usize) -> Self {
        Self {
            dialect,
            most,
            last: Vec::new(),
            held: None,
        }
    }

    /// Takes a frame as it was read from the wire; one of another dialect is passed through as it is.
    pub fn push(&mut self, frame: &Frame<'_>) -> Pushed {
        if frame.dialect != self.dialect || frame.id == Id::Heartbeat {
            return Pushed {
                whole: Some(Joined::new(frame)),
                ..Pushed::default()
            };
        }
        let mut pushed = Pushed {
            repeat: !self.last.is_empty() && self.last == frame.raw && self.held.is_some(),
            ..Pushed::default()
        };
        if pushed.repeat {
            return pushed;
        }
        self.last.clear();
        self.last.extend_from_slice(frame.raw);
        let joined = match self.held.take() {
            Some(held) => match join(held, frame, self.most) {
                Ok(joined) => joined,
                Err(unfinished) => {
                    pushed.unfinished = Some(unfinished);
                    Joined::new(frame)
                }
            },
            None => Joined::new(frame),
        };
        if joined.complete {
            pushed.whole = Some(joined);
        } else {
            self.held = Some(joined);
        }
        pushed
    }

    /// Gives what is held and waits no longer for its last piece: the port was closed, or is silent for long.
    pub fn give_up(&mut self) -> Option<Joined> {
        self.last.clear();
        self.held.take()
    }
}

/// Appends a piece; what can't be one of the same message, or would be too long, gives the message back.
fn join(mut held: Joined, frame: &Frame<'_>, most: usize) -> Result<Joined, Joined> {
    if held.header != frame.header() {
        return Err(held);
    }
    let mut more: &[u8] = text(frame);
    let mut divided = false;
    if let Body::Call(call) = frame.body {
        // Format, line card and account once more: of the same call they are left out.
        let head =
            frame.dialect.format() + frame.dialect.line_card() + 1 + call.account.as_str().len();
        match more.split_at_checked(head) {
            Some((again, rest)) if held.body.starts_with(again) => {
                more = rest;
                divided = rest.first() == Some(&QUOTE);
            }
            _ => return Err(held),
        }
    }
    if divided && held.body.last() == Some(&QUOTE) {
        more = more.get(1..).unwrap_or_default();
    }
    if held.header.len() + held.body.len() + more.len() + 3 > most.max(frame.dialect.longest()) {
        return Err(held);
    }
    held.body.extend_from_slice(more);
    held.pieces += 1;
    held.seal(frame.continued);
    Ok(held)
}

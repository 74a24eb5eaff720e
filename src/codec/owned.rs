//! Frames that outlive the buffer they were read from.

use core::fmt;

use bytes::Bytes;

use super::{DecodeOptions, Decoded, Protocol, Quirks};
use crate::{
    error::{ParseError, ParseErrorKind},
    types::Wire,
};

/// A protocol whose frames borrow from their bytes: what [`Owned`] reads them with. The registry's structs are such,
/// and their configured forms (`surgard::Configured`), which read with the settings of a port. Contact ID blocks and
/// pulse frames borrow nothing and need none of this.
///
/// A protocol of your own may implement it.
pub trait Borrows: Protocol {
    /// Its frames.
    type Frame<'a>;

    /// The frame at the head of `bytes`, and how many of them it takes; `None` when more are needed.
    ///
    /// # Errors
    /// When the bytes are no frame, with the byte at which it shows.
    fn read<'a>(&self, bytes: &'a [u8]) -> Result<Option<(Self::Frame<'a>, usize)>, ParseError>;
}

/// One frame with its bytes: it can be kept, sent to another task and read again at any time.
///
/// All frames borrow, so that reading allocates nothing; this is the one way to keep one. It holds the bytes, shared
/// between clones, and reads the frame out of them whenever it is asked for, which is cheaper than a deep copy of its
/// fields (tens of nanoseconds) and can't disagree with them.
///
/// ```
/// use alarmwire::codec::{Owned, dc09::{Dc09, Frame}};
///
/// let kept = {
///     let buffer = b"\n59890012\"ACK\"0000L0#1409[]\r".to_vec();
///     let (frame, taken) = Frame::parse(&buffer)?.expect("a whole frame");
///     Owned::copied(Dc09, frame.raw)?
/// };
/// assert_eq!(kept.frame()?.account.map(|id| id.as_str()), Some("1409"));
/// # Ok::<(), alarmwire::ParseError>(())
/// ```
#[derive(Clone)]
pub struct Owned<P> {
    protocol: P,
    bytes: Bytes,
    quirks: Quirks,
}

impl<P: Borrows> Owned<P> {
    /// The frame at the head of `bytes`, which are kept without being copied; what follows it is let go.
    ///
    /// # Errors
    /// When they are no whole frame, with the byte at which it shows.
    pub fn new(protocol: P, mut bytes: Bytes) -> Result<Self, ParseError> {
        let taken = whole(protocol.read(&bytes), bytes.len())?.1;
        bytes.truncate(taken);
        Ok(Self {
            protocol,
            bytes,
            quirks: Quirks::NONE,
        })
    }

    /// The same with a copy of the bytes: of `frame.raw`, or of what [`super::stream::Cut::Frame`] gave.
    ///
    /// # Errors
    /// As [`Owned::new`].
    pub fn copied(protocol: P, bytes: &[u8]) -> Result<Self, ParseError> {
        Self::new(protocol, Bytes::copy_from_slice(bytes))
    }

    /// With what was odd on the line and is not seen in the bytes any more ([`super::Quirk::SevenBits`]).
    #[must_use]
    pub fn with_quirks(mut self, quirks: Quirks) -> Self {
        self.quirks = quirks;
        self
    }

    /// The frame.
    ///
    /// # Errors
    /// None in practice: the same bytes were read before. It is a `Result` because a protocol of yours may say one thing
    /// and then another.
    pub fn frame(&self) -> Result<P::Frame<'_>, ParseError> {
        Ok(whole(self.protocol.read(&self.bytes), self.bytes.len())?.0)
    }

    /// The frame explained.
    #[must_use]
    pub fn decoded(&self, options: &DecodeOptions<'_>) -> Decoded {
        let mut decoded = self.protocol.decode(&self.bytes, options).0;
        decoded.quirks = decoded.quirks.union(self.quirks);
        decoded
    }
}

impl<P> Owned<P> {
    /// The frame's bytes.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// What was odd on the line, beside what the frame itself notes.
    #[must_use]
    pub const fn quirks(&self) -> Quirks {
        self.quirks
    }

    /// Whose frame it is.
    #[must_use]
    pub const fn protocol(&self) -> &P {
        &self.protocol
    }
}

fn whole<F>(
    read: Result<Option<(F, usize)>, ParseError>,
    length: usize,
) -> Result<(F, usize), ParseError> {
    read?.ok_or_else(|| ParseError::new(length, ParseErrorKind::Expected("more bytes")))
}

/// The wire form, control bytes escaped.
impl<P> fmt::Display for Owned<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Wire(&self.bytes).fmt(f)
    }
}

impl<P: Protocol> fmt::Debug for Owned<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Owned")
            .field("protocol", &self.protocol.name())
            .field("bytes", &Wire(&self.bytes))
            .field("quirks", &self.quirks)
            .finish()
    }
}

/// The same protocol, the same bytes and the same oddities.
impl<P: Protocol> PartialEq for Owned<P> {
    fn eq(&self, other: &Self) -> bool {
        self.protocol.name() == other.protocol.name()
            && self.bytes == other.bytes
            && self.quirks == other.quirks
    }
}

impl<P: Protocol> Eq for Owned<P> {}

macro_rules! borrows {
    ($($feature:literal $protocol:ty, $frame:ty, |$this:ident, $bytes:ident| $read:expr;)*) => {$(
        #[cfg(feature = $feature)]
        impl Borrows for $protocol {
            type Frame<'a> = $frame;

            fn read<'a>(
                &self,
                $bytes: &'a [u8],
            ) -> Result<Option<($frame, usize)>, ParseError> {
                let $this = self;
                let _ = $this;
                $read
            }
        }
    )*};
}

borrows! {
    "dc09" super::dc09::Dc09, super::dc09::Frame<'a>,
        |_this, bytes| super::dc09::Frame::parse_whole(bytes).map(Some);
    "surgard" super::surgard::Surgard, super::surgard::Frame<'a>,
        |_this, bytes| super::surgard::Frame::parse(bytes, &super::surgard::Settings::default());
    "surgard" super::surgard::Configured, super::surgard::Frame<'a>,
        |this, bytes| super::surgard::Frame::parse(bytes, &this.settings);
    "dc03" super::dc03::Dc03, super::dc03::FskBlock<'a>,
        |_this, bytes| super::dc03::FskBlock::parse(bytes);
    "galaxy" super::galaxy::Galaxy, super::galaxy::Frame<'a>,
        |_this, bytes| super::galaxy::Frame::parse(bytes, &super::galaxy::Settings::default());
    "dc07" super::dc07::Dc07, super::dc07::Frame<'a>,
        |_this, bytes| super::dc07::Frame::parse(bytes);
    "dc07" super::dc07::Configured, super::dc07::Frame<'a>,
        |_this, bytes| super::dc07::Frame::parse(bytes);
    "bosch6500" super::bosch6500::Bosch6500, super::bosch6500::Frame<'a>,
        |_this, bytes| super::bosch6500::Frame::parse(bytes, &super::bosch6500::Settings::default());
    "bosch6500" super::bosch6500::Configured, super::bosch6500::Frame<'a>,
        |this, bytes| super::bosch6500::Frame::parse(bytes, &this.settings);
    "ademco685" super::ademco685::Ademco685, super::ademco685::Frame<'a>,
        |_this, bytes| super::ademco685::Frame::parse(bytes);
    "ademco685" super::ademco685::Configured, super::ademco685::Frame<'a>,
        |_this, bytes| super::ademco685::Frame::parse(bytes);
    "cp220" super::cp220::Cp220, super::cp220::Frame<'a>,
        |_this, bytes| super::cp220::Frame::parse(bytes, &super::cp220::Settings::DEFAULT);
    "cp220" super::cp220::Configured, super::cp220::Frame<'a>,
        |this, bytes| super::cp220::Frame::parse(bytes, &this.settings);
    "iti" super::iti::Iti, super::iti::Frame<'a>,
        |_this, bytes| super::iti::Frame::parse(bytes);
    "iti" super::iti::Configured, super::iti::Frame<'a>,
        |_this, bytes| super::iti::Frame::parse(bytes);
    "ademco8000" super::ademco8000::Ademco8000, super::mx8000::Frame<'a>,
        |_this, bytes| super::mx8000::Frame::parse(bytes, super::mx8000::Dialect::Ademco8000);
    "sk9000" super::sk9000::Sk9000, super::mx8000::Frame<'a>,
        |_this, bytes| super::mx8000::Frame::parse(bytes, super::mx8000::Dialect::Sk9000);
}

#[cfg(all(test, feature = "dc09", feature = "surgard"))]
mod tests {
    use alloc::string::ToString as _;

    use super::*;
    use crate::codec::{Quirk, dc09::Dc09, surgard::Surgard};

    const DC09: &[u8] = b"\n59890012\"ACK\"0000L0#1409[]\r";
    const SURGARD: &[u8] = b"5011 181234E12101001\x14";

    #[test]
    fn a_frame_outlives_its_buffer_and_its_clones_share_the_bytes() {
        let kept = Owned::copied(Dc09, &DC09.to_vec()).unwrap();
        let clone = kept.clone();
        assert_eq!(kept.bytes().as_ptr(), clone.bytes().as_ptr());
        assert_eq!(clone.frame().unwrap().raw, DC09);
        assert_eq!(kept, clone);

        let kept = Owned::copied(Surgard, &[SURGARD, b"5011"].concat()).unwrap();
        assert_eq!(kept.bytes(), SURGARD);
        assert_eq!(kept.to_string(), r"5011 181234E12101001\x14");
        let account = kept.frame().unwrap().body.account();
        assert_eq!(account.unwrap().as_str(), "1234");
    }

    #[test]
    fn what_is_no_frame_is_refused_with_its_place() {
        let half = Owned::copied(Surgard, &SURGARD[..10]).unwrap_err();
        assert_eq!(half.to_string(), "expected more bytes at byte 10");
        assert!(Owned::copied(Dc09, b"\n00000012\"ACK\"0000L0#1409[]\r").is_err());
    }

    #[test]
    fn what_was_odd_on_the_line_stays_with_it() {
        let odd = [Quirk::SevenBits].into_iter().collect();
        let kept = Owned::copied(Surgard, SURGARD).unwrap().with_quirks(odd);
        let decoded = kept.decoded(&DecodeOptions::default());
        assert!(decoded.ok && decoded.quirks.has(Quirk::SevenBits));
        assert_ne!(kept, Owned::copied(Surgard, SURGARD).unwrap());
    }
}

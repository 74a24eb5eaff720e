use super::{Frame, LONGEST, Settings, decode::line};
use crate::{
    ParseError, ParseErrorKind,
    codec::stream::{Look, Shape},
};

/// One report a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines(pub(super) Settings<'static>);

impl Shape for Lines {
    fn look(&self, bytes: &[u8], ended: bool) -> Look {
        let (start, end, taken) = line(bytes);
        if start > 0 {
            return Look::Noise(start);
        }
        // Of several line ends the first is the frame's.
        let whole = bytes
            .iter()
            .position(|byte| matches!(byte, b'\r' | b'\n'))
            .map(|at| at + 1);
        if whole.is_none() && !ended {
            return Look::More;
        }
        let text = bytes.get(..end).unwrap_or_default();
        let length = whole.unwrap_or(taken);
        match Frame::read(text, &self.0) {
            // The rest of a line may still be missing, and digits that have no check mean another account then.
            Ok(frame)
                if whole.is_none()
                    && (frame.check().is_none() || frame.format().message_type().is_none()) =>
            {
                let kind = ParseErrorKind::Expected("the end of the line");
                Look::Bad(length, ParseError::new(length, kind))
            }
            Ok(_) => Look::Frame(length),
            Err(error) if text.iter().all(|byte| is_digit(*byte)) => Look::Bad(length, error),
            Err(_) => Look::Noise(length),
        }
    }

    fn longest(&self) -> usize {
        LONGEST + 1
    }
}

const fn is_digit(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'A'..=b'F' | b'*' | b'#' | b' ')
}

#[cfg(test)]
mod tests {
    use alloc::{vec, vec::Vec};
    use core::time::Duration;

    use super::*;
    use crate::codec::stream::{Cut, Decoder as _, Stream};

    fn cuts(wire: &[u8], size: usize) -> (Vec<Vec<u8>>, usize, usize) {
        let mut stream = Stream::new(Lines(Settings::DEFAULT));
        let (mut frames, mut noise, mut bad) = (vec![], 0, 0);
        let mut now = Duration::ZERO;
        for read in wire.chunks(size).chain([&[][..]]) {
            stream.push(now, read);
            if read.is_empty() {
                now += Duration::from_secs(10);
            }
            loop {
                match stream.next(now) {
                    Cut::More => break,
                    Cut::Frame { bytes, .. } => frames.push(bytes.to_vec()),
                    Cut::Noise(bytes) => noise += bytes,
                    Cut::Bad { bytes, .. } => bad += bytes.len(),
                }
            }
        }
        (frames, noise, bad)
    }

    #[test]
    fn reports_come_one_a_line_however_the_reads_are_cut() {
        let wire = b"ready\r\n123435 123435\r\n1233 1243\n123427899\n\n12341739";
        for size in [1, 3, 200] {
            let (frames, noise, bad) = cuts(wire, size);
            let expected: [&[u8]; 3] = [b"123435 123435\r", b"123427899\n", b"12341739"];
            assert_eq!(frames, expected, "reads of {size}");
            assert_eq!((noise, bad), (9, 10));
        }
    }

    #[test]
    fn a_line_that_was_cut_off_is_no_other_account() {
        assert_eq!(cuts(b"12343", 8), (vec![], 0, 5));
    }
}

use super::{is_keys, line, read};
use crate::{
    ParseErrorKind,
    codec::stream::{Look, Shape},
};

/// What one line holds at most: a block, or a body with its account block, and blanks around it.
const LONGEST: usize = 64;

/// One block a line, as tone decoders print them; bodies as they stand in `ADM-CID` are taken as well. A pause ends a
/// line too.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines;

impl Shape for Lines {
    fn look(&self, bytes: &[u8], ended: bool) -> Look {
        let (start, end, taken) = line(bytes);
        if start > 0 {
            return Look::Noise(start);
        }
        // Of several line ends the first is the frame's.
        let text = bytes.get(..end).unwrap_or_default();
        let whole = bytes
            .iter()
            .position(|b| matches!(b, b'\r' | b'\n'))
            .map(|at| at + 1);
        if whole.is_none() && !ended {
            return Look::More;
        }
        let length = whole.unwrap_or(taken);
        match read(text) {
            Ok(_) => Look::Frame(length),
            Err(error) if is_block(text) => Look::Bad(length, error),
            Err(error) if matches!(error.kind(), ParseErrorKind::Check(_)) => {
                Look::Bad(length, error)
            }
            Err(_) => Look::Noise(length),
        }
    }

    fn longest(&self) -> usize {
        LONGEST
    }
}

/// Whether it looks like a block of tones that did not come whole.
fn is_block(text: &[u8]) -> bool {
    let is_digit = |b: &u8| b.is_ascii_digit() || matches!(b, b'B'..=b'F');
    text.len() >= 8 && text.iter().all(|b| is_digit(b) || is_keys(&[*b]))
}

#[cfg(test)]
mod tests {
    use alloc::{vec, vec::Vec};
    use core::time::Duration;

    use super::*;
    use crate::codec::stream::{Cut, Decoder, Stream};

    fn cuts(wire: &[u8], size: usize) -> (Vec<Vec<u8>>, usize, usize) {
        let mut stream = Stream::new(Lines);
        let (mut frames, mut noise, mut bad) = (vec![], 0, 0);
        let mut now = Duration::ZERO;
        for read in wire.chunks(size).chain([&[][..]]) {
            stream.push(now, read);
            if read.is_empty() {
                now += Duration::from_secs(1);
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
    fn blocks_come_one_a_line_however_it_ends() {
        let wire =
            b"hello\r\n1234181131010158\r\n\r\n1234181131010157\n12341811310\n1234181131010158";
        for size in [1, 5, 200] {
            assert_eq!(
                cuts(wire, size),
                (
                    vec![b"1234181131010158\r".to_vec(), b"1234181131010158".to_vec()],
                    10,
                    29
                ),
                "reads of {size}"
            );
        }
    }
}

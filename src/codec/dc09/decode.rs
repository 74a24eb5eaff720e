use crate::codec::{DecodeOptions, Decoded};

pub(super) fn confidence(_input: &[u8]) -> u8 {
    0
}

pub(super) fn decode(input: &[u8], _options: &DecodeOptions<'_>) -> (Decoded, usize) {
    (Decoded::default(), input.len())
}

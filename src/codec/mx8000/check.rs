/// The check byte (V) over a frame's bytes from the first to the last before it: they are added up, and after each one
/// bit 7 is cleared and bit 6 set, so that it lies between 40h and 7Fh (serial-receivers.md 5.1).
///
/// Bit 7 of the bytes makes no difference to it.
///
/// ```
/// let check = alarmwire::codec::mx8000::check_byte(b"'062794\"0345\"51\x051234\"BA01\"BA02\"BA04");
/// assert_eq!(check, 0x7E);
/// ```
#[must_use]
pub fn check_byte(bytes: &[u8]) -> u8 {
    let Some((first, rest)) = bytes.split_first() else {
        return 0x40;
    };
    rest.iter()
        .fold(*first, |sum, byte| sum.wrapping_add(*byte) & 0x7F | 0x40)
}

/// A source of random bytes, handed in by the caller so that everything below stays deterministic in tests.
///
/// Used for the pad of encrypted frames, which stands in for an initialisation vector (dc09.md 10): outside
/// tests it must be a cryptographic source.
pub trait Entropy {
    /// Fills `out` with random bytes.
    fn fill(&mut self, out: &mut [u8]);
}

impl<F: FnMut(&mut [u8])> Entropy for F {
    fn fill(&mut self, out: &mut [u8]) {
        self(out);
    }
}

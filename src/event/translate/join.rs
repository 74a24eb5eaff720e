//! What callbacks of a translation give back.

use alloc::{string::String, vec::Vec};

use bytes::BytesMut;

use super::Losses;

/// What a callback gives back, joined where one event becomes two (a disarming after an alarm of some panels is 401 and
/// 406 in Contact ID).
///
/// Sealed: nothing, `bool`, `usize`, [`Losses`], `Vec`, `String`, `BytesMut`, and `Option` and `Result` of these are
/// joined; whatever else a callback makes goes into a variable outside of it.
pub trait Join: Sized + sealed::Sealed {
    /// Both, in their order.
    #[must_use]
    fn both(self, later: Self) -> Self;

    /// Whether it failed, so that nothing more shall be handed out.
    fn failed(&self) -> bool {
        false
    }
}

mod sealed {
    use super::*;

    pub trait Sealed {}

    impl Sealed for () {}
    impl Sealed for bool {}
    impl Sealed for usize {}
    impl Sealed for Losses {}
    impl<T> Sealed for Vec<T> {}
    impl Sealed for String {}
    impl Sealed for BytesMut {}
    impl<T: Sealed> Sealed for Option<T> {}
    impl<T: Sealed, E> Sealed for Result<T, E> {}
}

impl Join for () {
    fn both(self, (): Self) -> Self {}
}

impl Join for bool {
    fn both(self, later: Self) -> Self {
        self && later
    }

    fn failed(&self) -> bool {
        !self
    }
}

impl Join for usize {
    fn both(self, later: Self) -> Self {
        self.saturating_add(later)
    }
}

impl Join for Losses {
    fn both(self, later: Self) -> Self {
        self.union(later)
    }
}

impl<T> Join for Vec<T> {
    fn both(mut self, later: Self) -> Self {
        self.extend(later);
        self
    }
}

impl Join for String {
    fn both(mut self, later: Self) -> Self {
        self.push_str(&later);
        self
    }
}

impl Join for BytesMut {
    fn both(mut self, later: Self) -> Self {
        self.extend_from_slice(&later);
        self
    }
}

impl<T: Join> Join for Option<T> {
    fn both(self, later: Self) -> Self {
        match (self, later) {
            (Some(first), Some(later)) => Some(first.both(later)),
            (first, later) => first.or(later),
        }
    }
}

impl<T: Join, E> Join for Result<T, E> {
    fn both(self, later: Self) -> Self {
        Ok(self?.both(later?))
    }

    fn failed(&self) -> bool {
        self.as_ref().map_or(true, Join::failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_counts() {
        let (one, bad): (Result<usize, &str>, Result<usize, &str>) = (Ok(1), Err("no"));
        assert_eq!(one.both(Ok(2)), Ok(3));
        assert_eq!(one.both(bad), bad);
        assert!(bad.failed() && !one.failed());
        assert!(!true.both(false));
        assert_eq!(Some(1_usize).both(None), Some(1));
        assert_eq!(Vec::from([1]).both(Vec::from([2])), [1, 2]);
        assert_eq!(String::from("a").both("b".into()), "ab");
        assert_eq!(
            BytesMut::from(&b"a"[..]).both(BytesMut::from(&b"b"[..])),
            b"ab"[..]
        );
    }
}

//! Generators shared by tests, fuzz targets and benches; entry points of the fuzz targets. Not for users.

#[cfg(all(feature = "contact-id", feature = "dc03"))]
pub mod bodies;
#[cfg(feature = "dc09")]
pub mod dc09;
#[cfg(feature = "pulse")]
pub mod pulse;
#[cfg(feature = "surgard")]
pub mod surgard;

//! Generators shared by tests, fuzz targets and benches; entry points of the fuzz targets. Not for users.

#[cfg(feature = "ademco685")]
pub mod ademco685;
#[cfg(all(feature = "contact-id", feature = "dc03"))]
pub mod bodies;
#[cfg(feature = "cp220")]
pub mod cp220;
#[cfg(feature = "dc09")]
pub mod dc09;
#[cfg(feature = "iti")]
pub mod iti;
#[cfg(any(feature = "ademco685", feature = "iti"))]
pub mod lines;
#[cfg(feature = "pulse")]
pub mod pulse;
#[cfg(feature = "surgard")]
pub mod surgard;

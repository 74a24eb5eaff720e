//! Generators shared by tests, fuzz targets and benches; entry points of the fuzz targets. Not for users.

#[cfg(feature = "ademco685")]
pub mod ademco685;
#[cfg(all(feature = "contact-id", feature = "dc03"))]
pub mod bodies;
#[cfg(all(feature = "bosch6500", feature = "surgard"))]
pub mod bosch6500;
#[cfg(feature = "cp220")]
pub mod cp220;
#[cfg(all(feature = "dc07", feature = "surgard"))]
pub mod dc07;
#[cfg(feature = "dc09")]
pub mod dc09;
#[cfg(feature = "galaxy")]
pub mod galaxy;
#[cfg(feature = "iti")]
pub mod iti;
#[cfg(any(feature = "ademco685", feature = "iti"))]
pub mod lines;
#[cfg(all(feature = "ademco8000", feature = "sk9000"))]
pub mod mx8000;
#[cfg(feature = "pulse")]
pub mod pulse;
#[cfg(feature = "surgard")]
pub mod surgard;
pub mod translation;

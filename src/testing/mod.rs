//! Generators shared by tests, fuzz targets and benches; entry points of the fuzz targets. Not for users.

#[cfg(all(feature = "contact-id", feature = "dc03"))]
pub mod bodies;
#[cfg(all(feature = "bosch6500", feature = "surgard"))]
pub mod bosch6500;
#[cfg(all(feature = "dc07", feature = "surgard"))]
pub mod dc07;
#[cfg(feature = "dc09")]
pub mod dc09;
#[cfg(feature = "galaxy")]
pub mod galaxy;
#[cfg(all(feature = "ademco8000", feature = "sk9000"))]
pub mod mx8000;
#[cfg(feature = "pulse")]
pub mod pulse;
#[cfg(feature = "surgard")]
pub mod surgard;
pub mod translation;

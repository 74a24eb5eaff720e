//! Generators shared by tests, fuzz targets and benches.

#[cfg(all(feature = "contact-id", feature = "dc03"))]
pub mod bodies;

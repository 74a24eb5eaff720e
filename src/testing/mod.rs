//! Generators shared by tests, fuzz targets and benches; entry points of the fuzz targets. Not for users.

#[cfg(feature = "dc09")]
pub mod dc09;

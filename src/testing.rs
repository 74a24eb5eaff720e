//! Generators shared by tests, fuzz targets and benches.

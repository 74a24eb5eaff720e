//! What a row of the code tables holds.

use super::{CidRole, Class, SiaAddress};

/// One row of the Contact ID table (`tables/contact_id.csv`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CidCode {
    /// The three digits.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub code: [u8; 3],
    /// What the code says, in English.
    pub name: &'static str,
    /// What it is about.
    pub class: Class,
    /// What CCC names.
    pub role: CidRole,
    /// A refinement of the class; may be empty.
    pub subtype: &'static str,
    /// The customary SIA code of a new event; may be empty.
    pub sia_new: &'static str,
    /// The customary SIA code of its restore; may be empty.
    pub sia_restore: &'static str,
}

/// One row of the SIA table (`tables/dc03.csv`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SiaCode {
    /// The two letters.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub code: [u8; 2],
    /// What the code says, in English.
    pub name: &'static str,
    /// What it is about.
    pub class: Class,
    /// What the address names.
    pub address: SiaAddress,
    /// The codes that this one restores, if it is a restore.
    pub restore_of: &'static [[u8; 2]],
    /// The codes that restore this one: it opens a condition when there are any.
    pub restored_by: &'static [[u8; 2]],
    /// Qualifier digit and code of the Contact ID equivalent; may be empty.
    pub cid_equivalent: &'static str,
    /// A refinement of the class; may be empty.
    pub subtype: &'static str,
}

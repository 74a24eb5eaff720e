//! What differs between makers: tables laid over the customary one, as data (translation.md 3 and 5).

use core::fmt;

use crate::event::lookup;

/// The SIA codes of one Contact ID code; an empty one is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SiaPair {
    /// The three digits.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub code: [u8; 3],
    /// Of a new event.
    pub new: &'static str,
    /// Of its restore.
    pub restore: &'static str,
}

/// The Contact ID codes of one SIA code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Equivalent {
    /// The two letters.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub code: [u8; 2],
    /// Qualifier digit and code, one or more, in the order in which they are sent.
    pub contact_id: &'static [&'static [u8; 4]],
}

const fn pair(code: &[u8; 3], new: &'static str, restore: &'static str) -> SiaPair {
    SiaPair::new(*code, new, restore)
}

const fn to(code: &[u8; 2], contact_id: &'static [&'static [u8; 4]]) -> Equivalent {
    Equivalent::new(*code, contact_id)
}

impl SiaPair {
    /// The SIA codes of a Contact ID code.
    #[must_use]
    pub const fn new(code: [u8; 3], new: &'static str, restore: &'static str) -> Self {
        Self { code, new, restore }
    }
}

impl Equivalent {
    /// The Contact ID codes of a SIA code.
    #[must_use]
    pub const fn new(code: [u8; 2], contact_id: &'static [&'static [u8; 4]]) -> Self {
        Self { code, contact_id }
    }
}

/// How one maker's panels use the codes, where that differs from the customary tables.
///
/// A row is what the maker publishes, unless it would mislead somebody at a screen: what was left out and why stands at
/// each profile.
#[derive(Clone, Copy, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Profile {
    /// Its word in a configuration.
    pub name: &'static str,
    /// Counts up with every change of the rows.
    pub version: u16,
    /// From Contact ID.
    pub sia: &'static [SiaPair],
    /// From SIA.
    pub contact_id: &'static [Equivalent],
}

impl Profile {
    /// No maker: the customary tables with the safer choices of translation.md 5.
    ///
    /// | code | is | and not |
    /// | --- | --- | --- |
    /// | SIA UA, UH, UR | 140 | 150: an untyped alarm would be a technical one |
    /// | 158 high temperature | UA, with a text | KA: it would be a fire |
    /// | 456 partial arming, E or R | CG | OG for R: an arming would be an opening |
    ///
    /// The others are in the tables themselves: 113 is SA, 146 BA, 316 317 383 TT, BG 378, UG 140, FG 118, OR 401.
    pub const STANDARD: Self = Self {
        name: "standard",
        version: 1,
        sia: &[pair(b"158", "UA", "UH"), pair(b"456", "CG", "CG")],
        contact_id: &[
            to(b"UA", &[b"1140"]),
            to(b"UH", &[b"3140"]),
            to(b"UR", &[b"3140"]),
        ],
    };

    /// Ajax. 423 is a disarming under duress there. Left out: R354 as YS, since a restore would be a new trouble.
    pub const AJAX: Self = Self {
        name: "ajax",
        version: 1,
        sia: &[
            pair(b"100", "MA", "MR"),
            pair(b"130", "BA", "BR"),
            pair(b"131", "BA", "BR"),
            pair(b"132", "BA", "BR"),
            pair(b"133", "BA", "BR"),
            pair(b"134", "BA", "BR"),
            pair(b"135", "BA", "BR"),
            pair(b"136", "BA", "BR"),
            pair(b"381", "XL", "XC"),
            pair(b"423", "HA", "HH"),
        ],
        contact_id: &[],
    };

    /// Cooper (Eaton, Scantronic). Left out: 121 as PA, since a hold-up would be an emergency, and 305 as OR, since that
    /// stays a disarming.
    pub const COOPER: Self = Self {
        name: "cooper",
        version: 1,
        sia: &[
            pair(b"100", "MA", "MR"),
            pair(b"110", "FA", "FR"),
            pair(b"111", "FA", "FR"),
            pair(b"112", "FA", "FR"),
            pair(b"117", "FA", "FR"),
            pair(b"120", "PA", "PR"),
            pair(b"130", "BA", "BR"),
            pair(b"131", "BA", "BR"),
            pair(b"132", "BA", "BR"),
            pair(b"133", "BA", "BR"),
            pair(b"134", "BA", "BR"),
            pair(b"135", "BA", "BR"),
            pair(b"136", "BA", "BR"),
            pair(b"150", "UA", "UR"),
            pair(b"311", "YT", "YR"),
            pair(b"380", "XQ", "XH"),
            pair(b"628", "LS", ""),
        ],
        contact_id: &[
            to(b"BB", &[b"1573"]),
            to(b"BU", &[b"3573"]),
            to(b"XH", &[b"3380"]),
            to(b"XQ", &[b"1380"]),
            to(b"YR", &[b"3311"]),
            to(b"YT", &[b"1311"]),
        ],
    };

    /// DSC. OR is a disarming that cancels an alarm: Contact ID says that with two events. Recent closing is E459.
    pub const DSC: Self = Self {
        name: "dsc",
        version: 1,
        sia: &[pair(b"143", "UA", "UH")],
        contact_id: &[to(b"CR", &[b"1459"]), to(b"OR", &[b"1401", b"1406"])],
    };

    /// Bosch (Solution 3000). Bypasses are those of burglary zones.
    pub const BOSCH: Self = Self {
        name: "bosch",
        version: 1,
        sia: &[pair(b"380", "BT", "BJ")],
        contact_id: &[to(b"BB", &[b"1573"]), to(b"BU", &[b"3573"])],
    };

    /// Interlogix (xGenConnect). 380 and 381 go by the type of the zone there, which Contact ID does not tell: those of a
    /// burglary zone.
    pub const INTERLOGIX: Self = Self {
        name: "interlogix",
        version: 1,
        sia: &[
            pair(b"110", "FA", "FR"),
            pair(b"111", "FA", "FR"),
            pair(b"112", "FA", "FR"),
            pair(b"117", "FA", "FR"),
            pair(b"120", "PA", "PR"),
            pair(b"130", "BA", "BR"),
            pair(b"131", "BA", "BR"),
            pair(b"132", "BA", "BR"),
            pair(b"133", "BA", "BR"),
            pair(b"134", "BA", "BR"),
            pair(b"135", "BA", "BR"),
            pair(b"136", "BA", "BR"),
            pair(b"380", "BT", "BR"),
            pair(b"381", "BS", "BR"),
        ],
        contact_id: &[],
    };

    /// Galaxy. Its codes are the customary ones; its zones (1011) need the table of
    /// [`with_zone_table`](super::Translation::with_zone_table).
    pub const GALAXY: Self = Self {
        name: "galaxy",
        version: 1,
        sia: &[],
        contact_id: &[],
    };

    /// All that are built in.
    pub const ALL: [&'static Self; 7] = [
        &Self::STANDARD,
        &Self::AJAX,
        &Self::COOPER,
        &Self::DSC,
        &Self::BOSCH,
        &Self::INTERLOGIX,
        &Self::GALAXY,
    ];

    /// A profile of an own making; what it does not name is as in [`Profile::STANDARD`].
    #[must_use]
    pub const fn new(
        name: &'static str,
        version: u16,
        sia: &'static [SiaPair],
        contact_id: &'static [Equivalent],
    ) -> Self {
        Self {
            name,
            version,
            sia,
            contact_id,
        }
    }

    /// The built-in profile with that word.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        Self::ALL.into_iter().find(|profile| profile.name == name)
    }

    /// The SIA codes of a new event and of its restore, `None` where there is none or the code is unknown.
    #[must_use]
    pub fn sia_of(&self, code: [u8; 3]) -> (Option<[u8; 2]>, Option<[u8; 2]>) {
        let laid = |rows: &'static [SiaPair]| rows.iter().find(|row| row.code == code);
        let letters = |text: &'static str| <[u8; 2]>::try_from(text.as_bytes()).ok();
        if let Some(row) = laid(self.sia).or_else(|| laid(Self::STANDARD.sia)) {
            return (letters(row.new), letters(row.restore));
        }
        match lookup::contact_id(code) {
            Some(row) => (letters(row.sia_new), letters(row.sia_restore)),
            None => (None, None),
        }
    }

    /// The Contact ID codes with their qualifiers; none where there is no equivalent or the code is unknown.
    pub fn contact_id_of(&self, code: [u8; 2]) -> impl Iterator<Item = [u8; 4]> + use<> {
        let laid = |rows: &'static [Equivalent]| rows.iter().find(|row| row.code == code);
        let row = laid(self.contact_id).or_else(|| laid(Self::STANDARD.contact_id));
        let own = match row {
            Some(_) => None,
            None => lookup::sia(code)
                .and_then(|row| <[u8; 4]>::try_from(row.cid_equivalent.as_bytes()).ok()),
        };
        row.map_or(&[][..], |row| row.contact_id)
            .iter()
            .map(|code| **code)
            .chain(own)
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_name_codes_that_exist_and_say_something_else_than_the_tables_below() {
        let known = |code: &str| {
            code.is_empty() || lookup::sia(code.as_bytes().try_into().unwrap()).is_some()
        };
        for profile in Profile::ALL {
            assert_eq!(Profile::find(profile.name), Some(profile));
            assert!(
                profile.sia.is_sorted_by(|a, b| a.code < b.code),
                "{profile:?}"
            );
            assert!(
                profile.contact_id.is_sorted_by(|a, b| a.code < b.code),
                "{profile:?}"
            );
            for row in profile.sia {
                assert!(lookup::contact_id(row.code).is_some(), "{row:?}");
                assert!(known(row.new) && known(row.restore), "{row:?}");
            }
            for row in profile.contact_id {
                assert!(
                    lookup::sia(row.code).is_some() && !row.contact_id.is_empty(),
                    "{row:?}"
                );
                for [_, code @ ..] in row.contact_id.iter().copied() {
                    assert!(lookup::contact_id(*code).is_some(), "{row:?}");
                }
            }
        }
        assert_eq!(Profile::find("nobody"), None);
    }

    #[test]
    fn what_a_profile_does_not_name_is_customary() {
        assert_eq!(Profile::AJAX.sia_of(*b"131"), (Some(*b"BA"), Some(*b"BR")));
        assert_eq!(Profile::AJAX.sia_of(*b"158"), (Some(*b"UA"), Some(*b"UH")));
        assert_eq!(Profile::AJAX.sia_of(*b"110"), (Some(*b"FA"), Some(*b"FH")));
        assert_eq!(Profile::AJAX.sia_of(*b"F10"), (None, None));
        assert!(Profile::DSC.contact_id_of(*b"OR").eq([*b"1401", *b"1406"]));
        assert!(Profile::GALAXY.contact_id_of(*b"UR").eq([*b"3140"]));
        assert!(Profile::STANDARD.contact_id_of(*b"BA").eq([*b"1130"]));
        assert_eq!(Profile::STANDARD.contact_id_of(*b"XX").count(), 0);
    }
}

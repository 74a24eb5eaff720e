//! Zones, users and areas from one format's columns to the other's: refused where they do not fit, never cut.

use core::fmt::Write as _;

use arrayvec::ArrayString;

use super::Refusal;

/// How the numbers of zones are written in SIA addresses. The standard says hexadecimal, most panels send decimal
/// (sia-dc03.md 3). Users and areas are decimal everywhere.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ZoneBase {
    /// `BA031` is zone 31.
    #[default]
    Decimal,
    /// `BA1F` is zone 31.
    Hexadecimal,
}

/// The most characters of a SIA address.
pub(super) const ADDRESS: usize = 4;

pub(super) type Scratch = ArrayString<8>;

const fn no_place(field: &'static str, protocol: &'static str) -> Refusal {
    Refusal::NoPlace { field, protocol }
}

fn put(text: &str, field: &'static str, protocol: &'static str) -> Result<Scratch, Refusal> {
    Scratch::from(text).map_err(|_| no_place(field, protocol))
}

/// The text without zeros in front; a single zero stays.
fn short(text: &str) -> &str {
    match text.trim_start_matches('0') {
        "" => text.get(..1).unwrap_or(text),
        rest => rest,
    }
}

fn is_decimal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// CCC as a SIA address. Digits beyond 9 are the panel's own and pass unchanged (translation.md 2).
pub(super) fn address(
    ccc: &str,
    base: ZoneBase,
    table: &[(u16, u16)],
    field: &'static str,
) -> Result<Scratch, Refusal> {
    let refused = no_place(field, "a SIA address");
    if !ccc.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(refused);
    }
    let fits = |text: &str| {
        let text = if text.len() > ADDRESS {
            short(text)
        } else {
            text
        };
        if text.len() > ADDRESS {
            return Err(refused);
        }
        put(text, field, "a SIA address")
    };
    if !is_decimal(ccc) {
        return fits(ccc);
    }
    let number: u32 = ccc.parse().map_err(|_| refused)?;
    let mapped = table
        .iter()
        .find(|(_, cid)| u32::from(*cid) == number)
        .map(|(sia, _)| u32::from(*sia));
    let mut out = Scratch::new();
    let written = match (base, mapped) {
        (ZoneBase::Decimal, None) => return fits(ccc),
        (ZoneBase::Decimal, Some(number)) => write!(out, "{number}"),
        (ZoneBase::Hexadecimal, _) => write!(out, "{:X}", mapped.unwrap_or(number)),
    };
    written.map_err(|_| refused)?;
    fits(&out)
}

/// A SIA address as CCC.
pub(super) fn ccc(
    address: &str,
    base: ZoneBase,
    table: &[(u16, u16)],
    field: &'static str,
) -> Result<Scratch, Refusal> {
    let refused = no_place(field, "Contact ID");
    let number = match base {
        ZoneBase::Hexadecimal => u32::from_str_radix(address, 16).ok(),
        ZoneBase::Decimal if is_decimal(address) => address.parse().ok(),
        // Digits B to F of a Contact ID panel that came this way before; anything else with letters proves hexadecimal,
        // and would name another zone (sia-dc03.md 3).
        ZoneBase::Decimal
            if address.len() == 3
                && address
                    .bytes()
                    .all(|b| matches!(b, b'0'..=b'9' | b'B'..=b'F')) =>
        {
            return put(address, field, "Contact ID");
        }
        ZoneBase::Decimal => None,
    };
    let number = number
        .filter(|_| address.bytes().all(|b| b.is_ascii_hexdigit()))
        .ok_or(refused)?;
    let mapped = table.iter().find(|(sia, _)| u32::from(*sia) == number);
    let number = mapped.map_or(number, |(_, cid)| u32::from(*cid));
    // The number of a zone that the table does not name may be taken by one that it does.
    let taken = mapped.is_none() && table.iter().any(|(_, cid)| u32::from(*cid) == number);
    if number > 999 || taken {
        return Err(refused);
    }
    let mut out = Scratch::new();
    write!(out, "{number:03}").map_err(|_| refused)?;
    Ok(out)
}

/// GG as the value of `ri`: without zeros in front.
pub(super) fn area(group: &str) -> Result<Scratch, Refusal> {
    if !is_decimal(group) || short(group).len() > ADDRESS {
        return Err(no_place("partition", "SIA"));
    }
    put(short(group), "partition", "SIA")
}

/// The value of `ri` as GG.
pub(super) fn group(area: &str) -> Result<Scratch, Refusal> {
    let refused = no_place("partition", "Contact ID");
    if !is_decimal(area) {
        return Err(refused);
    }
    let number: u32 = area.parse().map_err(|_| refused)?;
    if number > 99 {
        return Err(refused);
    }
    let mut out = Scratch::new();
    write!(out, "{number:02}").map_err(|_| refused)?;
    Ok(out)
}

/// A user as the value of `id`: decimal, at most four digits.
pub(super) fn id(user: &str) -> Result<Scratch, Refusal> {
    let text = if user.len() > ADDRESS {
        short(user)
    } else {
        user
    };
    if !is_decimal(text) || text.len() > ADDRESS {
        return Err(no_place("user", "SIA"));
    }
    put(text, "user", "SIA")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_keep_their_number_in_the_configured_base() {
        use ZoneBase::{Decimal, Hexadecimal};
        for (cid, base, sia) in [
            ("031", Decimal, "031"),
            ("031", Hexadecimal, "1F"),
            ("999", Hexadecimal, "3E7"),
            ("B12", Decimal, "B12"),
        ] {
            assert_eq!(address(cid, base, &[], "zone").unwrap().as_str(), sia);
            assert_eq!(ccc(sia, base, &[], "zone").unwrap().as_str(), cid);
        }
        assert_eq!(
            address("B12", Hexadecimal, &[], "zone").unwrap().as_str(),
            "B12"
        );
        assert_eq!(ccc("7", Decimal, &[], "zone").unwrap().as_str(), "007");
        for (sia, base) in [
            ("1000", Decimal),
            ("1F", Decimal),
            ("1A2", Decimal),
            ("3E8", Hexadecimal),
            ("+5", Hexadecimal),
            ("5 ", Decimal),
        ] {
            assert!(ccc(sia, base, &[], "zone").is_err(), "{sia}");
        }
        assert!(address("12345", Decimal, &[], "zone").is_err());
        assert!(address("x1", Decimal, &[], "zone").is_err());
    }

    #[test]
    fn a_table_names_zones_that_do_not_fit() {
        let table = [(1011, 1), (1012, 2)];
        assert_eq!(
            ccc("1011", ZoneBase::Decimal, &table, "zone")
                .unwrap()
                .as_str(),
            "001"
        );
        assert_eq!(
            address("002", ZoneBase::Decimal, &table, "zone")
                .unwrap()
                .as_str(),
            "1012"
        );
        assert!(ccc("1013", ZoneBase::Decimal, &table, "zone").is_err());
        assert!(
            ccc("2", ZoneBase::Decimal, &table, "zone").is_err(),
            "taken by 1012"
        );
        assert_eq!(
            ccc("3", ZoneBase::Decimal, &table, "zone")
                .unwrap()
                .as_str(),
            "003"
        );
    }

    #[test]
    fn areas_above_99_are_refused() {
        assert_eq!(group("7").unwrap().as_str(), "07");
        assert_eq!(group("0099").unwrap().as_str(), "99");
        assert!(group("100").is_err() && group("B1").is_err());
        assert_eq!(area("07").unwrap().as_str(), "7");
        assert_eq!(area("00").unwrap().as_str(), "0");
        assert!(area("B1").is_err());
        assert_eq!(id("00012").unwrap().as_str(), "12");
        assert!(id("B1").is_err() && id("12345").is_err());
    }
}

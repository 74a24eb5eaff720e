use proptest::prelude::*;

use super::*;

fn extended<'a>(text: &'a [u8]) -> Extended<'a> {
    Extended::new(text)
}

#[test]
fn the_dossiers_examples_are_read() {
    let all = extended(
        b"[A6f2348c99335df38][CDP][G2][H13:59:58,12-31-2012][I2nd Floor West PIR][M0026b9e4268b]\
[N1133557799bbddff][TS][X093W23.456][Y45N23.456][Z123.2M][J{\"address\": {\"city\": \"Minneapolis\"}}]",
    );
    assert_eq!(all.supervision_category(), Some("DP"));
    assert_eq!(all.network_path(), Some(2));
    assert_eq!(
        all.occurred(),
        Timestamp::from_civil(2012, 12, 31, 13, 59, 58).ok()
    );
    assert_eq!(all.mac(), Some([0x00, 0x26, 0xB9, 0xE4, 0x26, 0x8B]));
    assert_eq!(all.network_address(), Some("1133557799bbddff"));
    assert_eq!(all.trigger(), Some(Trigger::Sensor));
    assert_eq!(
        all.longitude().unwrap().ten_millionths(),
        -((93 * 60 + 23) * MINUTE + 4_560_000)
    );
    assert_eq!(
        all.latitude().unwrap().ten_millionths(),
        (45 * 60 + 23) * MINUTE + 4_560_000
    );
    let altitude = all.altitude().unwrap();
    assert_eq!((altitude.thousandths, altitude.unit), (123_200, "M"));
    assert!(all.json().unwrap().starts_with('{'));
    assert_eq!(all.maker_path(), None);
    assert_eq!(extended(b"[J2]").maker_path(), Some('2'));
    assert_eq!(extended(b"[J2]").json(), None);
    for field in all.iter() {
        assert_eq!(Field::new(field.letter, field.value), Ok(field));
        assert!(field.meaning().is_some());
    }
    // Seven decimals, as one maker sends them.
    let fine = extended(b"[X006E07.1234567]").longitude().unwrap();
    assert_eq!(fine.ten_millionths(), 6 * DEGREE + 7 * MINUTE + 1_234_567);
}

#[test]
fn what_is_malformed_is_none_and_is_not_built() {
    for (letter, values) in [
        (b'G', &["", "x", "-1", "4294967296", "1.5"][..]),
        (
            b'H',
            &[
                "",
                "13:59:58",
                "25:00:00,12-31-2012",
                "_13:59:58,12-31-2012",
            ],
        ),
        (b'J', &["", "{1}x", "ab", "\u{fc}"]),
        (b'K', &["", "00", "zz"]),
        (
            b'M',
            &["", "0026b9e4268", "00:26:b9:e4:26:8b", "0026b9e4268g"],
        ),
        (b'N', &["", "123", "x"]),
        (b'T', &["", "X", "FF"]),
        (
            b'X',
            &[
                "",
                "W",
                "093W",
                "093N23.4",
                "181E00.0",
                "180E00.001",
                "10E60.0",
                "0010E1.0",
                "1E1.1234567890",
            ],
        ),
        (b'Y', &["", "91N00.0", "45E00.0"]),
        (b'Z', &["", "M", "1.2.3M", "-", "12M3"]),
    ] {
        for value in values {
            let field = Field {
                letter,
                value: value.as_bytes(),
            };
            assert!(!field.is_well_formed(), "{}{value}", char::from(letter));
            assert!(Field::new(letter, value.as_bytes()).is_err());
        }
    }
    #[cfg(feature = "json")]
    assert!(Field::new(b'J', b"{\"a\": }").is_err());
    for letter in *b"a$0" {
        assert!(Field::new(letter, b"x").is_err());
    }
    for value in [&b"a[b"[..], b"a]", b"a\rb", b"\0", &[b'x'; 257]] {
        assert!(Field::new(b'I', value).is_err());
    }
    assert!(Field::new(b'C', &[b'x'; 65]).is_err());
    assert!(Field::new(b'I', "Größe".as_bytes()).is_ok());
    assert!(Field::new(b'Q', b"anything").is_ok());
    assert_eq!(
        Field {
            letter: b'E',
            value: b""
        }
        .meaning(),
        None
    );
}

#[test]
fn all_triggers_are_written_as_they_are_read() {
    for (trigger, _) in Trigger::ALL {
        let field = Field::trigger(trigger);
        let text = [b"[T", field.value, b"]"].concat();
        assert_eq!(extended(&text).trigger(), Some(trigger));
    }
}

/// The field in its brackets.
fn bracketed(field: &ShortField) -> Vec<u8> {
    let field = field.field();
    assert_eq!(Field::new(field.letter, field.value), Ok(field));
    [b"[", &[field.letter][..], field.value, b"]"].concat()
}

#[test]
fn coordinates_are_rounded_and_carried_over() {
    let x = Coordinate::new(DEGREE - 1).unwrap();
    assert_eq!(ShortField::longitude(x).field().value, b"001E00.000");
    let y = Coordinate::new(-(DEGREE + 59 * MINUTE + 9_995_000)).unwrap();
    assert_eq!(ShortField::latitude(y).unwrap().field().value, b"02S00.000");
    assert!(Coordinate::new(180 * DEGREE + 1).is_none());
    assert!(ShortField::latitude(Coordinate::new(91 * DEGREE).unwrap()).is_none());
    assert_eq!(ShortField::altitude(1232).unwrap().field().value, b"123.2M");
    assert!(ShortField::altitude(i32::MIN).is_none());
}

proptest! {
    #[test]
    fn what_is_built_reads_back(x in -180 * 60_000_i64..=180 * 60_000, y in -90 * 60_000_i64..=90 * 60_000, z in -999_999..=999_999_i32, path: u32, mac: [u8; 6], seconds in 0_i64..9_000_000_000) {
        let (x, y) = (Coordinate::new(x * 10_000).unwrap(), Coordinate::new(y * 10_000).unwrap());
        let at = Timestamp::from_nanos(seconds * 1_000_000_000);
        let fields = [
            ShortField::longitude(x),
            ShortField::latitude(y).unwrap(),
            ShortField::altitude(z).unwrap(),
            ShortField::network_path(path),
            ShortField::mac(mac),
            ShortField::occurred(at),
        ];
        let text: Vec<u8> = fields.iter().flat_map(bracketed).collect();
        let read = extended(&text);
        prop_assert_eq!(read.longitude(), Some(x));
        prop_assert_eq!(read.latitude(), Some(y));
        prop_assert_eq!(read.altitude().map(|z| z.thousandths), Some(i64::from(z) * 100));
        prop_assert_eq!(read.network_path(), Some(path));
        prop_assert_eq!(read.mac(), Some(mac));
        prop_assert_eq!(read.occurred(), Some(at));
        prop_assert_eq!(read.iter().count(), fields.len());
    }

    #[test]
    fn any_value_under_any_letter_never_panics_and_what_is_built_is_well_formed(letter: u8, value in proptest::collection::vec(any::<u8>(), 0..40)) {
        let field = Field { letter, value: &value };
        if let Ok(built) = Field::new(letter, &value) {
            prop_assert!(built.is_well_formed());
        }
        let _any = (field.is_well_formed(), field.meaning());
        let text = [b"[", &[letter][..], &value, b"]"].concat();
        let read = Extended::new(&text);
        let _any = (read.longitude(), read.latitude(), read.altitude(), read.json(), read.mac(), read.trigger());
    }
}

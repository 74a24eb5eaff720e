use core::{fmt, ops::Range};
use std::collections::{BTreeMap, HashSet};

use toml::Spanned;

use super::{Fleet, Scenario, SinkProtocol, Way};
use crate::codec::dc09::Profile;

/// A mistake in a scenario, and where it stands in the file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ScenarioError {
    message: String,
    span: Range<usize>,
    line: usize,
    column: usize,
}

impl ScenarioError {
    fn new(text: &str, message: impl Into<String>, span: Range<usize>) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        Self {
            message: message.into(),
            span,
            line,
            column,
        }
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The bytes of the file that are wrong.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The line, counted from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}, column {}: {}",
            self.line, self.column, self.message
        )
    }
}

impl core::error::Error for ScenarioError {}

impl Scenario {
    /// Reads and checks a scenario.
    ///
    /// # Errors
    /// At the first mistake, with its place.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let scenario: Self = toml::from_str(text).map_err(|e| {
            ScenarioError::new(
                text,
                e.message().trim_end(),
                e.span().unwrap_or(0..text.len()),
            )
        })?;
        scenario
            .check()
            .map_err(|(message, span)| ScenarioError::new(text, message, span))?;
        Ok(scenario)
    }

    /// How many panels there are.
    #[must_use]
    pub fn panels(&self) -> usize {
        self.fleet
            .iter()
            .map(|f| usize::try_from(*f.panels.get_ref()).unwrap_or(0))
            .sum()
    }

    fn check(&self) -> Result<(), (String, Range<usize>)> {
        let fail = |message: &str, span: Range<usize>| Err((message.to_owned(), span));
        if self.fleet.is_empty() {
            return fail("a scenario has at least one [[fleet]]", 0..0);
        }
        let mut taken = Vec::new();
        for fleet in &self.fleet {
            let panels = *fleet.panels.get_ref();
            if panels == 0 || panels > 100_000 {
                return fail("a fleet has 1 to 100000 panels", fleet.panels.span());
            }
            let accounts = fleet
                .accounts()
                .map_err(|message| (message, fleet.first_account.span()))?;
            if taken
                .iter()
                .any(|t: &Range<u64>| t.start < accounts.end && accounts.start < t.end)
            {
                return fail(
                    "these accounts are another fleet's too",
                    fleet.first_account.span(),
                );
            }
            if fleet.has(Way::Serial) {
                if accounts.end > 0x1_0000 || fleet.first_account.get_ref().len() > 4 {
                    return fail(
                        "a serial receiver's accounts have four digits",
                        fleet.first_account.span(),
                    );
                }
                if self.receiver.is_empty() {
                    return fail(
                        "a fleet with serial panels needs a [[receiver]]",
                        fleet.ways.span(),
                    );
                }
            }
            taken.push(accounts);
            if !(*fleet.rate.get_ref() > 0.0 && *fleet.rate.get_ref() <= 1_000_000.0) {
                return fail(
                    "a rate is above 0 and at most 1000000 events a second",
                    fleet.rate.span(),
                );
            }
            if *fleet.burst.get_ref() == 0 {
                return fail("a burst is at least 1", fleet.burst.span());
            }
            if !(0.0..=1.0).contains(fleet.encrypted.get_ref()) {
                return fail("a share is 0 to 1", fleet.encrypted.span());
            }
            if !matches!(fleet.key_bits.get_ref(), 128 | 192 | 256) {
                return fail("a key has 128, 192 or 256 bits", fleet.key_bits.span());
            }
            let profile = profile(&fleet.profile)?;
            if !profile.header_account && *fleet.encrypted.get_ref() > 0.0 {
                return fail(
                    "without an account in the header nothing can be encrypted",
                    fleet.profile.span(),
                );
            }
            shares(&fleet.ways)?;
            shares(&fleet.formats)?;
            shares(&fleet.mix)?;
        }
        let mut names = HashSet::new();
        for receiver in &self.receiver {
            if receiver.number.get_ref().len() != 2
                || !receiver
                    .number
                    .get_ref()
                    .bytes()
                    .all(|b| b.is_ascii_hexdigit())
            {
                return fail(
                    "a receiver number is two hexadecimal digits",
                    receiver.number.span(),
                );
            }
            baud(&receiver.baud)?;
        }
        for sink in &self.sink {
            baud(&sink.baud)?;
            profile(&sink.profile)?;
            if !names.insert(&sink.name) {
                return fail(
                    &format!("two sinks are named {:?}", sink.name),
                    sink.protocol.span(),
                );
            }
            if *sink.protocol.get_ref() == SinkProtocol::Jsonl && sink.path.is_none() {
                return fail(
                    "a sink of JSON lines needs the `path` of the file",
                    sink.protocol.span(),
                );
            }
            if let Some(key) = &sink.key
                && crate::codec::dc09::Key::parse(key.get_ref()).is_err()
            {
                return fail(
                    "a key is `hex:` and 32, 48 or 64 digits, or `ascii:` and 16, 24 or 32 characters",
                    key.span(),
                );
            }
        }
        Ok(())
    }
}

impl Fleet {
    /// The accounts as numbers.
    fn accounts(&self) -> Result<Range<u64>, String> {
        let first = self.first_account.get_ref();
        if !(3..=16).contains(&first.len()) {
            return Err("an account has 3 to 16 hexadecimal digits".into());
        }
        let start = u64::from_str_radix(first, 16)
            .map_err(|_| "an account has 3 to 16 hexadecimal digits")?;
        let end = start.saturating_add(u64::from(*self.panels.get_ref()));
        if first.len() < 16 && end > 1 << (4 * first.len()) {
            return Err(format!(
                "{} panels don't fit behind account {first}",
                self.panels.get_ref()
            ));
        }
        Ok(start..end)
    }

    fn has(&self, way: Way) -> bool {
        self.ways
            .get_ref()
            .get(&way)
            .is_some_and(|share| *share > 0.0)
    }
}

fn shares<K>(table: &Spanned<BTreeMap<K, f64>>) -> Result<(), (String, Range<usize>)> {
    let values = || table.get_ref().values();
    if values().all(|v| *v >= 0.0 && v.is_finite()) && values().any(|v| *v > 0.0) {
        Ok(())
    } else {
        Err((
            "shares are not negative, and one at least is above 0".into(),
            table.span(),
        ))
    }
}

fn profile(name: &Spanned<String>) -> Result<Profile, (String, Range<usize>)> {
    Profile::find(name.get_ref())
        .ok_or_else(|| ("there is no such profile of DC-09".into(), name.span()))
}

fn baud(baud: &Spanned<u32>) -> Result<(), (String, Range<usize>)> {
    if (300..=4_000_000).contains(baud.get_ref()) {
        Ok(())
    } else {
        Err(("a line has 300 to 4000000 baud".into(), baud.span()))
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    const GOOD: &str = "[[fleet]]\nname = \"homes\"\npanels = 5\nrate = 10.0\n";

    fn error(extra: &str) -> String {
        Scenario::parse(&format!("{GOOD}{extra}"))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_short_scenario_gets_the_defaults() {
        let scenario = Scenario::parse(GOOD).unwrap();
        assert_eq!(scenario.panels(), 5);
        assert_eq!(scenario.run.wait, Duration::from_secs(5));
        assert_eq!(scenario.fleet[0].mix.get_ref().len(), 5);
    }

    #[test]
    fn every_mistake_is_one_message_that_points_at_the_place() {
        assert_eq!(
            error("colour = 3\n").split_once(": ").unwrap().0,
            "line 5, column 1"
        );
        assert!(error("colour = 3\n").contains("unknown field `colour`"));
        assert_eq!(
            error("encrypted = 1.5\n"),
            "line 5, column 13: a share is 0 to 1"
        );
        assert_eq!(
            error("key_bits = 100\n"),
            "line 5, column 12: a key has 128, 192 or 256 bits"
        );
        assert_eq!(
            error("profile = \"eldes\"\n"),
            "line 5, column 11: there is no such profile of DC-09"
        );
        assert!(
            error("profile = \"no-account\"\nencrypted = 0.5\n")
                .ends_with("without an account in the header nothing can be encrypted")
        );
        assert!(
            error("[[sink]]\nname = \"a\"\nprotocol = \"dc09\"\nprofile = \"x\"\n")
                .starts_with("line 8, column 11")
        );
        assert!(
            error("ways = { serial = 1.0 }\n")
                .ends_with("a fleet with serial panels needs a [[receiver]]")
        );
        assert!(
            error("mix = { fire = 0.0 }\n")
                .ends_with("shares are not negative, and one at least is above 0")
        );
        assert!(
            error("mix = { flood = 1.0 }\n")
                .starts_with("line 5, column 9: unknown variant `flood`")
        );
        assert!(
            error("restore_after = \"soon\"\n").starts_with("line 5, column 17: a time is like")
        );
        assert!(
            error("first_account = \"FFE\"\n").ends_with("5 panels don't fit behind account FFE")
        );
        assert!(error(GOOD).ends_with("these accounts are another fleet's too"));
        assert!(
            error("[[sink]]\nname = \"a\"\nprotocol = \"dc09\"\nkey = \"hex:12\"\n")
                .contains("line 8, column 7")
        );
        assert_eq!(
            Scenario::parse("").unwrap_err().message(),
            "a scenario has at least one [[fleet]]"
        );
    }

    #[test]
    fn times_carry_their_unit() {
        assert_eq!(
            super::super::duration("250ms"),
            Some(Duration::from_millis(250))
        );
        assert_eq!(
            super::super::duration("1.5min"),
            Some(Duration::from_secs(90))
        );
        assert_eq!(super::super::duration("5"), None);
        assert_eq!(super::super::duration("-5s"), None);
    }
}

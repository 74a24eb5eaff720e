//! One clear message for one mistake, with the place of it.

use std::{fmt, ops::Range};

/// A mistake in the configuration: what is wrong, where, and what would be right.
///
/// The text shows as `FILE:LINE:COLUMN: message`; programs with a screen draw the excerpt from
/// [`source_text`](Self::source_text) and [`span`](Self::span).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConfigError(Box<Mistake>);

#[derive(Clone, Debug, Eq, PartialEq)]
struct Mistake {
    name: String,
    text: String,
    span: Range<usize>,
    message: String,
    help: Option<String>,
}

/// A mistake inside one value, before it is known where that value stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Flaw {
    /// Within the value's text; `None`: all of it.
    pub(crate) span: Option<Range<usize>>,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Flaw {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            span: None,
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn at(mut self, span: Range<usize>) -> Self {
        self.span = Some(span);
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same flaw in a text that has `by` more bytes in front.
    pub(crate) fn shifted(mut self, by: usize, length: usize) -> Self {
        let span = self.span.take().unwrap_or(0..length);
        self.span = Some(span.start + by..span.end + by);
        self
    }
}

impl ConfigError {
    pub(crate) fn new(
        name: &str,
        text: &str,
        span: Range<usize>,
        message: impl Into<String>,
        help: Option<String>,
    ) -> Self {
        Self(Box::new(Mistake {
            name: name.to_owned(),
            text: masked(name, text),
            span: span.start.min(text.len())..span.end.min(text.len()),
            message: message.into(),
            help,
        }))
    }

    /// The file, or the flag that was given on the command line.
    #[must_use]
    pub fn source_name(&self) -> &str {
        &self.0.name
    }

    /// The whole text of the file, or the flag's value, with stars in place of keys: it ends in logs.
    #[must_use]
    pub fn source_text(&self) -> &str {
        &self.0.text
    }

    /// The bytes of [`source_text`](Self::source_text) that are wrong.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.0.span.clone()
    }

    /// What is wrong, in one line.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What would be right, where that can be said.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// Line and column of the mistake, both counted from 1, columns in characters.
    #[must_use]
    pub fn position(&self) -> (usize, usize) {
        let before = self.0.text.get(..self.0.span.start).unwrap_or(&self.0.text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(start..).unwrap_or("").chars().count() + 1;
        (line, column)
    }

    /// Whether there is a text to point into: a file that can't be read has none.
    #[must_use]
    pub fn has_place(&self) -> bool {
        !self.0.text.is_empty()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.has_place() {
            let (line, column) = self.position();
            write!(f, "{}:{line}:{column}: ", self.0.name)?;
        } else {
            write!(f, "{}: ", self.0.name)?;
        }
        f.write_str(&self.0.message)?;
        self.0
            .help
            .as_ref()
            .map_or(Ok(()), |help| write!(f, " ({help})"))
    }
}

impl std::error::Error for ConfigError {}

/// The text with stars in place of keys, byte for byte, so that spans still fit.
fn masked(name: &str, text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    if name == "--key" {
        // From the `=` on, or (somebody forgot the account) all of it.
        let (account, key) = text.split_at(text.find('=').map_or(0, |at| at + 1));
        out.push_str(account);
        stars(&mut out, key);
        return out;
    }
    for line in text.split_inclusive('\n') {
        let mut rest = line;
        while let Some(start) = secret(rest) {
            rest = hide(&mut out, rest, start);
        }
        out.push_str(rest);
    }
    out
}

/// Where the next key begins: behind `hex:` or `ascii:` whatever the name in front, or behind a name that ends in `key`.
fn secret(line: &str) -> Option<usize> {
    let form = ["hex:", "ascii:"].into_iter().filter_map(|form| {
        let at = line.find(form)? + form.len();
        // The grammar in a comment or a help is none.
        (line.len() > at).then_some(at)
    });
    let name = line.match_indices("key").filter_map(|(at, word)| {
        let behind = line.get(at + word.len()..)?;
        let value = behind
            .trim_start_matches(['"', '\''])
            .trim_start()
            .strip_prefix('=')?
            .trim_start();
        Some(line.len() - value.len())
    });
    form.chain(name).min()
}

/// Copies `line` up to `start`, and stars for the key that begins there; what is left.
fn hide<'a>(out: &mut String, line: &'a str, start: usize) -> &'a str {
    let (front, rest) = line.split_at_checked(start).unwrap_or((line, ""));
    out.push_str(front);
    // In quotes it ends with them, else with the option or the line.
    let form = ["\"hex:", "\"ascii:", "'hex:", "'ascii:"]
        .into_iter()
        .find(|form| front.ends_with(form));
    let (open, rest) = match (form, rest.chars().next()) {
        (Some(form), _) => (form.chars().next(), rest),
        (None, Some(quote @ ('"' | '\''))) => {
            out.push(quote);
            (Some(quote), rest.get(1..).unwrap_or_default())
        }
        (None, _) => (None, rest),
    };
    let end = match open {
        Some(quote) => rest.find([quote, '\r', '\n']),
        None => rest.find([',', ' ', '\r', '\n']),
    };
    let (key, rest) = rest
        .split_at_checked(end.unwrap_or(rest.len()))
        .unwrap_or((rest, ""));
    stars(out, key);
    rest
}

fn stars(out: &mut String, key: &str) {
    let form = ["hex:", "ascii:"]
        .into_iter()
        .find(|form| key.starts_with(form))
        .unwrap_or_default();
    out.push_str(form);
    out.extend(std::iter::repeat_n('*', key.len() - form.len()));
}

/// The known word that is nearest to a mistyped one, if one is near at all.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let most = (word.chars().count() / 3).max(1) + 1;
    known
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// "did you mean", else the list of what there is.
pub(crate) fn suggestion(word: &str, known: &[&str]) -> Option<String> {
    if let Some(near) = nearest(word, known) {
        return Some(format!("did you mean `{near}`?"));
    }
    if known.is_empty() {
        return None;
    }
    let list: Vec<String> = known.iter().map(|k| format!("`{k}`")).collect();
    Some(format!("known here: {}", list.join(", ")))
}

/// Edits between two words, a swap of neighbours counted as one.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let get = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
            let change = get(&row, j) + usize::from(x != y);
            let mut least = change.min(get(&row, j + 1) + 1).min(get(&next, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                least = least.min(get(&before, j - 1) + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_word_finds_its_neighbour() {
        assert_eq!(
            nearest("listne", &["listen", "serial", "dial"]),
            Some("listen")
        );
        assert_eq!(nearest("protcol", &["protocol", "port"]), Some("protocol"));
        assert_eq!(nearest("colour", &["listen", "serial"]), None);
    }

    #[test]
    fn keys_are_stars_whatever_is_wrong_around_them() {
        for (name, text, shown) in [
            (
                "a",
                "key = \"ascii:a b,c'd\"  # x\n",
                "key = \"ascii:*******\"  # x\n",
            ),
            ("a", "key='hex:00'\r\nid = 1\n", "key='hex:**'\r\nid = 1\n"),
            ("a", "kye = \"hex:00FF\"", "kye = \"hex:****\""),
            ("a", "key = \"0123\"", "key = \"****\""),
            ("a", "key = 0123, x", "key = ****, x"),
            (
                "a",
                "key = \"ascii:0123\nid = 2",
                "key = \"ascii:****\nid = 2",
            ),
            (
                "a",
                "\"previous_key\" = \"asci:1\"",
                "\"previous_key\" = \"******\"",
            ),
            (
                "a",
                "a = [{ id = \"1\", key = \"hex:0\" }]",
                "a = [{ id = \"1\", key = \"hex:*\" }]",
            ),
            (
                "a",
                "key_file = \"centre.key\"",
                "key_file = \"centre.key\"",
            ),
            ("a", "key = \"ascii:é\"", "key = \"ascii:**\""),
            (
                "--forward",
                "h:1,key=hex:00,acount=1",
                "h:1,key=hex:**,acount=1",
            ),
            ("--key", "1234=0123", "1234=****"),
            ("--key", "0123", "****"),
            ("--key", "1234=ascii:a\"b, c", "1234=ascii:******"),
        ] {
            let error = ConfigError::new(name, text, 0..1, "no", None);
            assert_eq!(error.source_text(), shown);
            assert_eq!(shown.len(), text.len());
        }
    }

    #[test]
    fn a_position_counts_lines_and_characters_from_one() {
        let error = ConfigError::new("a.toml", "x = 1\nü = wrong\n", 11..16, "no", None);
        assert_eq!(error.position(), (2, 5));
        assert_eq!(error.to_string(), "a.toml:2:5: no");
    }
}

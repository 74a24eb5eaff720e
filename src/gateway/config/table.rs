//! A table of the document while it is read: each key is asked for once, and what nobody asked for is a mistake.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::error::{ConfigError, Flaw, suggestion};

/// The text that a mistake points into.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
}

impl Source<'_> {
    pub(crate) fn error(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        help: Option<String>,
    ) -> ConfigError {
        ConfigError::new(self.name, self.text, span, message, help)
    }

    /// Places a flaw of a string value: inside its quotes where the text stands there unescaped.
    pub(crate) fn flaw(&self, value: &Spanned<&str>, flaw: Flaw) -> ConfigError {
        let whole = value.span();
        let inner = self.text.get(whole.start + 1..whole.end.saturating_sub(1));
        let span = match flaw.span {
            Some(part) if inner == Some(*value.get_ref()) => {
                whole.start + 1 + part.start..whole.start + 1 + part.end
            }
            _ => whole,
        };
        self.error(span, flaw.message, flaw.help)
    }
}

/// A free key and its value's text.
pub(crate) type Pair<'a> = (Spanned<&'a str>, Spanned<&'a str>);

/// One table and the keys that were asked for.
pub(crate) struct Table<'a> {
    pub(crate) source: Source<'a>,
    /// `[station]`, `[[input]]`: for messages.
    title: &'static str,
    span: Range<usize>,
    table: &'a DeTable<'a>,
    asked: Vec<&'static str>,
}

impl<'a> Table<'a> {
    pub(crate) fn new(
        source: Source<'a>,
        title: &'static str,
        span: Range<usize>,
        table: &'a DeTable<'a>,
    ) -> Self {
        Self {
            source,
            title,
            span,
            table,
            asked: Vec::new(),
        }
    }

    fn value(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.push(key);
        self.table
            .iter()
            .find(|(k, _)| k.get_ref() == key)
            .map(|(_, v)| v)
    }

    fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) -> ConfigError {
        let message = format!("`{key}` is {wanted}, not {}", kind(value.get_ref()));
        self.source.error(value.span(), message, None)
    }

    /// The place of the key, or of the table's head where the key is absent.
    pub(crate) fn place(&self, key: &str) -> Range<usize> {
        self.table
            .iter()
            .find(|(k, _)| k.get_ref() == key)
            .map_or_else(|| self.head(), |(k, _)| k.span())
    }

    /// The place of the table's head line.
    pub(crate) fn head(&self) -> Range<usize> {
        let text = self.source.text.get(self.span.start..).unwrap_or("");
        let line = text.find('\n').unwrap_or(text.len());
        self.span.start
            ..self
                .span
                .end
                .min(self.span.start + line)
                .max(self.span.start)
    }

    pub(crate) fn text(
        &mut self,
        key: &'static str,
    ) -> Result<Option<Spanned<&'a str>>, ConfigError> {
        match self.value(key) {
            None => Ok(None),
            Some(value) => match value.get_ref() {
                DeValue::String(text) => Ok(Some(Spanned::new(value.span(), text.as_ref()))),
                _ => Err(self.wrong_type(key, value, "a text in quotes")),
            },
        }
    }

    pub(crate) fn required(
        &mut self,
        key: &'static str,
        help: &str,
    ) -> Result<Spanned<&'a str>, ConfigError> {
        self.text(key)?.ok_or_else(|| self.missing(key, help))
    }

    pub(crate) fn missing(&self, key: &str, help: &str) -> ConfigError {
        let help = (!help.is_empty()).then(|| help.to_owned());
        self.source
            .error(self.head(), format!("{} needs `{key}`", self.title), help)
    }

    /// A text that is read further.
    pub(crate) fn parsed<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&str) -> Result<T, Flaw>,
    ) -> Result<Option<T>, ConfigError> {
        match self.text(key)? {
            None => Ok(None),
            Some(value) => read(value.get_ref())
                .map(Some)
                .map_err(|flaw| self.source.flaw(&value, flaw)),
        }
    }

    /// One word of several.
    pub(crate) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, ConfigError> {
        self.parsed(key, |text| {
            words
                .iter()
                .find(|(word, _)| *word == text)
                .map(|(_, value)| *value)
                .ok_or_else(|| {
                    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                    let list: Vec<String> = known.iter().map(|k| format!("`{k}`")).collect();
                    let flaw = Flaw::new(format!("`{key}` can't be `{text}`"));
                    flaw.help(
                        suggestion(text, &known)
                            .filter(|s| s.contains("mean"))
                            .unwrap_or(list.join(" or ")),
                    )
                })
        })
    }

    pub(crate) fn boolean(&mut self, key: &'static str) -> Result<Option<bool>, ConfigError> {
        match self.value(key) {
            None => Ok(None),
            Some(value) => match value.get_ref() {
                DeValue::Boolean(it) => Ok(Some(*it)),
                _ => Err(self.wrong_type(key, value, "true or false")),
            },
        }
    }

    pub(crate) fn number(
        &mut self,
        key: &'static str,
        range: Range<u32>,
    ) -> Result<Option<u32>, ConfigError> {
        match self.value(key) {
            None => Ok(None),
            Some(value) => match value.get_ref() {
                DeValue::Integer(it) => {
                    let read = u32::from_str_radix(it.as_str(), it.radix())
                        .ok()
                        .filter(|n| range.contains(n));
                    read.map(Some).ok_or_else(|| {
                        let message = format!("`{key}` is {} to {}", range.start, range.end - 1);
                        self.source.error(value.span(), message, None)
                    })
                }
                _ => Err(self.wrong_type(key, value, "a number")),
            },
        }
    }

    /// A text or an array of texts.
    pub(crate) fn texts(
        &mut self,
        key: &'static str,
    ) -> Result<Option<Vec<Spanned<&'a str>>>, ConfigError> {
        const WANTED: &str = "a text in quotes or an array of them";
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        match value.get_ref() {
            DeValue::String(text) => Ok(Some(vec![Spanned::new(value.span(), text.as_ref())])),
            DeValue::Array(items) => items
                .iter()
                .map(|item| match item.get_ref() {
                    DeValue::String(text) => Ok(Spanned::new(item.span(), text.as_ref())),
                    _ => Err(self.wrong_type(key, item, WANTED)),
                })
                .collect::<Result<_, _>>()
                .map(Some),
            _ => Err(self.wrong_type(key, value, WANTED)),
        }
    }

    /// A table below this one.
    pub(crate) fn table(
        &mut self,
        key: &'static str,
        title: &'static str,
    ) -> Result<Option<Self>, ConfigError> {
        match self.value(key) {
            None => Ok(None),
            Some(value) => match value.get_ref() {
                DeValue::Table(table) => {
                    Ok(Some(Table::new(self.source, title, value.span(), table)))
                }
                _ => Err(self.wrong_type(key, value, "a table")),
            },
        }
    }

    /// An array of tables.
    pub(crate) fn tables(
        &mut self,
        key: &'static str,
        title: &'static str,
    ) -> Result<Vec<Self>, ConfigError> {
        let Some(value) = self.value(key) else {
            return Ok(Vec::new());
        };
        let wanted = format!("an array of tables: write `{title}`");
        let DeValue::Array(items) = value.get_ref() else {
            let message = format!("`{key}` is {wanted}");
            return Err(self.source.error(value.span(), message, None));
        };
        items
            .iter()
            .map(|item| match item.get_ref() {
                DeValue::Table(table) => Ok(Table::new(self.source, title, item.span(), table)),
                _ => Err(self.wrong_type(key, item, &wanted)),
            })
            .collect()
    }

    /// Every key with its value's text, for a table of free keys.
    pub(crate) fn pairs(&mut self) -> Result<Vec<Pair<'a>>, ConfigError> {
        self.table
            .iter()
            .map(|(key, value)| match value.get_ref() {
                DeValue::String(text) => Ok((
                    Spanned::new(key.span(), key.get_ref().as_ref()),
                    Spanned::new(value.span(), text.as_ref()),
                )),
                _ => Err(self.wrong_type(key.get_ref(), value, "a text in quotes")),
            })
            .collect()
    }

    /// Whether the key stands there at all.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.iter().any(|(k, _)| k.get_ref() == key)
    }

    /// What was not asked for is not known.
    pub(crate) fn finish(self) -> Result<(), ConfigError> {
        // In the order of the text, so that the first mistake is the one that is told.
        let mut unknown: Vec<_> = self
            .table
            .iter()
            .map(|(k, _)| k)
            .filter(|k| !self.asked.contains(&k.get_ref().as_ref()))
            .collect();
        unknown.sort_by_key(|key| key.span().start);
        match unknown.first() {
            None => Ok(()),
            Some(key) => {
                let help = suggestion(key.get_ref(), &self.asked);
                let message = format!("{} has no key `{}`", self.title, key.get_ref());
                Err(self.source.error(key.span(), message, help))
            }
        }
    }
}

const fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

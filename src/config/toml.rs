//! A TOML text as nested tables, built from the events of the crate toml_parser.
//!
//! A configuration has strings, integers and tables, so only these have values here; of anything
//! else there is the name of its type, for the refusal.

use std::borrow::Cow;
use std::collections::btree_map::{BTreeMap, Entry};

use toml_parser::decoder::{Encoding, ScalarKind};
use toml_parser::lexer::Token;
use toml_parser::parser::{parse_document, EventReceiver, RecursionGuard, ValidateWhitespace};
use toml_parser::{ErrorSink, ParseError, Raw, Source, Span};

use crate::{Error, Status};

/// How deep a key, and how deep inline tables and arrays, may go; a configuration needs two.
const DEEPEST: u32 = 16;

#[derive(Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Table(Table),
    /// `[[tables]]`, of which the last is kept.
    Tables(Table),
    Other(&'static str),
}

#[derive(Debug, Default, PartialEq)]
pub(super) struct Table {
    entries: BTreeMap<String, Value>,
    made: Made,
}

/// The origin of a table, which decides what may still add to it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Made {
    /// Its own header.
    #[default]
    Header,
    /// The header of a table inside.
    Inside,
    Dotted,
    Inline,
}

/// A key of several parts, and the place of its last part.
#[derive(Default)]
struct Path(Vec<String>, Option<Span>);

/// What `parse` goes through; some thirty times as long as the text. `NO_MEMORY`.
pub(super) fn tokens(text: &str) -> crate::Result<Vec<Token>> {
    let mut tokens = Vec::new();
    for token in Source::new(text).lex() {
        tokens
            .try_reserve(1)
            .map_err(|_| Error::new(Status::NO_MEMORY, "no memory to parse a configuration"))?;
        tokens.push(token);
    }
    Ok(tokens)
}

/// `tokens` are those of `text`.
pub(super) fn parse(text: &str, tokens: &[Token]) -> Result<Table, ParseError> {
    let source = Source::new(text);
    let mut tree = Tree {
        source,
        root: Table::default(),
        current: Vec::new(),
        path: Path::default(),
        keys: Vec::new(),
        inline: Vec::new(),
        arrays: 0,
    };
    let mut error = None;
    let mut checked = ValidateWhitespace::new(&mut tree, source);
    let mut receiver = RecursionGuard::new(&mut checked, DEEPEST);
    parse_document(tokens, &mut receiver, &mut error);
    error.map_or(Ok(tree.root), Err)
}

impl Value {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "a string",
            Value::Integer(_) => "an integer",
            Value::Table(_) => "a table",
            Value::Tables(_) => "an array",
            Value::Other(kind) => kind,
        }
    }
}

impl Table {
    fn new(made: Made) -> Self {
        let entries = BTreeMap::new();
        Table { entries, made }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.entries.get(key)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &String> {
        self.entries.keys()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The table at the end of `path`; what is missing on the way is made. `None` where
    /// something is in the way.
    fn descend(&mut self, path: &[String], made: Made) -> Option<&mut Table> {
        let mut table = self;
        for key in path {
            let fresh = || Value::Table(Table::new(made));
            let next = table.entries.entry(key.clone()).or_insert_with(fresh);
            let (Value::Table(inner) | Value::Tables(inner)) = next else {
                return None;
            };
            match (made, inner.made) {
                (_, Made::Inline) | (Made::Dotted, Made::Header) => return None,
                (Made::Dotted, Made::Inside) => inner.made = Made::Dotted,
                _ => {}
            }
            table = inner;
        }
        Some(table)
    }

    /// Adds the value behind a key. `None` where there is one already.
    fn put(&mut self, path: &[String], value: Value) -> Option<()> {
        let (key, path) = path.split_last()?;
        match self.descend(path, Made::Dotted)?.entries.entry(key.clone()) {
            Entry::Vacant(place) => {
                place.insert(value);
                Some(())
            }
            Entry::Occupied(_) => None,
        }
    }

    /// Adds the table of a header. `None` where it is not allowed.
    fn open(&mut self, path: &[String], is_array: bool) -> Option<()> {
        let (key, path) = path.split_last()?;
        let fresh = Table::default();
        match self.descend(path, Made::Inside)?.entries.entry(key.clone()) {
            Entry::Vacant(place) if is_array => drop(place.insert(Value::Tables(fresh))),
            Entry::Vacant(place) => drop(place.insert(Value::Table(fresh))),
            Entry::Occupied(mut there) => match there.get_mut() {
                Value::Tables(last) if is_array => *last = fresh,
                Value::Table(table) if !is_array && table.made == Made::Inside => {
                    table.made = Made::Header;
                }
                _ => return None,
            },
        }
        Some(())
    }
}

/// The tables so far.
struct Tree<'a> {
    source: Source<'a>,
    root: Table,
    /// Where the table of the last header is.
    current: Vec<String>,
    /// The key that is being read.
    path: Path,
    /// The keys whose values are being read: several where inline tables are.
    keys: Vec<Path>,
    inline: Vec<Table>,
    /// In how many arrays this is. What is inside has to be TOML, and is not kept.
    arrays: usize,
}

impl<'a> Tree<'a> {
    fn raw(&self, span: Span, kind: Option<Encoding>) -> Raw<'a> {
        let raw = self.source.get(span).map_or("", |raw| raw.as_str());
        Raw::new_unchecked(raw, kind, span)
    }

    fn value(&mut self, value: Value, error: &mut dyn ErrorSink) {
        if self.arrays > 0 {
            return;
        }
        let Some(Path(path, span)) = self.keys.pop() else {
            return;
        };
        let table = match self.inline.last_mut() {
            Some(inline) => Some(inline),
            None => self.root.descend(&self.current, Made::Inside),
        };
        if table.and_then(|table| table.put(&path, value)).is_none() {
            duplicate(span, error);
        }
    }

    fn header(&mut self, is_array: bool, error: &mut dyn ErrorSink) {
        let Path(path, span) = std::mem::take(&mut self.path);
        if self.root.open(&path, is_array).is_none() {
            duplicate(span, error);
        }
        self.current = path;
    }
}

fn duplicate(span: Option<Span>, error: &mut dyn ErrorSink) {
    refuse("duplicate key", span, error);
}

fn refuse(text: &'static str, span: Option<Span>, error: &mut dyn ErrorSink) {
    let refusal = ParseError::new(text);
    error.report_error(match span {
        Some(span) => refusal.with_unexpected(span),
        None => refusal,
    });
}

impl EventReceiver for Tree<'_> {
    fn std_table_open(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.path = Path::default();
    }

    fn std_table_close(&mut self, _: Span, error: &mut dyn ErrorSink) {
        self.header(false, error);
    }

    fn array_table_open(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.path = Path::default();
    }

    fn array_table_close(&mut self, _: Span, error: &mut dyn ErrorSink) {
        self.header(true, error);
    }

    fn simple_key(&mut self, span: Span, kind: Option<Encoding>, error: &mut dyn ErrorSink) {
        let mut key = Cow::Borrowed("");
        self.raw(span, kind).decode_key(&mut key, error);
        let Path(path, last) = &mut self.path;
        if path.len() >= DEEPEST as usize {
            return refuse("a key of too many parts", Some(span), error);
        }
        path.push(key.into_owned());
        *last = Some(span);
    }

    fn key_val_sep(&mut self, _: Span, _: &mut dyn ErrorSink) {
        let path = std::mem::take(&mut self.path);
        if self.arrays == 0 {
            self.keys.push(path);
        }
    }

    fn scalar(&mut self, span: Span, kind: Option<Encoding>, error: &mut dyn ErrorSink) {
        let mut text = Cow::Borrowed("");
        let value = match self.raw(span, kind).decode_scalar(&mut text, error) {
            ScalarKind::String => Value::Text(text.into_owned()),
            ScalarKind::Integer(radix) => match i64::from_str_radix(&text, radix.value()) {
                Ok(number) => Value::Integer(number),
                Err(_) => return refuse("an integer out of range", Some(span), error),
            },
            ScalarKind::Boolean(_) => Value::Other("a boolean"),
            ScalarKind::DateTime => Value::Other("a date"),
            ScalarKind::Float => Value::Other("a float"),
        };
        self.value(value, error);
    }

    fn inline_table_open(&mut self, _: Span, _: &mut dyn ErrorSink) -> bool {
        if self.arrays == 0 {
            self.inline.push(Table::new(Made::Inline));
        }
        true
    }

    fn inline_table_close(&mut self, _: Span, error: &mut dyn ErrorSink) {
        if self.arrays > 0 {
            return;
        }
        if let Some(table) = self.inline.pop() {
            self.value(Value::Table(table), error);
        }
    }

    fn array_open(&mut self, _: Span, _: &mut dyn ErrorSink) -> bool {
        self.arrays += 1;
        true
    }

    fn array_close(&mut self, _: Span, error: &mut dyn ErrorSink) {
        self.arrays = self.arrays.saturating_sub(1);
        self.value(Value::Other("an array"), error);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Table, ParseError> {
        super::parse(text, &tokens(text).unwrap())
    }

    /// The result of the crate toml for the same text.
    fn theirs(text: &str) -> Option<toml::Table> {
        text.parse().ok()
    }

    fn same(ours: &Table, theirs: &toml::Table) -> bool {
        ours.keys().eq(theirs.keys())
            && ours
                .entries
                .values()
                .zip(theirs.values())
                .all(|pair| match pair {
                    (Value::Text(ours), toml::Value::String(theirs)) => ours == theirs,
                    (Value::Integer(ours), toml::Value::Integer(theirs)) => ours == theirs,
                    (Value::Table(ours), toml::Value::Table(theirs)) => same(ours, theirs),
                    (Value::Tables(ours), toml::Value::Array(theirs)) => theirs
                        .last()
                        .and_then(toml::Value::as_table)
                        .is_some_and(|theirs| same(ours, theirs)),
                    (Value::Other("a boolean"), toml::Value::Boolean(_))
                    | (Value::Other("a float"), toml::Value::Float(_))
                    | (Value::Other("a date"), toml::Value::Datetime(_))
                    | (Value::Other("an array"), toml::Value::Array(_)) => true,
                    _ => false,
                })
    }

    /// Whether there is a value in it that no configuration may have.
    fn has_others(table: &Table) -> bool {
        table.entries.values().any(|value| match value {
            Value::Table(table) => has_others(table),
            Value::Tables(_) | Value::Other(_) => true,
            Value::Text(_) | Value::Integer(_) => false,
        })
    }

    /// Fails where the crate toml reads something else. Returns whether it reads anything.
    #[track_caller]
    fn compare(text: &str) -> bool {
        match (parse(text), theirs(text)) {
            (Ok(ours), Some(theirs)) => {
                assert!(same(&ours, &theirs), "{text}\n{ours:?}\n{theirs:?}");
                true
            }
            // Such values are refused later, by their type; their contents are not looked at.
            (Ok(ours), None) => {
                assert!(has_others(&ours), "{text}\n{ours:?}");
                false
            }
            (Err(error), Some(_)) => panic!("{text}\n{error:?}"),
            (Err(_), None) => false,
        }
    }

    const ALL: &str = "\
# a comment\n\
Network = \"t\\u0063p\\n\"\t# another\n\
'quoted key' = 'C:\\path'\n\
a.b . \"c d\" = 0x1_F\n\
a.n = -1_000\n\
text = \"\"\"\nmany\\\n   lines\"\"\"\n\
raw = '''\nmany 'lines'\n'''\n\
other = [1, [2.5, {x = 1}], true, 1979-05-27T07:32:00Z]\n\
[Dial.Tcp]\n\
Address = { Host.name = 'x', port = 0b11, deep = { o = 0o17 } }\n\
[Dial]\n\
[[list]]\n\
x = 1\n\
[list.inside]\n\
y = +2\n\
[[list]]\n\
z = inf\n";

    #[test]
    fn a_text_with_everything_is_read_as_the_crate_toml_reads_it() {
        assert!(compare(ALL));
        assert!(compare(&ALL.replace('\n', "\r\n")));
        assert!(compare(""));
    }

    #[test]
    fn every_text_one_character_away_is_read_as_the_crate_toml_reads_it() {
        let (mut read, mut refused) = (0, 0);
        for at in 0..ALL.len() {
            for new in [
                "", "\"", "'", "\n", ".", "=", "[", "]", "{", "}", ",", "_", "0", "\\", "\0",
            ] {
                let text = [&ALL[..at], new, &ALL[at + 1..]].concat();
                match compare(&text) {
                    true => read += 1,
                    false => refused += 1,
                }
            }
        }
        assert!(
            read > 500 && refused > 500,
            "{read} read, {refused} refused"
        );
    }

    #[test]
    fn tables_are_defined_once_and_as_the_crate_toml_allows_it() {
        let lines = [
            "[a]",
            "[a.b]",
            "[a.b.c]",
            "[[a]]",
            "[[a.b]]",
            "b.c = 1",
            "b = {}",
            "b = 1",
            "c = 1",
            "a.b.c = 1",
            "a.b = 2",
            "a = { b.c = 1, b.d = 2 }",
        ];
        let (mut read, mut refused) = (0, 0);
        for first in lines {
            for second in lines {
                for third in lines {
                    match compare(&format!("{first}\n{second}\n{third}\n")) {
                        true => read += 1,
                        false => refused += 1,
                    }
                }
            }
        }
        assert!(
            read > 100 && refused > 100,
            "{read} read, {refused} refused"
        );
    }

    #[test]
    fn integers_beyond_64_bits_and_deep_nesting_are_refused() {
        assert!(parse("a = 9223372036854775807").is_ok());
        assert!(parse("a = 9223372036854775808").is_err());
        for deep in ["{a=", "[", "a."] {
            assert!(parse(&format!("a = {}", deep.repeat(100_000))).is_err());
            assert!(parse(&format!("a.{} = 1", deep.repeat(100_000))).is_err());
        }
    }
}

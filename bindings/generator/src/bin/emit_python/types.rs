//! The table of types of cffi's backend: a row for each operation, and in each an index of another row.

use std::collections::BTreeMap;

use kpclient_bindings::Api;

use super::raw::{declared, number};

/// The operations, as cffi numbers them.
const PRIMITIVE: u32 = 1;
const POINTER: u32 = 3;
const ARRAY: u32 = 5;
const STRUCT: u32 = 9;
const FUNCTION: u32 = 13;
const FUNCTION_END: u32 = 15;
pub const SAME_AS: u32 = 17;
pub const FUNCTION_OF_LIBRARY: u32 = 35;

/// What cffi has a number for.
const PRIMITIVES: [(&str, u32); 14] = [
    ("void", 0),
    ("bool", 1),
    ("char", 2),
    ("int", 7),
    ("double", 14),
    ("int8_t", 17),
    ("uint8_t", 18),
    ("int16_t", 19),
    ("uint16_t", 20),
    ("int32_t", 21),
    ("uint32_t", 22),
    ("int64_t", 23),
    ("uint64_t", 24),
    ("size_t", 28),
];

pub struct Types<'a> {
    api: &'a Api,
    /// The position of each struct among all, by its name.
    structs: BTreeMap<&'a str, u32>,
    rows: Vec<u32>,
    /// Where a type is, by how it is written.
    known: BTreeMap<String, u32>,
}

impl<'a> Types<'a> {
    pub fn new(api: &'a Api) -> Self {
        let handles = api.handles.iter().map(|handle| handle.name.as_str());
        let structs = api.structs.iter().map(|laid| laid.name.as_str());
        let mut names: Vec<_> = handles.chain(structs).collect();
        names.sort_unstable();
        Types {
            api,
            structs: names.into_iter().zip(0..).collect(),
            rows: Vec::new(),
            known: BTreeMap::new(),
        }
    }

    /// The rows, four of them in a line.
    pub fn text(&self) -> String {
        let lines = self.rows.chunks(4).map(|rows| {
            let rows: String = rows.iter().map(|row| number(*row)).collect();
            format!("        b'{rows}'\n")
        });
        lines.collect()
    }

    /// The type of a function that returns this, with parameters as they are declared.
    pub fn function(&mut self, returns: &str, parameters: &[String]) -> Result<u32, String> {
        let text = format!("{returns}({})", parameters.join(", "));
        let returns = self.declaration(&declared(returns, "result"))?;
        let mut rows = vec![returns << 8 | FUNCTION];
        // Some entries of the model hold several parameters.
        let parameters = parameters.join(",");
        for parameter in parameters.split(',').filter(|text| !text.trim().is_empty()) {
            rows.push(self.declaration(parameter)? << 8 | SAME_AS);
        }
        rows.push(FUNCTION_END);
        Ok(self.add(text, &rows))
    }

    pub fn member(&mut self, kind: &str, count: Option<usize>) -> Result<u32, String> {
        let item = self.declaration(&declared(kind, "member"))?;
        let Some(count) = count else { return Ok(item) };
        let count = u32::try_from(count).map_err(|_| format!("{kind}: too many"))?;
        Ok(self.add(format!("{item}[{count}]"), &[item << 8 | ARRAY, count]))
    }

    /// The type of something that is declared like this, with its name.
    fn declaration(&mut self, text: &str) -> Result<u32, String> {
        let mut words = text
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| !word.is_empty() && *word != "const");
        let base = words.next().ok_or_else(|| format!("no type: {text}"))?;
        let mut index = self.named(base)?;
        for _ in text.matches('*') {
            index = self.add(format!("{index}*"), &[index << 8 | POINTER]);
        }
        Ok(index)
    }

    /// The type that has this name.
    pub fn named(&mut self, name: &str) -> Result<u32, String> {
        if let Some(index) = self.known.get(name) {
            return Ok(*index);
        }
        let api = self.api;
        let primitive = PRIMITIVES.iter().find(|(known, _)| *known == name);
        let row = if let Some((_, number)) = primitive {
            number << 8 | PRIMITIVE
        } else if let Some(position) = self.structs.get(name) {
            position << 8 | STRUCT
        } else if let Some(alias) = api.aliases.iter().find(|alias| alias.name == name) {
            self.named(&alias.r#type)? << 8 | SAME_AS
        } else if let Some(callback) = api.callbacks.iter().find(|it| it.name == name) {
            let parameters = callback
                .parameters
                .iter()
                .map(|(kind, name)| declared(kind, name));
            let parameters: Vec<_> = parameters.collect();
            self.function(&callback.returns, &parameters)? << 8 | POINTER
        } else {
            return Err(format!("cffi has no type {name}"));
        };
        Ok(self.add(name.to_owned(), &[row]))
    }

    fn add(&mut self, text: String, rows: &[u32]) -> u32 {
        let next = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        *self.known.entry(text).or_insert_with(|| {
            self.rows.extend_from_slice(rows);
            next
        })
    }
}

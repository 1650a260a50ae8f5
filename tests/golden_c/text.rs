//! Fields as the player reads and prints them: `name=value`, bytes and texts in hexadecimal,
//! what lies inside of lists and maps by a path of names.

use std::collections::BTreeMap;

use serde_cbor::Value;

use crate::common::frames::Fields;

/// Values by name.
pub type Shown = BTreeMap<String, String>;

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All fields of a message.
pub fn shown(fields: &Fields) -> Shown {
    let mut all = Shown::new();
    for (name, value) in fields {
        show(name, value, &mut all);
    }
    all
}

fn show(name: &str, value: &Value, all: &mut Shown) {
    let text = match value {
        Value::Null => return,
        Value::Bool(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Bytes(value) => hex(value),
        Value::Text(value) => hex(value.as_bytes()),
        Value::Array(values) => {
            for (at, value) in values.iter().enumerate() {
                show(&format!("{name}.{at}"), value, all);
            }
            return;
        }
        Value::Map(values) => {
            for (key, value) in values {
                let Value::Text(key) = key else {
                    panic!("{name} has a key that is no text");
                };
                show(&format!("{name}.{key}"), value, all);
            }
            return;
        }
        other => panic!("{name} is {other:?}"),
    };
    all.insert(name.to_owned(), text);
}

/// The pairs of a line.
pub fn parse<'a>(words: impl Iterator<Item = &'a str>) -> Shown {
    words
        .map(|word| word.split_once('=').expect("name=value"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Both are the same; tells the first name that is not, and where its values part.
pub fn compare(place: &str, found: &Shown, recorded: &Shown) {
    for name in found.keys().chain(recorded.keys()) {
        let (found, recorded) = (found.get(name), recorded.get(name));
        if found != recorded {
            let [found, recorded] = [found, recorded].map(|value| value.map_or("missing", |v| v));
            let both = found.bytes().zip(recorded.bytes());
            let parting = both.take_while(|(a, b)| a == b).count();
            let from = |value: &str| value[parting..].chars().take(40).collect::<String>();
            panic!(
                "{place}: {name} is {}, not {}, from character {parting} on",
                from(found),
                from(recorded)
            );
        }
    }
}

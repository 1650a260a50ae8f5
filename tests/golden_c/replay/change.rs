//! A conversation that is not as recorded, which a replay has to notice.

use serde_cbor::Value;

/// A field of one recorded frame in which the conversation is to differ from the recording.
#[derive(Clone, Debug)]
pub struct Change {
    pub place: String,
    pub field: String,
}

/// A frame with another value in one field of its message.
pub fn altered(cbor: &[u8], field: &str) -> Vec<u8> {
    let mut frame: Value = serde_cbor::from_slice(cbor).unwrap();
    let Value::Map(kinds) = &mut frame else {
        panic!("no map");
    };
    for kind in kinds.values_mut() {
        if let Value::Map(fields) = kind {
            alter(fields.get_mut(&Value::Text(field.to_owned())).unwrap());
        }
    }
    serde_cbor::to_vec(&frame).unwrap()
}

/// Another value of the same kind and size.
pub fn alter(value: &mut Value) {
    match value {
        Value::Bool(value) => *value = !*value,
        Value::Integer(value) => *value += 1,
        Value::Bytes(bytes) => match bytes.last_mut() {
            Some(last) => *last ^= 1,
            None => bytes.push(1),
        },
        Value::Text(text) => text.insert(0, 'x'),
        Value::Array(values) => alter(&mut values[0]),
        Value::Map(values) => alter(values.values_mut().next().unwrap()),
        other => panic!("{other:?} cannot be altered"),
    }
}

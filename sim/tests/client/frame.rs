//! The daemon's frames, and the values in them.

use serde_cbor::Value;

/// A frame of the daemon: its one kind and the body.
#[derive(Clone, PartialEq)]
pub struct Frame {
    /// All keys in the order of the wire.
    pub keys: Vec<String>,
    pub kind: String,
    pub body: Value,
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut body = format!("{:?}", self.body);
        body.truncate(300);
        write!(f, "{} {body}", self.kind)
    }
}

/// The keys of a map in the order in which they stand.
struct Keys(Vec<String>);

impl<'de> serde::Deserialize<'de> for Keys {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Keys, D::Error> {
        struct KeysVisitor;
        impl<'de> serde::de::Visitor<'de> for KeysVisitor {
            type Value = Keys;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, serde::de::IgnoredAny)) = map.next_entry()? {
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
        }
        d.deserialize_map(KeysVisitor)
    }
}

impl Frame {
    pub fn decode(bytes: &[u8]) -> Frame {
        let Value::Map(map) = serde_cbor::from_slice(bytes).unwrap() else {
            panic!("not a map")
        };
        let mut kind = (String::new(), Value::Null);
        for (key, value) in &map {
            if *value != Value::Null {
                assert_eq!(kind.1, Value::Null, "two kinds in one frame");
                kind = (text(key), value.clone());
            }
        }
        Frame {
            keys: serde_cbor::from_slice::<Keys>(bytes).unwrap().0,
            kind: kind.0,
            body: kind.1,
        }
    }

    pub fn get(&self, key: &str) -> Option<&Value> {
        let Value::Map(map) = &self.body else {
            return None;
        };
        map.get(&Value::Text(key.to_owned()))
    }

    pub fn bytes(&self, key: &str) -> Vec<u8> {
        match self.get(key) {
            Some(Value::Bytes(b)) => b.clone(),
            other => panic!("{} has {key} {other:?}", self.kind),
        }
    }

    pub fn integer(&self, key: &str) -> i128 {
        match self.get(key) {
            Some(Value::Integer(n)) => *n,
            other => panic!("{} has {key} {other:?}", self.kind),
        }
    }

    pub fn code(&self) -> i128 {
        self.integer("error_code")
    }

    pub fn get_code(&self) -> i32 {
        i32::try_from(self.code()).unwrap()
    }

    pub fn query_id(&self) -> Option<Vec<u8>> {
        match self.get("query_id") {
            Some(Value::Bytes(b)) => Some(b.clone()),
            _ => None,
        }
    }
}

pub fn text(value: &Value) -> String {
    match value {
        Value::Text(t) => t.clone(),
        other => panic!("not a text: {other:?}"),
    }
}

pub fn map(fields: &[(&str, Value)]) -> Value {
    Value::Map(
        fields
            .iter()
            .map(|(k, v)| (Value::Text((*k).to_owned()), v.clone()))
            .collect(),
    )
}

pub fn bytes(b: &[u8]) -> Value {
    Value::Bytes(b.to_vec())
}

pub fn field<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    let Value::Map(map) = value else { return None };
    map.get(&Value::Text(key.to_owned()))
}

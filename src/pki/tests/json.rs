//! Documents as JSON: of real networks, and of none.

use std::collections::BTreeMap;

use serde_cbor::Value;

use super::{document, documents, text};
use crate::bacap::blake2b_256;
use crate::golden;
use crate::pki::json::render;

#[test]
fn real_documents_become_json_with_their_descriptors() {
    for era in golden::ERAS {
        for document in documents(era) {
            let json: serde_json::Value =
                serde_json::from_str(&document.to_json().unwrap()).unwrap();
            assert_eq!(json["Epoch"], document.epoch());
            assert_eq!(json["LambdaP"], 0.001);
            let service = &json["ServiceNodes"][0];
            assert_eq!(service["Kaetzchen"]["echo"]["endpoint"], "+echo");
            let key = golden::hex(service["IdentityKey"].as_str().unwrap());
            assert!(document.has_identity(&blake2b_256(&key)));
            assert_eq!(json["Topology"][0][0]["IsServiceNode"], false);
            assert!(json["SharedRandomCommit"].is_null());
            let epoch = service["Epoch"].as_u64().unwrap() + 1;
            assert!(service["MixKeys"][epoch.to_string()].is_string());
            let lines = document.to_json().unwrap();
            assert!(lines.lines().any(|line| line.starts_with("  \"Epoch\": ")));
        }
    }
}

#[test]
fn odd_content_becomes_json_as_well() {
    let odd = Value::Array(vec![
        text("quote \" backslash \\ line\n bell \u{7}"),
        Value::Float(f64::NAN),
        Value::Float(1e300),
        Value::Integer(-5),
        Value::Integer(i128::from(u64::MAX)),
        Value::Array(vec![]),
        Value::Map([(Value::Integer(-1), Value::Bool(true))].into()),
        Value::Map([(Value::Bytes(vec![0xab]), Value::Null)].into()),
        Value::Map(BTreeMap::new()),
        Value::Bytes(vec![]),
    ]);
    let document = document([("Odd", odd)]).unwrap();
    let json: serde_json::Value = serde_json::from_str(&document.to_json().unwrap()).unwrap();
    let expected = serde_json::json!([
        "quote \" backslash \\ line\n bell \u{7}",
        "NaN",
        1e300,
        -5,
        u64::MAX,
        [],
        {"-1": true},
        {"ab": null},
        {},
        "",
    ]);
    assert_eq!(json["Odd"], expected);
    // What is no CBOR at all is shown as hex.
    assert_eq!(render(b"\x18").unwrap(), "\"18\"");
    assert_eq!(render(b"").unwrap(), "\"\"");
    assert_eq!(render(b"\x81\x62\xff\xff").unwrap(), "\"8162ffff\"");
}

#[test]
fn deep_lists_do_not_multiply_the_length_of_the_json() {
    let mut deep = vec![0x81; 100];
    deep.extend(b"\x99\xff\xff");
    deep.extend([0; 0xffff]);
    let json = render(&deep).unwrap();
    assert!(json.len() < 4 * deep.len(), "{}", json.len());
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
}

/// Elements of one byte, eight levels deep, would be nineteen times as long with their indentation.
#[test]
fn indentation_does_not_multiply_a_document() {
    let deep = (0..6).fold(
        Value::Array(vec![Value::Integer(1); 100_000]),
        |inner, _| Value::Array(vec![inner]),
    );
    let document = document([("Parameters", deep)]).unwrap();
    let json = document.to_json().unwrap();
    assert!(json.len() < 7 * document.cbor().len(), "{}", json.len());
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    let list = (0..6).fold(&read["Parameters"], |outer, _| &outer[0]);
    assert_eq!(list.as_array().map(Vec::len), Some(100_000));
}

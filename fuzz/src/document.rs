//! The directory authorities' document, as a daemon hands it on.

use bytes::Bytes;
use kpclient::pki::Document;

use super::input::Input;
use super::seeded_fault;

/// As deep as a JSON parser goes by itself.
const DEEP: usize = 100;

pub fn run(data: &[u8]) {
    let mut input = Input::of(data);
    let is_signed = input.byte() & 1 == 1;
    let bytes = Bytes::copy_from_slice(input.rest());
    let document = if is_signed {
        Document::parse_signed(&bytes)
    } else {
        Document::parse(bytes)
    };
    let Ok(document) = document else {
        return;
    };
    let epoch = document.epoch();
    seeded_fault([epoch < 0x100, epoch & 0xf == 4]);
    assert!(document.lambda_p().is_finite() && document.mu().is_finite());
    assert!(!format!("{document:?}").is_empty());
    for service in document.services("echo") {
        assert!(document.has_identity(&service.node));
    }
    for node in document.nodes() {
        assert!(document.has_identity(&node.identity));
    }
    if let Ok(json) = document.to_json() {
        let depth = json
            .bytes()
            .filter(|byte| matches!(byte, b'[' | b'{'))
            .count();
        if depth < DEEP {
            let parsed: serde_json::Value = serde_json::from_str(&json).unwrap();
            // What has no form in JSON, as a map with the same key twice, is a string of its bytes.
            assert!(parsed.is_object() || parsed.is_string());
        }
    }
}

//! What a daemon says, frame by frame.

use bytes::Bytes;
use kpclient::wire::{decode, features, outline, query_id, Incoming};
use kpclient::Status;

use super::seeded_fault;

pub fn run(data: &[u8]) {
    let frame = Bytes::copy_from_slice(data);
    let shown = outline(data);
    let known = features(data);
    let query = query_id(data);
    match decode(&frame) {
        Ok(incoming) => {
            // Whoever decodes a message can ask the same frame for the rest.
            assert!(known.is_ok());
            if let Incoming::Reply(reply) = &incoming {
                assert_eq!(query, reply.query_id);
                assert!(shown.kind.is_some());
                let code = reply.error_code;
                seeded_fault([code != 0, code > 15, code & 3 == 3]);
            }
            // Shown in logs: must hold up.
            let text = format!("{incoming:?}");
            assert!(!text.is_empty());
        }
        Err(error) => {
            assert_eq!(error.status(), Status::CBOR);
            assert!(!error.message().is_empty());
        }
    }
}

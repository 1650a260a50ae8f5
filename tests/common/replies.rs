//! What a daemon answers.

use kpclient::bacap::{self, BoxIndex, ReadCap, WriteCap};
use serde_cbor::Value;

use super::frames::{bytes, fields, get, int, Era, Fields};
use super::peer::{Asked, Conn};

/// Ciphertexts of the recorded network are so long.
pub const CIPHERTEXT: usize = 2000;
/// The courier of every answer.
pub const COURIER: [u8; 32] = [0xc0; 32];

/// The fields of a failure.
pub fn failed(asked: &Asked, code: u8) -> Fields {
    fields([
        ("query_id", bytes(&asked.query())),
        ("error_code", int(code)),
    ])
}

impl Conn {
    /// Answers `asked` with these fields, its query id and code 0.
    pub fn answer(&mut self, asked: &Asked, mut more: Fields) {
        more.insert("query_id".into(), bytes(&asked.query()));
        more.entry("error_code".into()).or_insert(int(0));
        self.send_message(&format!("{}_reply", asked.key), &more);
    }

    /// Refuses `asked` with a code.
    pub fn refuse(&mut self, asked: &Asked, code: u8) {
        self.send_message(&format!("{}_reply", asked.key), &failed(asked, code));
    }

    /// Answers `new_keypair` truly.
    pub fn answer_keypair(&mut self, asked: &Asked) {
        let pair = bacap::keypair(&get(&asked.fields, "seed"));
        self.answer(
            asked,
            fields([
                ("write_cap", bytes(pair.write_cap.as_bytes())),
                ("read_cap", bytes(pair.read_cap.as_bytes())),
                ("first_message_index", bytes(pair.first_index.as_bytes())),
            ]),
        );
    }

    /// Answers `next_message_box_index` truly.
    pub fn answer_next_index(&mut self, asked: &Asked) {
        let index: [u8; 104] = get(&asked.fields, "message_box_index");
        let next = BoxIndex::from_bytes(&index).unwrap().next();
        let field = ("next_message_box_index", bytes(next.as_bytes()));
        self.answer(asked, fields([field]));
    }

    /// Answers `encrypt_read` or `encrypt_write` with an envelope of this hash.
    pub fn answer_envelope(&mut self, asked: &Asked, hash: u8) {
        self.answer_envelope_named(asked, &[hash; 32]);
    }

    /// The same with a whole hash.
    pub fn answer_envelope_named(&mut self, asked: &Asked, hash: &[u8; 32]) {
        let index: [u8; 104] = get(&asked.fields, "message_box_index");
        let next = BoxIndex::from_bytes(&index).unwrap().next();
        self.answer(
            asked,
            fields([
                ("message_ciphertext", bytes(&[hash[0]; CIPHERTEXT])),
                ("envelope_descriptor", bytes(&[hash[0]; 71])),
                ("envelope_hash", bytes(hash)),
                ("next_message_box_index", bytes(next.as_bytes())),
            ]),
        );
    }

    /// Ends a start as a courier that was asked does.
    pub fn answer_start(&mut self, asked: &Asked, code: u8, plaintext: Option<&[u8]>) {
        let mut reply = fields([
            ("courier_identity_hash", bytes(&COURIER)),
            ("courier_queue_id", bytes(b"courier")),
            ("error_code", int(code)),
        ]);
        if let Some(plaintext) = plaintext {
            reply.insert("plaintext".into(), bytes(plaintext));
        }
        self.answer(asked, reply);
    }

    /// Tells that a plain message was sent, its reply expected in `eta_ns`.
    pub fn message_sent(&mut self, asked: &Asked, eta_ns: i64) {
        let mut event = ids_of(asked);
        event.insert("sent_at".into(), int(1_795_217_164));
        event.insert("reply_eta".into(), int(eta_ns));
        self.send_message("message_sent_event", &event);
    }

    /// Tells that a plain message could not be sent.
    pub fn message_failed(&mut self, asked: &Asked, why: &str) {
        let mut event = ids_of(asked);
        event.insert("sent_at".into(), int(1_795_217_164));
        event.insert("reply_eta".into(), int(0));
        event.insert("err".into(), Value::Text(why.into()));
        self.send_message("message_sent_event", &event);
    }

    /// Replies to a plain message.
    pub fn message_reply(&mut self, asked: &Asked, payload: &[u8]) {
        let mut event = ids_of(asked);
        event.insert("payload".into(), bytes(payload));
        event.insert("error_code".into(), int(0));
        self.send_message("message_reply_event", &event);
    }
}

fn ids_of(asked: &Asked) -> Fields {
    let mut ids = fields([("message_id", asked.fields["id"].clone())]);
    if let Some(surb) = asked.fields.get("surbid") {
        ids.insert("surbid".into(), surb.clone());
    }
    ids
}

/// A stream to write and read.
pub fn caps() -> (WriteCap, ReadCap, BoxIndex) {
    let pair = bacap::keypair(&[7; 32]);
    (pair.write_cap, pair.read_cap, pair.first_index)
}

/// The era's recorded document with other values in it.
pub fn document_with<const N: usize>(era: Era, values: [(&str, Value); N]) -> Value {
    let [_, (_, document)] = era.greeting();
    let Some(Value::Bytes(payload)) = document.get("payload") else {
        panic!("no document");
    };
    let Value::Map(mut map) = serde_cbor::from_slice(payload).unwrap() else {
        panic!("no map");
    };
    for (name, value) in values {
        map.insert(Value::Text(name.into()), value);
    }
    Value::Bytes(serde_cbor::to_vec(&Value::Map(map)).unwrap())
}

/// The document of a network so slow that one request at a time is right.
pub fn slow_network(era: Era) -> Value {
    document_with(
        era,
        [
            ("LambdaP", Value::Float(0.000_1)),
            ("Mu", Value::Float(1.0)),
        ],
    )
}

//! The recorded conversation about a voucher, played to stores: joiner and inductor ask for, and write, what the
//! recorded programs did, and have the channels that those had in the end.

use std::sync::Arc;

use bytes::Bytes;
use kpclient::bacap::BoxIndex;
use kpclient::client::{Call, Client, StartFlags};
use kpclient::store::{voucher_to_text, Arrival, Message, Reader, Store, Writer};
use kpclient::Result;
use serde_cbor::Value;

use crate::common::drive::{connected, start, Op};
use crate::common::frames::{get, message, transcript, Era, Fields};
use crate::common::peer::{Conn, Peer};

const START: &str = "start_resending_encrypted_message";
/// Ids are drawn, and so is the seed of the joiner's channel; flags are chosen by each program.
const OWN: [&str; 5] = [
    "query_id",
    "message_write_cap",
    "reply_index",
    "no_retry_on_box_id_not_found",
    "no_idempotent_box_already_exists",
];

/// A request of the recorded program, and the reply to it.
struct Exchange {
    place: String,
    key: String,
    asked: Fields,
    reply: (String, Fields),
}

/// All of the conversation, in the order of the requests.
fn recorded() -> Vec<Exchange> {
    let frames = transcript(Era::Current, "voucher_conversation");
    let messages: Vec<(String, bool, String, Fields)> = frames
        .into_iter()
        .filter_map(|frame| {
            let (key, fields) = message(&frame.cbor)?;
            Some((frame.place, frame.from_client, key, fields))
        })
        .collect();
    let reply_to = |query: &Value| {
        let reply = messages.iter().find(|(_, from_client, _, fields)| {
            !from_client && fields.get("query_id") == Some(query)
        });
        reply.map(|(_, _, key, fields)| (key.clone(), fields.clone()))
    };
    let asked = messages
        .iter()
        .filter(|(_, from_client, _, _)| *from_client);
    asked
        .filter_map(|(place, _, key, fields)| {
            Some(Exchange {
                place: place.clone(),
                key: key.clone(),
                asked: fields.clone(),
                reply: reply_to(fields.get("query_id")?)?,
            })
        })
        .collect()
}

/// Somebody with a client and a store, and a daemon that answers as the recorded one.
struct Person {
    client: Arc<Client>,
    store: Arc<Store>,
    peer: Peer,
    local: Conn,
    /// The connections for encryptions, writes and reads.
    lanes: [Option<Conn>; 3],
}

impl Person {
    fn new() -> Self {
        let peer = Peer::current();
        let (client, local) = connected(&peer);
        let store = start(&client, Store::open(&client, None)).done().unwrap();
        Person {
            client,
            store,
            peer,
            local,
            lanes: [None, None, None],
        }
    }

    fn start<T: Send + Sync + 'static>(&self, call: Result<Call<T>>) -> Op {
        start(&self.client, call)
    }

    /// The next request is this recorded one, and has its reply.
    fn answer(&mut self, recorded: &Exchange) {
        let conn = self.conn_of(recorded);
        let asked = conn.expect(&recorded.key);
        for (name, value) in &recorded.asked {
            if !OWN.contains(&name.as_str()) {
                let now = asked.fields.get(name);
                assert_eq!(now, Some(value), "{}: {name}", recorded.place);
            }
        }
        conn.reply(recorded, &asked.fields);
    }

    /// The next request empties the box that this recorded one filled, and has its reply.
    fn answer_tombstone(&mut self, encrypting: &Exchange, sending: &Exchange) {
        let conn = self.conn_of(encrypting);
        let asked = conn.expect(&encrypting.key);
        for name in ["write_cap", "message_box_index"] {
            assert_eq!(asked.fields.get(name), encrypting.asked.get(name), "{name}");
        }
        let empty = Value::Bytes(Vec::new());
        assert_eq!(asked.fields.get("plaintext").unwrap_or(&empty), &empty);
        conn.reply(encrypting, &asked.fields);
        let conn = self.conn_of(sending);
        let asked = conn.expect(&sending.key);
        conn.reply(sending, &asked.fields);
    }

    fn conn_of(&mut self, recorded: &Exchange) -> &mut Conn {
        let sends = 1 + usize::from(!recorded.asked.contains_key("write_cap"));
        // What a box is sent on is opened before it is encrypted.
        let lanes: &[usize] = match recorded.key.as_str() {
            "voucher_derive_stream" => return &mut self.local,
            START => &[sends],
            "encrypt_write" | "encrypt_read" => &[sends, 0],
            _ => &[0],
        };
        let peer = &self.peer;
        for lane in lanes {
            self.lanes[*lane].get_or_insert_with(|| peer.welcome());
        }
        let last = lanes.last().and_then(|lane| self.lanes[*lane].as_mut());
        last.unwrap()
    }
}

impl Conn {
    fn reply(&mut self, recorded: &Exchange, asked: &Fields) {
        let (key, mut fields) = recorded.reply.clone();
        fields.insert("query_id".into(), asked["query_id"].clone());
        self.send_message(&key, &fields);
    }
}

fn content(fields: &Fields, name: &str) -> Vec<u8> {
    match &fields[name] {
        Value::Bytes(bytes) => bytes.clone(),
        Value::Text(text) => text.clone().into_bytes(),
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn a_recorded_voucher_comes_to_the_recorded_end() {
    let recorded = recorded();
    let keys: Vec<&str> = recorded.iter().map(|e| e.key.as_str()).collect();
    let [mint, induct, open] = ["voucher_mint", "voucher_induct", "voucher_open"].map(|key| {
        let at = keys.iter().position(|other| *other == key);
        at.unwrap()
    });
    let box_of = |encrypt| [encrypt, START];
    let published = box_of("encrypt_write");
    assert_eq!(keys[mint + 1..mint + 3], published);
    let (mut jo, mut ida) = (Person::new(), Person::new());

    let name = String::from_utf8(content(&recorded[mint].asked, "display_name")).unwrap();
    let minting = jo.start(jo.store.mint_voucher("talk", &name));
    recorded[mint..mint + 3].iter().for_each(|e| jo.answer(e));
    let voucher: Bytes = minting.done().unwrap();
    let hash = get(&recorded[mint].reply.1, "voucher");
    assert_eq!(voucher, voucher_to_text(&hash)[..]);

    let who_reply = content(&recorded[induct].asked, "who_reply");
    let text = std::str::from_utf8(&voucher).unwrap();
    let inducting = ida.start(ida.store.induct_voucher("jo", Some(text), &who_reply));
    assert_eq!(keys[induct - 2..induct], box_of("encrypt_read"));
    assert_eq!(keys[induct + 1..induct + 3], published);
    recorded[induct - 3..induct + 3]
        .iter()
        .for_each(|e| ida.answer(e));
    ida.answer_tombstone(&recorded[mint + 1], &recorded[mint + 2]);
    let (reader, display_name): (Arc<Reader>, String) = inducting.done().unwrap();
    assert_eq!(display_name, name);

    let opening = jo.start(jo.store.open_voucher("talk"));
    recorded[open - 2..=open].iter().for_each(|e| jo.answer(e));
    let (writer, told): (Arc<Writer>, Bytes) = opening.done().unwrap();
    assert_eq!(told, who_reply);

    // Where the recorded programs went on, these are too.
    let hello = content(&recorded[open + 1].asked, "plaintext");
    let cap = writer.write_cap();
    let flags = StartFlags::default();
    let writing = jo.start(
        jo.client
            .write_box(cap, &writer.next_index(), &hello, flags),
    );
    recorded[open + 1..open + 3]
        .iter()
        .for_each(|e| jo.answer(e));
    writing.done::<BoxIndex>().unwrap();
    let hearing = ida.start(reader.receive());
    recorded[open + 3..open + 5]
        .iter()
        .for_each(|e| ida.answer(e));
    let heard: Arc<Message> = hearing.done().unwrap();
    assert_eq!(
        (heard.arrival, &heard.data[..]),
        (Arrival::Foreign, &hello[..])
    );
}

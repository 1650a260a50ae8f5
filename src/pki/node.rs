//! The descriptor of one machine.

use std::sync::Arc;

use super::Service;
use crate::bacap::blake2b_256;
use crate::wire::field::{fields, Field};
use crate::wire::read::{malformed, Item, Reader};
use crate::Result;

/// Longer than any node's name: each offer brings it along.
const MAX_NAME: usize = 256;
/// More capabilities than any node has.
const MAX_OFFERS: usize = 1024;
/// More addresses than any node has; further ones are skipped.
const MAX_ADDRESSES: usize = 64;
/// Longer than any address; such a one is skipped.
const MAX_ADDRESS: usize = 1024;
/// Deeper inside each other nobody puts addresses.
const MAX_DEPTH: usize = 8;
/// The longest queue id that a packet can carry.
const MAX_QUEUE: usize = 32;

/// The role of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Where daemons enter the network.
    Gateway,
    /// Delays and forwards packets.
    Mix,
    /// Answers messages: echo, couriers and others.
    Service,
    /// Stores Pigeonhole boxes.
    Replica,
}

/// One machine of the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The operator's name for it, at most 256 bytes.
    pub name: Arc<str>,
    /// BLAKE2b-256 of its identity key, to which messages are addressed.
    pub identity: [u8; 32],
    /// Its role.
    pub kind: NodeKind,
    /// Where other nodes reach it, as URLs.
    pub addresses: Vec<String>,
}

/// A descriptor, decoded. Stands in a document either as a map or as a byte string that
/// holds the CBOR of one.
pub(super) struct Descriptor {
    name: Arc<str>,
    identity: [u8; 32],
    addresses: Vec<String>,
    offers: Vec<Offer>,
}

/// A capability and the endpoint under which a node answers for it.
struct Offer {
    capability: String,
    endpoint: String,
}

impl Descriptor {
    pub(super) fn into_parts(self, kind: NodeKind) -> (Node, Vec<Service>) {
        let services = self.offers.into_iter().map(|offer| Service {
            node: self.identity,
            queue: offer.endpoint.into_bytes(),
            name: Arc::clone(&self.name),
            capability: offer.capability,
        });
        let services = services.collect();
        let node = Node {
            name: self.name,
            identity: self.identity,
            kind,
            addresses: self.addresses,
        };
        (node, services)
    }
}

impl Descriptor {
    /// Reads what a list of a document holds. Only the identity key is compulsory: without
    /// it the node could not be named.
    pub(super) fn read(element: &Field<'_>) -> Result<Descriptor> {
        let (Item::Map(encoding) | Item::Bytes(encoding)) = element.item() else {
            return Err(element.wrong("holds what is no descriptor"));
        };
        let [name, identity_key, addresses, offers] = fields(
            "descriptor",
            encoding,
            ["Name", "IdentityKey", "Addresses", "Kaetzchen"],
        )?;
        let called = name.text()?.unwrap_or_default();
        if called.len() > MAX_NAME {
            return Err(name.wrong(format_args!(
                "has {} bytes, more than {MAX_NAME}",
                called.len()
            )));
        }
        let mut texts = Vec::new();
        add_texts(&mut texts, addresses.item(), 0)?;
        Ok(Descriptor {
            name: called.into(),
            identity: blake2b_256(identity_key.need_bytes()?),
            addresses: texts,
            offers: match offers.map()? {
                Some(encoding) => read_offers(encoding)?,
                None => Vec::new(),
            },
        })
    }
}

/// Adds all texts inside a value of any shape, in order. Addresses are for people only, so
/// their shape must not decide whether a document can be used.
fn add_texts(texts: &mut Vec<String>, item: Item<'_>, depth: usize) -> Result<()> {
    if texts.len() == MAX_ADDRESSES || depth == MAX_DEPTH {
        return Ok(());
    }
    match item {
        Item::Text(text) if text.len() > MAX_ADDRESS => {}
        Item::Text(text) => texts.push(String::from_utf8_lossy(text).into_owned()),
        Item::Array(encoding) => {
            let mut reader = Reader::new(encoding);
            for _ in 0..reader.array()? {
                add_texts(texts, reader.item()?, depth + 1)?;
            }
        }
        Item::Map(encoding) => {
            let mut reader = Reader::new(encoding);
            for _ in 0..reader.map()? {
                reader.item()?;
                add_texts(texts, reader.item()?, depth + 1)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The usable offers of a descriptor's Kaetzchen map, in order.
fn read_offers(encoding: &[u8]) -> Result<Vec<Offer>> {
    let mut offers = Vec::new();
    let mut reader = Reader::new(encoding);
    let count = reader.map()?;
    if count > MAX_OFFERS as u64 {
        return Err(malformed(format!(
            "descriptor.Kaetzchen has {count} entries, more than {MAX_OFFERS}"
        )));
    }
    for _ in 0..count {
        let capability = std::str::from_utf8(reader.key()?)
            .map_err(|_| malformed("descriptor.Kaetzchen has a key that is not UTF-8"))?;
        if let Some(endpoint) = endpoint(reader.item()?)? {
            offers.push(Offer {
                capability: capability.to_owned(),
                endpoint,
            });
        }
    }
    Ok(offers)
}

/// The endpoint among a capability's parameters, where it is one that a message can be
/// addressed to.
fn endpoint(parameters: Item<'_>) -> Result<Option<String>> {
    let Item::Map(encoding) = parameters else {
        return Ok(None);
    };
    let mut endpoint = None;
    let mut reader = Reader::new(encoding);
    for _ in 0..reader.map()? {
        let (key, value) = (reader.item()?, reader.item()?);
        if let (Item::Text(b"endpoint"), Item::Text(text)) = (key, value) {
            endpoint = std::str::from_utf8(text).ok();
        }
    }
    let endpoint = endpoint.filter(|text| (1..=MAX_QUEUE).contains(&text.len()));
    Ok(endpoint.map(str::to_owned))
}

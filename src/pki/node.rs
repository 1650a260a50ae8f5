//! What a descriptor says of one machine.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Service;
use crate::bacap::blake2b_256;

/// More addresses than any node has; further ones are passed over.
const MAX_ADDRESSES: usize = 64;
/// The longest queue id that a packet can carry.
const MAX_QUEUE: usize = 32;

/// What a node does.
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
    /// The operator's name for it.
    pub name: String,
    /// BLAKE2b-256 of its identity key: what messages are addressed to.
    pub identity: [u8; 32],
    /// What it does.
    pub kind: NodeKind,
    /// Where other nodes reach it, as URLs.
    pub addresses: Vec<String>,
}

/// A descriptor, decoded. Stands in a document either as a map or as a byte string that
/// holds the CBOR of one.
pub(super) struct Descriptor {
    name: String,
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
            name: self.name.clone(),
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

/// The fields that are read. Only the identity key is compulsory: without it the node
/// could not be named.
#[derive(serde::Deserialize)]
struct Raw<'a> {
    #[serde(rename = "Name", default)]
    name: String,
    #[serde(rename = "IdentityKey", borrow)]
    identity_key: &'a serde_bytes::Bytes,
    #[serde(rename = "Addresses", default)]
    addresses: Texts,
    #[serde(rename = "Kaetzchen", default)]
    offers: Offers,
}

impl From<Raw<'_>> for Descriptor {
    fn from(raw: Raw<'_>) -> Self {
        Descriptor {
            name: raw.name,
            identity: blake2b_256(raw.identity_key),
            addresses: raw.addresses.0,
            offers: raw.offers.0,
        }
    }
}

impl<'de> Deserialize<'de> for Descriptor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DescriptorVisitor;

        impl<'de> Visitor<'de> for DescriptorVisitor {
            type Value = Descriptor;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a descriptor")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Descriptor, E> {
                let raw: Raw = serde_cbor::from_slice(bytes).map_err(E::custom)?;
                Ok(raw.into())
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Descriptor, A::Error> {
                Raw::deserialize(MapAccessDeserializer::new(map)).map(Descriptor::from)
            }
        }

        deserializer.deserialize_any(DescriptorVisitor)
    }
}

/// Passes over every kind of value that a visitor has no use for.
macro_rules! others_are {
    ($value:expr) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any value")
        }
        fn visit_bool<E: de::Error>(self, _: bool) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_i128<E: de::Error>(self, _: i128) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_u64<E: de::Error>(self, _: u64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_bytes<E: de::Error>(self, _: &[u8]) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok($value)
        }
    };
}

/// All texts inside a value of any shape, in order. Addresses are for people only, so
/// their shape must not decide whether a document can be used.
#[derive(Default)]
struct Texts(Vec<String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextsVisitor;

        impl<'de> Visitor<'de> for TextsVisitor {
            type Value = Texts;

            others_are!(Texts::default());

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Texts, E> {
                Ok(Texts(vec![text.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Texts, A::Error> {
                let mut texts = Texts::default();
                while let Some(more) = list.next_element()? {
                    texts.add(more);
                }
                Ok(texts)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Texts, A::Error> {
                let mut texts = Texts::default();
                while let Some((IgnoredAny, more)) = map.next_entry()? {
                    texts.add(more);
                }
                Ok(texts)
            }
        }

        deserializer.deserialize_any(TextsVisitor)
    }
}

impl Texts {
    fn add(&mut self, more: Texts) {
        let room = MAX_ADDRESSES - self.0.len();
        self.0.extend(more.0.into_iter().take(room));
    }
}

/// The usable offers of a descriptor's Kaetzchen map, in order.
#[derive(Default)]
struct Offers(Vec<Offer>);

impl<'de> Deserialize<'de> for Offers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OffersVisitor;

        impl<'de> Visitor<'de> for OffersVisitor {
            type Value = Offers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of capabilities")
            }

            fn visit_unit<E: de::Error>(self) -> Result<Offers, E> {
                Ok(Offers::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Offers, A::Error> {
                let mut offers = Offers::default();
                while let Some(capability) = map.next_key::<Cow<'de, str>>()? {
                    if let Endpoint(Some(endpoint)) = map.next_value()? {
                        offers.0.push(Offer {
                            capability: capability.into_owned(),
                            endpoint,
                        });
                    }
                }
                Ok(offers)
            }
        }

        deserializer.deserialize_any(OffersVisitor)
    }
}

/// The endpoint among a capability's parameters, where it is one that a message can be
/// addressed to.
struct Endpoint(Option<String>);

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EndpointVisitor;

        impl<'de> Visitor<'de> for EndpointVisitor {
            type Value = Endpoint;

            others_are!(Endpoint(None));

            fn visit_str<E: de::Error>(self, _: &str) -> Result<Endpoint, E> {
                Ok(Endpoint(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Endpoint, A::Error> {
                while let Some(IgnoredAny) = list.next_element()? {}
                Ok(Endpoint(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Endpoint, A::Error> {
                let mut endpoint = None;
                while let Some(key) = map.next_key::<Texts>()? {
                    let value = map.next_value::<Texts>()?;
                    if key.0 == ["endpoint"] {
                        endpoint = value.0.into_iter().next();
                    }
                }
                Ok(Endpoint(
                    endpoint.filter(|text| (1..=MAX_QUEUE).contains(&text.len())),
                ))
            }
        }

        deserializer.deserialize_any(EndpointVisitor)
    }
}

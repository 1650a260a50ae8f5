//! One epoch's directory.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::node::Descriptor;
use super::{json, Node, NodeKind, Service};
use crate::{Error, Result, Status};

/// More nodes than any network has; a longer list is refused rather than stored.
const MAX_NODES: usize = 65_536;
/// More layers than any topology has.
const MAX_LAYERS: usize = 256;

/// What the network's directory says for one epoch. Never changes; share it in an `Arc`.
pub struct Document {
    cbor: Bytes,
    epoch: u64,
    mu: f64,
    lambda_p: f64,
    layers: usize,
    nodes: Vec<Node>,
    services: Vec<Service>,
}

impl Document {
    /// Reads the payload of `new_pki_document_event`: the document without signatures.
    /// `CBOR` says what is wrong with it and where.
    pub fn parse(bytes: Bytes) -> Result<Document> {
        let fields: Fields = decode("PKI document", &bytes)?;
        let missing = || malformed("PKI document", "Epoch is missing");
        let epoch = fields.epoch.ok_or_else(missing)?;
        let layers = fields.topology.len();
        let (mut nodes, mut services) = (Vec::new(), Vec::new());
        let lists = [
            (NodeKind::Gateway, fields.gateways),
            (
                NodeKind::Mix,
                fields.topology.into_iter().flatten().collect(),
            ),
            (NodeKind::Service, fields.services),
            (NodeKind::Replica, fields.replicas),
        ];
        for (kind, descriptors) in lists {
            for descriptor in descriptors {
                let (node, offered) = descriptor.into_parts(kind);
                // Only service nodes are asked for services, whatever others claim.
                if kind == NodeKind::Service {
                    services.extend(offered);
                }
                nodes.push(node);
            }
        }
        Ok(Document {
            cbor: bytes,
            epoch,
            mu: fields.mu,
            lambda_p: fields.lambda_p,
            layers,
            nodes,
            services,
        })
    }

    /// Reads the payload of `get_pki_document_reply`: a certificate that wraps the document
    /// and its signatures. **The signatures are not verified.**
    pub fn parse_signed(certificate: &Bytes) -> Result<Document> {
        let Certificate(certified) = decode("signed PKI document", certificate)?;
        let missing = || malformed("signed PKI document", "Certified is missing");
        Self::parse(certificate.slice_ref(certified.ok_or_else(missing)?))
    }

    /// The epoch that the document is for.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The document as it came.
    pub fn cbor(&self) -> &Bytes {
        &self.cbor
    }

    /// How many packets a millisecond a daemon sends; 0 where the document does not say.
    pub fn lambda_p(&self) -> f64 {
        self.lambda_p
    }

    /// The inverse of the mean delay at a mix, in milliseconds; 0 where the document does
    /// not say.
    pub fn mu(&self) -> f64 {
        self.mu
    }

    /// How many layers of mixes there are.
    pub fn layers(&self) -> usize {
        self.layers
    }

    /// All nodes: gateways, mixes by layer, service nodes, storage replicas.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Every place that offers `capability` (`echo`, `courier`), in document order. An offer
    /// without an endpoint of 1 to 32 bytes cannot be addressed and is left out.
    pub fn services(&self, capability: &str) -> Vec<Service> {
        self.services
            .iter()
            .filter(|service| service.capability == capability)
            .cloned()
            .collect()
    }

    /// True while a node of this identity hash is in the network.
    pub fn has_identity(&self, hash: &[u8; 32]) -> bool {
        self.nodes.iter().any(|node| node.identity == *hash)
    }

    /// The whole document as indented JSON: byte strings in hex, descriptors decoded.
    /// Never fails; what cannot be decoded stays hex.
    pub fn to_json(&self) -> String {
        json::render(&self.cbor)
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("epoch", &self.epoch)
            .field("nodes", &self.nodes.len())
            .field("bytes", &self.cbor.len())
            .finish()
    }
}

fn decode<'a, T: Deserialize<'a>>(what: &str, bytes: &'a [u8]) -> Result<T> {
    serde_cbor::from_slice(bytes).map_err(|e| malformed(what, &e.to_string()))
}

fn malformed(what: &str, why: &str) -> Error {
    Error::new(Status::CBOR, format!("{what}: {why}"))
}

/// What is read of a document; the rest is passed over.
#[derive(Default)]
struct Fields {
    epoch: Option<u64>,
    mu: f64,
    lambda_p: f64,
    topology: Vec<Vec<Descriptor>>,
    gateways: Vec<Descriptor>,
    services: Vec<Descriptor>,
    replicas: Vec<Descriptor>,
}

/// The wrapped document of a certificate.
struct Certificate<'a>(Option<&'a [u8]>);

/// Adds the field's name to an error of its value.
fn named<T, E: de::Error>(
    name: &str,
    value: std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    value.map_err(|e| E::custom(format!("{name}: {e}")))
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                mut map: A,
            ) -> std::result::Result<Fields, A::Error> {
                let mut fields = Fields::default();
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    let key = key.as_ref();
                    match key {
                        "Epoch" => fields.epoch = Some(named(key, map.next_value())?),
                        "Mu" => fields.mu = named(key, map.next_value::<Rate>())?.0,
                        "LambdaP" => fields.lambda_p = named(key, map.next_value::<Rate>())?.0,
                        "Topology" => {
                            let layers: List<List<Descriptor, MAX_NODES>, MAX_LAYERS> =
                                named(key, map.next_value())?;
                            fields.topology = layers.0.into_iter().map(|layer| layer.0).collect();
                        }
                        "GatewayNodes" => fields.gateways = named(key, descriptors(&mut map))?,
                        "ServiceNodes" => fields.services = named(key, descriptors(&mut map))?,
                        "StorageReplicas" => fields.replicas = named(key, descriptors(&mut map))?,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(FieldsVisitor)
    }
}

fn descriptors<'de, A: MapAccess<'de>>(
    map: &mut A,
) -> std::result::Result<Vec<Descriptor>, A::Error> {
    Ok(map.next_value::<List<Descriptor, MAX_NODES>>()?.0)
}

impl<'de: 'a, 'a> Deserialize<'de> for Certificate<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Raw<'a> {
            #[serde(rename = "Certified", borrow)]
            certified: Option<&'a serde_bytes::Bytes>,
        }
        let raw = Raw::deserialize(deserializer)?;
        Ok(Certificate(raw.certified.map(|bytes| &**bytes)))
    }
}

/// A number of events a millisecond: neither negative nor infinite.
struct Rate(f64);

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let rate = f64::deserialize(deserializer)?;
        if rate.is_finite() && rate >= 0.0 {
            return Ok(Rate(rate));
        }
        Err(de::Error::custom("neither zero nor a positive number"))
    }
}

/// A list of at most `MAX` elements; null counts as empty. Errors name the element.
struct List<T, const MAX: usize>(Vec<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct ListVisitor<T, const MAX: usize>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for ListVisitor<T, MAX> {
            type Value = List<T, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_unit<E: de::Error>(self) -> std::result::Result<Self::Value, E> {
                Ok(List(Vec::new()))
            }

            fn visit_seq<A: SeqAccess<'de>>(
                self,
                mut list: A,
            ) -> std::result::Result<Self::Value, A::Error> {
                // No reservation: the length that the list claims is not to be believed.
                let mut elements = Vec::new();
                loop {
                    let at = elements.len();
                    let element = list
                        .next_element()
                        .map_err(|e| de::Error::custom(format!("[{at}]: {e}")))?;
                    let Some(element) = element else {
                        return Ok(List(elements));
                    };
                    if at == MAX {
                        return Err(de::Error::custom(format!("more than {MAX} elements")));
                    }
                    elements.push(element);
                }
            }
        }

        deserializer.deserialize_any(ListVisitor(std::marker::PhantomData))
    }
}

//! One epoch's directory.

use std::fmt;

use bytes::Bytes;

use super::node::Descriptor;
use super::{json, Node, NodeKind, Service};
use crate::wire::field::{fields, Field};
use crate::wire::part::part_of;
use crate::{Error, Result};

/// More nodes than any network has, all lists together; more are refused rather than stored.
const MAX_NODES: usize = 65_536;
/// More offers than all nodes of a network make.
const MAX_SERVICES: usize = 65_536;
/// More layers than any topology has.
const MAX_LAYERS: usize = 256;

/// The network's directory for one epoch. Never changes; share it in an `Arc`.
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
        let what = "PKI document";
        let [epoch, mu, lambda_p, gateways, topology, services, replicas] = fields(
            what,
            &bytes,
            [
                "Epoch",
                "Mu",
                "LambdaP",
                "GatewayNodes",
                "Topology",
                "ServiceNodes",
                "StorageReplicas",
            ],
        )
        .map_err(|error| within(what, &error))?;
        let mut found = Found::default();
        let (epoch, mu, lambda_p) = (epoch.need_uint()?, rate(&mu)?, rate(&lambda_p)?);
        found.list("GatewayNodes", NodeKind::Gateway, &gateways)?;
        let layers = elements("Topology", &topology, MAX_LAYERS, |layer| {
            found.list("layer", NodeKind::Mix, &layer)
        })?;
        found.list("ServiceNodes", NodeKind::Service, &services)?;
        found.list("StorageReplicas", NodeKind::Replica, &replicas)?;
        Ok(Document {
            epoch,
            mu,
            lambda_p,
            layers,
            nodes: found.nodes,
            services: found.services,
            cbor: bytes,
        })
    }

    /// Reads the payload of `get_pki_document_reply`: a certificate that wraps the document
    /// and its signatures. **The signatures are not verified.**
    pub fn parse_signed(certificate: &Bytes) -> Result<Document> {
        let what = "signed PKI document";
        let [certified] =
            fields(what, certificate, ["Certified"]).map_err(|error| within(what, &error))?;
        Self::parse(part_of(certificate, certified.need_bytes()?))
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

    /// Every offer of every service node, in document order; see [`Document::services`].
    pub fn all_services(&self) -> &[Service] {
        &self.services
    }

    /// True while a node of this identity hash is in the network.
    pub fn has_identity(&self, hash: &[u8; 32]) -> bool {
        self.nodes.iter().any(|node| node.identity == *hash)
    }

    /// The whole document as indented JSON: byte strings in hex, descriptors decoded.
    /// What cannot be decoded stays hex. `NO_MEMORY`.
    pub fn to_json(&self) -> Result<String> {
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

/// The entries of a document's lists.
#[derive(Default)]
struct Found {
    nodes: Vec<Node>,
    services: Vec<Service>,
}

impl Found {
    /// Adds the descriptors of a list.
    fn list(&mut self, name: &str, kind: NodeKind, list: &Field<'_>) -> Result<()> {
        elements(name, list, MAX_NODES, |descriptor| {
            if self.nodes.len() == MAX_NODES {
                return Err(descriptor.wrong(format_args!("is one of more than {MAX_NODES} nodes")));
            }
            let (node, offered) = Descriptor::read(&descriptor)?.into_parts(kind);
            // Only service nodes are asked for services, whatever others claim.
            if kind == NodeKind::Service {
                if self.services.len() + offered.len() > MAX_SERVICES {
                    let many = format!("brings more than {MAX_SERVICES} services");
                    return Err(descriptor.wrong(format_args!("{many}")));
                }
                self.services.extend(offered);
            }
            self.nodes.push(node);
            Ok(())
        })
        .map(drop)
    }
}

/// Hands out the elements of a list, no more than `most`, and counts them; null counts as
/// empty. Errors name the element.
fn elements<'a>(
    name: &str,
    list: &Field<'a>,
    most: usize,
    mut element: impl FnMut(Field<'a>) -> Result<()>,
) -> Result<usize> {
    let mut at = 0;
    let read = list.list(most, |field| {
        element(field).map_err(|error| within(&format!("{name}: [{at}]"), &error))?;
        at += 1;
        Ok(())
    });
    Ok(read?.len())
}

/// A number of events a millisecond: neither negative nor infinite, 0 where it is not there.
fn rate(field: &Field<'_>) -> Result<f64> {
    let rate = field.number()?.unwrap_or(0.0);
    if rate.is_finite() && rate >= 0.0 {
        return Ok(rate);
    }
    Err(field.wrong("is neither zero nor a positive number"))
}

/// The same error, with the place where it came about.
fn within(place: &str, error: &Error) -> Error {
    Error::new(error.status(), format!("{place}: {}", error.message()))
}

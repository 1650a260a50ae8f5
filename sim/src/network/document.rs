//! Directory documents with the fields of the recorded ones.
//!
//! Maps are encoded by hand, because the recordings have a fixed order. Documents as the authorities sign them,
//! and all descriptors, have short keys first. A document that the daemon publishes during a session has the order
//! of its own data structure.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_bytes::{ByteBuf, Bytes};

use super::config::{Era, NetworkConfig};
use super::nodes::{configured_replicas, Node, Nodes, LINK_KEY, SERVICES};
use super::pem;
use super::random::{derive, derive_long};
use super::replica::Replicas;

/// How many past epochs' documents are kept.
const KEPT: u64 = 3;
/// For how many epochs after its own a certificate is valid.
const VALID: u64 = 5;

/// The order of a document's fields.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    /// As signed: in the handshake.
    Canonical,
    /// As the daemon encodes it again: in later events.
    Declared,
}

/// The contents of documents.
pub(super) struct Directory<'a> {
    /// Parameters.
    pub(super) config: &'a NetworkConfig,
    /// The nodes.
    pub(super) nodes: &'a Nodes,
    /// The replicas.
    pub(super) replicas: &'a Replicas,
}

/// Whether the document of an epoch is kept.
pub(super) fn is_kept(config: &NetworkConfig, current: u64, epoch: u64) -> bool {
    let oldest = current.saturating_sub(KEPT).max(genesis(config));
    (oldest..=current).contains(&epoch)
}

fn genesis(config: &NetworkConfig) -> u64 {
    let before = match config.era {
        Era::V0_0_72 => 1,
        Era::V0_0_73Rc1 => 0,
        Era::Current => 6,
    };
    config.epoch.saturating_sub(before)
}

impl Directory<'_> {
    /// The document without its signatures.
    pub(super) fn stripped(&self, epoch: u64, replica_epoch: u64, order: Order) -> Vec<u8> {
        let mut map = Map::default();
        map.add("Epoch", &epoch);
        map.add("GenesisEpoch", &genesis(self.config));
        self.add_rates(&mut map);
        self.add_nodes(&mut map, epoch);
        self.add_replicas(&mut map, epoch, replica_epoch, order);
        self.add_shared_random(&mut map, epoch);
        let is_current = self.config.era == Era::Current;
        map.add("Version", if is_current { "v1" } else { "v0" });
        map.add("PKISignatureScheme", "Ed25519");
        map.finish(order)
    }

    /// The certificate around it.
    pub(super) fn signed(&self, epoch: u64, replica_epoch: u64) -> Vec<u8> {
        const KEY_TYPE: &str = "Ed25519";
        const VERSION: u32 = 0;
        let certified = self.stripped(epoch, replica_epoch, Order::Canonical);
        let expiration = epoch.saturating_add(VALID);
        let mut message = VERSION.to_le_bytes().to_vec();
        message.extend_from_slice(&expiration.to_le_bytes());
        message.extend_from_slice(KEY_TYPE.as_bytes());
        message.extend_from_slice(&certified);
        let signatures: BTreeMap<ByteBuf, Raw> = self
            .nodes
            .signers()
            .into_iter()
            .map(|signer| {
                let hash = kpclient::bacap::blake2b_256(signer.public());
                let mut map = Map::default();
                map.add("Payload", Bytes::new(&signer.sign(&message)));
                map.add("PublicKeySum256", Bytes::new(&hash));
                (ByteBuf::from(hash), Raw(map.finish(Order::Canonical)))
            })
            .collect();
        let mut map = Map::default();
        map.add("KeyType", KEY_TYPE);
        map.add("Version", &VERSION);
        map.add("Certified", Bytes::new(&certified));
        map.add("Expiration", &expiration);
        map.add_encoded("Signatures", encode_map(signatures.iter()));
        map.finish(Order::Canonical)
    }

    fn add_rates(&self, map: &mut Map) {
        let era = self.config.era;
        let old = era != Era::Current;
        map.add_float("Mu", self.config.mu);
        if old {
            map.add("MuMaxDelay", &1000);
        }
        let mut rate = |letter: char, value: f64, max_delay: u32| {
            map.add_float(&format!("Lambda{letter}"), value);
            if old {
                map.add(&format!("Lambda{letter}MaxDelay"), &max_delay);
            }
        };
        rate('P', self.config.lambda_p, 1000);
        rate('L', 0.0005, 1000);
        if old {
            rate('D', 0.0005, 3000);
        }
        rate('M', 0.0005, 100);
        rate('G', if old { 0.002 } else { 0.0015 }, 100);
        if era != Era::V0_0_72 {
            rate('R', if old { 0.0005 } else { 0.005 }, 1000);
        }
        if old {
            map.add("SendRatePerMinute", &100);
        }
    }

    fn add_nodes(&self, map: &mut Map, epoch: u64) {
        let list = |nodes: &[Node], role| -> Vec<ByteBuf> {
            let one = |node| ByteBuf::from(self.descriptor(node, role, epoch));
            nodes.iter().map(one).collect()
        };
        let mixes = list(&self.nodes.mixes, Role::Mix);
        let topology: Vec<[ByteBuf; 1]> = mixes.into_iter().map(|mix| [mix]).collect();
        map.add("Topology", &topology);
        map.add("GatewayNodes", &list(&self.nodes.gateways, Role::Gateway));
        map.add("ServiceNodes", &list(&self.nodes.services, Role::Service));
    }

    fn descriptor(&self, node: &Node, role: Role, epoch: u64) -> Vec<u8> {
        // Descriptors of the older generations name the epoch of their upload.
        let uploaded = match self.config.era {
            Era::Current => epoch,
            _ => epoch.saturating_sub(1),
        };
        let mix_keys: BTreeMap<u64, ByteBuf> = (epoch..=epoch.saturating_add(2))
            .map(|epoch| {
                let key = derive(self.config.seed, &node.name, &[epoch]);
                (epoch, ByteBuf::from(key))
            })
            .collect();
        let is_service = role == Role::Service;
        let mut map = Map::default();
        map.add("Name", &node.name);
        map.add("Epoch", &uploaded);
        map.add("LinkKey", Bytes::new(&node.link_key));
        map.add("MixKeys", &mix_keys);
        map.add("Version", "");
        map.add("Addresses", &BTreeMap::from([("tcp4", [&node.address])]));
        map.add_encoded("Kaetzchen", services(is_service));
        map.add("LoadWeight", &0);
        map.add("IdentityKey", Bytes::new(&node.identity));
        map.add("IsGatewayNode", &(role == Role::Gateway));
        map.add("IsServiceNode", &is_service);
        let is_gateway = role == Role::Gateway;
        map.add("AuthenticationType", if is_gateway { "tofu" } else { "" });
        map.add(
            "KaetzchenAdvertizedData",
            &is_service.then(|| self.advertized(node)),
        );
        map.finish(Order::Canonical)
    }

    fn advertized(&self, node: &Node) -> BTreeMap<&str, BTreeMap<&str, String>> {
        let purpose = format!("{} courier link", node.name);
        let key = derive_long(self.config.seed, &purpose, &[], LINK_KEY);
        let pem = pem::encode("XWING PUBLIC KEY", &key);
        BTreeMap::from([("courier", BTreeMap::from([("linkPublicKey", pem)]))])
    }

    fn add_replicas(&self, map: &mut Map, epoch: u64, replica_epoch: u64, order: Order) {
        let mut listed: Vec<([u8; 32], Raw)> = (0..)
            .zip(self.replicas.identities())
            .map(|(number, identity)| {
                let descriptor = self.replica(number, identity, epoch, replica_epoch);
                let hash = kpclient::bacap::blake2b_256(identity);
                (hash, Raw(descriptor.finish(order)))
            })
            .collect();
        listed.sort_by_key(|(hash, _)| *hash);
        let listed = listed.iter().map(|(_, descriptor)| descriptor);
        map.add_encoded("StorageReplicas", encode_list(listed));
        if self.config.era != Era::V0_0_72 {
            self.add_configured_replicas(map);
        }
    }

    fn replica(&self, number: u8, identity: &[u8; 32], epoch: u64, replica_epoch: u64) -> Map {
        let envelope_keys: BTreeMap<u64, ByteBuf> =
            [replica_epoch, replica_epoch.saturating_add(1)]
                .into_iter()
                .filter_map(|epoch| {
                    let key = self.replicas.envelope_public(number, epoch)?;
                    Some((epoch, ByteBuf::from(self.config.scheme.public_key(&key))))
                })
                .collect();
        let purpose = [u64::from(number)];
        let link_key = derive_long(self.config.seed, "replica link", &purpose, LINK_KEY);
        let address = format!("tcp://127.0.0.1:{}", 31_000 + 2 * u16::from(number));
        let mut map = Map::default();
        map.add("Name", &format!("replica{}", u16::from(number) + 1));
        if self.config.era == Era::Current {
            map.add("ReplicaID", &number);
        }
        map.add("Epoch", &epoch);
        map.add("IdentityKey", Bytes::new(identity));
        map.add("LinkKey", Bytes::new(&link_key));
        map.add("EnvelopeKeys", &envelope_keys);
        map.add("Addresses", &BTreeMap::from([("tcp", [address])]));
        map
    }

    /// Identity keys in their order, and their ReplicaIDs as one byte string.
    fn add_configured_replicas(&self, map: &mut Map) {
        let known = self.replicas.identities();
        let mut configured: Vec<([u8; 32], u8)> = (0..configured_replicas(self.config))
            .zip(0..)
            .map(|(at, number)| {
                let made_up = || derive(self.config.seed, "absent replica", &[at as u64]);
                (known.get(at).copied().unwrap_or_else(made_up), number)
            })
            .collect();
        configured.sort_unstable();
        let numbers: Vec<u8> = configured.iter().map(|(_, number)| *number).collect();
        let keys: Vec<&Bytes> = configured.iter().map(|(key, _)| Bytes::new(key)).collect();
        map.add("ConfiguredReplicaIDs", Bytes::new(&numbers));
        map.add("ConfiguredReplicaIdentityKeys", &keys);
    }

    fn add_shared_random(&self, map: &mut Map, epoch: u64) {
        let value = |epoch| derive(self.config.seed, "shared random", &[epoch]);
        let prior = value(genesis(self.config));
        map.add("SharedRandomCommit", &());
        map.add("SharedRandomReveal", &());
        map.add("SharedRandomValue", Bytes::new(&value(epoch)));
        map.add(
            "PriorSharedRandom",
            &[Bytes::new(&prior), Bytes::new(&prior)],
        );
        let geometry = derive(0, "sphinx geometry", &[]);
        map.add("SphinxGeometryHash", Bytes::new(&geometry));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Mix,
    Gateway,
    Service,
}

fn services(is_service: bool) -> Vec<u8> {
    if !is_service {
        return to_cbor(&());
    }
    let mut map = Map::default();
    for (capability, endpoint) in SERVICES {
        map.add(capability, &BTreeMap::from([("endpoint", endpoint)]));
    }
    map.finish(Order::Declared)
}

/// A map with text keys whose values are encoded already.
#[derive(Default)]
struct Map(Vec<(String, Vec<u8>)>);

impl Map {
    fn add<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) {
        self.add_encoded(key, to_cbor(value));
    }

    /// Always in 8 bytes, as the real ones.
    fn add_float(&mut self, key: &str, value: f64) {
        let mut encoded = vec![0xfb];
        encoded.extend_from_slice(&value.to_be_bytes());
        self.add_encoded(key, encoded);
    }

    fn add_encoded(&mut self, key: &str, value: Vec<u8>) {
        self.0.push((key.to_owned(), value));
    }

    fn finish(mut self, order: Order) -> Vec<u8> {
        if order == Order::Canonical {
            self.0
                .sort_by(|(one, _), (other, _)| (one.len(), one).cmp(&(other.len(), other)));
        }
        let mut bytes = head(0xa0, self.0.len());
        for (key, value) in self.0 {
            bytes.extend(to_cbor(&key));
            bytes.extend(value);
        }
        bytes
    }
}

/// A value that is encoded already.
struct Raw(Vec<u8>);

fn encode_map<'a>(entries: impl ExactSizeIterator<Item = (&'a ByteBuf, &'a Raw)>) -> Vec<u8> {
    let mut bytes = head(0xa0, entries.len());
    for (key, value) in entries {
        bytes.extend(to_cbor(key));
        bytes.extend_from_slice(&value.0);
    }
    bytes
}

fn encode_list<'a>(items: impl ExactSizeIterator<Item = &'a Raw>) -> Vec<u8> {
    let mut bytes = head(0x80, items.len());
    for item in items {
        bytes.extend_from_slice(&item.0);
    }
    bytes
}

/// The head of a map or list.
fn head(kind: u8, count: usize) -> Vec<u8> {
    match u8::try_from(count) {
        Ok(small) if small < 24 => vec![kind | small],
        Ok(medium) => vec![kind | 24, medium],
        Err(_) => {
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            [&[kind | 26][..], &count.to_be_bytes()].concat()
        }
    }
}

fn to_cbor<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    // The encoding of these values cannot fail.
    serde_cbor::to_vec(&value).unwrap_or_default()
}

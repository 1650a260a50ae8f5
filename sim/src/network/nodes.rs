//! The nodes of the network: mixes, the gateway, service nodes, directory authorities. Their keys come from the seed.

use kpclient::bacap::blake2b_256;

use super::config::{Era, NetworkConfig};
use super::ed25519::Signer;
use super::pem;
use super::random::{derive, derive_long};
use super::types::{Authority, Hash};

/// Length of an X-Wing public key.
pub(super) const LINK_KEY: usize = 1216;
/// Capabilities of a service node and their queue ids, in the order in which a document lists them.
pub(super) const SERVICES: [(&str, &str); 4] = [
    ("echo", ECHO),
    ("http", "+http"),
    ("courier", COURIER),
    ("testdest", TEST_DESTINATION),
];
/// Queue id of the echo service.
pub(super) const ECHO: &str = "+echo";
/// Queue id of the echo service under its other name.
pub(super) const TEST_DESTINATION: &str = "+testdest";
/// Queue id of the courier.
pub(super) const COURIER: &str = "courier";

/// A node of the network.
pub(super) struct Node {
    /// Its name in the document.
    pub(super) name: String,
    /// Its Ed25519 key.
    pub(super) identity: [u8; 32],
    /// The hash of that key, by which messages are addressed.
    pub(super) hash: Hash,
    /// Its X-Wing key.
    pub(super) link_key: Vec<u8>,
    /// Its address, where nothing listens.
    pub(super) address: String,
}

/// All nodes but the replicas.
pub(super) struct Nodes {
    /// One of each layer.
    pub(super) mixes: Vec<Node>,
    /// The gateway.
    pub(super) gateways: Vec<Node>,
    /// In the order of their hashes, as documents have them.
    pub(super) services: Vec<Node>,
    seed: u64,
}

/// How many authorities sign.
const AUTHORITIES: u64 = 3;

impl Nodes {
    /// The network of this configuration.
    pub(super) fn new(config: &NetworkConfig) -> Nodes {
        let seed = config.seed;
        let group = |kind: &str, count: usize, port: usize| -> Vec<Node> {
            (1..=count)
                .map(|number| Node::new(seed, kind, number, port + 3 * number))
                .collect()
        };
        let mut services = group("servicenode", config.couriers, 30_010);
        services.sort_by_key(|node| node.hash);
        Nodes {
            mixes: group("mix", config.layers, 30_100),
            gateways: group("gateway", 1, 30_004),
            services,
            seed,
        }
    }

    /// The service node with this address.
    pub(super) fn service(&self, hash: &Hash) -> Option<usize> {
        self.services.iter().position(|node| node.hash == *hash)
    }

    /// Who signs the documents.
    pub(super) fn signers(&self) -> Vec<Signer> {
        (1..=AUTHORITIES)
            .map(|number| Signer::from_seed(&derive(self.seed, "authority", &[number])))
            .collect()
    }

    /// The same as the daemon's configuration lists them.
    pub(super) fn authorities(&self) -> Vec<Authority> {
        let listed = self.signers().into_iter().zip(1..);
        listed
            .map(|(signer, number): (Signer, u64)| {
                let link = derive_long(self.seed, "authority link", &[number], LINK_KEY);
                Authority {
                    identifier: format!("auth{number}"),
                    pki_signature_scheme: "Ed25519".to_owned(),
                    wire_kem_scheme: "xwing".to_owned(),
                    addresses: vec![format!("tcp://127.0.0.1:{}", 29_999 + 2 * number)],
                    identity_public_key_pem: pem::encode("ED25519 PUBLIC KEY", signer.public()),
                    link_public_key_pem: pem::encode("XWING PUBLIC KEY", &link),
                    identity_key_hash: blake2b_256(signer.public()),
                }
            })
            .collect()
    }
}

impl Node {
    fn new(seed: u64, kind: &str, number: usize, port: usize) -> Node {
        let name = format!("{kind}{number}");
        let identity = *Signer::from_seed(&derive(seed, &name, &[])).public();
        Node {
            hash: blake2b_256(&identity),
            identity,
            link_key: derive_long(seed, &format!("{name} link"), &[], LINK_KEY),
            address: format!("tcp://127.0.0.1:{port}"),
            name,
        }
    }
}

/// How many replicas the directory's configuration lists, present or not. The network of the
/// middle era's recordings listed five that never started.
pub(super) fn configured_replicas(config: &NetworkConfig) -> usize {
    match config.era {
        Era::V0_0_73Rc1 if config.replicas == 0 => 5,
        _ => config.replicas,
    }
}

//! The network behind the daemon: directory, services, couriers, replicas.
//!
//! It is synchronous and has no clock: each call passes `now`, the time since the start of the simulator, so tests can choose
//! it. All randomness comes from the configured seed.
//!
//! | file | what |
//! |---|---|
//! | `config`, `types`, `geometry`, `scheme` | the border to the daemon |
//! | `document`, `nodes`, `pem` | the directory |
//! | `storage` | boxes from the daemon's side: encrypt, send, open |
//! | `envelope`, `courier`, `replica`, `boxes`, `ed25519` | boxes from the network's side |
//! | `journal` | boxes in a file |
//! | `streams`, `copy`, `copy_run` | copy streams: requests, format, performance |
//! | `voucher` | contact vouchers |
//! | `legacy` | the one round trip of the oldest era |
//! | `faults`, `random` | ordered faults, randomness |

mod boxes;
mod config;
mod copy;
mod copy_run;
mod courier;
mod document;
mod ed25519;
mod envelope;
mod faults;
mod geometry;
mod journal;
mod legacy;
mod nodes;
mod pem;
mod random;
mod replica;
mod scheme;
mod storage;
mod streams;
mod types;
mod voucher;

pub use config::{Era, NetworkConfig};
pub use geometry::{PigeonholeGeometry, SphinxGeometry};
pub use scheme::Scheme;
pub use types::*;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use courier::{Courier, World};
use document::{Directory, Order};
use faults::Faults;
use nodes::Nodes;
use random::Random;
use replica::Replicas;

/// A ReplicaID is one byte.
const MAX_REPLICAS: usize = 200;

/// The network.
pub struct Network {
    config: NetworkConfig,
    nodes: Nodes,
    replicas: Replicas,
    /// In the order of the service nodes.
    couriers: Vec<Courier>,
    random: Random,
    faults: Faults,
    /// The latest documents that were made. All else in them never changes, and each takes milliseconds.
    made: RefCell<BTreeMap<MadeOf, Vec<u8>>>,
}

/// What a document is made of: its epoch, the replica epoch, and its form.
type MadeOf = (u64, u64, Form);

/// The forms of a document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    Stripped(Order),
    Signed,
}

/// So many documents are kept.
const MADE: usize = 16;

impl Network {
    /// Builds the network that the configuration describes.
    #[must_use]
    pub fn new(mut config: NetworkConfig) -> Network {
        config.replicas = config.replicas.min(MAX_REPLICAS);
        let nodes = Nodes::new(&config);
        Network {
            replicas: Replicas::new(&config),
            couriers: nodes.services.iter().map(|_| Courier::default()).collect(),
            random: Random::new(config.seed, "network"),
            faults: Faults::default(),
            made: RefCell::default(),
            nodes,
            config,
        }
    }

    /// Its configuration.
    #[must_use]
    pub fn config(&self) -> &NetworkConfig {
        &self.config
    }

    /// The epoch at this time.
    #[must_use]
    pub fn epoch(&self, now: Duration) -> u64 {
        self.config.epoch_at(now)
    }

    /// The document of an epoch as the handshake's `new_pki_document_event` carries it; the current one and a few past
    /// ones are kept. Epoch 0 is the current one.
    #[must_use]
    pub fn document(&self, now: Duration, epoch: u64) -> Option<Vec<u8>> {
        self.made(now, epoch, Form::Stripped(Order::Canonical))
    }

    /// The same as later events carry it, with the fields in another order.
    #[must_use]
    pub fn document_update(&self, now: Duration, epoch: u64) -> Option<Vec<u8>> {
        self.made(now, epoch, Form::Stripped(Order::Declared))
    }

    fn made(&self, now: Duration, epoch: u64, form: Form) -> Option<Vec<u8>> {
        let epoch = self.kept_epoch(now, epoch)?;
        let replica_epoch = self.config.replica_epoch_at(now);
        let mut made = self.made.borrow_mut();
        if made.len() >= MADE {
            made.pop_first(); // the oldest epoch's
        }
        let make = || match form {
            Form::Stripped(order) => self.directory().stripped(epoch, replica_epoch, order),
            Form::Signed => self.directory().signed(epoch, replica_epoch),
        };
        let document = made.entry((epoch, replica_epoch, form));
        Some(document.or_insert_with(make).clone())
    }

    /// The signed certificate of an epoch, as `get_pki_document_reply` carries it. Epoch 0 is the current one.
    #[must_use]
    pub fn signed_document(&self, now: Duration, epoch: u64) -> Option<Vec<u8>> {
        self.made(now, epoch, Form::Signed)
    }

    fn kept_epoch(&self, now: Duration, epoch: u64) -> Option<u64> {
        let current = self.epoch(now);
        let wanted = if epoch == 0 { current } else { epoch };
        document::is_kept(&self.config, current, wanted).then_some(wanted)
    }

    fn directory(&self) -> Directory<'_> {
        Directory {
            config: &self.config,
            nodes: &self.nodes,
            replicas: &self.replicas,
        }
    }

    /// The directory authorities.
    #[must_use]
    pub fn authorities(&self) -> Vec<Authority> {
        self.nodes.authorities()
    }

    /// Sizes of a packet.
    #[must_use]
    pub fn sphinx(&self) -> SphinxGeometry {
        geometry::sphinx()
    }

    /// Sizes of the storage protocol.
    #[must_use]
    pub fn pigeonhole(&self) -> PigeonholeGeometry {
        geometry::pigeonhole(&self.config)
    }

    /// A random courier: node and queue id. `None` on a network without couriers.
    pub fn courier_for(&mut self) -> Option<(Hash, Vec<u8>)> {
        let node = self.random.pick(&self.nodes.services)?;
        Some((node.hash, nodes::COURIER.as_bytes().to_vec()))
    }

    /// Whether this destination is a courier.
    #[must_use]
    pub fn is_courier(&self, node: &Hash, queue: &[u8]) -> bool {
        queue == nodes::COURIER.as_bytes() && self.nodes.service(node).is_some()
    }

    /// Whether this destination is an echo service.
    #[must_use]
    pub fn is_echo(&self, node: &Hash, queue: &[u8]) -> bool {
        let echoes = [nodes::ECHO, nodes::TEST_DESTINATION];
        echoes.iter().any(|name| name.as_bytes() == queue) && self.nodes.service(node).is_some()
    }

    /// Whether this destination is a service of any kind.
    #[must_use]
    pub fn service_known(&self, node: &Hash, queue: &[u8]) -> bool {
        let listed = |(_, endpoint): &(&str, &str)| endpoint.as_bytes() == queue;
        nodes::SERVICES.iter().any(listed) && self.nodes.service(node).is_some()
    }

    /// Whether there is such a service node.
    #[must_use]
    pub fn node_known(&self, node: &Hash) -> bool {
        self.nodes.service(node).is_some()
    }

    /// The echo service's reply: the payload, zero padded to ForwardPayloadLength.
    #[must_use]
    pub fn echo(&self, payload: &[u8]) -> Vec<u8> {
        let length = usize::try_from(self.sphinx().forward_payload_length).unwrap_or(usize::MAX);
        let mut reply = payload.to_vec();
        reply.resize(length, 0);
        reply
    }

    /// Applies a fault to the next `times` matching events.
    pub fn fault(&mut self, fault: Fault, times: u32) {
        self.faults.add(fault, times);
    }

    /// Discards all ordered faults, a full storage too.
    pub fn clear_faults(&mut self) {
        self.faults.clear();
        self.replicas.set_full(false);
    }

    /// Loses boxes, as after they expired: `count` of those that ever came, from the one at `from` on.
    /// Returns how many there were. A file of boxes keeps them for the next start.
    pub fn lose(&mut self, from: usize, count: usize) -> usize {
        self.replicas.lose(from, count)
    }

    /// From now on boxes carry so many bytes. Those that there are stay as they are.
    pub fn set_max_plaintext(&mut self, bytes: usize) {
        self.config.max_plaintext = bytes;
    }

    /// While true every replica refuses writes with 6.
    pub fn set_storage_full(&mut self, full: bool) {
        self.replicas.set_full(full);
    }

    /// Loads the boxes of this file and stores all further ones there. With the same seed the replicas are
    /// the same, so a network continues in another process.
    ///
    /// # Errors
    /// When the file cannot be read or created, or is of another kind.
    pub fn keep_boxes_in(&mut self, path: &Path) -> io::Result<()> {
        self.replicas.keep_in(path)
    }

    /// How often couriers asked replicas for a box, since the start.
    #[must_use]
    pub fn look_ups(&self) -> u64 {
        self.couriers.iter().map(Courier::look_ups).sum()
    }

    /// How many boxes the replicas keep, tombstones too.
    #[must_use]
    pub fn boxes(&self) -> usize {
        self.replicas.boxes()
    }

    /// `voucher_mint`.
    pub fn voucher_mint(
        &mut self,
        message_write_cap: &WriteCapBytes,
        display_name: &str,
    ) -> Result<MintedVoucher, Code> {
        let derivation = self.config.derivation;
        voucher::mint(
            &mut self.random,
            derivation,
            message_write_cap,
            display_name,
        )
    }

    /// `voucher_induct`.
    pub fn voucher_induct(
        &mut self,
        voucher: &[u8],
        voucher_payload: &[u8],
        who_reply: &[u8],
    ) -> Result<InductedVoucher, Code> {
        let derivation = self.config.derivation;
        voucher::induct(
            &mut self.random,
            derivation,
            voucher,
            voucher_payload,
            who_reply,
        )
    }

    /// Whether `voucher_open` is answered for a secret key of this length.
    #[must_use]
    pub fn survives_secret_key(&self, voucher_secret_key: &[u8]) -> bool {
        voucher::is_long_enough(voucher_secret_key)
    }

    /// `voucher_open`.
    pub fn voucher_open(
        &self,
        voucher_secret_key: &[u8],
        sealed_reply: &[u8],
        message_write_cap: &WriteCapBytes,
    ) -> Result<OpenedVoucher, Code> {
        voucher::open(voucher_secret_key, sealed_reply, message_write_cap)
    }

    /// `voucher_derive_stream`.
    pub fn voucher_derive_stream(&self, voucher: &[u8]) -> Result<VoucherStream, Code> {
        voucher::derive_stream(self.config.derivation, voucher)
    }

    /// A courier, and what it works with. `None` for a node without one.
    fn at_courier(&mut self, now: Duration, node: &Hash) -> Option<(&mut Courier, World<'_>)> {
        let at = self.nodes.service(node)?;
        let envelope_lengths = [self.envelope_length(true), self.envelope_length(false)];
        let world = World {
            replica_epoch: self.config.replica_epoch_at(now),
            replicas: &mut self.replicas,
            faults: &mut self.faults,
            random: &mut self.random,
            envelope_lengths,
            look_ups: self.config.look_ups,
            double_writes: self.config.double_writes,
            copy_patience: self.config.copy_patience,
        };
        Some((self.couriers.get_mut(at)?, world))
    }
}

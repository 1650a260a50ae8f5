//! A network with somebody who writes and reads in it.

#![allow(dead_code)]

use std::time::Duration;

use kpclient::bacap::{keypair, BoxIndex, Keypair};
use kpclientd_sim::network::{BoxAnswer, Cap, Code, Hash, Network, NetworkConfig, SealedEnvelope};

/// Some time after the start.
pub const NOW: Duration = Duration::from_secs(1000);

/// Seconds after [`NOW`].
pub fn later(seconds: u64) -> Duration {
    NOW + Duration::from_secs(seconds)
}

/// A channel and the network that it is in.
pub struct World {
    pub network: Network,
    pub pair: Keypair,
    pub couriers: Vec<Hash>,
}

impl World {
    pub fn new() -> World {
        World::with(NetworkConfig::default())
    }

    pub fn with(config: NetworkConfig) -> World {
        let mut network = Network::new(config);
        let mut couriers: Vec<Hash> = (0..100).map(|_| network.courier_for().unwrap().0).collect();
        couriers.sort_unstable();
        couriers.dedup();
        World {
            network,
            pair: keypair(&[42; 32]),
            couriers,
        }
    }

    pub fn first(&self) -> BoxIndex {
        self.pair.first_index.clone()
    }

    pub fn sealed_write(&mut self, index: &BoxIndex, text: &[u8]) -> SealedEnvelope {
        let cap = self.pair.write_cap.as_bytes();
        let sealed = self.network.encrypt_write(NOW, cap, index.as_bytes(), text);
        sealed.unwrap()
    }

    pub fn sealed_read(&mut self, index: &BoxIndex) -> SealedEnvelope {
        let cap = self.pair.read_cap.as_bytes();
        let sealed = self.network.encrypt_read(NOW, cap, index.as_bytes());
        sealed.unwrap()
    }

    /// Takes an envelope to the first courier.
    pub fn ack(&mut self, now: Duration, sealed: &SealedEnvelope) -> Result<(), Code> {
        let courier = self.couriers[0];
        self.network
            .courier_ack(now, &courier, &sealed.ciphertext, &sealed.hash)
            .map(drop)
    }

    /// Asks the first courier for the answer.
    pub fn result(&mut self, now: Duration, sealed: &SealedEnvelope) -> BoxAnswer {
        let courier = self.couriers[0];
        self.network
            .courier_result(now, &courier, &sealed.ciphertext, &sealed.hash)
    }

    /// Both round trips of a write.
    pub fn write(&mut self, now: Duration, index: &BoxIndex, text: &[u8]) -> Code {
        let sealed = self.sealed_write(index, text);
        self.finish_write(now, &sealed)
    }

    pub fn finish_write(&mut self, now: Duration, sealed: &SealedEnvelope) -> Code {
        self.ack(now, sealed).unwrap();
        let answer = self.result(now, sealed);
        let cap = Cap::Write(self.pair.write_cap.as_bytes());
        let opened = self
            .network
            .open_answer(cap, None, &sealed.descriptor, &answer);
        assert!(!matches!(opened, Ok(Some(_))), "a write gives no plaintext");
        opened.err().unwrap_or(0)
    }

    /// Both round trips of a read, with a fresh envelope.
    pub fn read(&mut self, now: Duration, index: &BoxIndex) -> Result<Vec<u8>, Code> {
        let sealed = self.sealed_read(index);
        self.ack(now, &sealed)?;
        self.poll(now, &sealed, index)
    }

    /// The second round trip of a read.
    pub fn poll(
        &mut self,
        now: Duration,
        sealed: &SealedEnvelope,
        index: &BoxIndex,
    ) -> Result<Vec<u8>, Code> {
        let answer = self.result(now, sealed);
        self.open(sealed, index, &answer)
    }

    pub fn open(
        &self,
        sealed: &SealedEnvelope,
        index: &BoxIndex,
        answer: &BoxAnswer,
    ) -> Result<Vec<u8>, Code> {
        let cap = Cap::Read(self.pair.read_cap.as_bytes());
        let index = Some(index.as_bytes());
        let opened = self
            .network
            .open_answer(cap, index, &sealed.descriptor, answer);
        opened.map(|plaintext| plaintext.expect("a read gives a plaintext"))
    }
}

//! Streams and their boxes.

use bytes::Bytes;
use kpclient::bacap::{keypair, BoxIndex, Keypair, ReadCap};
use kpclient::client::{Call, Client, Envelope, StartFlags, StartKind, StartResult};
use kpclient::Result;

use super::operations::{done, run};

/// A stream of its own for each number.
pub fn stream(number: u8) -> Keypair {
    keypair(&[number; 32])
}

/// Ends instead of waiting when the box is not there.
pub fn no_retry() -> StartFlags {
    StartFlags {
        no_retry: true,
        ..StartFlags::default()
    }
}

/// One box, which must be there.
pub fn read_one(client: &Client, cap: &ReadCap, index: &BoxIndex) -> Result<Bytes> {
    run(client.read_box(cap, index, no_retry())).map(|found| found.plaintext)
}

/// Fails where the box is there already.
pub fn strict() -> StartFlags {
    StartFlags {
        return_box_exists: true,
        ..StartFlags::default()
    }
}

/// Boxes of one stream, one after another.
pub struct Boxes {
    pub keys: Keypair,
    next: BoxIndex,
}

impl Boxes {
    /// The stream of this seed, from its beginning.
    pub fn new(seed: u8) -> Self {
        let keys = stream(seed);
        let next = keys.first_index.clone();
        Boxes { keys, next }
    }

    /// The index of a box that was not given before.
    pub fn next(&mut self) -> BoxIndex {
        let next = self.next.next();
        std::mem::replace(&mut self.next, next)
    }

    /// An envelope that reads the next box.
    pub fn read_envelope(&mut self, client: &Client) -> (BoxIndex, Envelope) {
        let index = self.next();
        let work = client.encrypt_read(&self.keys.read_cap, &index);
        let envelope = done(work);
        (index, envelope)
    }

    /// Work that reads a box until it is there, first with this envelope.
    pub fn read(
        &self,
        client: &Client,
        index: &BoxIndex,
        envelope: Envelope,
        flags: StartFlags,
    ) -> Result<Call<StartResult>> {
        let kind = StartKind::Read(self.keys.read_cap.clone(), index.clone());
        client.start_resending_encrypted_message(kind, envelope, flags)
    }

    /// An envelope that writes the next box.
    pub fn write_envelope(&mut self, client: &Client, plaintext: &[u8]) -> Envelope {
        let index = self.next();
        let work = client.encrypt_write(&self.keys.write_cap, &index, plaintext);
        done(work)
    }

    /// Work that sends the write of an envelope.
    pub fn write(&self, client: &Client, envelope: Envelope) -> Result<Call<StartResult>> {
        let kind = StartKind::Write(self.keys.write_cap.clone());
        client.start_resending_encrypted_message(kind, envelope, StartFlags::default())
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

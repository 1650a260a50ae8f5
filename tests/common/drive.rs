//! Short ways to let a client do something while the test plays the daemon.

use std::sync::Arc;
use std::time::Duration;

use kpclient::client::{
    Call, Client, Delivery, Destination, Envelope, Event, EventSink, Log, OpId, StartFlags,
    StartKind, Timeout,
};
use kpclient::config::Config;
use kpclient::{Error, Result, Status};

use super::peer::{Conn, Greeting, Peer};
use super::replies::{caps, CIPHERTEXT};
use super::LIMIT;

/// A client for `config`.
pub fn client(config: Config) -> Arc<Client> {
    Arc::new(Client::new(config, Log::default(), || ()).unwrap())
}

/// A connected client and its first connection.
pub fn connected(peer: &Peer) -> (Arc<Client>, Conn) {
    connected_with(peer, peer.config(), &Greeting::default())
}

/// The same, by this configuration and with this greeting.
pub fn connected_with(peer: &Peer, config: Config, greeting: &Greeting) -> (Arc<Client>, Conn) {
    let client = client(config);
    let connecting = start(&client, client.connect());
    let conn = peer.accept().shake(greeting);
    connecting.done::<()>().unwrap();
    (client, conn)
}

/// A started operation, whose result is kept.
pub struct Op {
    client: Arc<Client>,
    pub id: OpId,
}

/// Starts work.
pub fn start<T: Send + Sync + 'static>(client: &Arc<Client>, work: Result<Call<T>>) -> Op {
    start_within(client, work, Timeout::Forever)
}

/// Starts work with a time limit.
pub fn start_within<T: Send + Sync + 'static>(
    client: &Arc<Client>,
    work: Result<Call<T>>,
    timeout: Timeout,
) -> Op {
    try_start(client, work, timeout).unwrap()
}

/// Starts work, if the client takes it.
pub fn try_start<T: Send + Sync + 'static>(
    client: &Arc<Client>,
    work: Result<Call<T>>,
    timeout: Timeout,
) -> Result<Op> {
    let work = work?;
    let prepared = work.prepare(Delivery::Keep)?;
    let id = prepared.id();
    prepared.launch(work, timeout);
    Ok(Op {
        client: Arc::clone(client),
        id,
    })
}

impl Op {
    /// The operation's value, once it is over.
    pub fn done<T: Clone + 'static>(&self) -> Result<T> {
        let completed = self.client.wait(self.id, Timeout::After(LIMIT))?;
        let completed = completed.expect("claimed before");
        completed.value::<T>().cloned()
    }

    /// The error with which it ends.
    pub fn failure(&self) -> Error {
        let completed = self.client.wait(self.id, Timeout::After(LIMIT)).unwrap();
        match &completed.expect("claimed before").outcome {
            Ok(_) => panic!("operation {} has succeeded", self.id),
            Err(error) => error.clone(),
        }
    }

    /// The status of its failure.
    pub fn status(&self) -> Status {
        self.failure().status()
    }

    /// True while it runs.
    pub fn runs(&self) -> bool {
        let ended = self.client.wait(self.id, Timeout::Poll);
        matches!(&ended, Err(error) if error.status() == Status::TIMEOUT)
    }

    pub fn cancel(&self) {
        self.client.cancel(self.id).unwrap();
    }
}

/// An envelope as `encrypt_*` would have given it.
pub fn envelope(hash: u8) -> Envelope {
    let (_, _, index) = caps();
    Envelope {
        ciphertext: vec![hash; CIPHERTEXT].into(),
        descriptor: vec![hash; 71].into(),
        hash: [hash; 32],
        next_index: Some(index.next()),
    }
}

/// Starts the write of an envelope.
pub fn start_write(client: &Arc<Client>, hash: u8) -> Op {
    let (cap, _, _) = caps();
    let kind = StartKind::Write(cap);
    let flags = StartFlags::default();
    let work = client.start_resending_encrypted_message(kind, envelope(hash), flags);
    start(client, work)
}

/// Starts the read of an envelope that ends when the box is not there.
pub fn start_read(client: &Arc<Client>, hash: u8) -> Op {
    start_read_with(client, hash, true)
}

/// Starts the read of an envelope.
pub fn start_read_with(client: &Arc<Client>, hash: u8, no_retry: bool) -> Op {
    let (_, cap, index) = caps();
    let kind = StartKind::Read(cap, index);
    let flags = StartFlags {
        no_retry,
        ..StartFlags::default()
    };
    let work = client.start_resending_encrypted_message(kind, envelope(hash), flags);
    start(client, work)
}

/// Somewhere to send messages to.
pub fn echo() -> Destination {
    Destination {
        node: [4; 32],
        queue: b"+echo".to_vec(),
    }
}

/// Asks for a keypair and plays the answer: whatever was sent before on this
/// connection would have come first.
pub fn barrier(client: &Arc<Client>, conn: &mut Conn) {
    let op = start(client, client.new_keypair_remote(&[1; 32]));
    let asked = conn.expect("new_keypair");
    conn.answer_keypair(&asked);
    op.done::<kpclient::bacap::Keypair>().unwrap();
}

/// The next event of a sink.
pub fn next(sink: &EventSink) -> Event {
    let event = sink.next(Timeout::After(LIMIT)).unwrap();
    event.expect("no event comes")
}

/// The next event that `wanted` picks; what comes before it is passed over.
pub fn next_that<T>(sink: &EventSink, wanted: impl Fn(Event) -> Option<T>) -> T {
    loop {
        if let Some(found) = wanted(next(sink)) {
            return found;
        }
    }
}

/// A short name for each event, to compare sequences.
pub fn name(event: &Event) -> &'static str {
    match event {
        Event::ConnectionStatus(status) if status.is_connected => "online",
        Event::ConnectionStatus(_) => "offline",
        Event::Document(_) => "document",
        Event::MessageSent(sent) if sent.error.is_none() => "sent",
        Event::MessageSent(_) => "not sent",
        Event::MessageReply(reply) if reply.error.is_none() => "reply",
        Event::MessageReply(_) => "no reply",
        Event::MessageIdCollected(_) => "collected",
        Event::ChannelQuerySent(_) => "query sent",
        Event::ChannelQueryReply(_) => "query reply",
        Event::Disconnected { graceful: true, .. } => "left",
        Event::Disconnected { .. } => "lost",
        Event::Shutdown => "shutdown",
        Event::Resumed => "resumed",
        Event::Restarted => "restarted",
        Event::CopyProgress(_) => "copy",
        Event::CourierVanished(_) => "vanished",
        Event::Channel(_) => "channel",
        Event::Health(_) => "health",
        Event::Operation(_) => "operation",
        Event::Lost(_) => "dropped",
        Event::Closed => "closed",
    }
}

/// The names of everything that a sink holds now.
pub fn drain(sink: &EventSink) -> Vec<&'static str> {
    let mut names = Vec::new();
    while let Ok(Some(event)) = sink.next(Timeout::Poll) {
        names.push(name(&event));
    }
    names
}

/// The kinds of the events that a sink holds and gets up to its end.
pub fn drain_to_the_end(sink: &EventSink) -> Vec<&'static str> {
    let mut names = Vec::new();
    while let Ok(Some(event)) = sink.next(Timeout::After(crate::common::LIMIT)) {
        names.push(name(&event));
    }
    names
}

/// Time in which something that must not happen would have happened.
pub const A_WHILE: Duration = Duration::from_millis(100);

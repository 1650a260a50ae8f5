//! What the simulator reports about itself.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::daemon::protocol::time::nanoseconds;
use crate::daemon::state::{Capability, Conn, Daemon, Leg, Task};

/// The answer of `stats`.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Stats {
    /// Hex.
    pub instance_token: String,
    pub online: bool,
    pub epoch: u64,
    /// The network's time since the start, in nanoseconds.
    pub network_time_ns: u64,
    /// Connections that are open, or closed without the daemon having noticed.
    pub connections: usize,
    /// Connections accepted since the start.
    pub accepted: u64,
    /// Sessions with a token, present or within their grace period.
    pub sessions: usize,
    /// Sessions without a connection to reply to.
    pub absent_sessions: usize,
    /// Entries of the ARQ table.
    pub arq_entries: usize,
    /// Plain messages whose reply is awaited.
    pub messages_in_flight: usize,
    /// Requests waiting in the queues of all connections.
    pub queued: usize,
    /// The longest of these queues.
    pub longest_queue: usize,
    /// Requests in the one queue of old daemons.
    pub one_queue: usize,
    /// Queued packets of entries in flight.
    pub resends: usize,
    /// Replies kept for absent clients.
    pub kept_replies: usize,
    /// Bytes that clients have not read.
    pub unwritten: usize,
    /// Turns of the scheduler since the start.
    pub ticks: u64,
    /// Packets sent into the network since the start.
    pub packets: u64,
    /// Encryptions started since the start.
    pub encryptions: u64,
    /// Processor time of these, and of vouchers, in milliseconds.
    pub encryption_ms: u64,
    /// Requests whose encryptions are under way.
    pub encrypting: usize,
    /// How often couriers asked replicas for a box.
    pub look_ups: u64,
    /// Boxes that the replicas keep, tombstones too.
    pub boxes: usize,
    /// Replies without a connection to go to.
    pub lost_replies: u64,
    /// Orders of `error`, `swallow` and `twice` that are still open.
    pub orders: usize,
    /// Requests by key.
    pub requests: BTreeMap<&'static str, u64>,
    /// Replies and events by key.
    pub replies: BTreeMap<&'static str, u64>,
}

/// One entry of the ARQ table.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct ArqEntry {
    /// Its number, which rises with every start.
    pub number: u64,
    /// "read", "write" or "copy".
    pub what: &'static str,
    /// Envelope hash, or hash of the write capability of a copy; hex.
    pub hash: String,
    /// Its application; hex.
    pub app_id: String,
    /// Whether the application has a connection to reply to.
    pub present: bool,
    /// Identity hash of its courier; hex.
    pub courier: String,
    /// Packets sent for it.
    pub sends: u64,
    /// "hand over" or "ask".
    pub leg: &'static str,
    /// Whether a cancel by hash would reach it now.
    pub reachable: bool,
}

/// Bytes in hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('?'));
        text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('?'));
        text
    })
}

impl Daemon {
    /// The answer of `stats`.
    pub(crate) fn stats(&self) -> Stats {
        let now = self.now();
        let sessions = || self.apps.values().filter(|a| a.token.is_some());
        Stats {
            instance_token: hex(&self.instance_token),
            online: self.online,
            epoch: self.network.epoch(now),
            network_time_ns: nanoseconds(now),
            connections: self.conns.len(),
            accepted: self.counters.accepted,
            sessions: sessions().count(),
            absent_sessions: sessions().filter(|a| a.holder.is_none()).count(),
            arq_entries: self.arq.entries().count(),
            messages_in_flight: self.in_flight.len(),
            queued: self.conns.values().map(|c| c.queue.len()).sum(),
            longest_queue: self
                .conns
                .values()
                .map(|c| c.queue.len())
                .max()
                .unwrap_or(0),
            one_queue: self.ticks.one_queue_len(),
            resends: self.apps.values().map(|a| a.resends.len()).sum(),
            kept_replies: self.apps.values().map(|a| a.waiting.len()).sum(),
            unwritten: self.conns.values().map(Conn::unwritten).sum(),
            ticks: self.ticks.count,
            packets: self.counters.packets,
            encryptions: self.counters.encryptions,
            encryption_ms: u64::try_from(self.counters.encryption_time.as_millis())
                .unwrap_or(u64::MAX),
            encrypting: self.processor.len(),
            look_ups: self.network.look_ups(),
            boxes: self.network.boxes(),
            lost_replies: self.counters.lost,
            orders: self.faults.left(),
            requests: self.counters.requests.clone(),
            replies: self.counters.replies.clone(),
        }
    }

    /// The ARQ table in the order of the starts.
    pub(crate) fn arq_table(&self) -> Vec<ArqEntry> {
        self.arq
            .entries()
            .map(|(number, entry)| {
                let app = self.apps.get(&entry.task.app());
                ArqEntry {
                    number: *number,
                    what: what(&entry.task),
                    hash: hex(entry.task.hash()),
                    app_id: app.map(|a| hex(&a.wire_id)).unwrap_or_default(),
                    present: app.is_some_and(|a| a.holder.is_some()),
                    courier: hex(&entry.courier.0),
                    sends: entry.sends,
                    leg: match entry.leg {
                        Leg::Hand => "hand over",
                        Leg::Ask => "ask",
                    },
                    reachable: self.arq.is_reachable(*number, entry),
                }
            })
            .collect()
    }
}

fn what(task: &Task) -> &'static str {
    match task {
        Task::Copy(_) => "copy",
        Task::Box(start) => match start.capability {
            Capability::Read(_) => "read",
            Capability::Write(_) => "write",
        },
    }
}

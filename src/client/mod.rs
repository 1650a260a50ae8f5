//! The safe core: sessions with the daemon, operations, events.
//!
//! A [`Client`] has one thread, on which a current-thread runtime reads and
//! reconnects; the thread that calls writes its request itself. Work is prepared
//! as [`Work`], then either waited for or started; either way it ends exactly once.

mod announced;
mod arq;
mod authorities;
mod backoff;
mod boxes;
mod channel;
mod client;
mod close;
mod closing;
mod completion;
mod content;
mod copies;
mod copy;
mod copy_builder;
mod couriers;
mod describe;
mod destination;
mod dispatcher;
mod encryption;
mod envelope;
mod envelopes;
mod estimate;
mod events;
mod inner;
mod kept;
mod lane;
mod lifecycle;
mod log;
mod message;
mod nested;
mod news;
mod obstacle;
mod op;
mod outbox;
mod permits;
mod polling;
mod queries;
mod reconnect;
mod reliable;
mod replies;
mod reply_wait;
mod requests;
mod round_trip;
mod router;
mod run;
mod runtime;
mod saved;
mod sink;
mod sinks;
mod start;
mod stats;
mod streams;
mod thread;
mod timeout;
mod told;
mod tombstones;
mod trace;
mod under_way;
mod verification;
mod verify;
mod view;
mod vouchers;
mod waiter;
mod window;
mod work;

pub use self::arq::{StartFlags, StartKind, StartResult};
pub use self::boxes::ReadBox;
pub use self::channel::{ChannelId, ChannelQuery, ChannelReply, NewChannel};
pub use self::client::Client;
pub use self::completion::{Completed, Context as OpContext, OpId, Value};
pub use self::copy_builder::{BuilderProgress, CopyBuilder};
pub use self::destination::Destination;
pub use self::envelope::{Envelope, SignedDocument};
pub use self::envelopes::{CopyDestination, CourierEnvelopes, StreamEnds};
pub use self::events::{
    ChannelQueryReply, ChannelQuerySent, CopyProgress, CourierVanished, DaemonStatus, Event,
    MessageReply, MessageSent,
};
pub use self::log::{Level, Log, LogFn};
pub use self::op::{CompletionFn, Delivery};
pub use self::run::Prepared;
pub use self::sink::{EventFn, EventSink};
pub use self::stats::{LaneStats, Stats};
pub use self::streams::{MAX_DESTINATION_PAYLOAD, MAX_STREAM_BOXES};
pub use self::thread::ThreadSetup;
pub use self::timeout::Timeout;
pub use self::tombstones::{TombstoneEnvelope, Tombstones};
pub use self::verification::KeyDerivation;
pub use self::vouchers::{Induction, MintedVoucher, OpenedVoucher, VoucherStream};
pub use self::work::{AnyWork, Work};

pub(crate) use self::queries::random_array;

#[cfg(test)]
mod tests;

//! The safe core: sessions with the daemon, operations, events.
//!
//! A [`Client`] has one thread, on which a current-thread runtime reads and reconnects; the calling
//! thread writes its request itself. A request is prepared as a [`Call`], then either waited for or
//! started; either way it completes exactly once.

pub(crate) mod announce;
pub(crate) mod api;
pub(crate) mod call;
pub(crate) mod closing;
pub(crate) mod connection;
pub(crate) mod content;
pub(crate) mod daemon;
pub(crate) mod encryption;
pub(crate) mod events;
pub(crate) mod handle;
pub(crate) mod health;
pub(crate) mod lifecycle;
pub(crate) mod obstacle;
pub(crate) mod ops;
pub(crate) mod permits;
pub(crate) mod reconnect;
pub(crate) mod requests;
pub(crate) mod router;
pub(crate) mod runtime;
pub(crate) mod shared;
pub(crate) mod start;
pub(crate) mod stored;
pub(crate) mod tables;
pub(crate) mod verify;

pub use self::api::boxes::resending::StartFlags;
pub use self::api::boxes::resending::StartKind;
pub use self::api::boxes::resending::StartResult;
pub use self::api::boxes::tombstones::TombstoneEnvelope;
pub use self::api::boxes::tombstones::Tombstones;
pub use self::api::boxes::ReadBox;
pub use self::api::channels::values::ChannelReply;
pub use self::api::channels::values::NewChannel;
pub use self::api::copies::builder::BuilderProgress;
pub use self::api::copies::builder::CopyBuilder;
pub use self::api::copies::envelopes::CopyDestination;
pub use self::api::copies::envelopes::CourierEnvelopes;
pub use self::api::copies::envelopes::StreamEnds;
pub use self::api::copies::streams::MAX_DESTINATION_PAYLOAD;
pub use self::api::copies::streams::MAX_STREAM_BOXES;
pub use self::api::stats::LaneStats;
pub use self::api::stats::Stats;
pub use self::api::vouchers::Induction;
pub use self::api::vouchers::MintedVoucher;
pub use self::api::vouchers::OpenedVoucher;
pub use self::api::vouchers::VoucherStream;
pub use self::call::run::Prepared;
pub use self::call::running::Running;
pub use self::call::AnyCall;
pub use self::call::Call;
pub use self::daemon::verification::KeyDerivation;
pub use self::events::completion::Completed;
pub use self::events::completion::Context as OpContext;
pub use self::events::completion::OpId;
pub use self::events::completion::Value;
pub use self::events::sink::EventFn;
pub use self::events::sink::EventSink;
pub use self::events::stream::Events;
pub use self::events::ChannelEvent;
pub use self::events::ChannelNews;
pub use self::events::ChannelQueryReply;
pub use self::events::ChannelQuerySent;
pub use self::events::CopyProgress;
pub use self::events::CourierVanished;
pub use self::events::DaemonStatus;
pub use self::events::Event;
pub use self::events::FileProgress;
pub use self::events::HealthVerdict;
pub use self::events::MessageReply;
pub use self::events::MessageSent;
pub use self::handle::Client;
pub use self::health::Health;
pub use self::ops::CompletionFn;
pub use self::ops::Delivery;
pub use self::runtime::log::Level;
pub use self::runtime::log::Log;
pub use self::runtime::log::LogFn;
pub use self::runtime::thread::ThreadSetup;
pub use self::runtime::timeout::Timeout;
pub use self::stored::channel_query::ChannelQuery;
pub use self::stored::destination::Destination;
pub use self::stored::envelope::Envelope;
pub use self::stored::envelope::SignedDocument;
pub use self::tables::channels::ChannelId;

pub(crate) use self::runtime::query_ids::random_array;
pub(crate) use self::shared::Shared;

// For the layer of channels that remember.
#[cfg(feature = "store")]
pub(crate) use self::{
    api::boxes::{
        await_box, pace::Pace, pace::POLL_EVERY, read_once, resending::WITHOUT_END,
        write_and_compare, Doubt, Written, READ_BACK,
    },
    api::copies::{payload::PayloadStream, run as run_copy},
    api::vouchers,
    runtime::{backoff::Backoff, caught, in_order::InOrder},
};

#[cfg(test)]
mod tests;

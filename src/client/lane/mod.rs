//! One connection with the daemon, a session of its own, and what waits on it.
//!
//! The daemon stops reading a connection whose queue of mixnet-bound requests is
//! full, and serves connections in turn; what it computes itself it computes one after the
//! other on a connection. So a client has several lanes: local requests are never behind network
//! work or encryptions, and writes never behind reads.

mod attempts;
mod calling;
mod calls;
mod counts;
mod exchange;
mod handshake;
mod install;
pub(crate) mod kind;
mod lane;
mod link;
mod local_call;
mod messages;
mod owner;
mod reader_role;
mod reading;
mod run;
mod start_request;
mod starts;
mod unreachable;

pub(crate) use self::calls::{given_up, is_to_be_made_again, unsupported, Answer, CallSink};
pub(crate) use self::exchange::Exchange;
pub(crate) use self::handshake::{Caller, Established};
pub(crate) use self::kind::LaneKind;
pub(crate) use self::lane::{all, Lane, Owed, Undrained};
pub(crate) use self::link::Link;
pub(crate) use self::local_call::LocalCall;
pub(crate) use self::messages::{other_generation, MessageSink, PlainMessage, USUAL_RATE};
pub(crate) use self::owner::Owner;
pub(crate) use self::reader_role::await_answer;
pub(crate) use self::reading::hear_out;
pub(crate) use self::run::{begin, establish, serve, Attempt, First};
pub(crate) use self::start_request::{BoxStart, CopyStart, StartCap, StartRequest};
pub(crate) use self::starts::{writes_ahead, StartAnswer};

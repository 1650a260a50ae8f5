//! Connections with the daemon, a session for each, and the requests that wait on it.
//!
//! The daemon stops reading a connection whose queue of requests for the mixnet is full, and serves
//! connections in turn; on each connection it computes one local request after the other. So a
//! client has several lanes: local requests never wait behind the mixnet or encryptions, and writes
//! never behind reads.

pub(crate) mod calling;
pub(crate) mod facts;
pub(crate) mod handshake;
pub(crate) mod install;
pub(crate) mod io;
pub(crate) mod lane;
pub(crate) mod local_call;
pub(crate) mod owner;
pub(crate) mod reader_role;
pub(crate) mod state;
pub(crate) mod supervisor;
pub(crate) mod unreachable;

pub(crate) use self::handshake::{BlockingCaller, Established};
pub(crate) use self::io::link::Link;
pub(crate) use self::io::reading::drain_until_eof;
pub(crate) use self::lane::{all, Lane, Owed, Undrained};
pub(crate) use self::local_call::LocalCall;
pub(crate) use self::owner::Owner;
pub(crate) use self::reader_role::await_answer;
pub(crate) use self::state::calls::{given_up, is_to_be_made_again, unsupported, Answer, CallSink};
pub(crate) use self::state::health::{Facts, Monitor, Stage};
pub(crate) use self::state::lane_kind::LaneKind;
pub(crate) use self::state::local_request::LocalRequest;
pub(crate) use self::state::messages::{other_generation, MessageSink, PlainMessage, USUAL_RATE};
pub(crate) use self::state::resend_request::{BoxStart, CopyStart, ResendCap, ResendRequest};
pub(crate) use self::state::resends::places::writes_ahead;
pub(crate) use self::state::resends::ResendAnswer;
pub(crate) use self::supervisor::{establish, serve, start, Attempt, First};

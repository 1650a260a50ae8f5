//! The daemon's state: tables, queues, counters, the agenda.
//!
//! `daemon` holds all of it. The rooms above add methods to `Daemon`. `replies` has the methods that all of them need to
//! answer.

mod agenda;
mod app;
mod arq;
mod channels;
mod connection;
mod counters;
mod daemon;
mod effort;
mod event;
mod faults;
mod ids;
mod life;
mod making;
mod message;
mod processor;
mod queued;
mod replies;
mod step;
mod ticks;

pub(crate) use app::App;
pub(crate) use arq::{Answer, Arq, BoxStart, Capability, CopyStart, Entry, Leg, Task};
pub(crate) use channels::{Channel, ChannelEnd, ChannelEvent, Query};
pub(crate) use connection::Conn;
pub(crate) use daemon::{Daemon, Shared};
pub(crate) use effort::Effort;
pub(crate) use event::Event;
pub(crate) use faults::{Faults, Refused};
pub(crate) use ids::{AppNo, ConnId};
pub(crate) use life::Life;
pub(crate) use making::{Made, Making, Order, Target};
pub(crate) use message::{InFlight, Message};
pub(crate) use queued::Queued;
pub(crate) use step::{Step, Then, Work};

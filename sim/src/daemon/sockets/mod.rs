//! Sockets and frames, without knowledge of the daemon.

mod frames;
mod listener;
mod socket;
mod websocket;

pub(crate) use frames::FrameBuffer;
pub(crate) use listener::{remove_file, Listener, Place};
pub(crate) use socket::Socket;

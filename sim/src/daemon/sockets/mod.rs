//! Sockets and frames, without knowledge of the daemon.

mod frames;
mod listener;
mod socket;

pub(crate) use frames::FrameBuffer;
pub(crate) use listener::{remove_file, unlink, Listener};
pub(crate) use socket::Socket;

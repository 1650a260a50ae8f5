//! The numbers of connections and applications.

/// Names a connection.
pub(crate) type ConnId = u64;
/// Names an application, which owns ARQ entries and gets replies.
pub(crate) type AppNo = u64;

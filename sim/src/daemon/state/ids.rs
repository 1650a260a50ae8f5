//! The numbers of connections and applications.

/// Names a connection.
pub(crate) type ConnId = u64;
/// Names an application: what the daemon's ARQ and replies belong to.
pub(crate) type AppNo = u64;

//! What is known of the daemon and its network.

pub(crate) mod announced;
pub(crate) mod verification;
pub(crate) mod view;

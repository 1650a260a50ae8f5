//! The requests that wait and run on a lane. No I/O; the time is passed in.

pub(crate) mod attempts;
pub(crate) mod calls;
pub(crate) mod counts;
pub(crate) mod health;
pub(crate) mod lane_kind;
pub(crate) mod local_request;
pub(crate) mod messages;
pub(crate) mod resend_request;
pub(crate) mod resends;
pub(crate) mod window;

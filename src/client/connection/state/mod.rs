//! What waits and runs on a lane. No I/O, and the time is passed in.

pub(crate) mod attempts;
pub(crate) mod calls;
pub(crate) mod counts;
pub(crate) mod lane_kind;
pub(crate) mod local_request;
pub(crate) mod messages;
pub(crate) mod resend_request;
pub(crate) mod resends;
pub(crate) mod window;

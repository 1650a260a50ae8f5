//! How the last attempts to connect a lane went.

use crate::Error;

/// How the last attempts to connect a lane went.
#[derive(Default)]
pub(crate) struct Attempts {
    /// Why the last one failed.
    pub(crate) failure: Option<Error>,
    /// How many in a row failed to dial while another lane was connected and something waited for
    /// this one.
    pub(crate) failed: u32,
}

impl Attempts {
    /// The lane is connected.
    pub(crate) fn succeeded(&mut self) {
        *self = Attempts::default();
    }
}

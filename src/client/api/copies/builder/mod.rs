//! The copy builder: payloads and tombstones are added, and the builder writes the temporary
//! stream, ends it, and has a courier execute it.
//!
//! Adding requests elements from the daemon and keeps them; it writes nothing. Writing and
//! finishing send the kept elements, and continue where they were interrupted. So a builder that is
//! saved after an addition, and restored by another process, continues with the very same elements;
//! writing a box again that was written already has no effect.

pub(crate) mod add;
pub(crate) mod finish;
pub(crate) mod saved;
pub(crate) mod state;
pub(crate) mod write;

use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

pub use self::state::BuilderProgress;
use self::state::State;
use crate::bacap::{keypair, BoxIndex, WriteCap};
use crate::client::handle::Client;
use crate::client::runtime::query_ids::random_array;
use crate::client::stored::destination::Destination;
use crate::sync::lock;
use crate::wire::Hash;
use crate::{Error, Result, Status};
use bytes::Bytes;

/// A copy stream in the making. Belongs to no client; one operation at a time uses it.
pub struct CopyBuilder {
    state: Mutex<State>,
    /// There are more elements than before, or no more will come.
    grown: Notify,
}

/// The right to change a builder, until it is dropped or somebody completes the operation.
pub(crate) struct Turn {
    builder: Arc<CopyBuilder>,
    number: u64,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.builder.end_turn(self.number);
    }
}

impl CopyBuilder {
    fn of(state: State) -> Arc<Self> {
        Arc::new(CopyBuilder {
            state: Mutex::new(state),
            grown: Notify::new(),
        })
    }

    /// A stream that is written while it is made.
    pub(crate) fn growing(write_cap: WriteCap, courier: Destination) -> Arc<Self> {
        let mut state = State::new(write_cap, courier);
        state.growing = true;
        Self::of(state)
    }

    /// More elements of a stream that is written while it is made.
    fn grow(&self, elements: Vec<Bytes>) {
        lock(&self.state).waiting.extend(elements);
        self.grown.notify_one();
    }

    /// Its last element exists.
    fn end_growing(&self) {
        let mut state = lock(&self.state);
        state.growing = false;
        state.phase = state::Phase::Sealed;
        drop(state);
        self.grown.notify_one();
    }

    /// Takes the builder for one operation; fails with `BUSY` while another has it.
    fn start_turn(self: &Arc<Self>) -> Result<Turn> {
        let mut state = lock(&self.state);
        if state.turn.is_some() {
            return Err(Error::new(
                Status::BUSY,
                "another operation is at work on this copy builder",
            ));
        }
        state.turns += 1;
        state.turn = Some(state.turns);
        state.turn_hash = state.write_cap.hash();
        Ok(Turn {
            builder: Arc::clone(self),
            number: state.turns,
        })
    }

    /// The hash under which the operation of the present turn, or of the last, is registered.
    fn turn_hash(&self) -> Hash {
        lock(&self.state).turn_hash
    }

    fn end_turn(&self, number: u64) {
        lock(&self.state).end_turn(number);
    }

    /// Boxes written, boxes needed, and whether the copy is complete.
    pub fn progress(&self) -> BuilderProgress {
        lock(&self.state).progress()
    }

    /// The capability of the temporary stream.
    pub fn temp_write_cap(&self) -> WriteCap {
        lock(&self.state).write_cap.clone()
    }

    /// The box of the temporary stream that is written next.
    pub fn position(&self) -> BoxIndex {
        lock(&self.state).position.clone()
    }

    /// The rest that does not fill a box yet.
    pub fn buffer(&self) -> Bytes {
        lock(&self.state).tail.clone()
    }

    /// The courier that should execute it, or has.
    pub fn courier(&self) -> Destination {
        lock(&self.state).courier.clone()
    }

    /// Everything that another process needs to continue. A secret.
    pub fn save(&self) -> Result<Bytes> {
        saved::save(&lock(&self.state))
    }

    /// Restores what [`CopyBuilder::save`] returned.
    ///
    /// Fails with `ARG_VALUE` for invalid or damaged bytes, with `UNSUPPORTED` for those of a later
    /// version.
    pub fn restore(bytes: &[u8]) -> Result<Arc<Self>> {
        saved::restore(bytes).map(Self::of)
    }
}

impl Client {
    /// A builder with a temporary stream of its own, and a courier chosen for it.
    pub fn copy_builder(&self) -> Result<Arc<CopyBuilder>> {
        self.shared.check_open()?;
        self.shared.check_next_index()?;
        let write_cap = keypair(&random_array()?).write_cap;
        let courier = self.shared.courier_for(&write_cap.hash(), &[])?;
        Ok(CopyBuilder::of(State::new(write_cap, courier)))
    }

    /// Cancels the operation that uses a builder; it completes with `START_RESENDING_CANCELLED`.
    /// Returns false if there is none.
    pub fn copy_builder_cancel(&self, builder: &CopyBuilder) -> bool {
        self.end_by_hash(&builder.turn_hash())
    }
}

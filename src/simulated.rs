//! Clients whose time and randomness are those of a test, for tests/simulation.
//!
//! All of a simulation is on one thread, on which a tokio runtime with virtual time is entered.

use std::cell::{Cell, RefCell};
use std::sync::Weak;
use std::time::{Duration, Instant, SystemTime};

use tokio::runtime::{Handle, Runtime as Tokio};
use tokio::sync::oneshot;

use crate::client::runtime::{Farewell, Runtime};
use crate::client::{Client, Log, Shared};
use crate::clock;
use crate::config::Config;
use crate::Result;

thread_local! {
    /// The state of the generator that the library's random bytes come from on this thread.
    static RANDOM: Cell<Option<u64>> = const { Cell::new(None) };
    /// When virtual time began.
    static BEGINNING: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// The time of day when virtual time begins: some second of 2026.
const MORNING: Duration = Duration::from_secs(1_790_000_000);

/// While it lives, the library has virtual time on this thread, and random bytes from a seed.
pub struct Seeded(());

impl Seeded {
    /// To be called where the runtime is entered.
    #[must_use]
    pub fn with(seed: u64) -> Self {
        RANDOM.set(Some(seed));
        BEGINNING.set(Some(clock::now()));
        Seeded(())
    }
}

impl Drop for Seeded {
    fn drop(&mut self) {
        RANDOM.set(None);
        BEGINNING.set(None);
    }
}

/// How long virtual time has run on this thread.
#[must_use]
pub fn elapsed() -> Duration {
    BEGINNING.get().map_or(Duration::ZERO, clock::since)
}

pub(crate) fn wall() -> Option<SystemTime> {
    BEGINNING.get()?;
    Some(SystemTime::UNIX_EPOCH + MORNING + elapsed())
}

/// Fills `bytes` with SplitMix64, if this thread simulates.
pub(crate) fn fill(bytes: &mut [u8]) -> bool {
    let Some(mut state) = RANDOM.get() else {
        return false;
    };
    for part in bytes.chunks_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let drawn = (z ^ (z >> 31)).to_le_bytes();
        let length = part.len();
        part.copy_from_slice(&drawn[..length]);
    }
    RANDOM.set(Some(state));
    true
}

/// What ends a client that has no thread of its own.
pub struct Ending {
    last: RefCell<oneshot::Receiver<Farewell>>,
    shared: Weak<Shared>,
}

/// A client on the runtime that is entered. Its waiting calls would block that: only futures are of use.
pub fn client(config: Config) -> Result<(Client, Ending)> {
    let (last, to_do_last) = oneshot::channel();
    let runtime = Runtime::of_this_thread(&Handle::current());
    let client = Client::on(runtime, last, config, Log::default(), || {})?;
    let ending = Ending {
        last: RefCell::new(to_do_last),
        shared: std::sync::Arc::downgrade(&client.shared),
    };
    Ok((client, ending))
}

impl Ending {
    /// Closes the client as its own thread would. Outside of the runtime.
    pub fn close(&self, client: &Client, tokio: &Tokio) {
        client.begin_to_close();
        if let Ok(farewell) = self.last.borrow_mut().try_recv() {
            farewell(tokio);
        }
    }

    /// How many parts of the library still have something of the client.
    #[must_use]
    pub fn owners(&self) -> usize {
        self.shared.strong_count()
    }
}

//! How long work will take: reckoned from the rate at which the network lets a daemon send
//! and from the round trips that were measured.
//!
//! A daemon sends packets at a fixed mean rate, for all its clients, so packets are what
//! takes time. A box that is written is one packet, a box that is read two.

use std::time::Duration;

use super::lane::{LaneKind, USUAL_RATE};
use super::news::expected_round_trip;
use super::window;
use super::Client;
use crate::sync::lock;
use crate::Result;

const PACKETS_OF_A_READ: f64 = 2.0;
const PACKETS_OF_A_WRITE: f64 = 1.0;

/// What is known of the network.
struct Pace {
    /// Packets that the daemon sends a second.
    rate: f64,
    /// Seconds that a read and a write take at least.
    read: f64,
    write: f64,
}

/// What is to be done.
struct Work {
    reads: f64,
    writes: f64,
    /// Boxes of the temporary stream of a copy.
    stream: f64,
}

impl Work {
    /// Seconds that it takes on average.
    fn takes(&self, pace: &Pace) -> f64 {
        // A copy ends with a command to the courier, once all of its stream is written.
        let command = if self.stream > 0.0 { 1.0 } else { 0.0 };
        let writes = self.writes + self.stream + command;
        let packets = PACKETS_OF_A_READ * self.reads + PACKETS_OF_A_WRITE * writes;
        // Where packets are quick, it is the window that holds work up.
        let turns = |requests: f64| (requests / window::MAX - 1.0).max(0.0);
        let sending = (packets / pace.rate)
            .max(turns(self.reads) * pace.read)
            .max(turns(writes) * pace.write);
        let last_read = if self.reads > 0.0 { pace.read } else { 0.0 };
        let last_write = if writes > 0.0 { pace.write } else { 0.0 };
        sending + last_read.max(last_write * (1.0 + command))
    }
}

impl Client {
    /// How long it takes on average to poll `reads` boxes once, write `writes` boxes or plain
    /// messages and copy a payload of `copied` bytes, all at the same time and beside nothing
    /// else. A time that is longer than can be said is the longest that can.
    ///
    /// # Errors
    /// `NO_PKI_DOCUMENT`; `NO_GEOMETRY`, where something is to be copied.
    #[allow(clippy::cast_precision_loss)] // an estimate
    pub fn estimate(&self, reads: u64, writes: u64, copied: u64) -> Result<Duration> {
        let document = lock(&self.inner.view).document()?;
        let stream = match copied {
            0 => 0.0,
            bytes => self.inner.stream_sizes()?.boxes_of_stream(bytes) as f64,
        };
        let promised = expected_round_trip(&document);
        let shortest = |kind: LaneKind| {
            let state = self.inner.lane_of(kind).lock();
            let measured = state.starts.window.shortest();
            measured.unwrap_or(promised).as_secs_f64()
        };
        let pace = Pace {
            rate: match document.lambda_p() * 1000.0 {
                rate if rate > 0.0 => rate,
                _ => USUAL_RATE,
            },
            read: shortest(LaneKind::Read),
            write: shortest(LaneKind::Write),
        };
        let work = Work {
            reads: reads as f64,
            writes: writes as f64,
            stream,
        };
        Ok(Duration::try_from_secs_f64(work.takes(&pace)).unwrap_or(Duration::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One packet a second, as on today's networks.
    const TODAY: Pace = Pace {
        rate: 1.0,
        read: 3.0,
        write: 2.0,
    };

    fn takes(reads: u32, writes: u32, stream: u32, pace: &Pace) -> f64 {
        let work = Work {
            reads: reads.into(),
            writes: writes.into(),
            stream: stream.into(),
        };
        work.takes(pace)
    }

    #[test]
    fn packets_take_their_time_and_the_last_one_its_round_trip() {
        assert_eq!(takes(0, 0, 0, &TODAY), 0.0);
        assert_eq!(takes(0, 1, 0, &TODAY), 1.0 + 2.0);
        assert_eq!(takes(1, 0, 0, &TODAY), 2.0 + 3.0);
        assert_eq!(takes(1000, 0, 0, &TODAY), 2000.0 + 3.0);
        assert_eq!(takes(10, 10, 0, &TODAY), 30.0 + 3.0);
        // The boxes, the command, and the round trips of both.
        assert_eq!(takes(0, 0, 7509, &TODAY), 7510.0 + 4.0);
    }

    #[test]
    fn on_a_quick_network_the_window_is_what_holds_work_up() {
        let quick = Pace { rate: 1e6, ..TODAY };
        assert_eq!(takes(1200, 0, 0, &quick), 99.0 * 3.0 + 3.0);
        assert_eq!(takes(0, 1200, 0, &quick), 99.0 * 2.0 + 2.0);
    }
}

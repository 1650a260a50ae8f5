//! Estimates how long a set of operations takes: from the rate at which the network lets a daemon
//! send, from the round trips, and from the price of an encryption at the daemon.
//!
//! A daemon sends packets at a fixed mean rate, for all its clients. A box that is written is one
//! packet, a box that is read two. Each has to be encrypted first, which takes the daemon seconds
//! on some networks. The slower of the two sets the pace.

use std::time::Duration;

use crate::client::connection::state::lane_kind::{PACKETS_OF_A_READ, PACKETS_OF_A_WRITE};
use crate::client::connection::state::window;
use crate::client::connection::{LaneKind, USUAL_RATE};
use crate::client::handle::Client;
use crate::sync::lock;
use crate::Result;

/// What is known of the network.
struct Pace {
    /// Packets that the daemon sends a second.
    rate: f64,
    /// Seconds that a packet of a read and of a write is away.
    read: f64,
    write: f64,
    /// Seconds that an encryption takes, and how many run at once.
    encryption: f64,
    encryptions: f64,
}

/// What is to be done.
struct Amount {
    reads: f64,
    writes: f64,
    /// Boxes of the temporary stream of a copy.
    stream: f64,
}

impl Amount {
    /// Seconds that it takes on average.
    fn takes(&self, pace: &Pace) -> f64 {
        // A copy ends with a command to the courier, once all of its stream is written.
        let command = if self.stream > 0.0 { 1.0 } else { 0.0 };
        let writes = self.writes + self.stream + command;
        let packets = PACKETS_OF_A_READ * self.reads + PACKETS_OF_A_WRITE * writes;
        // Each box of a copy is an envelope inside another: encrypted twice.
        let encryptions = self.reads + self.writes + 2.0 * self.stream;
        // Where packets are quick, the window sets the pace.
        #[allow(clippy::cast_precision_loss)] // a dozen
        let turns = |requests: f64| (requests / window::MAX as f64 - 1.0).max(0.0);
        let or_none = |requests: f64, seconds: f64| if requests > 0.0 { seconds } else { 0.0 };
        // The first packet waits for the first encryption, the last for the last.
        let first = or_none(encryptions, pace.encryption);
        let last = or_none(self.reads, PACKETS_OF_A_READ).max(or_none(writes, PACKETS_OF_A_WRITE));
        let encrypting = encryptions * pace.encryption / pace.encryptions;
        let sending = (first + packets / pace.rate)
            .max(encrypting + last / pace.rate)
            .max(turns(self.reads) * PACKETS_OF_A_READ * pace.read)
            .max(turns(writes) * PACKETS_OF_A_WRITE * pace.write);
        let last_read = or_none(self.reads, PACKETS_OF_A_READ * pace.read);
        let last_write = or_none(writes, PACKETS_OF_A_WRITE * pace.write);
        sending + last_read.max(last_write * (1.0 + command))
    }
}

impl Client {
    /// Estimates how long it takes on average to poll `reads` boxes once, write `writes` boxes or
    /// plain messages and copy a payload of `copied` bytes, all at the same time and beside nothing
    /// else. A time too long for the type is returned as its maximum.
    ///
    /// # Errors
    /// `NO_PKI_DOCUMENT`; `NO_GEOMETRY`, where something is to be copied.
    #[allow(clippy::cast_precision_loss)] // an estimate
    pub fn estimate(&self, reads: u64, writes: u64, copied: u64) -> Result<Duration> {
        let document = lock(&self.shared.view).document()?;
        let stream = match copied {
            0 => 0.0,
            bytes => self.shared.stream_sizes()?.boxes_of_stream(bytes) as f64,
        };
        let away = |kind: LaneKind| {
            let state = self.shared.lane_of(kind).lock();
            state.resends.window.round_trip()
        };
        let pace = Pace {
            rate: match document.lambda_p() * 1000.0 {
                rate if rate > 0.0 => rate,
                _ => USUAL_RATE,
            },
            read: away(LaneKind::Read),
            write: away(LaneKind::Write),
            encryption: self
                .shared
                .encryption
                .price()
                .unwrap_or_default()
                .as_secs_f64(),
            encryptions: self.shared.encryption.connections() as f64,
        };
        let amount = Amount {
            reads: reads as f64,
            writes: writes as f64,
            stream,
        };
        Ok(Duration::try_from_secs_f64(amount.takes(&pace)).unwrap_or(Duration::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::connection::state::window::daemon::Daemon;

    /// One packet a second, as on today's networks, and encryptions that cost nothing.
    const TODAY: Pace = Pace {
        rate: 1.0,
        read: 1.5,
        write: 2.0,
        encryption: 0.0,
        encryptions: 1.0,
    };

    fn takes(reads: u32, writes: u32, stream: u32, pace: &Pace) -> f64 {
        let amount = Amount {
            reads: reads.into(),
            writes: writes.into(),
            stream: stream.into(),
        };
        amount.takes(pace)
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
    fn on_a_quick_network_the_window_sets_the_pace() {
        let quick = Pace { rate: 1e6, ..TODAY };
        let about = |takes: f64, seconds: f64| assert!((takes - seconds).abs() < 0.1, "{takes}");
        about(takes(1200, 0, 0, &quick), 99.0 * 3.0 + 3.0);
        about(takes(0, 1200, 0, &quick), 99.0 * 2.0 + 2.0);
    }

    #[test]
    fn encryptions_count_where_they_are_slower_than_packets_and_before_the_first_of_them() {
        let expensive = Pace {
            encryption: 4.0,
            ..TODAY
        };
        assert_eq!(takes(1, 0, 0, &expensive), 4.0 + 2.0 + 3.0);
        assert_eq!(takes(0, 10, 0, &expensive), 40.0 + 1.0 + 2.0);
        assert_eq!(takes(0, 0, 10, &expensive), 80.0 + 1.0 + 4.0);
        let two = Pace {
            encryptions: 4.0,
            ..expensive
        };
        assert_eq!(takes(10, 0, 0, &two), 4.0 + 20.0 + 3.0);
    }

    /// Mean time of `requests` of `packets` each, all at the daemon at once.
    fn simulated(requests: u32, packets: u32, away: f64) -> f64 {
        let total: f64 = (0..200)
            .map(|seed| {
                let mut daemon = Daemon::new(seed, away, packets);
                (0..requests).for_each(|_| daemon.submit(false));
                for _ in 0..requests {
                    daemon.answer();
                }
                daemon.now
            })
            .sum();
        total / 200.0
    }

    #[test]
    fn an_estimate_is_near_what_a_poisson_server_takes() {
        for away in [0.5, 2.0, 4.0] {
            let pace = Pace {
                read: away,
                write: away,
                ..TODAY
            };
            for requests in [1, 5, 12, 30, 40, 200] {
                let check = |estimate: f64, took: f64| {
                    let off = (estimate / took - 1.0).abs();
                    assert!(off <= 0.25, "{requests}, {away} s: {estimate} for {took}");
                };
                check(takes(requests, 0, 0, &pace), simulated(requests, 2, away));
                check(takes(0, requests, 0, &pace), simulated(requests, 1, away));
            }
        }
    }
}

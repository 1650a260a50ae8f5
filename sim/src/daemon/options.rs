//! The daemon's configuration.

use std::path::PathBuf;
use std::time::Duration;

use crate::network::{Era, NetworkConfig};

/// Old daemons wait for a document without a limit.
const UNLIMITED: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// How the simulator behaves. Start from [`SimConfig::new`] or [`SimConfig::instant`].
#[derive(Clone, Debug)]
pub struct SimConfig {
    /// The network behind the daemon: era, seed, epochs, rates, sizes.
    pub network: NetworkConfig,
    /// Path of the Unix socket to listen on; a leading `@` means the abstract namespace.
    pub unix: Option<String>,
    /// As with the daemon, an existing socket file is not removed and prevents the start. A restart by
    /// control without `graceful` leaves one.
    pub stale_socket: bool,
    /// Address of the TCP socket to listen on, such as `127.0.0.1:0`.
    pub tcp: Option<String>,
    /// Address of the TCP socket on which to listen for WebSockets, such as `127.0.0.1:0`.
    pub ws: Option<String>,
    /// A file for the replicas' boxes, which then outlive the process; `None` keeps them in memory.
    pub boxes: Option<PathBuf>,
    /// Round trip of a packet; `None` draws it from the document's mixing rate, hop by hop.
    pub latency: Option<Duration>,
    /// Probability that a round trip is lost.
    pub loss: f64,
    /// How long the state of a lost connection is kept (grace period).
    pub grace: Duration,
    /// Sends queued requests at once, without the Poisson process. Queues, turns and hazards stay.
    pub instant: bool,
    /// How long after the expected arrival of an answer a packet is retransmitted.
    pub resend_slack: Duration,
    /// The same for a reliable message of the older protocol.
    pub reliable_slack: Duration,
    /// How often a courier is asked about a copy command.
    pub copy_poll: Duration,
    /// The delay before a courier is asked again for a missing box.
    pub retry_gap: Duration,
    /// A client that reads nothing for this long is disconnected.
    pub write_timeout: Duration,
    /// Time for each envelope that one request makes, in addition to its encryption. Its connection waits meanwhile.
    pub time_per_envelope: Duration,
    /// Processor time of one encryption: an `encrypt_read`, an `encrypt_write`, each envelope that one
    /// request makes. Its connection waits for it, and all connections share the cores. `None` is what
    /// it costs with the network's scheme: 2.15 s with CTIDH1024-X25519, 1.34 ms with X25519.
    pub encrypt_cost: Option<Duration>,
    /// Processor time of one group action of a voucher: a mint or an open costs one, an induct two.
    /// `None` is a third of an encryption with CTIDH1024-X25519, which costs three.
    pub voucher_cost: Option<Duration>,
    /// So many encryptions proceed at once.
    pub cores: usize,
    /// Processor time for each local request. The recorded daemon answers 20 to 34 thousand a
    /// second, so it takes 30 to 50 microseconds. The default is zero; set it to measure speed.
    pub local_work: Duration,
    /// How long the first frame waits for a document when there is none.
    pub document_patience: Duration,
    /// Probability that the daemon notices a closed connection late.
    pub late_close_chance: f64,
    /// The longest such delay.
    pub late_close: Duration,
}

impl SimConfig {
    /// A daemon of this era on a network like the recorded ones: about one packet a second.
    #[must_use]
    pub fn new(era: Era) -> SimConfig {
        SimConfig {
            network: NetworkConfig::new(era),
            unix: None,
            stale_socket: false,
            tcp: None,
            ws: None,
            boxes: None,
            latency: None,
            loss: 0.0,
            grace: if era == Era::Current {
                Duration::from_secs(600)
            } else {
                Duration::from_secs(1800)
            },
            instant: false,
            resend_slack: Duration::from_secs(20),
            reliable_slack: Duration::from_secs(3 * 60 + 45),
            copy_poll: Duration::from_secs(5),
            retry_gap: Duration::ZERO,
            write_timeout: Duration::from_secs(60),
            time_per_envelope: Duration::ZERO,
            encrypt_cost: None,
            voucher_cost: None,
            cores: 2,
            local_work: Duration::ZERO,
            document_patience: if era == Era::Current {
                Duration::from_secs(30)
            } else {
                UNLIMITED
            },
            late_close_chance: 0.15,
            late_close: Duration::from_millis(80),
        }
    }

    /// Today's daemon without delays, for tests that do not depend on time.
    #[must_use]
    pub fn instant() -> SimConfig {
        SimConfig::new(Era::Current).hurried()
    }

    /// The same without the Poisson process and with short delays.
    #[must_use]
    pub fn hurried(mut self) -> SimConfig {
        self.instant = true;
        self.latency = Some(self.latency.unwrap_or(Duration::ZERO));
        self.copy_poll = Duration::from_millis(20);
        self.retry_gap = Duration::from_millis(50);
        self.encrypt_cost = Some(self.encrypt_cost.unwrap_or(Duration::ZERO));
        self
    }

    /// Whether it names a socket to listen on.
    pub(crate) fn listens(&self) -> bool {
        [&self.unix, &self.tcp, &self.ws]
            .iter()
            .any(|place| place.is_some())
    }

    /// Mean time between two packets.
    pub(crate) fn mean_gap(&self) -> Duration {
        let per_second = self.network.lambda_p * 1000.0;
        if self.instant || per_second <= 0.0 {
            return Duration::ZERO;
        }
        Duration::try_from_secs_f64(1.0 / per_second).unwrap_or(Duration::from_secs(1))
    }
}

impl Default for SimConfig {
    fn default() -> SimConfig {
        SimConfig::new(Era::Current)
    }
}

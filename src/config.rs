//! What a client must know before it can dial: where the daemon listens, and the geometries, which
//! an older daemon does not send.
//!
//! A [`Config`] is made field by field or read from thinclient.toml, whose two shapes
//! `file` knows. Nothing here opens a socket.

mod address;
mod file;
#[cfg(test)]
mod tests;
mod toml;

use std::time::Duration;

use crate::wire::geometry::{PigeonholeGeometry, SphinxGeometry};
use crate::{Error, Result, Status};

pub use crate::clock::SuspendClock;

pub(crate) use address::{Host, HostPort, WebSocketUrl};

const RECONNECT_MIN: Duration = Duration::from_secs(1);
const RECONNECT_MAX: Duration = Duration::from_secs(60);
/// What hardly any machine is too small for, and what keeps up with one packet a second where
/// an encryption takes two.
const ENCRYPTION_CONNECTIONS: usize = 2;
/// The most connections for encryptions; a daemon's machine hardly has more cores to spare.
const MAX_ENCRYPTION_CONNECTIONS: usize = 16;

/// Twice what an answer takes on a machine that is very busy.
const SILENCE_LIMIT: Duration = Duration::from_secs(15);
const SHORTEST_SILENCE: Duration = Duration::from_millis(100);
const LONGEST_SILENCE: Duration = Duration::from_secs(3600);

/// Where the daemon listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dial {
    /// A Unix domain socket.
    Unix {
        /// A path; with a leading `@` a name in Linux's abstract namespace.
        path: String,
    },
    /// A TCP socket.
    Tcp {
        /// `host:port`, `[v6]:port`, or `:port` for this machine.
        address: String,
        /// Which family of addresses is allowed.
        network: TcpNetwork,
    },
    /// A WebSocket, of a library with the feature `websocket`.
    Ws {
        /// `ws://host:port/path`.
        url: String,
    },
}

/// The families of addresses that a TCP connection may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TcpNetwork {
    /// IPv4 and IPv6.
    #[default]
    Tcp,
    /// IPv4 alone.
    Tcp4,
    /// IPv6 alone.
    Tcp6,
}

/// Everything a client is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where the daemon listens; compulsory.
    pub dial: Option<Dial>,
    /// For daemons that do not send theirs (before v0.0.76).
    pub sphinx: Option<SphinxGeometry>,
    /// For daemons that do not send theirs (before v0.0.76).
    pub pigeonhole: Option<PigeonholeGeometry>,
    /// The shortest wait before dialling again.
    pub reconnect_min: Duration,
    /// The longest wait before dialling again.
    pub reconnect_max: Duration,
    /// How many encryptions the daemon may have at once, each on a connection of its own.
    pub encryption_connections: usize,
    /// How long what the daemon owes may be missing before it counts as silent.
    pub silence_limit: Duration,
    /// The clock by which time limits also count the time for which the machine is suspended; `None`: they do not.
    pub suspend_clock: Option<SuspendClock>,
    /// Open every connection and start every thread when the client connects, and none later
    /// while the daemon stays.
    pub connect_all: bool,
    /// Compare the daemon's derivation of capabilities with the library's, once for each
    /// daemon process. Only tests that play the daemon switch it off.
    pub verify_derivation: bool,
}

impl TcpNetwork {
    /// The network of a name from a file; `CONFIG_BAD_NETWORK` for any but `tcp`, `tcp4`, `tcp6`.
    pub fn from_name(name: &str) -> Result<Self> {
        match name {
            "tcp" => Ok(TcpNetwork::Tcp),
            "tcp4" => Ok(TcpNetwork::Tcp4),
            "tcp6" => Ok(TcpNetwork::Tcp6),
            _ => Err(Error::new(
                Status::CONFIG_BAD_NETWORK,
                format!("the network is {name:?}, not tcp, tcp4 or tcp6"),
            )),
        }
    }

    /// The name as written in a file.
    pub fn name(self) -> &'static str {
        match self {
            TcpNetwork::Tcp => "tcp",
            TcpNetwork::Tcp4 => "tcp4",
            TcpNetwork::Tcp6 => "tcp6",
        }
    }

    pub(crate) fn allows(self, address: std::net::IpAddr) -> bool {
        match self {
            TcpNetwork::Tcp => true,
            TcpNetwork::Tcp4 => address.is_ipv4(),
            TcpNetwork::Tcp6 => address.is_ipv6(),
        }
    }
}

/// No system accepts longer paths of Unix sockets.
const LONGEST_SOCKET_PATH: usize = 107;

impl Dial {
    /// A Unix socket. A relative path is meant from the working directory of this moment, so that
    /// a program may go elsewhere later; where the whole path is too long for a socket, it stays
    /// as it is.
    pub fn unix(path: &str) -> Self {
        let is_relative = !path.is_empty() && !path.starts_with(['@', '/']);
        let whole = std::path::absolute(path)
            .ok()
            .and_then(|whole| whole.to_str().map(str::to_owned))
            .filter(|whole| is_relative && whole.len() <= LONGEST_SOCKET_PATH);
        Dial::Unix {
            path: whole.unwrap_or_else(|| path.to_owned()),
        }
    }

    /// Checks what can be checked without a socket: `CONFIG_NO_TRANSPORT` for an empty
    /// address, `ARG_VALUE` for one that cannot be read, `CONFIG_BAD_NETWORK` for a
    /// literal address outside the network's family, `UNSUPPORTED` for a transport that this
    /// library is built without.
    pub fn validate(&self) -> Result<()> {
        match self {
            Dial::Unix { path } if path.is_empty() => empty("path of the Unix socket"),
            Dial::Unix { path } if path.contains('\0') => Err(Error::new(
                Status::ARG_VALUE,
                "the path of the Unix socket contains a NUL byte",
            )),
            Dial::Unix { .. } => Ok(()),
            Dial::Tcp { address, .. } if address.is_empty() => empty("TCP address"),
            Dial::Tcp { address, network } => HostPort::parse(address, *network).map(drop),
            Dial::Ws { url } if url.is_empty() => empty("URL of the WebSocket"),
            Dial::Ws { url } => WebSocketUrl::parse(url).map(drop),
        }
    }
}

/// Refuses another number of connections for encryptions than a client can have.
pub fn check_encryption_connections(count: usize) -> Result<()> {
    if (1..=MAX_ENCRYPTION_CONNECTIONS).contains(&count) {
        return Ok(());
    }
    Err(Error::new(
        Status::ARG_VALUE,
        format!("{count} connections for encryptions, not 1 to {MAX_ENCRYPTION_CONNECTIONS}"),
    ))
}

/// Refuses a limit of silence that is too short to mean anything, or endless.
pub fn check_silence_limit(limit: Duration) -> Result<()> {
    if (SHORTEST_SILENCE..=LONGEST_SILENCE).contains(&limit) {
        return Ok(());
    }
    Err(Error::new(
        Status::ARG_VALUE,
        format!("a limit of silence of {limit:?}, not 100 ms to an hour"),
    ))
}

fn empty(what: &str) -> Result<()> {
    Err(Error::new(
        Status::CONFIG_NO_TRANSPORT,
        format!("the {what} is empty"),
    ))
}

impl Config {
    /// A configuration without a transport, with all else at its default.
    pub fn new() -> Self {
        Config {
            dial: None,
            sphinx: None,
            pigeonhole: None,
            reconnect_min: RECONNECT_MIN,
            reconnect_max: RECONNECT_MAX,
            encryption_connections: ENCRYPTION_CONNECTIONS,
            silence_limit: SILENCE_LIMIT,
            suspend_clock: None,
            connect_all: false,
            verify_derivation: true,
        }
    }

    /// Reads and validates the text of a thinclient.toml of either shape.
    pub fn from_toml(text: &str) -> Result<Config> {
        file::parse(text)
    }

    /// Reads and validates a thinclient.toml; `CONFIG_IO` with errno where it cannot be read.
    pub fn load_file(path: &str) -> Result<Config> {
        file::load(path)
    }

    /// Checks everything that can be checked without a socket.
    pub fn validate(&self) -> Result<()> {
        let Some(dial) = &self.dial else {
            return Err(Error::new(
                Status::CONFIG_NO_TRANSPORT,
                "the configuration names no transport",
            ));
        };
        dial.validate()?;
        if let Some(sphinx) = &self.sphinx {
            sphinx.validate()?;
        }
        if let Some(pigeonhole) = &self.pigeonhole {
            pigeonhole.validate()?;
        }
        if self.reconnect_min.is_zero() || self.reconnect_min > self.reconnect_max {
            return Err(Error::new(
                Status::ARG_VALUE,
                "the shortest wait before dialling again must be more than 0 and not more than the longest",
            ));
        }
        check_encryption_connections(self.encryption_connections)?;
        check_silence_limit(self.silence_limit)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

//! Addresses as people write them: `host:port`, `[v6]:port`, `:port`, and `ws://host:port/path`.

use std::net::{IpAddr, Ipv6Addr};

use super::TcpNetwork;
use crate::{Error, Result, Status};

/// The part before the port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// Nothing written: this machine.
    Local,
    /// A literal address.
    Ip(IpAddr),
    /// Something to look up; also a literal with a zone, as `fe80::1%eth0`.
    Name(String),
}

/// An address, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostPort {
    pub(crate) host: Host,
    pub(crate) port: u16,
}

impl HostPort {
    /// `ARG_VALUE` for what is no address, `CONFIG_BAD_NETWORK` for a literal of a family
    /// that `network` does not allow.
    pub(crate) fn parse(address: &str, network: TcpNetwork) -> Result<Self> {
        let refuse = |why: &str| {
            Error::new(
                Status::ARG_VALUE,
                format!("the TCP address {address:?} {why}"),
            )
        };
        let (host, port) = address
            .rsplit_once(':')
            .ok_or_else(|| refuse("has no port"))?;
        let port =
            parse_port(port).ok_or_else(|| refuse("does not end in a port between 1 and 65535"))?;
        let host = parse_host(host).map_err(refuse)?;
        if let Some(literal) = host.literal() {
            if !network.allows(literal) {
                return Err(Error::new(
                    Status::CONFIG_BAD_NETWORK,
                    format!(
                        "the address {address:?} is outside the network {}",
                        network.name()
                    ),
                ));
            }
        }
        Ok(HostPort { host, port })
    }
}

impl Host {
    /// The address, where no look-up is needed to know its family.
    fn literal(&self) -> Option<IpAddr> {
        match self {
            Host::Local => None,
            Host::Ip(address) => Some(*address),
            Host::Name(name) => {
                let (address, _zone) = name.split_once('%')?;
                address.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
            }
        }
    }
}

/// The port of a URL that names none.
const WEB: u16 = 80;
const WITHOUT_TLS: &str = "ws://";

/// The URL of a WebSocket, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WebSocketUrl {
    /// Where to connect to, as for TCP.
    pub(crate) address: String,
}

impl WebSocketUrl {
    /// `ARG_VALUE` for what is no URL of a WebSocket, `UNSUPPORTED` for one that needs TLS, and for
    /// all of them where the library is built without WebSockets.
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let refuse =
            |why: &str| Error::new(Status::ARG_VALUE, format!("the WebSocket {url:?} {why}"));
        if !cfg!(feature = "websocket") {
            return Err(unsupported("this library is built without WebSockets"));
        }
        let scheme = url.get(..WITHOUT_TLS.len()).unwrap_or_default();
        if !scheme.eq_ignore_ascii_case(WITHOUT_TLS) {
            if url.to_ascii_lowercase().starts_with("wss://") {
                return Err(unsupported("this library has no TLS, which wss:// needs"));
            }
            return Err(refuse("does not begin with ws://"));
        }
        let is_url = |c: u8| c.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&c);
        if !url.bytes().all(is_url) {
            return Err(refuse("has a character that no such URL has"));
        }
        let rest = url.get(WITHOUT_TLS.len()..).unwrap_or_default();
        let host = rest.split(['/', '?']).next().unwrap_or_default();
        if host.contains(['@', '%']) {
            return Err(refuse("has more than a host and a port before its path"));
        }
        if host.is_empty() || host.starts_with(':') {
            return Err(refuse("has no host"));
        }
        let has_port = host.rfind(':') > host.rfind(']');
        let address = match has_port {
            true => host.to_owned(),
            false => format!("{host}:{WEB}"),
        };
        HostPort::parse(&address, TcpNetwork::Tcp)
            .map_err(|e| refuse(&format!("cannot be used: {}", e.message())))?;
        Ok(WebSocketUrl { address })
    }
}

fn unsupported(why: &str) -> Error {
    let advice = "let the daemon listen on a Unix or TCP socket";
    Error::new(Status::UNSUPPORTED, format!("{why}; {advice}"))
}

fn parse_port(text: &str) -> Option<u16> {
    // `parse` alone would accept a plus sign as well.
    let digits = text.bytes().all(|c| c.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port != 0)
}

fn parse_host(text: &str) -> std::result::Result<Host, &'static str> {
    if let Some(inner) = text.strip_prefix('[') {
        let inner = inner
            .strip_suffix(']')
            .ok_or("has an opening bracket without a closing one")?;
        let (address, zone) = inner.split_once('%').unwrap_or((inner, ""));
        let address = address
            .parse::<Ipv6Addr>()
            .map_err(|_| "has no IPv6 address between its brackets")?;
        return Ok(match zone {
            "" => Host::Ip(IpAddr::V6(address)),
            _ => Host::Name(inner.to_owned()),
        });
    }
    if text.contains(':') {
        return Err("has more than one colon; an IPv6 address needs brackets");
    }
    if text
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || "[]/%".contains(c))
    {
        return Err("has a character that no host name has");
    }
    Ok(match text.parse::<IpAddr>() {
        _ if text.is_empty() => Host::Local,
        Ok(address) => Host::Ip(address),
        Err(_) => Host::Name(text.to_owned()),
    })
}

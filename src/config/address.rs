//! TCP addresses as people write them: `host:port`, `[v6]:port`, `:port`.

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

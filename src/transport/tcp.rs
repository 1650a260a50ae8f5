//! TCP: all addresses of a name in turn, within the requested family.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::sync::oneshot;

use crate::config::{Host, HostPort, TcpNetwork};
use crate::platform::{hold_standard, CONNECTION_REFUSED};
use crate::{Error, Result, Status};

/// Enough for a resolver and what it loads. Said here, as Rust would else ask the environment
/// of the program (RUST_MIN_STACK).
const RESOLVER_STACK: usize = 2 * 1024 * 1024;

/// Keepalive probes to a silent daemon: a client that only listens has no other sign that the
/// daemon's machine is gone. After nine probes without an answer the connection is lost, which
/// makes two and a half minutes.
const PROBES: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(60))
    .with_interval(Duration::from_secs(10));

pub(super) async fn dial(address: &str, network: TcpNetwork) -> Result<TcpStream> {
    let HostPort { host, port } = HostPort::parse(address, network)?;
    let failed = |e: &io::Error| Error::from_io(Status::CONNECT, &format!("TCP {address}"), e);
    let found = resolve(host, port).await.map_err(|e| failed(&e))?;

    let mut last = None;
    for target in found.into_iter().filter(|a| network.allows(a.ip())) {
        match connect(target).await {
            Ok(stream) => return Ok(stream),
            Err(e) => last = Some((target, e)),
        }
    }
    Err(match last {
        Some((target, e)) => {
            let what = format!("TCP {address} (last tried {target})");
            Error::from_io(Status::CONNECT, &what, &e)
        }
        None => {
            let message = format!(
                "TCP {address}: no address for the network {}",
                network.name()
            );
            Error::new(Status::CONNECT, message)
        }
    })
}

async fn connect(target: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::from(super::connect(&target.into()).await?);
    // Without this each small request would wait for the acknowledgement of the last.
    stream.set_nodelay(true)?;
    SockRef::from(&stream).set_tcp_keepalive(&PROBES)?;
    if is_its_own_peer(&stream)? {
        return Err(io::Error::from_raw_os_error(CONNECTION_REFUSED));
    }
    Ok(stream)
}

/// True when nobody listened, but the kernel happened to give this end the port that it
/// dials, so that the connection leads back to itself.
pub(super) fn is_its_own_peer(stream: &TcpStream) -> io::Result<bool> {
    Ok(stream.local_addr()? == stream.peer_addr()?)
}

async fn resolve(host: Host, port: u16) -> io::Result<Vec<SocketAddr>> {
    let at = |ip| SocketAddr::new(ip, port);
    match host {
        Host::Ip(ip) => Ok(vec![at(ip)]),
        Host::Local => Ok(vec![
            at(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            at(IpAddr::V6(Ipv6Addr::LOCALHOST)),
        ]),
        Host::Name(name) => look_up(name, port).await,
    }
}

/// Asks the system's resolver, on a thread of its own: it blocks, and tokio's pool of
/// blocking threads panics where the system refuses a thread.
async fn look_up(name: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    // On to the runtime's own thread, whose blocked signals the new one is to inherit.
    tokio::task::yield_now().await;
    let (answer, answered) = oneshot::channel();
    std::thread::Builder::new()
        .name("kpc-resolver".to_owned())
        .stack_size(RESOLVER_STACK)
        .spawn(move || {
            // The resolver has sockets of its own meanwhile.
            let _held = hold_standard();
            let found = (name, port).to_socket_addrs().map(Iterator::collect);
            // Nobody waits any more when the caller has given up.
            let _ = answer.send(found);
        })?;
    answered
        .await
        .unwrap_or_else(|_| Err(io::Error::other("the resolver ended without an answer")))
}

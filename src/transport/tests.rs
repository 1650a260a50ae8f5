//! Sockets on loopback and in temporary directories.

#[cfg(feature = "websocket")]
mod websocket;

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixListener, UnixStream};

use super::*;
use crate::config::TcpNetwork;
use crate::temp_dir::TempDir;
use crate::{Error, Status};

fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(future)
}

fn unix(path: &str) -> Dial {
    Dial::Unix {
        path: path.to_owned(),
    }
}

fn tcp(address: impl ToString, network: TcpNetwork) -> Dial {
    Dial::Tcp {
        address: address.to_string(),
        network,
    }
}

fn failure(target: &Dial) -> Error {
    run(dial(target)).unwrap_err()
}

/// Reads, waiting for something to come.
fn read_waiting(socket: &Socket, buffer: &mut [u8]) -> usize {
    SockRef::from(&socket.descriptor())
        .set_nonblocking(false)
        .unwrap();
    let read = socket.try_read(buffer).unwrap();
    SockRef::from(&socket.descriptor())
        .set_nonblocking(true)
        .unwrap();
    read
}

/// Both directions work, nothing blocks, and the end is seen.
fn exercise(socket: &Socket, mut peer: impl Read + Write) {
    let mut buffer = [0; 16];
    let nothing = socket.try_read(&mut buffer).unwrap_err();
    assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);

    assert_eq!(socket.try_write(b"ping").unwrap(), 4);
    peer.read_exact(&mut buffer[..4]).unwrap();
    assert_eq!(&buffer[..4], b"ping");

    peer.write_all(b"pong!").unwrap();
    assert_eq!(read_waiting(socket, &mut buffer), 5);
    assert_eq!(&buffer[..5], b"pong!");

    drop(peer);
    assert_eq!(read_waiting(socket, &mut buffer), 0);
}

#[test]
fn a_unix_socket_is_dialled_by_its_path() {
    let directory = TempDir::new("unix");
    let path = directory.path("daemon.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let socket = run(dial(&unix(&path))).unwrap();
    exercise(&socket, listener.accept().unwrap().0);
}

#[cfg(target_os = "linux")]
#[test]
fn an_abstract_socket_is_dialled_by_its_name() {
    use std::os::linux::net::SocketAddrExt;
    let name = format!("kpclient-test-{}", std::process::id());
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let listener = UnixListener::bind_addr(&address).unwrap();
    let socket = run(dial(&unix(&format!("@{name}")))).unwrap();
    exercise(&socket, listener.accept().unwrap().0);
}

#[test]
fn tcp_is_dialled_by_literal_name_and_port_alone() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    for (address, network) in [
        (format!("127.0.0.1:{port}"), TcpNetwork::Tcp),
        (format!("127.0.0.1:{port}"), TcpNetwork::Tcp4),
        (format!("localhost:{port}"), TcpNetwork::Tcp4),
        (format!(":{port}"), TcpNetwork::Tcp),
    ] {
        let socket = run(dial(&tcp(address, network))).unwrap();
        let Socket::Tcp(stream) = &socket else {
            panic!("not TCP");
        };
        assert!(stream.nodelay().unwrap());
        // Without it a client that only listens never hears that the daemon's machine went.
        assert!(SockRef::from(stream).keepalive().unwrap());
        exercise(&socket, listener.accept().unwrap().0);
    }
}

#[test]
fn tcp_over_ipv6_is_dialled_where_the_machine_has_it() {
    let Ok(listener) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) else {
        println!("skipped: no IPv6 here");
        return;
    };
    let port = listener.local_addr().unwrap().port();
    // The last one finds nobody on 127.0.0.1 and goes on to the next address.
    for (address, network) in [
        (format!("[::1]:{port}"), TcpNetwork::Tcp6),
        (format!(":{port}"), TcpNetwork::Tcp6),
        (format!(":{port}"), TcpNetwork::Tcp),
    ] {
        let socket = run(dial(&tcp(address, network))).unwrap();
        exercise(&socket, listener.accept().unwrap().0);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn sockets_are_closed_on_exec() {
    let directory = TempDir::new("cloexec");
    let path = directory.path("s");
    let _unix_listener = UnixListener::bind(&path).unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    for target in [unix(&path), tcp(address, TcpNetwork::Tcp)] {
        let socket = run(dial(&target)).unwrap();
        let info = format!("/proc/self/fdinfo/{}", socket.descriptor().as_raw_fd());
        let info = std::fs::read_to_string(info).unwrap();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = i32::from_str_radix(flags.unwrap().trim(), 8).unwrap();
        assert_eq!(flags & libc::O_CLOEXEC, libc::O_CLOEXEC);
        assert_eq!(flags & libc::O_NONBLOCK, libc::O_NONBLOCK);
    }
}

#[test]
fn writing_to_a_vanished_daemon_is_an_error() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    drop(theirs);
    let error = Socket::Unix(ours).try_write(b"x").unwrap_err();
    assert_eq!(error.raw_os_error(), Some(libc::EPIPE));
}

#[test]
fn a_full_socket_says_so_and_keeps_what_it_took() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let socket = Socket::Unix(ours);
    let mut sent = 0;
    let full = loop {
        match socket.try_write(&[7; 4096]) {
            Ok(n) => sent += n,
            Err(e) => break e,
        }
    };
    assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
    drop(socket);
    let mut received = Vec::new();
    theirs.read_to_end(&mut received).unwrap();
    assert_eq!(received.len(), sent);
}

#[test]
fn shutdown_ends_both_directions_and_may_be_repeated() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let socket = Socket::Unix(ours);
    socket.shutdown();
    socket.shutdown();
    assert_eq!(socket.try_read(&mut [0; 1]).unwrap(), 0);
    assert!(socket.try_write(b"x").is_err());
    assert_eq!(theirs.read(&mut [0; 1]).unwrap(), 0);
}

#[test]
fn a_failed_connect_names_the_address_and_carries_errno() {
    let directory = TempDir::new("refused");
    let absent = directory.path("absent.sock");
    let dead = directory.path("dead.sock");
    drop(UnixListener::bind(&dead).unwrap());
    let closed = {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.local_addr().unwrap().to_string()
    };
    for (target, named, errno) in [
        (unix(&absent), absent.as_str(), libc::ENOENT),
        (unix(&dead), dead.as_str(), libc::ECONNREFUSED),
        (
            unix("@kpclient-nobody"),
            "@kpclient-nobody",
            libc::ECONNREFUSED,
        ),
        (
            tcp(&closed, TcpNetwork::Tcp),
            closed.as_str(),
            libc::ECONNREFUSED,
        ),
    ] {
        let error = failure(&target);
        assert_eq!(error.status(), Status::CONNECT);
        assert_eq!(error.errno(), Some(errno), "{error}");
        assert!(error.message().contains(named), "{error}");
    }
}

#[test]
fn over_long_socket_names_are_refused_with_their_length() {
    for path in [
        format!("/{}", "a".repeat(200)),
        format!("@{}", "a".repeat(200)),
    ] {
        let error = failure(&unix(&path));
        assert_eq!(error.status(), Status::CONNECT);
        assert_eq!(error.errno(), Some(libc::ENAMETOOLONG));
        assert!(error.message().contains("201 bytes"), "{error}");
    }
}

#[test]
fn unusable_addresses_are_refused_before_any_socket() {
    for (target, status) in [
        (unix(""), Status::CONFIG_NO_TRANSPORT),
        (unix("a\0b"), Status::ARG_VALUE),
        (tcp("nowhere", TcpNetwork::Tcp), Status::ARG_VALUE),
        (
            tcp("127.0.0.1:1", TcpNetwork::Tcp6),
            Status::CONFIG_BAD_NETWORK,
        ),
        (tcp("[::1]:1", TcpNetwork::Tcp4), Status::CONFIG_BAD_NETWORK),
    ] {
        assert_eq!(failure(&target).status(), status, "{target:?}");
    }
}

#[test]
fn a_name_that_cannot_be_resolved_is_a_connect_error() {
    // Longer than any name may be, so that the resolver asks nobody.
    let address = format!("{}:1", "a".repeat(300));
    let error = failure(&tcp(&address, TcpNetwork::Tcp));
    assert_eq!(error.status(), Status::CONNECT);
    assert!(error.message().contains(&address), "{error}");
}

#[test]
fn a_connection_to_itself_is_recognised() {
    run(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(any).unwrap();
        let own = socket.local_addr().unwrap();
        let looped = socket.connect(own).await.unwrap().into_std().unwrap();
        assert!(tcp::is_its_own_peer(&looped).unwrap());
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let honest = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    assert!(!tcp::is_its_own_peer(&honest).unwrap());
}

#[test]
fn a_daemon_that_is_slow_to_accept_is_waited_for() {
    let directory = TempDir::new("backlog");
    let path = directory.path("daemon.sock");
    let listener =
        socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
    let address = socket2::SockAddr::unix(&path).unwrap();
    listener.bind(&address).unwrap();
    listener.listen(1).unwrap();
    let mut waiting = Vec::new();
    loop {
        let one = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
        one.set_nonblocking(true).unwrap();
        match one.connect(&address) {
            Ok(()) => waiting.push(one),
            Err(e) => break assert_eq!(e.kind(), io::ErrorKind::WouldBlock),
        }
    }
    run(async {
        let target = unix(&path);
        let mut dialling = std::pin::pin!(dial(&target));
        let is_pending =
            std::future::poll_fn(|cx| dialling.as_mut().poll(cx).is_pending().into()).await;
        assert!(is_pending);
        // One place becomes free, and the dialling takes it.
        listener.accept().unwrap();
        dialling.await.unwrap();
    });
}

//! WebSockets, over TCP without encryption.
//!
//! The daemon and its clients send the same stream of bytes through them as through other sockets,
//! in binary messages; where a message ends means nothing. A task of the runtime carries the bytes
//! between the WebSocket and one end of a pair of sockets. The connection has the other end, and
//! reads and writes it as any other socket.

use std::future::Future;
use std::io::{self, Read};
use std::net::TcpStream;
use std::pin::{pin, Pin};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use rustix::fd::{AsFd, BorrowedFd};
use tokio::io::Interest;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error as WebError, Message};
use tokio_tungstenite::{client_async_with_config, WebSocketStream};

use super::{tcp, Descriptor, Socket};
use crate::config::{TcpNetwork, WebSocketUrl};
use crate::platform::{pair, LocalStream, Watched};
use crate::wire::MAX_FRAME;
use crate::{Error, Result, Status};

/// A peer on this machine answers the upgrade at once; so does one that is no WebSocket.
const UPGRADE_WITHIN: Duration = Duration::from_secs(30);
/// After this end was closed the daemon answers that in this time, or is not waited for.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(10);
/// How long this machine tries to tell the peer what was wrong.
const COMPLAINT_WITHIN: Duration = Duration::from_secs(1);
/// The most bytes of one message to the daemon.
const PIECE: usize = 64 * 1024;
/// The most bytes of one message of the daemon: a whole frame with its length.
const LONGEST_MESSAGE: usize = MAX_FRAME + 4;

type Web = WebSocketStream<tokio::net::TcpStream>;
type Near = Watched<Socket>;

/// This end of what a WebSocket carries.
#[derive(Debug)]
pub struct Carried {
    stream: LocalStream,
    fault: Arc<OnceLock<String>>,
}

impl Carried {
    /// At the end of the stream fails with what the peer did wrong, if that ended it.
    pub(super) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match (&self.stream).read(buffer)? {
            0 if !buffer.is_empty() => match self.fault.get() {
                Some(fault) => Err(io::Error::new(io::ErrorKind::InvalidData, fault.as_str())),
                None => Ok(0),
            },
            count => Ok(count),
        }
    }
}

impl Descriptor for Carried {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// What a peer did that ends the connection.
struct Fault {
    code: CloseCode,
    text: String,
}

pub(super) async fn dial(url: &str) -> Result<Carried> {
    let WebSocketUrl { address } = WebSocketUrl::parse(url)?;
    let stream = tcp::dial(&address, TcpNetwork::Tcp).await?;
    let unusable = |e: &io::Error| Error::from_io(Status::IO, "cannot make a pair of sockets", e);
    let (stream, near, far) = watched(stream).map_err(|e| unusable(&e))?;
    let fault = Arc::new(OnceLock::new());
    let (sender, upgraded) = oneshot::channel();
    // On the runtime's own thread: the calling one may be about to exit, and have lost data of its
    // own that random numbers need.
    let task = upgrade_and_carry(url.to_owned(), stream, far, Arc::clone(&fault), sender);
    let task: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(task);
    tokio::spawn(task);
    let ended = || Error::new(Status::CONNECT, format!("{url}: the upgrade ended early"));
    upgraded.await.map_err(|_| ended())??;
    Ok(Carried {
        stream: near,
        fault,
    })
}

fn watched(stream: TcpStream) -> io::Result<(tokio::net::TcpStream, LocalStream, Near)> {
    let (near, far) = pair()?;
    let stream = tokio::net::TcpStream::from_std(stream)?;
    let both = Interest::READABLE | Interest::WRITABLE;
    Ok((stream, near, Watched::new(Socket::Unix(far), both)?))
}

async fn upgrade_and_carry(
    url: String,
    stream: tokio::net::TcpStream,
    far: Near,
    fault: Arc<OnceLock<String>>,
    mut upgraded: oneshot::Sender<Result<()>>,
) {
    let web = tokio::select! {
        biased;
        () = upgraded.closed() => return, // given up
        web = upgrade(&url, stream) => web,
    };
    match web {
        Ok(web) => {
            if upgraded.send(Ok(())).is_ok() {
                carry(web, far, &fault).await;
            }
        }
        Err(error) => drop(upgraded.send(Err(error))),
    }
}

async fn upgrade(url: &str, stream: tokio::net::TcpStream) -> Result<Web> {
    let limits = WebSocketConfig::default()
        .write_buffer_size(0)
        .max_message_size(Some(LONGEST_MESSAGE))
        .max_frame_size(Some(LONGEST_MESSAGE));
    let upgrading = client_async_with_config(url, stream, Some(limits));
    let failed = |why: &str| Error::new(Status::CONNECT, format!("WebSocket {url}: {why}"));
    match timeout(UPGRADE_WITHIN, upgrading).await {
        Ok(Ok((web, _response))) => Ok(web),
        Ok(Err(WebError::Http(answer))) => Err(failed(&format!(
            "the peer answers HTTP {}, and no WebSocket",
            answer.status()
        ))),
        Ok(Err(WebError::Io(e))) => Err(Error::from_io(
            Status::CONNECT,
            &format!("WebSocket {url}"),
            &e,
        )),
        Ok(Err(e)) => Err(failed(&format!("the peer is no WebSocket: {e}"))),
        Err(_) => Err(failed("the peer does not answer the upgrade")),
    }
}

/// Carries bytes both ways until one side ends.
async fn carry(web: Web, far: Near, fault: &OnceLock<String>) {
    let (mut to_daemon, from_daemon) = web.split();
    let ended = {
        let mut receiving = pin!(receive(from_daemon, &far));
        tokio::select! {
            biased;
            ended = &mut receiving => ended,
            // Where writing failed, what the daemon sent before can still be read.
            () = send(&far, &mut to_daemon) => {
                timeout(LAST_WORDS_WITHIN, receiving).await.unwrap_or(Ok(()))
            }
        }
    };
    if let Err(Fault { code, text }) = ended {
        let reason = CloseFrame {
            code,
            reason: text.as_str().into(),
        };
        let complaint = to_daemon.send(Message::Close(Some(reason)));
        // The peer may not even listen.
        let _ = timeout(COMPLAINT_WITHIN, complaint).await;
        let _ = fault.set(text);
    }
}

/// From the program to the daemon; ends the WebSocket behind the last byte.
async fn send(far: &Near, to_daemon: &mut SplitSink<Web, Message>) {
    let mut buffer = vec![0; PIECE];
    loop {
        let read = far.when_ready(Interest::READABLE, |socket| socket.try_read(&mut buffer));
        match read.await {
            Ok(0) | Err(_) => break,
            Ok(count) => {
                let piece = Bytes::copy_from_slice(buffer.get(..count).unwrap_or_default());
                if to_daemon.send(Message::Binary(piece)).await.is_err() {
                    return;
                }
            }
        }
    }
    // Fails only where the daemon is gone.
    let _ = to_daemon.close().await;
}

/// From the daemon to the program, until the end of the stream.
async fn receive(mut from_daemon: SplitStream<Web>, far: &Near) -> std::result::Result<(), Fault> {
    while let Some(message) = from_daemon.next().await {
        match message {
            // The program is gone.
            Ok(Message::Binary(bytes)) if write_all(far, &bytes).await.is_err() => return Ok(()),
            Ok(Message::Text(_)) | Err(WebError::Utf8(_)) => {
                return Err(Fault {
                    code: CloseCode::Unsupported,
                    text: "the peer sent a text through the WebSocket, where a daemon sends bytes"
                        .to_owned(),
                })
            }
            // The bytes are written. Pings are answered by whoever reads them, and so is the peer's closing.
            Ok(_) => {}
            Err(e) => return end(e),
        }
    }
    Ok(())
}

/// Whether the stream ended as any other does, or by a fault of the peer.
fn end(error: WebError) -> std::result::Result<(), Fault> {
    let code = match &error {
        WebError::Protocol(ProtocolError::ResetWithoutClosingHandshake)
        | WebError::ConnectionClosed
        | WebError::AlreadyClosed
        | WebError::Io(_) => return Ok(()),
        WebError::Capacity(CapacityError::MessageTooLong { .. }) => CloseCode::Size,
        _ => CloseCode::Protocol,
    };
    Err(Fault {
        code,
        text: error.to_string(),
    })
}

async fn write_all(far: &Near, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = far.when_ready(Interest::WRITABLE, |socket| socket.try_write(bytes));
        bytes = bytes.get(written.await?..).unwrap_or_default();
    }
    Ok(())
}

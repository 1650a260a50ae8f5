//! A client that comes through a WebSocket: its binary messages are a stream of bytes like any other.

use std::io;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::spawn_local;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{accept_async_with_config, WebSocketStream};

use super::socket::Socket;
use kpclient::wire::MAX_FRAME;

/// The most bytes of one message to the client.
const PIECE: usize = 64 * 1024;

type Web = WebSocketStream<TcpStream>;

/// What the client sends and gets through the WebSocket, which it first has to ask for.
pub(super) fn carried(stream: TcpStream) -> io::Result<Socket> {
    let (near, far) = UnixStream::pair()?;
    spawn_local(async move {
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MAX_FRAME + 4))
            .max_frame_size(Some(MAX_FRAME + 4));
        // A client that asks for something else is gone with this task.
        if let Ok(web) = accept_async_with_config(stream, Some(limits)).await {
            carry(web, far).await;
        }
    });
    Ok(Socket::Unix(near))
}

async fn carry(web: Web, far: UnixStream) {
    let (mut to_client, from_client) = web.split();
    let (to_client_bytes, from_client_bytes) = far.into_split();
    let is_text = tokio::select! {
        biased;
        () = send(to_client_bytes, &mut to_client) => false,
        is_text = receive(from_client, from_client_bytes) => is_text,
    };
    // Neither matters to a client that is gone.
    if is_text {
        let reason = CloseFrame {
            code: CloseCode::Unsupported,
            reason: "expected bytes, not a text".into(),
        };
        let _ = to_client.send(Message::Close(Some(reason))).await;
    } else {
        let _ = to_client.close().await;
    }
}

/// Until the daemon closes the connection.
async fn send(mut from: OwnedReadHalf, to: &mut SplitSink<Web, Message>) {
    let mut buffer = vec![0; PIECE];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let piece = buffer.get(..count).unwrap_or_default().to_vec();
        if to.send(Message::Binary(piece.into())).await.is_err() {
            return;
        }
    }
}

/// Until the client closes the WebSocket; true if it sent a text.
async fn receive(mut from: SplitStream<Web>, mut to: OwnedWriteHalf) -> bool {
    while let Some(Ok(message)) = from.next().await {
        match message {
            Message::Binary(bytes) if to.write_all(&bytes).await.is_err() => return false,
            Message::Text(_) => return true,
            _ => {}
        }
    }
    false
}

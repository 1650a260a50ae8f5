//! WebSockets whose peer does what the test says.

use std::net::Shutdown;
use std::thread::{spawn, JoinHandle};

use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::{accept, Message, WebSocket};

use super::*;
use crate::wire::MAX_FRAME;

type Peer = WebSocket<TcpStream>;

/// A peer that answers the upgrade and then does this, on a thread of its own.
fn peer<T: Send + 'static>(then: impl FnOnce(Peer) -> T + Send + 'static) -> (Dial, JoinHandle<T>) {
    raw_peer(|stream| then(accept(stream).unwrap()))
}

/// The same, before the upgrade.
fn raw_peer<T: Send + 'static>(
    then: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (Dial, JoinHandle<T>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("ws://{}/thin", listener.local_addr().unwrap());
    (
        Dial::Ws { url },
        spawn(move || then(listener.accept().unwrap().0)),
    )
}

async fn read(socket: &Watched<Socket>, buffer: &mut [u8]) -> io::Result<usize> {
    socket
        .when_ready(Interest::READABLE, |s| s.try_read(buffer))
        .await
}

async fn read_exactly(socket: &Watched<Socket>, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    let mut filled = 0;
    while filled < count {
        let read = read(socket, &mut bytes[filled..]).await.unwrap();
        assert!(read > 0, "the stream ends after {filled} bytes");
        filled += read;
    }
    bytes
}

async fn write(socket: &Watched<Socket>, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let written = socket.when_ready(Interest::WRITABLE, |s| s.try_write(bytes));
        bytes = &bytes[written.await.unwrap()..];
    }
}

async fn dialled(target: &Dial) -> Watched<Socket> {
    let both = Interest::READABLE | Interest::WRITABLE;
    Watched::new(dial(target).await.unwrap(), both).unwrap()
}

/// What reading ends with.
fn end_of(target: &Dial) -> io::Result<usize> {
    run(async { read(&dialled(target).await, &mut [0; 16]).await })
}

fn bytes(bytes: &'static [u8]) -> Message {
    Message::Binary(bytes.into())
}

/// The next message that carries bytes or closes.
fn next(peer: &mut Peer) -> Message {
    loop {
        match peer.read().unwrap() {
            Message::Ping(_) | Message::Pong(_) => {}
            message => return message,
        }
    }
}

#[test]
fn the_stream_is_that_of_any_socket_and_its_end_closes_the_websocket() {
    let (target, peer) = peer(|mut peer| {
        assert_eq!(next(&mut peer), bytes(b"question"));
        peer.send(bytes(b"ans")).unwrap();
        peer.send(bytes(b"wer")).unwrap();
        let closing = next(&mut peer);
        assert!(closing.is_close(), "{closing:?}");
    });
    run(async {
        let socket = dialled(&target).await;
        write(&socket, b"question").await;
        assert_eq!(read_exactly(&socket, 6).await, b"answer");
        let shut = |s: &Socket| {
            s.shutdown_write();
            Ok(())
        };
        socket.when_ready(Interest::WRITABLE, shut).await.unwrap();
        assert_eq!(read(&socket, &mut [0; 16]).await.unwrap(), 0);
    });
    peer.join().unwrap();
}

#[test]
fn a_message_may_come_in_fragments_with_pings_between_them() {
    let (target, peer) = peer(|mut peer| {
        let part = |text: &'static str, kind, is_last| {
            Message::Frame(Frame::message(text, OpCode::Data(kind), is_last))
        };
        peer.send(part("one ", Data::Binary, false)).unwrap();
        peer.send(Message::Ping("still there?".into())).unwrap();
        peer.send(part("two ", Data::Continue, false)).unwrap();
        peer.send(part("three", Data::Continue, true)).unwrap();
        assert_eq!(peer.read().unwrap(), Message::Pong("still there?".into()));
    });
    run(async {
        let socket = dialled(&target).await;
        assert_eq!(read_exactly(&socket, 13).await, b"one two three");
        assert_eq!(read(&socket, &mut [0; 16]).await.unwrap(), 0);
    });
    peer.join().unwrap();
}

#[test]
fn the_largest_frame_fits_into_one_message_and_more_does_not() {
    const LONGEST: usize = MAX_FRAME + 4;
    let (target, peer) = peer(|mut peer| {
        peer.send(Message::Binary(vec![7; LONGEST].into())).unwrap();
        // The head of a message of one byte more.
        let mut head = vec![0x82, 127];
        head.extend(u64::to_be_bytes(LONGEST as u64 + 1));
        peer.get_mut().write_all(&head).unwrap();
        next(&mut peer)
    });
    run(async {
        let socket = dialled(&target).await;
        assert_eq!(read_exactly(&socket, LONGEST).await, vec![7; LONGEST]);
        let error = read(&socket, &mut [0; 16]).await.unwrap_err();
        assert!(error.to_string().contains("too long"), "{error}");
    });
    let Message::Close(Some(reason)) = peer.join().unwrap() else {
        panic!("no reason");
    };
    assert_eq!(reason.code, CloseCode::Size);
}

#[test]
fn a_text_is_refused_and_the_peer_is_told() {
    for text in ["hello".as_bytes(), &[0xff, 0xfe]] {
        let (target, peer) = peer(move |mut peer| {
            let mut message = vec![0x81, u8::try_from(text.len()).unwrap()];
            message.extend(text);
            peer.get_mut().write_all(&message).unwrap();
            next(&mut peer)
        });
        let error = end_of(&target).unwrap_err();
        assert!(error.to_string().contains("a text"), "{error}");
        let Message::Close(Some(reason)) = peer.join().unwrap() else {
            panic!("no reason");
        };
        assert_eq!(reason.code, CloseCode::Unsupported);
    }
}

#[test]
fn what_is_no_frame_at_all_is_refused() {
    let (target, peer) = peer(|mut peer| {
        peer.get_mut().write_all(&[0xf2, 0]).unwrap();
        next(&mut peer)
    });
    let error = end_of(&target).unwrap_err();
    assert!(error.to_string().contains("protocol error"), "{error}");
    assert!(peer.join().unwrap().is_close());
}

#[test]
fn a_peer_that_closes_or_vanishes_ends_the_stream() {
    let (target, closing) = peer(|mut peer| {
        peer.close(None).unwrap();
        while peer.read().is_ok() {}
    });
    assert_eq!(end_of(&target).unwrap(), 0);
    closing.join().unwrap();
    let (target, vanishing) = peer(drop);
    assert_eq!(end_of(&target).unwrap(), 0);
    vanishing.join().unwrap();
}

#[test]
fn both_directions_proceed_while_the_other_is_full() {
    const MUCH: usize = 8 << 20;
    let (target, peer) = peer(|mut peer| {
        // Reads nothing before all of it is written.
        for _ in 0..MUCH / 65536 {
            peer.send(Message::Binary(vec![1; 65536].into())).unwrap();
        }
        let mut count = 0;
        while count < MUCH {
            count += next(&mut peer).len();
        }
    });
    run(async {
        let socket = dialled(&target).await;
        let much = vec![2; MUCH];
        let (_, received) = tokio::join!(write(&socket, &much), read_exactly(&socket, MUCH));
        assert_eq!(received, vec![1; MUCH]);
        assert_eq!(read(&socket, &mut [0; 16]).await.unwrap(), 0);
    });
    peer.join().unwrap();
}

/// Reads the request for the upgrade and answers with this.
fn answering(answer: &'static str) -> (Dial, JoinHandle<()>) {
    raw_peer(move |mut stream| {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            request.push(byte[0]);
        }
        let request = String::from_utf8(request).unwrap();
        assert!(request.starts_with("GET /thin HTTP/1.1\r\n"), "{request}");
        stream.write_all(answer.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
    })
}

#[test]
fn what_answers_the_upgrade_with_something_else_is_named() {
    for (answer, named) in [
        (
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            "HTTP 404 Not Found",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP 200 OK",
        ),
        ("SSH-2.0-Server\r\n", "no WebSocket"),
        ("", "no WebSocket"),
        (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
            "no WebSocket",
        ),
    ] {
        let (target, peer) = answering(answer);
        let error = failure(&target);
        assert_eq!(error.status(), Status::CONNECT, "{error}");
        assert!(error.message().contains(named), "{error}");
        peer.join().unwrap();
    }
}

#[test]
fn a_subprotocol_that_nobody_asked_for_is_refused() {
    use tokio_tungstenite::tungstenite::accept_hdr;
    use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
    // The callback's type has a large error.
    #[allow(clippy::result_large_err)]
    let (target, peer) = raw_peer(|stream| {
        let chat = |_: &Request, mut response: Response| {
            let name = "Sec-WebSocket-Protocol";
            response.headers_mut().insert(name, "chat".parse().unwrap());
            Ok(response)
        };
        drop(accept_hdr(stream, chat));
    });
    let error = failure(&target);
    assert_eq!(error.status(), Status::CONNECT);
    assert!(error.message().contains("SubProtocol"), "{error}");
    peer.join().unwrap();
}

#[test]
fn nobody_there_and_urls_that_cannot_be_used_are_errors() {
    let url = {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        format!("ws://{}", listener.local_addr().unwrap())
    };
    let error = failure(&Dial::Ws { url });
    assert_eq!(error.status(), Status::CONNECT);
    assert_eq!(error.errno(), Some(libc::ECONNREFUSED));
    for (url, status) in [
        ("", Status::CONFIG_NO_TRANSPORT),
        ("http://127.0.0.1:1", Status::ARG_VALUE),
        ("wss://127.0.0.1:1", Status::UNSUPPORTED),
    ] {
        let url = url.to_owned();
        assert_eq!(failure(&Dial::Ws { url }).status(), status);
    }
}

#[test]
fn dialling_that_is_given_up_closes_the_socket() {
    let (asked, is_asked) = tokio::sync::oneshot::channel();
    let (target, peer) = raw_peer(move |mut stream| {
        stream.read_exact(&mut [0]).unwrap();
        asked.send(()).unwrap();
        // Never answers, and waits for the end.
        stream.read_to_end(&mut Vec::new()).map(drop)
    });
    run(async {
        tokio::select! {
            biased;
            socket = dial(&target) => panic!("{socket:?}"),
            asked = is_asked => asked.unwrap(),
        }
        let ended = tokio::task::spawn_blocking(|| peer.join().unwrap());
        ended.await.unwrap().unwrap();
    });
}

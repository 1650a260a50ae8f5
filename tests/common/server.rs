//! A daemon that plays itself: a thread for each connection answers everything, or does
//! whatever else it is told to do with a request.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::frames::{bytes, fields};
use super::peer::{Asked, Conn, Greeting, Peer};

/// What to do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Answer,
    AnswerTwice,
    /// Say nothing.
    Swallow,
    /// Answer when the next is answered, behind it.
    Later,
    /// Hang up.
    Cut,
    /// Hang up behind the first bytes of the answer.
    CutInside,
}

/// Decides; the number counts all requests.
pub type Decide = Arc<dyn Fn(u64, &Asked) -> Deed + Send + Sync>;

/// A peer that is served by threads until this is dropped, after its clients.
pub struct Server {
    pub peer: Arc<Peer>,
    pub asked: Arc<AtomicU64>,
    ending: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Serves `peer`, doing with each request what `decide` says.
pub fn serve(peer: Peer, decide: Decide) -> Server {
    let (peer, ending) = (Arc::new(peer), Arc::new(AtomicBool::new(false)));
    let asked = Arc::new(AtomicU64::new(0));
    let (served, ended, count) = (Arc::clone(&peer), Arc::clone(&ending), Arc::clone(&asked));
    let thread = std::thread::spawn(move || {
        let mut threads: Vec<JoinHandle<()>> = Vec::new();
        while !ended.load(Ordering::Acquire) {
            let Some(conn) = served.accept_within(Duration::from_millis(50)) else {
                continue;
            };
            threads.retain(|thread| !thread.is_finished());
            let (decide, count) = (Arc::clone(&decide), Arc::clone(&count));
            threads.push(std::thread::spawn(move || {
                serve_one(conn, &decide, &count);
            }));
        }
        for thread in threads {
            thread.join().unwrap();
        }
    });
    Server {
        peer,
        asked,
        ending,
        thread: Some(thread),
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            if !std::thread::panicking() {
                ended.unwrap();
            }
        }
    }
}

fn serve_one(mut conn: Conn, decide: &Decide, count: &AtomicU64) {
    conn.greet(&Greeting::default());
    if !conn.try_take_token() {
        return;
    }
    conn.admit(false);
    let mut later: Vec<Asked> = Vec::new();
    while let Some(asked) = conn.read() {
        if asked.key == "thin_close" {
            return;
        }
        match decide(count.fetch_add(1, Ordering::Relaxed), &asked) {
            Deed::Swallow => continue,
            Deed::Later => {
                later.push(asked);
                continue;
            }
            Deed::Cut => return conn.cut(),
            Deed::CutInside => {
                conn.send_raw(&[0, 0, 4, 0, 0xb8]);
                return conn.cut();
            }
            Deed::Answer => conn.answer_truly(&asked),
            Deed::AnswerTwice => {
                conn.answer_truly(&asked);
                conn.answer_truly(&asked);
            }
        }
        for asked in later.drain(..) {
            conn.answer_truly(&asked);
        }
    }
}

impl Conn {
    /// Answers as a daemon on a network where everything is there.
    pub fn answer_truly(&mut self, asked: &Asked) {
        match asked.key.as_str() {
            "new_keypair" => self.answer_keypair(asked),
            "encrypt_read" | "encrypt_write" => {
                // Every envelope has a hash of its own.
                static NEXT: AtomicU64 = AtomicU64::new(0);
                let mut hash = [0; 32];
                let number = NEXT.fetch_add(1, Ordering::Relaxed);
                hash[..8].copy_from_slice(&number.to_le_bytes());
                self.answer_envelope_named(asked, &hash);
            }
            "start_resending_encrypted_message" => {
                let content = asked.fields.contains_key("read_cap").then_some(&b"box"[..]);
                self.answer_start(asked, 0, content);
            }
            "send_message" => {
                self.message_sent(asked, 1_000_000_000);
                self.message_reply(asked, b"reply");
            }
            "get_pki_document" => self.refuse(asked, 10),
            "next_message_box_index" => {
                let index = asked.fields["message_box_index"].clone();
                self.answer(asked, fields([("next_message_box_index", index)]));
            }
            key if key.starts_with("cancel_") => {
                self.answer(asked, fields([]));
            }
            other => self.answer(asked, fields([("unexpected", bytes(other.as_bytes()))])),
        }
    }
}

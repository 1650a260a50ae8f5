//! A hostile peer at a client that lives: the input says what the daemon does, the client does what
//! programs do meanwhile.
//!
//! What must hold: each operation that was started completes once, and closing ends.

mod daemon;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Duration;

use kpclient::bacap::keypair;
use kpclient::client::{Call, Client, Delivery, Destination, Log, StartFlags, Timeout};
use kpclient::config::{Config, Dial};
use kpclient::Result;

use super::input::Input;
use super::seeded_fault;
use daemon::Daemon;

/// Operations that were started, and completions that came.
#[derive(Default)]
struct Counts {
    started: usize,
    completed: Arc<AtomicUsize>,
}

impl Counts {
    fn start<T: Send + Sync + 'static>(&mut self, call: Result<Call<T>>) {
        let Ok(call) = call else { return };
        let completed = Arc::clone(&self.completed);
        let counted = Delivery::Callback(Box::new(move |_| {
            completed.fetch_add(1, Ordering::SeqCst);
        }));
        if let Ok(prepared) = call.prepare(counted) {
            self.started += 1;
            prepared.launch(call, Timeout::After(Duration::from_secs(20)));
        }
    }
}

pub fn run(data: &[u8]) {
    let mut input = Input::of(data);
    let wanted = input.byte();
    let daemon = Daemon::new();
    let mut config = Config::new();
    config.dial = Some(Dial::Unix {
        path: daemon.path(),
    });
    config.reconnect_min = Duration::from_millis(1);
    config.reconnect_max = Duration::from_millis(2);
    config.verify_derivation = wanted & 0x80 != 0;
    let client = Client::new(config, Log::default(), || {}).unwrap();
    let mut counts = Counts::default();
    counts.start(client.connect());
    let answered = std::thread::scope(|scope| {
        let playing = scope.spawn(|| daemon.play(input));
        operate(&client, &mut counts, wanted);
        playing.join().unwrap()
    });
    seeded_fault([answered > 0, wanted & 7 == 5]);
    client.close();
    assert_eq!(counts.completed.load(Ordering::SeqCst), counts.started);
}

/// What a program does, as soon as it can.
fn operate(client: &Client, counts: &mut Counts, wanted: u8) {
    if let Ok(flush) = client.flush() {
        let _ = flush.block(Timeout::After(Duration::from_millis(2)));
    }
    let pair = keypair(&[wanted; 32]);
    let flags = StartFlags::default();
    if wanted & 1 != 0 {
        counts.start(client.new_keypair_remote(&[7; 32]));
    }
    if wanted & 2 != 0 {
        let write = client.write_box(&pair.write_cap, &pair.first_index, b"content", flags);
        counts.start(write);
    }
    if wanted & 4 != 0 {
        counts.start(client.read_box(&pair.read_cap, &pair.first_index, flags));
    }
    if wanted & 8 != 0 {
        counts.start(client.get_pki_document(0));
    }
    if wanted & 16 != 0 {
        let echo = Destination {
            node: [4; 32],
            queue: b"+echo".to_vec(),
        };
        counts.start(client.blocking_send_message(&echo, b"message"));
    }
    if wanted & 32 != 0 {
        counts.start(client.next_message_box_index_remote(&pair.first_index));
    }
}

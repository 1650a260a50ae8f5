//! Control commands: one command a line, one answer a line.

use std::str::{FromStr, SplitWhitespace};
use std::time::Duration;

use serde_cbor::Value;

use crate::daemon::protocol::legacy::LEGACY_KEYS;
use crate::daemon::protocol::request::KEYS;
use crate::daemon::protocol::response::{Frame, Kind};
use crate::daemon::state::{ConnId, Daemon, Event, Faults, Life, Refused};
use crate::network::{Code, Fault};
use kpclient::wire::MAX_FRAME;

/// What every command does, for `--help` and the command `help`.
pub const COMMANDS: &str = "\
cut [CONN]               close this connection, or every one, without an event
cut-mid-frame [CONN]     send half a frame, then close
garbage [CONN]           send a frame that is not CBOR
oversize [CONN]          send a frame length over 40 MiB
empty [CONN]             send a frame with null for every kind
split N | split off      write at most N bytes at a time
slow MS | slow off       pause between two writes
error KIND CODE [refused]  answer the next request of this kind with this code; with `refused`
                         a start is answered as if it was never sent
swallow KIND             drop the next reply or event of this kind
twice KIND               send the next one twice
reorder [N]              send each of the next N frames after its successor
hold-first-frame MS      delay the first frame of each connection (0: do not)
late-close MS | chance   notice a closed connection so late, or late by chance
restart [MS] [graceful]  stop the daemon and start it again, after MS if given; graceful: with shutdown_event
down, up                 stop and resume listening
shutdown                 publish shutdown_event and exit
offline [ERR], online    lose the gateway, with this CBOR in hex as `err`; reconnect to it
hold, release            hold all packets; release them
step [N]                 send N of the held packets
epoch-advance            advance the network's clock to the next epoch
advance SECONDS          advance the network's clock
document off | on        without or with a PKI document
fault KIND [CODE] [TIMES]  replica-read, replica-write, courier-ack, courier-result, copy with a CODE;
                         damaged-answer, damaged-box, forged-tombstone without
storage-full on | off    replicas refuse writes
box-size BYTES           boxes carry so many bytes from now on; the daemon starts again with that
lose FIRST [COUNT]       replicas lose boxes, by the order in which they first came, from 1
latency MS | default     round trip of a packet
loss P                   probability that a round trip is lost
lambda-p RATE            packets per millisecond
encrypt-cost MS          processor time of one encryption that starts from now on
cores N                  encryptions that proceed at once
encrypt-hold, encrypt-release  hold all encryptions; let them proceed
encrypt-step [N]         finish the N requests whose encryptions started first
collect                  report every message in flight as forgotten
clear                    discard all ordered faults
stats                    counters, as JSON
arq                      the ARQ table, as JSON
connections              numbers of the open connections
help                     this";

type Done = Result<String, String>;

/// Decodes an item of CBOR from hexadecimal digits.
fn cbor(digits: &str) -> Result<Value, String> {
    let byte = |at| {
        digits
            .get(at..at + 2)
            .and_then(|two| u8::from_str_radix(two, 16).ok())
    };
    let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(byte).collect();
    let bytes = bytes.ok_or_else(|| format!("{digits:?} is not hexadecimal"))?;
    serde_cbor::from_slice(&bytes).map_err(|e| e.to_string())
}

impl Daemon {
    /// Executes one command.
    pub(crate) fn control(&mut self, line: &str) -> Done {
        let mut words = line.split_whitespace();
        let command = words.next().unwrap_or_default();
        let answer = self.command(command, &mut words)?;
        match words.next() {
            Some(extra) => Err(format!("{extra:?} is too much for {command}")),
            None => Ok(answer),
        }
    }

    fn command(&mut self, command: &str, words: &mut SplitWhitespace<'_>) -> Done {
        match command {
            "cut" | "cut-mid-frame" | "garbage" | "oversize" | "empty" => {
                self.on_connections(command, words)
            }
            "split" | "slow" | "error" | "swallow" | "twice" | "reorder" | "hold-first-frame"
            | "late-close" | "clear" => self.order_fault(command, words),
            "fault" | "storage-full" | "lose" | "box-size" => {
                self.order_network_fault(command, words)
            }
            "restart" | "down" | "up" | "shutdown" => self.live_and_die(command, words),
            "hold" | "release" | "step" | "latency" | "loss" | "lambda-p" => {
                self.set_pace(command, words)
            }
            "offline" | "online" | "epoch-advance" | "advance" | "document" | "collect" => {
                self.change_world(command, words)
            }
            "encrypt-cost" | "cores" | "encrypt-hold" | "encrypt-release" | "encrypt-step" => {
                self.set_effort(command, words)
            }
            "stats" => json(&self.stats()),
            "arq" => json(&self.arq_table()),
            "connections" => json(&self.conns.keys().collect::<Vec<_>>()),
            "help" => Ok(COMMANDS.replace('\n', "\n  ")),
            "" => Err("no command".to_owned()),
            other => Err(format!("no such command: {other}")),
        }
    }

    fn on_connections(&mut self, command: &str, words: &mut SplitWhitespace<'_>) -> Done {
        let ids: Vec<ConnId> = match words.next() {
            Some(word) => vec![number(word)?],
            None => self.conns.keys().copied().collect(),
        };
        for id in &ids {
            if !self.conns.contains_key(id) {
                return Err(format!("no connection {id}"));
            }
            match command {
                "cut" => self.cut(*id),
                "garbage" => self.send_raw(*id, vec![0, 0, 0, 3, 0xff, 0xff, 0xff], false),
                "oversize" => {
                    let length = u32::try_from(MAX_FRAME + 1).unwrap_or(u32::MAX);
                    self.send_raw(*id, length.to_be_bytes().to_vec(), false);
                }
                "cut-mid-frame" => {
                    let mut bytes = self.encoder.empty().map_or_else(Vec::new, |f| f.bytes);
                    bytes.truncate(bytes.len() / 2);
                    self.send_raw(*id, bytes, true);
                }
                _ => {
                    if let Some(frame) = self.encoder.empty() {
                        self.send_frame(*id, frame);
                    }
                }
            }
        }
        Ok(format!("{} connections", ids.len()))
    }

    fn send_raw(&mut self, id: ConnId, bytes: Vec<u8>, then_end: bool) {
        self.send_frame(id, Frame { kind: None, bytes });
        if then_end {
            if let Some(conn) = self.conns.get_mut(&id) {
                conn.close_when_flushed();
            }
        }
    }

    fn order_fault(&mut self, command: &str, words: &mut SplitWhitespace<'_>) -> Done {
        match command {
            "split" => {
                self.faults.split = match word(words)? {
                    "off" => None,
                    n => Some(number::<usize>(n)?.max(1)),
                };
            }
            "slow" => {
                self.faults.pause = match word(words)? {
                    "off" => None,
                    ms => Some(milliseconds(ms)?),
                };
            }
            "error" => self.order_error(words)?,
            "swallow" => {
                let kind = kind(word(words)?)?;
                self.faults.swallow.push(kind);
            }
            "twice" => {
                let kind = kind(word(words)?)?;
                self.faults.twice.push(kind);
            }
            "reorder" => self.faults.reorder += words.next().map_or(Ok(1), number)?,
            "hold-first-frame" => self.faults.hold_first = milliseconds(word(words)?)?,
            "late-close" => {
                self.faults.close_lag = match word(words)? {
                    "chance" => None,
                    ms => Some(milliseconds(ms)?),
                };
            }
            _ => {
                self.faults = Faults::default();
                self.network.clear_faults();
            }
        }
        Ok(String::new())
    }

    fn order_error(&mut self, words: &mut SplitWhitespace<'_>) -> Result<(), String> {
        let key = word(words)?;
        if !KEYS.contains(&key) && !LEGACY_KEYS.contains(&key) {
            return Err(format!("no such request: {key}"));
        }
        let code = number(word(words)?)?;
        let before_sending = match words.next() {
            None => false,
            Some("refused") => true,
            Some(other) => return Err(format!("refused, not {other}")),
        };
        self.faults.errors.push(Refused {
            key: key.to_owned(),
            code,
            before_sending,
        });
        Ok(())
    }

    fn order_network_fault(&mut self, command: &str, words: &mut SplitWhitespace<'_>) -> Done {
        let what = word(words)?;
        if command == "storage-full" {
            self.network.set_storage_full(switch(what)?);
            return Ok(String::new());
        }
        if command == "box-size" {
            let bytes = number(what)?;
            self.config.network.max_plaintext = bytes;
            self.network.set_max_plaintext(bytes);
            self.left_properly = false;
            self.restart();
            return Ok(String::new());
        }
        if command == "lose" {
            let first: usize = number(what)?;
            let count = words.next().map_or(Ok(1), number)?;
            let from = first.checked_sub(1).ok_or("the first box is 1")?;
            return Ok(format!("{} boxes", self.network.lose(from, count)));
        }
        let mut code = || -> Result<Code, String> { number(word(words)?) };
        let fault = match what {
            "replica-read" => Fault::ReplicaRead(code()?),
            "replica-write" => Fault::ReplicaWrite(code()?),
            "courier-ack" => Fault::CourierAck(code()?),
            "courier-result" => Fault::CourierResult(code()?),
            "copy" => Fault::Copy(code()?),
            "damaged-answer" => Fault::DamagedAnswer,
            "damaged-box" => Fault::DamagedBox,
            "forged-tombstone" => Fault::ForgedTombstone,
            other => return Err(format!("no such fault: {other}")),
        };
        let times = words.next().map_or(Ok(1), number)?;
        self.network.fault(fault, times);
        Ok(String::new())
    }

    fn live_and_die(&mut self, command: &str, words: &mut SplitWhitespace<'_>) -> Done {
        match command {
            "down" => {
                self.left_properly = true;
                self.life.send_replace(Life::Down);
            }
            "up" => {
                self.life.send_replace(Life::Listening);
            }
            "shutdown" => {
                self.announce_shutdown();
                self.life.send_replace(Life::Over);
            }
            _ => {
                let mut pause = None;
                self.left_properly = false;
                for word in words {
                    match word {
                        "graceful" => {
                            self.left_properly = true;
                            self.announce_shutdown();
                        }
                        ms => pause = Some(milliseconds(ms)?),
                    }
                }
                if let Some(pause) = pause {
                    self.life.send_replace(Life::Down);
                    self.agenda.after(pause, Event::ListenAgain);
                }
                self.restart();
            }
        }
        Ok(String::new())
    }

    fn set_pace(&mut self, command: &str, words: &mut SplitWhitespace<'_>) -> Done {
        match command {
            "hold" => self.ticks.held = true,
            "release" => {
                self.ticks.held = false;
                self.arm();
            }
            "step" => {
                let times: u32 = words.next().map_or(Ok(1), number)?;
                let mut sent = 0;
                for _ in 0..times {
                    self.settle();
                    sent += u32::from(self.turn());
                }
                self.settle();
                return Ok(format!("{sent} packets"));
            }
            "latency" => {
                self.config.latency = match word(words)? {
                    "default" => None,
                    ms => Some(milliseconds(ms)?),
                };
            }
            "loss" => self.config.loss = number::<f64>(word(words)?)?.clamp(0.0, 1.0),
            _ => self.config.network.lambda_p = number(word(words)?)?,
        }
        Ok(String::new())
    }

    fn set_effort(&mut self, command: &str, words: &mut SplitWhitespace<'_>) -> Done {
        match command {
            "encrypt-cost" => {
                let price = number::<f64>(word(words)?)? / 1000.0;
                let price = Duration::try_from_secs_f64(price).map_err(|e| e.to_string())?;
                self.set_encrypt_cost(price);
            }
            "cores" => self.set_cores(number(word(words)?)?),
            "encrypt-hold" => self.hold_work(true),
            "encrypt-release" => self.hold_work(false),
            _ => {
                let times = words.next().map_or(Ok(1), number)?;
                return Ok(format!("{} finished", self.step_work(times)));
            }
        }
        Ok(String::new())
    }

    fn change_world(&mut self, command: &str, words: &mut SplitWhitespace<'_>) -> Done {
        match command {
            "offline" => {
                let err = words.next().map(cbor).transpose()?;
                self.set_online(false, err);
            }
            "online" => self.set_online(true, None),
            "epoch-advance" => {
                let length = self.config.network.epoch_length;
                let past = self.now().as_nanos() % length.as_nanos().max(1);
                let past = Duration::from_nanos(u64::try_from(past).unwrap_or(0));
                self.put_forward(length.saturating_sub(past));
            }
            "advance" => {
                let seconds: f64 = number(word(words)?)?;
                let by = Duration::try_from_secs_f64(seconds).map_err(|e| e.to_string())?;
                self.put_forward(by);
            }
            "document" => {
                let has = switch(word(words)?)?;
                self.has_document.send_replace(has);
                if has {
                    self.announce_document();
                }
            }
            _ => {
                for message in std::mem::take(&mut self.in_flight) {
                    self.collected(message.app, &message.id);
                }
            }
        }
        Ok(String::new())
    }
}

fn json<T: serde::Serialize>(value: &T) -> Done {
    serde_json::to_string(value).map_err(|e| e.to_string())
}

fn word<'a>(words: &mut SplitWhitespace<'a>) -> Result<&'a str, String> {
    words
        .next()
        .ok_or_else(|| "something is missing".to_owned())
}

fn number<T: FromStr>(word: &str) -> Result<T, String> {
    word.parse()
        .map_err(|_| format!("not a number that fits: {word}"))
}

fn milliseconds(word: &str) -> Result<Duration, String> {
    number(word).map(Duration::from_millis)
}

fn switch(word: &str) -> Result<bool, String> {
    match word {
        "on" => Ok(true),
        "off" => Ok(false),
        other => Err(format!("on or off, not {other}")),
    }
}

fn kind(word: &str) -> Result<Kind, String> {
    Kind::from_key(word).ok_or_else(|| format!("no such reply or event: {word}"))
}

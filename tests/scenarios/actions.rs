//! What a client does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Duration;

use kpclient::bacap::{keypair, BoxIndex, Keypair};
use kpclient::client::{Client, Destination, Event, Events, Level, Log, StartFlags, StartKind};
use kpclient::config::{Config, Dial};
use kpclient::{Result, Status};

use super::step::Step;
use super::world::{Doing, Outcome, Thing, Trouble, World};

impl World {
    /// Makes the future of a step. It owns what it needs, so that it can be started as a task.
    pub fn action(&self, step: &Step, number: u64) -> Doing {
        let step = step.clone();
        let limit = step.limit();
        match step.action() {
            "client" | "connected" => {
                let client = self.new_client(&step);
                Box::pin(async move {
                    if step.action() == "connected" {
                        client.connect()?.start_within(limit).await?;
                    }
                    Ok(Thing::Client(client))
                })
            }
            "connect" => {
                let client = self.client(&step);
                Box::pin(async move { nothing(client.connect()?.start_within(limit).await) })
            }
            "close" => {
                let client = self.client(&step);
                Box::pin(async move {
                    match client.close_later().await {
                        Err(error) if error.status() == Status::CLOSED => Ok(Thing::Nothing),
                        ended => nothing(ended),
                    }
                })
            }
            "config_text" => ready(Config::from_toml(step.word("text")).map(|_| Thing::Nothing)),
            "config_file" => ready(Config::load_file(step.word("path")).map(|_| Thing::Nothing)),
            "services" => {
                let found = self.client(&step).services(step.word("name"));
                ready(found.map(|all| {
                    assert!(all.len() as u64 >= step.number("at_least").unwrap());
                    Thing::Nothing
                }))
            }
            "service" => ready(
                self.client(&step)
                    .service(step.word("name"))
                    .map(|_| Thing::Nothing),
            ),
            "echo" => echo(self.client(&step), step, number),
            "keypair" => ready(Ok(Thing::Keys(Arc::new(keypair(&seed()))))),
            "write_box" => write_box(
                self.client(&step),
                self.keys(&step),
                self.index(&step),
                step,
            ),
            "read_box" => read_box(
                self.client(&step),
                self.keys(&step),
                self.index(&step),
                step,
            ),
            "tombstone" => tombstone(
                self.client(&step),
                self.keys(&step),
                self.index(&step),
                step,
            ),
            "copy" => copy(
                self.client(&step),
                self.keys(&step),
                self.index(&step),
                step,
            ),
            "voucher_mint" | "voucher_induct" | "voucher_open" => self.voucher(step),
            "events" => {
                let events = self.client(&step).events(1000);
                ready(events.map(|events| Thing::Events(Arc::new(events.into()))))
            }
            "event" => self.event(step),
            "loop_throws" => loop_throws(self.client(&step)),
            "log_has_thrown" => {
                let complaints = Arc::clone(&self.complaints);
                Box::pin(async move {
                    while complaints.load(Ordering::Relaxed) == 0 {
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                    Ok(Thing::Nothing)
                })
            }
            "sim" => match self.sim.control(step.word("say")) {
                Ok(_) => ready(Ok(Thing::Nothing)),
                Err(why) => Box::pin(async move { Err(Trouble::Other(why)) }),
            },
            "collect" => ready(Ok(Thing::Nothing)),
            _ => self.channel_action(step),
        }
    }

    fn new_client(&self, step: &Step) -> Arc<Client> {
        let nowhere = step.maybe("socket") == Some("nowhere");
        let path = match nowhere {
            true => self
                .directory
                .join("nowhere")
                .to_string_lossy()
                .into_owned(),
            false => self.sim.unix_path().to_owned(),
        };
        let mut config = Config::new();
        config.dial = Some(Dial::Unix { path });
        config.reconnect_min = Duration::from_millis(10);
        config.reconnect_max = Duration::from_millis(50);
        let log = match step.maybe("log") {
            Some(_) => throwing(&self.complaints),
            None => Log::default(),
        };
        Arc::new(Client::new(config, log, || {}).unwrap())
    }

    pub fn client(&self, step: &Step) -> Arc<Client> {
        match self.thing(step, "client") {
            Thing::Client(client) => Arc::clone(client),
            _ => panic!("not a client"),
        }
    }

    pub fn keys(&self, step: &Step) -> Arc<Keypair> {
        match self.thing(step, "keys") {
            Thing::Keys(keys) => Arc::clone(keys),
            _ => panic!("no keys"),
        }
    }

    fn index(&self, step: &Step) -> BoxIndex {
        match self.thing(step, "at") {
            Thing::Keys(keys) => keys.first_index.clone(),
            Thing::Index(index) => index.clone(),
            _ => panic!("no index"),
        }
    }

    pub fn events(&self, step: &Step) -> Arc<tokio::sync::Mutex<Events>> {
        match self.thing(step, "of") {
            Thing::Events(events) => Arc::clone(events),
            _ => panic!("no events"),
        }
    }

    fn event(&self, step: Step) -> Doing {
        let events = self.events(&step);
        Box::pin(async move {
            let mut events = events.lock().await;
            loop {
                match events.next().await {
                    Some(event) if is_kind(&event, step.word("kind")) => return Ok(Thing::Nothing),
                    Some(_) => {}
                    None => return Err(Trouble::Other("the stream has ended".to_owned())),
                }
            }
        })
    }

    fn voucher(&self, step: Step) -> Doing {
        let client = self.client(&step);
        let minted = |field| match self.thing(&step, field) {
            Thing::Minted(minted) => Arc::clone(minted),
            _ => panic!("no voucher"),
        };
        if step.action() == "voucher_mint" {
            let keys = self.keys(&step);
            return Box::pin(async move {
                let call = client.voucher_mint(&keys.write_cap, step.word("name"));
                Ok(Thing::Minted(Arc::new(call?.await?)))
            });
        }
        let voucher = minted("minted");
        if step.action() == "voucher_open" {
            let keys = self.keys(&step);
            let Thing::Inducted(inducted) = self.thing(&step, "inducted") else {
                panic!("no induction");
            };
            let sealed = inducted.sealed_reply.clone();
            return Box::pin(async move {
                let call = client.voucher_open(&voucher.secret_key, &sealed, &keys.write_cap);
                let opened = call?.await?;
                same(&opened.who_reply, step.word("text").as_bytes())
            });
        }
        let payload = match step.maybe("payload_of") {
            Some(_) => minted("payload_of").payload.clone(),
            None => voucher.payload.clone(),
        };
        Box::pin(async move {
            let reply = step.word("text").as_bytes();
            let inducted = client
                .voucher_induct(&voucher.voucher, &payload, reply)?
                .await?;
            same(
                inducted.display_name.as_bytes(),
                step.word("name").as_bytes(),
            )?;
            Ok(Thing::Inducted(Arc::new(inducted)))
        })
    }
}

fn echo(client: Arc<Client>, step: Step, number: u64) -> Doing {
    Box::pin(async move {
        let service = client.service("echo")?;
        let destination = Destination {
            node: service.node,
            queue: service.queue,
        };
        let mut text = step.text();
        if step.is_set("numbered") {
            text.push_str(&number.to_string());
        }
        let call = client.blocking_send_message(&destination, text.as_bytes());
        let reply = call?.start_within(step.limit()).await?;
        same(&reply[..text.len().min(reply.len())], text.as_bytes())
    })
}

fn write_box(client: Arc<Client>, keys: Arc<Keypair>, at: BoxIndex, step: Step) -> Doing {
    Box::pin(async move {
        let flags = StartFlags {
            return_box_exists: true,
            ..StartFlags::default()
        };
        let text = step.text();
        let call = client.write_box(&keys.write_cap, &at, text.as_bytes(), flags);
        Ok(Thing::Index(call?.start_within(step.limit()).await?))
    })
}

fn read_box(client: Arc<Client>, keys: Arc<Keypair>, at: BoxIndex, step: Step) -> Doing {
    Box::pin(async move {
        let flags = StartFlags {
            no_retry: step.is_set("no_retry"),
            ..StartFlags::default()
        };
        let call = client.read_box(&keys.read_cap, &at, flags);
        let found = call?.start_within(step.limit()).await?;
        if let Some(text) = step.maybe("text") {
            same(&found.plaintext, text.as_bytes())?;
        }
        if let Some(text) = step.maybe("begins") {
            same(&found.plaintext[..text.len()], text.as_bytes())?;
        }
        Ok(Thing::Index(found.next_index))
    })
}

fn tombstone(client: Arc<Client>, keys: Arc<Keypair>, at: BoxIndex, step: Step) -> Doing {
    Box::pin(async move {
        let count = u32::try_from(step.number("count").unwrap()).unwrap();
        let made = client.tombstone_range(&keys.write_cap, &at, count)?.await?;
        for tombstone in made.envelopes {
            let kind = StartKind::Write(keys.write_cap.clone());
            let flags = StartFlags::default();
            let call = client.start_resending_encrypted_message(kind, tombstone.envelope, flags);
            call?.await?;
        }
        Ok(Thing::Index(made.next))
    })
}

fn copy(client: Arc<Client>, keys: Arc<Keypair>, at: BoxIndex, step: Step) -> Doing {
    Box::pin(async move {
        let builder = client.copy_builder()?;
        let text = step.text();
        let call = client.copy_builder_add(&builder, &keys.write_cap, &at, text.as_bytes());
        let next = call?.await?;
        client.copy_builder_finish(&builder, None)?.await?;
        Ok(Thing::Index(next))
    })
}

/// How the message of a panic begins that is a part of a scenario.
const ON_PURPOSE: &str = "on purpose: ";

pub fn is_thrown_on_purpose(panic: &std::panic::PanicHookInfo<'_>) -> bool {
    let message = panic.payload().downcast_ref::<String>();
    message.is_some_and(|message| message.starts_with(ON_PURPOSE))
}

/// A log whose function panics.
fn throwing(complaints: &Arc<AtomicUsize>) -> Log {
    let complaints = Arc::clone(complaints);
    let refuse = move |_, line: &str| {
        complaints.fetch_add(1, Ordering::Relaxed);
        panic!("{ON_PURPOSE}a line of the log: {line}");
    };
    Log::new(Level::Info, Arc::new(refuse))
}

/// Leaves a loop over events by a panic.
fn loop_throws(client: Arc<Client>) -> Doing {
    Box::pin(async move {
        let mut events: Events = client.events(10)?;
        let looping = tokio::spawn(async move {
            let mut seen = 0;
            while let Some(event) = events.next().await {
                seen += 1;
                assert!(seen < 2, "{ON_PURPOSE}{event:?}");
            }
        });
        match looping.await {
            Err(why) if why.is_panic() => Ok(Thing::Nothing),
            _ => Err(Trouble::Other("there was no event".to_owned())),
        }
    })
}

fn is_kind(event: &Event, kind: &str) -> bool {
    match kind {
        "CONNECTION_STATUS" => matches!(event, Event::ConnectionStatus(_)),
        "PKI_DOCUMENT" => matches!(event, Event::Document(_)),
        "DISCONNECTED" => matches!(event, Event::Disconnected { .. }),
        "RESUMED" => matches!(event, Event::Resumed),
        "RESTARTED" => matches!(event, Event::Restarted),
        "CLOSED" => matches!(event, Event::Closed),
        other => panic!("an event that this driver does not know: {other}"),
    }
}

fn seed() -> [u8; 32] {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).unwrap();
    seed
}

pub fn ready(result: Result<Thing>) -> Doing {
    Box::pin(async move { Ok(result?) })
}

pub fn nothing(result: Result<()>) -> Outcome {
    Ok(result.map(|()| Thing::Nothing)?)
}

/// Whether what came is what was sent.
pub fn same(found: &[u8], wanted: &[u8]) -> Outcome {
    let (found, wanted) = (
        String::from_utf8_lossy(found),
        String::from_utf8_lossy(wanted),
    );
    match found == wanted {
        true => Ok(Thing::Nothing),
        false => Err(Trouble::Other(format!("{found:?}, {wanted:?} expected"))),
    }
}

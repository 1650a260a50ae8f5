//! What is done with channels that remember.

use std::sync::Arc;

use kpclient::client::Client;
use kpclient::store::{Arrival, Reader, SharedChannel, Store, Writer};

use super::actions::{nothing, ready, same};
use super::step::Step;
use super::world::{Doing, Outcome, Thing, Trouble, World};

impl World {
    pub fn channel_action(&self, step: Step) -> Doing {
        match step.action() {
            "read_cap_text" => {
                let keys = self.keys(&step);
                let shared = SharedChannel::Read {
                    cap: keys.read_cap.clone(),
                    index: keys.first_index.clone(),
                };
                let text = String::from_utf8(shared.to_text().to_vec()).unwrap();
                ready(Ok(Thing::Text(text)))
            }
            "parse_text" => {
                let text = match step.maybe("text_of") {
                    Some(_) => match self.thing(&step, "text_of") {
                        Thing::Text(text) => text.as_str(),
                        _ => panic!("no text"),
                    },
                    None => step.word("text"),
                };
                ready(SharedChannel::from_text(text).map(|_| Thing::Nothing))
            }
            "store" => {
                let client = self.client(&step);
                let path = self.directory.join(step.word("file"));
                Box::pin(async move {
                    let store = Store::open(&client, Some(&path))?.await?;
                    Ok(Thing::Store(client, store))
                })
            }
            "close_store" => {
                let (_, store) = self.store(&step);
                Box::pin(async move { nothing(store.close()?.await) })
            }
            "create_writer" | "open_writer" | "import_reader" | "open_reader" => self.open(step),
            "send" | "wait_stored" | "send_tombstones" | "erase_before" => self.write(step),
            "receive" | "acknowledge" | "history" | "forget_before" | "poll_now" | "skip" => {
                self.read(step)
            }
            _ => self.file_action(step),
        }
    }

    pub fn store(&self, step: &Step) -> (Arc<Client>, Arc<Store>) {
        match self.thing(step, "store") {
            Thing::Store(client, store) => (Arc::clone(client), Arc::clone(store)),
            _ => panic!("no store"),
        }
    }

    pub fn writer(&self, step: &Step, field: &str) -> (Arc<Client>, Arc<Writer>) {
        match self.thing(step, field) {
            Thing::Writer(client, writer) => (Arc::clone(client), Arc::clone(writer)),
            _ => panic!("no writer"),
        }
    }

    fn open(&self, step: Step) -> Doing {
        let (client, store) = self.store(&step);
        let name = step.word("name").to_owned();
        match step.action() {
            "create_writer" => Box::pin(async move {
                let writer = store.create_writer(&name, None)?.await?;
                Ok(Thing::Writer(client, writer))
            }),
            "open_writer" => Box::pin(async move {
                let writer = store.writer(&name)?.await?;
                Ok(Thing::Writer(client, writer))
            }),
            "import_reader" => {
                let cap = self.writer(&step, "from").1.read_cap();
                Box::pin(async move {
                    let reader = store.import_reader(&name, &cap, None)?.await?;
                    Ok(Thing::Reader(client, reader))
                })
            }
            _ => Box::pin(async move {
                let reader = store.reader(&name)?.await?;
                Ok(Thing::Reader(client, reader))
            }),
        }
    }

    pub fn reader(&self, step: &Step) -> (Arc<Client>, Arc<Reader>) {
        match self.thing(step, "reader") {
            Thing::Reader(client, reader) => (Arc::clone(client), Arc::clone(reader)),
            _ => panic!("no reader"),
        }
    }

    fn write(&self, step: Step) -> Doing {
        let (_, writer) = self.writer(&step, "writer");
        Box::pin(async move {
            match step.action() {
                "send" => {
                    writer.send(1, step.text().as_bytes())?.await?;
                    Ok(Thing::Nothing)
                }
                "send_tombstones" => {
                    let count = u32::try_from(step.number("count").unwrap()).unwrap();
                    writer.tombstone(count)?.await?;
                    Ok(Thing::Nothing)
                }
                "erase_before" => {
                    let number = step.number("number").unwrap();
                    writer.erase_before(number)?.await?;
                    nothing(writer.erased(number)?.await)
                }
                _ => nothing(writer.stored(writer.last_message())?.await),
            }
        })
    }

    fn read(&self, step: Step) -> Doing {
        let (_, reader) = self.reader(&step);
        let number = step.number("number");
        Box::pin(async move {
            match step.action() {
                "acknowledge" => nothing(reader.acknowledge(number.unwrap())?.await),
                "forget_before" => nothing(reader.forget_before(number.unwrap())?.await),
                "skip" => nothing(reader.skip(&reader.next_index())),
                "poll_now" => {
                    reader.poll_now();
                    Ok(Thing::Nothing)
                }
                "history" => history(reader, &step).await,
                _ => receive(reader, &step).await,
            }
        })
    }
}

async fn receive(reader: Arc<Reader>, step: &Step) -> Outcome {
    let message = reader.receive()?.await?;
    let is_expected = match step.maybe("arrival") {
        None => matches!(message.arrival, Arrival::Message(1)),
        Some("TOMBSTONE") => message.arrival == Arrival::Tombstone,
        Some("SKIPPED") => message.arrival == Arrival::Skipped,
        Some(other) => panic!("an arrival that this driver does not know: {other}"),
    };
    if Some(message.number) != step.number("number") || !is_expected {
        let why = format!("number {}, {:?}", message.number, message.arrival);
        return Err(Trouble::Other(why));
    }
    same(&message.data, step.maybe("text").unwrap_or("").as_bytes())
}

async fn history(reader: Arc<Reader>, step: &Step) -> Outcome {
    let most = u32::try_from(step.number("max").unwrap()).unwrap();
    let messages = reader.messages(step.number("number").unwrap(), most)?;
    let texts: Vec<String> = messages
        .await?
        .iter()
        .map(|message| String::from_utf8_lossy(&message.data).into_owned())
        .collect();
    same(
        texts.join(", ").as_bytes(),
        step.words("texts").join(", ").as_bytes(),
    )
}

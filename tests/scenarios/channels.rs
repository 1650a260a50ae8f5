//! What is done with channels that remember.

use std::sync::Arc;

use kpclient::client::Client;
use kpclient::store::{Arrival, Reader, SharedChannel, Store, Writer};

use super::actions::{nothing, ready, same};
use super::step::Step;
use super::world::{Doing, Thing, Trouble, World};

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
                    let store = client.run(Store::open(Some(&path))).await?;
                    Ok(Thing::Store(client, store))
                })
            }
            "close_store" => {
                let (client, store) = self.store(&step);
                Box::pin(async move { nothing(client.run(store.close()).await) })
            }
            "create_writer" | "open_writer" | "import_reader" | "open_reader" => self.open(step),
            "send" | "wait_stored" => self.write(step),
            "receive" | "acknowledge" => self.read(step),
            other => panic!("an action that this driver does not know: {other}"),
        }
    }

    fn store(&self, step: &Step) -> (Arc<Client>, Arc<Store>) {
        match self.thing(step, "store") {
            Thing::Store(client, store) => (Arc::clone(client), Arc::clone(store)),
            _ => panic!("no store"),
        }
    }

    fn writer(&self, step: &Step, field: &str) -> (Arc<Client>, Arc<Writer>) {
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
                let writer = client.run(store.create_writer(&name, None)).await?;
                Ok(Thing::Writer(client, writer))
            }),
            "open_writer" => Box::pin(async move {
                let writer = client.run(store.writer(&name)).await?;
                Ok(Thing::Writer(client, writer))
            }),
            "import_reader" => {
                let cap = self.writer(&step, "from").1.read_cap();
                Box::pin(async move {
                    let reader = client.run(store.import_reader(&name, &cap, None)).await?;
                    Ok(Thing::Reader(client, reader))
                })
            }
            _ => Box::pin(async move {
                let reader = client.run(store.reader(&name)).await?;
                Ok(Thing::Reader(client, reader))
            }),
        }
    }

    fn write(&self, step: Step) -> Doing {
        let (client, writer) = self.writer(&step, "writer");
        Box::pin(async move {
            if step.action() == "send" {
                client.run(writer.send(1, step.text().as_bytes())).await?;
                return Ok(Thing::Nothing);
            }
            nothing(client.run(writer.stored(writer.last_message())).await)
        })
    }

    fn read(&self, step: Step) -> Doing {
        let Thing::Reader(client, reader) = self.thing(&step, "reader") else {
            panic!("no reader");
        };
        let (client, reader): (Arc<Client>, Arc<Reader>) = (Arc::clone(client), Arc::clone(reader));
        let number = step.number("number").unwrap();
        Box::pin(async move {
            if step.action() == "acknowledge" {
                return nothing(client.run(reader.acknowledge(number)).await);
            }
            let message = client.run(reader.receive()).await?;
            if message.number != number || !matches!(message.arrival, Arrival::Message(1)) {
                let why = format!("number {}, {:?}", message.number, message.arrival);
                return Err(Trouble::Other(why));
            }
            same(&message.data, step.word("text").as_bytes())
        })
    }
}

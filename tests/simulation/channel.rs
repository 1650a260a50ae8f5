//! A channel that one process writes and another one reads, and what must become of its messages.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::process::{Life, Over};
use super::world::{Defect, World};
use kpclient::bacap::keypair;
use kpclient::store::{Arrival, Direction, Reader, Store, Writer, KIND_MESSAGE};

/// The longest message, in boxes of some 1 500 bytes.
const LONGEST: u64 = 6000;

/// The model of a channel.
pub struct Channel {
    name: String,
    seed: [u8; 32],
    goal: u64,
    /// The messages that the writer has promised to keep.
    sent: RefCell<Vec<Vec<u8>>>,
    /// One that it was given, and has not promised yet.
    attempt: RefCell<Option<Vec<u8>>>,
    acknowledged: Cell<u64>,
    /// An acknowledgement that is on its way to the disk.
    acknowledging: Cell<u64>,
    is_written: Cell<bool>,
}

impl Channel {
    pub fn new(world: &World, number: u8) -> Rc<Self> {
        Rc::new(Channel {
            name: format!("channel {number}"),
            seed: [number; 32],
            goal: world.messages,
            sent: RefCell::default(),
            attempt: RefCell::default(),
            acknowledged: Cell::new(0),
            acknowledging: Cell::new(0),
            is_written: Cell::new(false),
        })
    }

    /// All messages were received and acknowledged, and the writer knows that they are stored.
    pub fn is_done(&self) -> bool {
        self.is_written.get() && self.acknowledged.get() == self.goal
    }

    /// How far it is.
    pub fn describe(&self) -> String {
        format!(
            "{}: {} of {} sent, {} acknowledged, {}stored",
            self.name,
            self.sent.borrow().len(),
            self.goal,
            self.acknowledged.get(),
            if self.is_written.get() {
                ""
            } else {
                "not known to be "
            }
        )
    }

    /// Compares what the database has with what was promised.
    fn recovered(&self, world: &World, last: u64) {
        let mut sent = self.sent.borrow_mut();
        let promised = sent.len() as u64;
        match self.attempt.take() {
            Some(attempt) if last == promised + 1 => sent.push(attempt),
            _ if last == promised => {}
            _ => world.trace.violated(format!(
                "{}: {promised} messages were promised, and {last} are in the database",
                self.name
            )),
        }
    }

    /// Writes what is left to write.
    pub async fn write(&self, world: &World, life: &Life) -> Result<(), Over> {
        let store = life.store();
        let writer = self.writer(life, &store).await?;
        self.recovered(world, writer.last_message());
        if world.chance.borrow_mut().once_in(3) {
            writer.set_copy_above(2);
        }
        while (self.sent.borrow().len() as u64) < self.goal {
            let pause = world.chance.borrow_mut().pause(Duration::from_secs(60));
            sleep(pause).await;
            let message = {
                let mut chance = world.chance.borrow_mut();
                let most = if chance.once_in(4) { LONGEST } else { 500 };
                let length = usize::try_from(chance.below(most)).unwrap();
                chance.bytes(length)
            };
            *self.attempt.borrow_mut() = Some(message.clone());
            let number = life.run(writer.send(KIND_MESSAGE, &message)).await?;
            world.trace.count("message sent");
            self.attempt.take();
            let mut kept = message;
            if world.defect == Some(Defect::OtherContent) && number == 2 {
                kept.push(0);
            }
            self.sent.borrow_mut().push(kept);
            if number != self.sent.borrow().len() as u64 {
                world
                    .trace
                    .violated(format!("{}: a message is number {number}", self.name));
            }
        }
        life.run(writer.stored(self.goal)).await?;
        world.trace.count("channel written");
        self.is_written.set(true);
        std::future::pending().await // it stays open
    }

    async fn writer(&self, life: &Life, store: &Store) -> Result<Arc<Writer>, Over> {
        let names = life.run(store.channels(Direction::Write)).await?;
        if names.contains(&self.name) {
            return life.run(store.writer(&self.name)).await;
        }
        life.run(store.create_writer(&self.name, Some(&self.seed)))
            .await
    }

    /// Reads and acknowledges what is left.
    pub async fn read(&self, world: &World, life: &Life) -> Result<(), Over> {
        let store = life.store();
        let reader = self.reader(life, &store).await?;
        loop {
            let message = life.run(reader.receive()).await?;
            if message.number == self.acknowledging.get() + 1 {
                // The process ended before it knew.
                self.acknowledged.set(self.acknowledging.get());
            }
            self.received(world, message.number, message.arrival, &message.data);
            if world.chance.borrow_mut().once_in(4) {
                sleep(Duration::from_secs(5)).await;
                continue; // the same once more
            }
            self.acknowledging.set(message.number);
            life.run(reader.acknowledge(message.number)).await?;
            self.acknowledged.set(message.number);
            world.trace.count("message acknowledged");
        }
    }

    async fn reader(&self, life: &Life, store: &Store) -> Result<Arc<Reader>, Over> {
        let names = life.run(store.channels(Direction::Read)).await?;
        if names.contains(&self.name) {
            return life.run(store.reader(&self.name)).await;
        }
        let cap = keypair(&self.seed).read_cap;
        life.run(store.import_reader(&self.name, &cap, None)).await
    }

    fn received(&self, world: &World, number: u64, arrival: Arrival, data: &[u8]) {
        world.trace.count("message received");
        let name = &self.name;
        let next = self.acknowledged.get() + 1;
        if number != next {
            let what = format!("{name}: message {number} came where {next} is the next one");
            return world.trace.violated(what);
        }
        let sent = self.sent.borrow();
        let attempt = self.attempt.borrow();
        let mut expected = sent.iter().chain(attempt.iter());
        let expected = expected.nth(usize::try_from(number - 1).unwrap());
        if arrival != Arrival::Message(KIND_MESSAGE) || expected.is_none_or(|it| it != data) {
            let length = data.len();
            world.trace.violated(format!(
                "{name}: message {number} arrived as {arrival:?} of {length} bytes, and is another one"
            ));
        }
    }
}

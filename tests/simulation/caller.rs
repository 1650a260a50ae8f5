//! Operations of all kinds at random, and what each of them may come to.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use kpclient::bacap::{keypair, BoxIndex, Keypair};
use kpclient::client::{Call, Destination, StartFlags};
use kpclient::{Error, Result, Status};
use tokio::time::{sleep, timeout, Instant};

use super::process::{Life, Over};
use super::world::{Defect, World};

/// An operation ends within its time limit and this: tokio's timers have milliseconds.
const LATE: Duration = Duration::from_millis(5);
/// Boxes are read back within this, when the storm is over.
const READ_BACK: Duration = Duration::from_secs(6 * 3600);

/// What operations may fail with. Nothing here is told something wrong or asks for anything that is not there.
const EXPLAINED: &[Status] = &[
    Status::TIMEOUT,
    Status::CANCELLED,
    Status::CONNECT,
    Status::HANDSHAKE,
    Status::CONNECTION_LOST,
    Status::NOT_CONNECTED,
    Status::ALREADY_CONNECTED,
    Status::OFFLINE,
    Status::CLOSED,
    Status::NO_PKI_DOCUMENT,
    Status::NO_GEOMETRY,
    Status::SERVICE_NOT_FOUND,
    Status::MESSAGE_SEND_FAILED,
    Status::UNSUPPORTED,
    Status::INCOMPATIBLE_DAEMON,
    Status::DAEMON_SERVICE_UNAVAILABLE,
    Status::DAEMON_INTERNAL,
    Status::DAEMON_CONNECTION_LOST,
];

/// One box that was written, or perhaps.
struct Written {
    keys: Keypair,
    index: BoxIndex,
    content: Vec<u8>,
    /// The library has said so.
    is_promised: bool,
}

/// The model of the boxes.
#[derive(Default)]
pub struct Boxes {
    written: RefCell<Vec<Rc<Written>>>,
    pub unread: Cell<usize>,
}

/// How an operation ended, if it did.
fn judge<T>(world: &World, what: &str, ended: &Result<T>) {
    match ended {
        Ok(_) => world.trace.count(&format!("{what}: done")),
        Err(error) => {
            let status = error.status();
            world.trace.count(&format!("{what}: {}", status.name()));
            if !EXPLAINED.contains(&status) {
                world.trace.violated(format!("{what} failed: {error}"));
            }
        }
    }
}

/// Runs a call for some time, which it may not exceed; now and then it is cancelled before.
async fn run<T: Send + Sync + 'static>(
    world: &World,
    what: &str,
    call: Result<Call<T>>,
) -> Result<T> {
    let limit = world.chance.borrow_mut().pause(Duration::from_secs(900)) + LATE;
    let cancelled = world.chance.borrow_mut().once_in(8);
    let begun = Instant::now();
    let stood_still = world.stood_still.get();
    let running = async { call?.start_within(limit).await };
    let ended = match cancelled {
        false => running.await,
        true => {
            let soon = world.chance.borrow_mut().pause(limit);
            let nobody = |_| Err(Error::new(Status::CANCELLED, "the simulation"));
            timeout(soon, running).await.unwrap_or_else(nobody)
        }
    };
    let took = begun.elapsed();
    if took > limit + LATE + (world.stood_still.get() - stood_still) {
        world
            .trace
            .violated(format!("{what} took {took:?} where it had {limit:?}"));
    }
    judge(world, what, &ended);
    ended
}

impl Boxes {
    fn any(&self, world: &World) -> Option<Rc<Written>> {
        let written = self.written.borrow();
        let at = world.chance.borrow_mut().below(written.len() as u64);
        written.get(usize::try_from(at).unwrap()).cloned()
    }

    async fn write(&self, world: &World, life: &Life) {
        let (keys, content) = {
            let mut chance = world.chance.borrow_mut();
            let seed: [u8; 32] = chance.bytes(32).try_into().unwrap();
            let length = usize::try_from(1 + chance.below(1000)).unwrap();
            (keypair(&seed), chance.bytes(length))
        };
        let index = keys.first_index.clone();
        let flags = StartFlags {
            return_box_exists: world.chance.borrow_mut().once_in(2),
            ..StartFlags::default()
        };
        let call = life
            .client
            .write_box(&keys.write_cap, &index, &content, flags);
        let ended = run(world, "write_box", call).await;
        if let Ok(next) = &ended {
            if next.counter() != index.next().counter() {
                world
                    .trace
                    .violated("write_box returned another index".to_owned());
            }
        }
        let mut content = content;
        if world.defect == Some(Defect::OtherBox) {
            content.push(1);
        }
        self.written.borrow_mut().push(Rc::new(Written {
            keys,
            index,
            content,
            is_promised: ended.is_ok(),
        }));
    }

    async fn read(&self, world: &World, life: &Life) {
        let Some(written) = self.any(world) else {
            return;
        };
        let call = life.client.read_box(
            &written.keys.read_cap,
            &written.index,
            StartFlags::default(),
        );
        if let Ok(found) = run(world, "read_box", call).await {
            compare(world, &written, &found.plaintext);
        }
    }

    /// Reads all that was promised, when the storm is over.
    pub async fn read_back(&self, world: &World, life: &Life) -> std::result::Result<(), Over> {
        let promised = self.written.borrow().clone();
        let promised = promised.iter().filter(|written| written.is_promised);
        let promised: Vec<_> = promised.cloned().collect();
        self.unread.set(promised.len());
        for written in promised {
            life.connected().await;
            let flags = StartFlags::default();
            let read = life
                .client
                .read_box(&written.keys.read_cap, &written.index, flags);
            match async { read?.start_within(READ_BACK).await }.await {
                Ok(found) => compare(world, &written, &found.plaintext),
                Err(error) => {
                    let what = format!("a box that was written cannot be read: {error}");
                    world.trace.violated(what);
                }
            }
            self.unread.set(self.unread.get() - 1);
        }
        Ok(())
    }
}

fn compare(world: &World, written: &Written, found: &[u8]) {
    if found != written.content {
        world
            .trace
            .violated("a box holds something else".to_owned());
    }
}

async fn echo(world: &World, life: &Life) {
    let Ok(service) = life.client.service("echo") else {
        return;
    };
    let to = Destination {
        node: service.node,
        queue: service.queue,
    };
    let payload = world.chance.borrow_mut().bytes(50);
    let call = life.client.blocking_send_message(&to, &payload);
    if let Ok(reply) = run(world, "echo", call).await {
        if !reply.starts_with(&payload) {
            world.trace.violated("an echo is another one".to_owned());
        }
    }
}

async fn next_index(world: &World, life: &Life) {
    let seed: [u8; 32] = world.chance.borrow_mut().bytes(32).try_into().unwrap();
    let index = keypair(&seed).first_index;
    let call = life.client.next_message_box_index_remote(&index);
    if let Ok(next) = run(world, "next_index", call).await {
        if next.counter() != index.next().counter() {
            world
                .trace
                .violated("the next index is another one".to_owned());
        }
    }
}

async fn document(world: &World, life: &Life) {
    let call = life.client.get_pki_document(0);
    let _ = run(world, "document", call).await;
}

async fn disconnect(world: &World, life: &Life) {
    if life.client.disconnect().is_err() {
        return;
    }
    world.trace.count("disconnected");
    let pause = world.chance.borrow_mut().pause(Duration::from_secs(60));
    sleep(pause).await;
    let _ = run(world, "connect", life.client.connect()).await;
}

/// One operation after the other until the storm is over.
pub async fn call(
    world: Rc<World>,
    boxes: Rc<Boxes>,
    life: Rc<Life>,
) -> std::result::Result<(), Over> {
    while world.is_stormy.get() {
        let pause = world.chance.borrow_mut().pause(Duration::from_secs(20));
        sleep(pause).await;
        let kind = world.chance.borrow_mut().below(40);
        match kind {
            0..12 => boxes.write(&world, &life).await,
            12..20 => boxes.read(&world, &life).await,
            20..28 => echo(&world, &life).await,
            28..34 => next_index(&world, &life).await,
            34..39 => document(&world, &life).await,
            _ => disconnect(&world, &life).await,
        }
    }
    Ok(())
}

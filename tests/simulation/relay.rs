//! Between a process and the daemon: passes bytes on, and cuts, divides, delays and holds them.
//!
//! All that a client gets passes here. After each transfer the relay lets the client read before time goes on: virtual
//! time moves when no task of this thread's `LocalSet` is ready, which does not see those of the client.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::{Rc, Weak};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Notify;
use tokio::task::{spawn_local, yield_now};
use tokio::time::{sleep, sleep_until, Instant};

use super::world::World;

/// The way of one process to the daemon.
pub struct Relay {
    pub path: String,
    wires: RefCell<Vec<Weak<Wire>>>,
}

/// One connection.
struct Wire {
    is_cut: Cell<bool>,
    cut: Notify,
    /// Nothing passes before that.
    silent_until: Cell<Instant>,
    /// So many bytes pass before it is cut.
    left: Cell<usize>,
    /// So many bytes pass at once.
    piece: usize,
    delay: Duration,
}

impl Relay {
    pub fn new(world: &Rc<World>, name: &str) -> Rc<Self> {
        let relay = Rc::new(Relay {
            path: world.directory.path(name),
            wires: RefCell::default(),
        });
        let listener = UnixListener::bind(&relay.path).unwrap();
        spawn_local(accept(Rc::clone(world), Rc::clone(&relay), listener));
        relay
    }

    fn wires(&self) -> Vec<Rc<Wire>> {
        self.wires
            .borrow()
            .iter()
            .filter_map(Weak::upgrade)
            .collect()
    }

    /// Cuts all connections.
    pub fn cut_all(&self) {
        for wire in self.wires() {
            wire.cut();
        }
    }

    /// Does something to one connection.
    pub fn harm(&self, world: &World) {
        let wires = self.wires();
        if wires.is_empty() {
            return;
        }
        let mut chance = world.chance.borrow_mut();
        let wire = &wires[usize::try_from(chance.below(wires.len() as u64)).unwrap()];
        match chance.below(3) {
            0 => wire.cut(),
            1 => wire.left.set(usize::try_from(chance.below(5000)).unwrap()),
            _ => {
                let silence = chance.pause(Duration::from_secs(300));
                wire.silent_until.set(Instant::now() + silence);
            }
        }
    }

    /// From now on everything passes.
    pub fn calm(&self) {
        for wire in self.wires() {
            wire.left.set(usize::MAX);
            wire.silent_until.set(Instant::now());
        }
    }
}

impl Wire {
    fn new(world: &World) -> Rc<Self> {
        let mut chance = world.chance.borrow_mut();
        let stormy = world.is_stormy.get();
        let left = stormy && chance.once_in(5);
        let pieces = stormy && chance.once_in(10);
        let delay = stormy && chance.once_in(4);
        Rc::new(Wire {
            is_cut: Cell::new(false),
            cut: Notify::new(),
            silent_until: Cell::new(Instant::now()),
            left: Cell::new(match left {
                true => usize::try_from(chance.below(30_000)).unwrap(),
                false => usize::MAX,
            }),
            piece: match pieces {
                true => 1 + usize::try_from(chance.below(200)).unwrap(),
                false => 64 << 10,
            },
            delay: match delay {
                true => chance.pause(Duration::from_millis(200)),
                false => Duration::ZERO,
            },
        })
    }

    fn cut(&self) {
        self.is_cut.set(true);
        self.cut.notify_waiters();
    }

    async fn until_cut(&self) {
        let cut = self.cut.notified();
        if !self.is_cut.get() {
            cut.await;
        }
    }
}

async fn accept(world: Rc<World>, relay: Rc<Relay>, listener: UnixListener) {
    while let Ok((client, _)) = listener.accept().await {
        world.trace.step("accepted", 0);
        let wire = Wire::new(&world);
        let mut wires = relay.wires.borrow_mut();
        wires.retain(|wire| wire.strong_count() > 0);
        wires.push(Rc::downgrade(&wire));
        drop(wires);
        let world = Rc::clone(&world);
        spawn_local(async move {
            // Where the daemon is away the client's connection just ends.
            if let Ok(daemon) = UnixStream::connect(&world.daemon_path).await {
                let (read, written) = client.into_split();
                let (heard, said) = daemon.into_split();
                tokio::select! {
                    biased;
                    () = wire.until_cut() => {}
                    _ = pass(&world, &wire, heard, written, "down") => {}
                    _ = pass(&world, &wire, read, said, "up") => {}
                }
            }
            world.trace.step("ended", 0);
        });
    }
}

/// Passes bytes on until the one side ends.
async fn pass(
    world: &World,
    wire: &Wire,
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    direction: &'static str,
) -> io::Result<()> {
    let mut buffer = vec![0; wire.piece];
    loop {
        let read = from.read(&mut buffer).await?;
        world.trace.step(direction, read as u64);
        if read == 0 {
            return Ok(());
        }
        if !wire.delay.is_zero() {
            sleep(wire.delay).await;
        }
        while wire.silent_until.get() > Instant::now() {
            sleep_until(wire.silent_until.get()).await;
        }
        let passed = read.min(wire.left.get());
        to.write_all(&buffer[..passed]).await?;
        if wire.left.get() < usize::MAX {
            wire.left.set(wire.left.get() - passed);
        }
        // The client, which had no room perhaps, or has something to read now.
        yield_now().await;
        yield_now().await;
        if wire.left.get() == 0 {
            wire.cut();
        }
    }
}

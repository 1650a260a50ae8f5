//! A process with a client and a store, which is killed and started again.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use kpclient::client::{Call, Client};
use kpclient::config::Dial;
use kpclient::simulated::{self, Ending};
use kpclient::store::Store;
use kpclient::{Result, Status};
use tokio::runtime::Runtime as Tokio;
use tokio::sync::Notify;
use tokio::task::{spawn_local, JoinHandle, LocalSet};
use tokio::time::{sleep, timeout};

use super::disk::{Disk, Records};
use super::relay::Relay;
use super::world::{Defect, World};

/// How long after the end of its client anything may still run.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);

/// A program, which may be started several times.
pub struct Process {
    pub name: &'static str,
    pub relay: Rc<Relay>,
    /// What its disk holds while it does not run.
    disk: RefCell<Records>,
    life: RefCell<Option<Rc<Life>>>,
    tasks: RefCell<Vec<JoinHandle<()>>>,
}

/// From a start to the next end.
pub struct Life {
    pub client: Client,
    world: Rc<World>,
    store: Arc<Store>,
    disk: Disk,
    is_over: Cell<bool>,
    ended: Notify,
    ending: Rc<Ending>,
}

/// The process has ended.
pub struct Over;

impl Process {
    pub fn new(world: &Rc<World>, name: &'static str) -> Rc<Self> {
        Rc::new(Process {
            name,
            relay: Relay::new(world, name),
            disk: RefCell::default(),
            life: RefCell::default(),
            tasks: RefCell::default(),
        })
    }

    /// Starts it, and its client, which connects. To be called in the `LocalSet`.
    pub fn start(&self, world: &Rc<World>) -> Rc<Life> {
        let mut config = world.client_config.clone();
        config.dial = Some(Dial::unix(&self.relay.path));
        let (client, ending) = simulated::client(config).unwrap();
        let disk = Disk::of(self.disk.borrow().clone());
        let pacing = Rc::clone(world);
        let pause = move || {
            pacing.trace.step("disk", 0);
            sleep(pacing.chance.borrow_mut().pause(Duration::from_millis(40)))
        };
        let (store, serve) = Store::stepped(&client, disk.clone(), pause).unwrap();
        let life = Rc::new(Life {
            client,
            world: Rc::clone(world),
            store,
            disk,
            is_over: Cell::new(false),
            ended: Notify::new(),
            ending: Rc::new(ending),
        });
        self.add(spawn_local(serve));
        self.spawn(&life, |life| async move { life.stay_connected().await });
        *self.life.borrow_mut() = Some(Rc::clone(&life));
        life
    }

    fn add(&self, task: JoinHandle<()>) {
        self.tasks.borrow_mut().push(task);
    }

    /// Runs a part of the program until it ends, or the process does.
    pub fn spawn<F>(&self, life: &Rc<Life>, part: impl FnOnce(Rc<Life>) -> F)
    where
        F: std::future::Future<Output = std::result::Result<(), Over>> + 'static,
    {
        let watched = Rc::clone(life);
        let part = part(Rc::clone(life));
        self.add(spawn_local(async move {
            tokio::select! {
                biased;
                _ = part => {}
                () = watched.over() => {}
            }
        }));
    }

    /// The process is killed, or the power fails. Its connections end, and its disk stays as it is. After that the
    /// client is closed as any other, to see that it can be.
    pub fn kill(&self, world: &World, tokio: &Tokio, local: &LocalSet) {
        let Some(life) = self.life.take() else { return };
        let image = match world.chance.borrow_mut().once_in(2) {
            true => life.disk.after_a_kill(),
            false => life.disk.after_a_power_cut(),
        };
        if world.defect != Some(Defect::ForgetfulDisk) {
            *self.disk.borrow_mut() = image;
        }
        world.trace.count("killed");
        self.close(world, tokio, local, life);
    }

    /// Ends it in order.
    pub fn finish(&self, world: &World, tokio: &Tokio, local: &LocalSet) {
        if let Some(life) = self.life.take() {
            self.close(world, tokio, local, life);
        }
    }

    fn close(&self, world: &World, tokio: &Tokio, local: &LocalSet, life: Rc<Life>) {
        self.relay.cut_all();
        life.is_over.set(true);
        life.ended.notify_waiters();
        let begun = simulated::elapsed();
        life.ending.close(&life.client, tokio);
        let took = simulated::elapsed().saturating_sub(begun);
        world.stood_still.set(world.stood_still.get() + took);
        let stats = life.client.stats();
        let operations = stats.operations;
        let left: u64 = stats
            .lanes
            .iter()
            .map(|lane| lane.in_line + lane.in_flight)
            .sum();
        if operations > 0 || left > 0 {
            let name = self.name;
            world.trace.violated(format!(
                "{name}: {operations} operations and {left} requests are left of a closed client"
            ));
        }
        let ending = Rc::clone(&life.ending);
        drop(life);
        local.block_on(tokio, self.settle(world, &ending));
    }

    /// Waits until nothing of a life is left.
    async fn settle(&self, world: &World, ending: &Ending) {
        let name = self.name;
        for task in self.tasks.take() {
            match timeout(SETTLED_WITHIN, task).await {
                Ok(Ok(())) => {}
                Ok(Err(panic)) => world.trace.violated(format!("{name}: {panic}")),
                Err(_) => world
                    .trace
                    .violated(format!("{name}: something waits for ever")),
            }
        }
        sleep(Duration::from_millis(10)).await;
        let left = ending.owners();
        if left > 0 {
            world
                .trace
                .violated(format!("{name}: {left} owners of a closed client are left"));
        }
    }
}

impl Life {
    /// Waits for a call; no time limit, so it must succeed sooner or later.
    pub async fn run<T: Send + Sync + 'static>(
        &self,
        call: Result<Call<T>>,
    ) -> std::result::Result<T, Over> {
        match async { call?.await }.await {
            Ok(value) => Ok(value),
            Err(error) => {
                if !self.is_over.get() {
                    self.world
                        .trace
                        .violated(format!("a call of the store failed: {error}"));
                }
                Err(Over)
            }
        }
    }

    pub fn store(&self) -> Arc<Store> {
        Arc::clone(&self.store)
    }

    async fn over(&self) {
        let ended = self.ended.notified();
        if !self.is_over.get() {
            ended.await;
        }
    }

    /// Connects, and again where somebody has disconnected the client.
    async fn stay_connected(&self) -> std::result::Result<(), Over> {
        loop {
            let pause = match async { self.client.connect()?.await }.await {
                Err(error) if error.status() == Status::CLOSED => return Err(Over),
                Err(error) if error.status() != Status::ALREADY_CONNECTED => 1,
                _ => 60,
            };
            sleep(Duration::from_secs(pause)).await;
        }
    }

    /// Waits until the client is connected.
    pub async fn connected(&self) {
        while !self.client.is_connected() {
            sleep(Duration::from_secs(1)).await;
        }
    }
}

//! One run: a daemon, processes, a storm, the calm after it, and the end.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::mpsc as answers;
use std::time::Duration;

use kpclient::config::Config;
use kpclient::simulated::{elapsed, Seeded};
use kpclientd_sim::daemon::server::{serve, Bound, Command};
use kpclientd_sim::daemon::thinclient_toml;
use kpclientd_sim::network::{Era, Scheme};
use kpclientd_sim::SimConfig;
use tokio::runtime::{Builder, Runtime as Tokio};
use tokio::sync::mpsc;
use tokio::task::{spawn_local, yield_now, LocalSet};
use tokio::time::sleep;

use super::caller::{self, Boxes};
use super::chance::Chance;
use super::channel::Channel;
use super::process::{Life, Process};
use super::trace::Trace;
use super::weather;

/// When the storm is over, all is done within this.
const DONE_WITHIN: Duration = Duration::from_secs(48 * 3600);
/// How often it is looked whether it is.
const LOOK: Duration = Duration::from_secs(60);
/// The daemon has forgotten everybody after this.
const FORGOTTEN: Duration = Duration::from_secs(2000);

/// Something that is wrong on purpose, which a run has to notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// A disk loses what was promised to be on it.
    ForgetfulDisk,
    /// The model is told of another message.
    OtherContent,
    /// The model is told of other boxes.
    OtherBox,
}

/// A directory for sockets, which goes away with the value.
pub struct Directory(PathBuf);

impl Directory {
    fn new(run: u64) -> Self {
        let name = format!("kpc-simulation-{}-{run}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir(&directory).unwrap();
        Directory(directory)
    }

    /// The path of a name in it.
    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What all parts of a run share.
pub struct World {
    pub trace: Trace,
    pub chance: RefCell<Chance>,
    pub directory: Directory,
    pub daemon_path: String,
    pub client_config: Config,
    pub is_stormy: Cell<bool>,
    /// How long all programs stood still while the client of one of them was closed, which takes the only thread.
    pub stood_still: Cell<Duration>,
    /// The longest pause between two faults.
    pub calm_between: Duration,
    /// How many messages each channel has.
    pub messages: u64,
    pub defect: Option<Defect>,
    commands: mpsc::UnboundedSender<Command>,
}

/// What a run came to.
#[derive(Debug)]
pub struct Report {
    pub steps: u64,
    pub hash: u64,
    pub virtual_time: Duration,
    pub counts: std::collections::BTreeMap<String, u64>,
    pub violation: Option<String>,
}

impl World {
    /// Has the simulator execute a command.
    pub async fn order(&self, line: &str) -> String {
        self.trace.count(&format!("fault: {line}"));
        self.ask(line).await
    }

    async fn ask(&self, line: &str) -> String {
        let (answer, answers) = answers::channel();
        let line = line.to_owned();
        let _ = self.commands.send(Command { line, answer });
        loop {
            match answers.try_recv() {
                Ok(Ok(answer)) => return answer,
                Ok(Err(error)) => {
                    self.trace
                        .violated(format!("the simulator refused: {error}"));
                    return error;
                }
                Err(answers::TryRecvError::Empty) => yield_now().await,
                Err(answers::TryRecvError::Disconnected) => {
                    self.trace.violated("the simulator has ended".to_owned());
                    return String::new();
                }
            }
        }
    }
}

/// The processes of a run, and what they do.
struct Scene {
    writer: Rc<Process>,
    reader: Rc<Process>,
    caller: Rc<Process>,
    channels: Vec<Rc<Channel>>,
    boxes: Rc<Boxes>,
}

impl Scene {
    fn new(world: &Rc<World>) -> Self {
        Scene {
            writer: Process::new(world, "writer"),
            reader: Process::new(world, "reader"),
            caller: Process::new(world, "caller"),
            channels: vec![Channel::new(world, 1), Channel::new(world, 2)],
            boxes: Rc::default(),
        }
    }

    fn processes(&self) -> [&Rc<Process>; 3] {
        [&self.writer, &self.reader, &self.caller]
    }

    /// Starts a process with all its parts.
    fn start(&self, world: &Rc<World>, process: &Rc<Process>) -> Rc<Life> {
        let life = process.start(world);
        if process.name == "caller" {
            for _ in 0..6 {
                let (world, boxes) = (Rc::clone(world), Rc::clone(&self.boxes));
                process.spawn(&life, |life| caller::call(world, boxes, life));
            }
            return life;
        }
        for channel in &self.channels {
            let (world, channel) = (Rc::clone(world), Rc::clone(channel));
            let writes = process.name == "writer";
            process.spawn(&life, |life| async move {
                match writes {
                    true => channel.write(&world, &life).await,
                    false => channel.read(&world, &life).await,
                }
            });
        }
        life
    }

    fn is_done(&self) -> bool {
        self.channels.iter().all(|channel| channel.is_done()) && self.boxes.unread.get() == 0
    }

    fn describe(&self) -> String {
        let channels: Vec<_> = self.channels.iter().map(|it| it.describe()).collect();
        format!(
            "{}; {} boxes unread",
            channels.join("; "),
            self.boxes.unread.get()
        )
    }
}

/// The daemon of a run.
fn daemon(chance: &mut Chance, path: &str) -> SimConfig {
    let era = chance.pick(&[Era::Current, Era::Current, Era::Current, Era::V0_0_73Rc1]);
    let mut config = SimConfig::new(era);
    if era != Era::Current {
        let other = SimConfig::new(Era::Current).network;
        config.network.replicas = other.replicas;
        config.network.couriers = other.couriers;
    }
    if !chance.once_in(4) {
        config.network = config.network.with_scheme(Scheme::X25519);
    }
    config.network.seed = chance.next();
    // Not those of today, which are others tomorrow.
    config.network.epoch = 1_000_000;
    config.network.replica_epoch = 3_000;
    config.network.lambda_p = 0.01;
    config.encrypt_cost = Some(Duration::from_millis(1));
    config.unix = Some(path.to_owned());
    config
}

fn world(
    seed: u64,
    defect: Option<Defect>,
) -> (Rc<World>, SimConfig, mpsc::UnboundedReceiver<Command>) {
    static RUNS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let run = RUNS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let directory = Directory::new(run);
    let daemon_path = directory.path("daemon");
    let mut chance = Chance::of(seed);
    let config = daemon(&mut chance, &daemon_path);
    let bound = Bound {
        unix: Some(daemon_path.clone()),
        ..Bound::default()
    };
    let client_config = Config::from_toml(&thinclient_toml(&config.network, &bound)).unwrap();
    let (commands, obeyed) = mpsc::unbounded_channel();
    let calm_between = Duration::from_secs(chance.pick(&[20, 60, 300]));
    let messages = 3 + chance.below(12);
    let world = World {
        trace: Trace::default(),
        chance: RefCell::new(chance),
        directory,
        daemon_path,
        client_config,
        is_stormy: Cell::new(true),
        stood_still: Cell::default(),
        calm_between,
        messages,
        defect,
        commands,
    };
    (Rc::new(world), config, obeyed)
}

/// Does everything that follows from a seed.
pub fn run(seed: u64, defect: Option<Defect>) -> Report {
    let tokio = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let _entered = tokio.enter();
    let _seeded = Seeded::with(seed);
    let (world, config, commands) = world(seed, defect);
    let local = LocalSet::new();
    let scene = local.block_on(&tokio, async {
        spawn_local(async move {
            let ended = serve(config, None, false, commands, |_| Ok(())).await;
            ended.unwrap();
        });
        let scene = Scene::new(&world);
        for process in scene.processes() {
            scene.start(&world, process);
        }
        let relays = scene.processes().map(|process| Rc::clone(&process.relay));
        spawn_local(weather::storm(Rc::clone(&world), relays.to_vec()));
        scene
    });
    storm(&world, &scene, &tokio, &local);
    calm(&world, &scene, &tokio, &local);
    Report {
        steps: world.trace.steps.get(),
        hash: world.trace.hash(),
        virtual_time: elapsed(),
        counts: world.trace.counts.take(),
        violation: world.trace.violation(),
    }
}

/// Kills processes now and then, for some hours.
fn storm(world: &Rc<World>, scene: &Scene, tokio: &Tokio, local: &LocalSet) {
    let kills = 2 + world.chance.borrow_mut().below(8);
    for _ in 0..kills {
        let (pause, away, victim) = {
            let mut chance = world.chance.borrow_mut();
            let pause = chance.pause(Duration::from_secs(1200));
            (
                pause,
                chance.pause(Duration::from_secs(60)),
                chance.below(3),
            )
        };
        local.block_on(tokio, sleep(pause));
        let process = scene.processes()[usize::try_from(victim).unwrap()];
        process.kill(world, tokio, local);
        local.block_on(tokio, async {
            sleep(away).await;
            scene.start(world, process);
        });
        if world.trace.is_violated() {
            return;
        }
    }
    world.is_stormy.set(false);
}

/// Waits until everything is done, ends everything, and looks at what is left.
fn calm(world: &Rc<World>, scene: &Scene, tokio: &Tokio, local: &LocalSet) {
    let relays = scene.processes().map(|process| Rc::clone(&process.relay));
    scene.caller.kill(world, tokio, local);
    local.block_on(tokio, async {
        weather::calm(world, &relays).await;
        let life = scene.caller.start(world);
        let (reading, boxes) = (Rc::clone(world), Rc::clone(&scene.boxes));
        scene.boxes.unread.set(usize::MAX);
        scene.caller.spawn(&life, |life| async move {
            boxes.read_back(&reading, &life).await
        });
        let until = elapsed() + DONE_WITHIN;
        while !scene.is_done() && !world.trace.is_violated() {
            sleep(LOOK).await;
            if elapsed() > until {
                world
                    .trace
                    .violated(format!("something hangs: {}", scene.describe()));
            }
        }
    });
    for process in scene.processes() {
        process.finish(world, tokio, local);
    }
    if world.trace.is_violated() {
        return;
    }
    local.block_on(tokio, async {
        sleep(FORGOTTEN).await;
        let left = world.ask("arq").await;
        if left != "[]" {
            world
                .trace
                .violated(format!("the daemon still resends: {left}"));
        }
    });
}

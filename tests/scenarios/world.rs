//! What a scenario has made so far, and how steps are started, waited for and cancelled.

use std::collections::HashMap;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::AtomicUsize;
use std::sync::Arc;
use std::time::Duration;

use kpclient::bacap::{BoxIndex, Keypair};
use kpclient::client::{Client, Events, Induction, MintedVoucher};
use kpclient::store::{Reader, Store, Writer};
use kpclient::{Error, Status};
use kpclientd_sim::network::Era;
use kpclientd_sim::{Sim, SimConfig};
use serde_json::Value;
use tokio::task::JoinHandle;

use super::step::Step;

/// Longer than any step takes that ends.
pub const LIMIT: Duration = Duration::from_secs(60);

/// What a step returns, to be kept under a name.
pub enum Thing {
    Nothing,
    Client(Arc<Client>),
    Keys(Arc<Keypair>),
    Index(BoxIndex),
    Text(String),
    Events(Arc<tokio::sync::Mutex<Events>>),
    Minted(Arc<MintedVoucher>),
    Inducted(Arc<Induction>),
    Store(Arc<Client>, Arc<Store>),
    Writer(Arc<Client>, Arc<Writer>),
    Reader(Arc<Client>, Arc<Reader>),
}

/// How a step ends that did not do what it should.
pub enum Trouble {
    /// The library's error.
    Error(Error),
    /// What came was not what was expected.
    Other(String),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Trouble::Error(error)
    }
}

pub type Outcome = Result<Thing, Trouble>;
pub type Doing = Pin<Box<dyn Future<Output = Outcome> + Send>>;

pub struct World {
    pub sim: Sim,
    pub directory: PathBuf,
    /// How often a log function has panicked.
    pub complaints: Arc<AtomicUsize>,
    things: HashMap<String, Thing>,
    started: HashMap<String, Vec<JoinHandle<Outcome>>>,
}

impl World {
    pub fn new(options: &Value) -> World {
        let mut config = SimConfig::new(Era::Current).hurried();
        for option in options.as_array().into_iter().flatten() {
            match option.as_str() {
                Some("--patient-couriers") => config.network.look_ups = u32::MAX,
                other => panic!("an option that this driver does not know: {other:?}"),
            }
        }
        let sim = Sim::start(config).unwrap();
        let directory = sim.directory().to_owned();
        World {
            sim,
            directory,
            complaints: Arc::default(),
            things: HashMap::new(),
            started: HashMap::new(),
        }
    }

    /// What a field of a step names.
    pub fn thing(&self, step: &Step, field: &str) -> &Thing {
        let name = step.word(field);
        let thing = self.things.get(name);
        thing.unwrap_or_else(|| panic!("there is no {name}"))
    }

    /// Does a step, or starts it.
    pub async fn step(&mut self, step: &Step) -> Result<(), String> {
        match step.action() {
            "wait" => return self.wait(step).await,
            "cancel" => {
                self.started[step.word("what")]
                    .iter()
                    .for_each(JoinHandle::abort);
                return Ok(());
            }
            "free" | "forget" => {
                self.things.remove(step.word("what"));
                return Ok(());
            }
            "sim_until" => return self.sim_until(step).await,
            "exit" => std::process::exit(0),
            _ => {}
        }
        let many = step.number("many").unwrap_or(1);
        if let Some(name) = step.maybe("start") {
            let doing = (0..many).map(|number| tokio::spawn(self.action(step, number)));
            let doing = doing.collect();
            self.started.insert(name.to_owned(), doing);
            tokio::task::yield_now().await; // each takes its first step
            return Ok(());
        }
        for number in 0..many {
            let outcome = self.action(step, number).await;
            if let Some(thing) = judged(step, outcome)? {
                if let Some(name) = step.maybe("as") {
                    self.things.insert(name.to_owned(), thing);
                }
            }
        }
        Ok(())
    }

    async fn wait(&mut self, step: &Step) -> Result<(), String> {
        for doing in self.started.remove(step.word("for")).unwrap() {
            let outcome = match doing.await {
                Ok(outcome) => outcome,
                // A future that is dropped is cancelled, and nobody is there to be told.
                Err(why) if why.is_cancelled() => {
                    Err(Error::new(Status::CANCELLED, "the task was dropped").into())
                }
                Err(why) => return Err(why.to_string()),
            };
            judged(step, outcome)?;
        }
        Ok(())
    }

    async fn sim_until(&self, step: &Step) -> Result<(), String> {
        let path = format!("/{}", step.word("count").replace('.', "/"));
        loop {
            let stats = self.sim.stats()?;
            let count = stats.pointer(&path).and_then(Value::as_u64).unwrap_or(0);
            let least = step.number("at_least").unwrap_or(0);
            let most = step.number("at_most").unwrap_or(u64::MAX);
            if (least..=most).contains(&count) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Whether a step ended as it should.
fn judged(step: &Step, outcome: Outcome) -> Result<Option<Thing>, String> {
    match (outcome, step.maybe("fails")) {
        (Ok(thing), None) => Ok(Some(thing)),
        (Ok(_), Some(status)) => Err(format!("no error, {status} expected")),
        (Err(Trouble::Other(why)), _) => Err(why),
        (Err(Trouble::Error(error)), wanted) => {
            let name = error
                .status()
                .name()
                .trim_start_matches("KPC_ERR_")
                .to_owned();
            let class = format!("{:?}", error.status().category()).to_uppercase();
            if step.maybe("class").is_some_and(|wanted| wanted != class) {
                return Err(format!("{name} is of the class {class}"));
            }
            match wanted == Some(&name) {
                true => Ok(None),
                false => Err(format!(
                    "{name} ({error}), {} expected",
                    wanted.unwrap_or("success")
                )),
            }
        }
    }
}

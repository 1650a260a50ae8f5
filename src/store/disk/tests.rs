//! The thread and its transactions, on records in memory that fail on demand.

use std::sync::mpsc::{channel, Receiver, Sender};

use super::*;
use crate::store::backing::memory::Memory;

fn start(memory: &Memory) -> Disk {
    Disk::start(Box::new(memory.clone()), || {}).unwrap()
}

/// Keeps the thread in a job until it is told to go on, so that what comes after waits together.
struct Gate {
    open: Sender<()>,
    ended: Receiver<Result<()>>,
}

impl Gate {
    fn shut(disk: &Disk) -> Self {
        let (running, runs) = channel();
        let (open, opened) = channel::<()>();
        let (end, ended) = channel();
        let opened = Arc::new(Mutex::new(opened));
        let work = move |_: &mut dyn Backing| {
            running.send(()).unwrap();
            lock(&opened).recv().unwrap();
            Ok(())
        };
        disk.0
            .queue
            .push(Job::new(Durability::Soon, work, move |result| {
                end.send(result).unwrap();
            }));
        runs.recv().unwrap();
        Gate { open, ended }
    }

    fn open(self) {
        self.open.send(()).unwrap();
        self.ended.recv().unwrap().unwrap();
    }
}

fn put(key: &str) -> impl FnOnce(&mut dyn Backing) -> Result<()> + Clone + Send + 'static {
    let key = key.as_bytes().to_vec();
    move |backing| backing.put(&key, b"value")
}

fn keys(memory: &Memory) -> Vec<String> {
    let keys = memory.records().into_keys();
    keys.map(|key| String::from_utf8(key).unwrap()).collect()
}

#[tokio::test]
async fn jobs_run_in_the_order_of_their_calls_even_if_nobody_waits_for_them() {
    let memory = Memory::default();
    let disk = start(&memory);
    let (ran, order) = channel();
    let gate = Gate::shut(&disk);
    for number in 0..10 {
        let ran = ran.clone();
        drop(disk.run(Durability::Soon, move |_| {
            ran.send(number).unwrap();
            Ok(())
        }));
    }
    let last = disk.run(Durability::Soon, |_| Ok("the last"));
    gate.open();
    assert_eq!(last.await.unwrap(), "the last");
    drop(ran);
    assert_eq!(
        order.iter().collect::<Vec<_>>(),
        (0..10).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn jobs_that_wait_together_share_one_commit_with_the_strictest_durability() {
    let memory = Memory::default();
    let disk = start(&memory);
    let gate = Gate::shut(&disk);
    let jobs = ["a", "b", "c"].map(|key| match key {
        "b" => disk.run(Durability::Now, put(key)),
        _ => disk.run(Durability::Soon, put(key)),
    });
    gate.open();
    for job in jobs {
        job.await.unwrap();
    }
    assert_eq!(keys(&memory), ["a", "b", "c"]);
    assert_eq!(memory.commits(), [Durability::Soon, Durability::Now]);
    disk.run(Durability::Soon, put("d")).await.unwrap();
    assert_eq!(memory.commits().last(), Some(&Durability::Soon));
}

#[tokio::test]
async fn a_job_is_answered_only_when_it_is_committed() {
    let memory = Memory::default();
    let disk = start(&memory);
    for count in 1..20 {
        disk.run(Durability::Now, put("key")).await.unwrap();
        assert_eq!(memory.commits().len(), count);
    }
}

#[tokio::test]
async fn a_job_that_fails_before_it_writes_fails_alone() {
    let memory = Memory::default();
    let disk = start(&memory);
    let gate = Gate::shut(&disk);
    let before = disk.run(Durability::Now, put("before"));
    let refused = disk.run(Durability::Now, |backing| {
        assert!(backing.get(b"before")?.is_some());
        Err::<(), _>(Error::new(Status::CHANNEL_EXISTS, "no"))
    });
    let after = disk.run(Durability::Now, put("after"));
    gate.open();
    before.await.unwrap();
    assert_eq!(refused.await.unwrap_err().status(), Status::CHANNEL_EXISTS);
    after.await.unwrap();
    assert_eq!(keys(&memory), ["after", "before"]);
}

/// Runs `bad` between two jobs that write, all in one batch. The two are stored, by themselves. Returns
/// what came of the bad one.
async fn between_others(
    memory: &Memory,
    bad: impl FnOnce(&mut dyn Backing) -> Result<()> + Clone + Send + 'static,
) -> Result<()> {
    let disk = start(memory);
    let gate = Gate::shut(&disk);
    let before = disk.run(Durability::Now, put("before"));
    let bad = disk.run(Durability::Now, bad);
    let after = disk.run(Durability::Now, put("after"));
    gate.open();
    before.await.unwrap();
    after.await.unwrap();
    let ended = bad.await;
    // The thread goes on.
    disk.run(Durability::Now, put("later")).await.unwrap();
    assert_eq!(keys(memory), ["after", "before", "later"]);
    ended
}

#[tokio::test]
async fn a_job_that_fails_after_it_wrote_fails_alone() {
    let half = |backing: &mut dyn Backing| {
        backing.put(b"half", b"")?;
        Err(Error::new(Status::ARG_VALUE, "too late"))
    };
    let error = between_others(&Memory::default(), half).await.unwrap_err();
    assert_eq!(error.status(), Status::ARG_VALUE);
}

#[tokio::test]
async fn a_write_that_fails_once_is_tried_again() {
    let memory = Memory::default();
    memory.fail_operation(2);
    let delete = |backing: &mut dyn Backing| backing.delete(b"nothing");
    between_others(&memory, delete).await.unwrap();
    // The gate's, three by themselves, and the later one.
    assert_eq!(memory.commits().len(), 5);
}

#[tokio::test]
async fn a_panic_in_a_job_fails_that_job_alone() {
    let _quiet = crate::panic_hook::Quiet::enter();
    let panics = |_: &mut dyn Backing| {
        crate::panic_hook::this_thread();
        panic!("a defect")
    };
    let error = between_others(&Memory::default(), panics)
        .await
        .unwrap_err();
    assert_eq!(error.status(), Status::PANIC);
}

#[tokio::test]
async fn a_commit_that_fails_for_several_is_tried_again_for_each() {
    let memory = Memory::default();
    let disk = start(&memory);
    let gate = Gate::shut(&disk);
    memory.fail_commit(2);
    let jobs = ["a", "b"].map(|key| disk.run(Durability::Now, put(key)));
    gate.open();
    for job in jobs {
        job.await.unwrap();
    }
    assert_eq!(keys(&memory), ["a", "b"]);
    memory.fail_commit(1);
    let alone = disk.run(Durability::Now, put("c")).await;
    assert_eq!(alone.unwrap_err().message(), "fails on demand");
    assert_eq!(keys(&memory), ["a", "b"]);
}

#[tokio::test]
async fn a_channel_that_was_claimed_in_vain_can_be_claimed_again() {
    let memory = Memory::default();
    let disk = start(&memory);
    let gate = Gate::shut(&disk);
    memory.fail_commit(2);
    let claimed = disk.run(Durability::Soon, |backing| backing.claim(7));
    let other = disk.run(Durability::Now, put("other"));
    gate.open();
    claimed.await.unwrap();
    other.await.unwrap();
    memory.clone().claim(7).unwrap_err();
    memory.fail_commit(1);
    let in_vain = disk.run(Durability::Soon, |backing| backing.claim(8));
    in_vain.await.unwrap_err();
    memory.clone().claim(8).unwrap();
}

#[tokio::test]
async fn the_thread_ends_with_the_last_clone_after_the_queued_jobs() {
    let memory = Memory::default();
    let disk = start(&memory);
    let queue = Arc::clone(&disk.0.queue);
    let claimed = disk.run(Durability::Soon, |backing| backing.claim(7));
    claimed.await.unwrap();
    let gate = Gate::shut(&disk);
    let queued = disk.run(Durability::Now, put("queued"));
    let clone = disk.clone();
    drop(disk);
    assert!(!lock(&queue.state).closing);
    drop(clone);
    gate.open();
    queued.await.unwrap();
    while !lock(&queue.state).ended {
        tokio::task::yield_now().await;
    }
    // The database was closed: its channel is free.
    memory.clone().claim(7).unwrap();
}

#[tokio::test]
async fn closing_waits_for_the_queue_and_refuses_what_comes_later() {
    let memory = Memory::default();
    let disk = start(&memory);
    let gate = Gate::shut(&disk);
    let queued = disk.run(Durability::Now, put("queued"));
    let closing = disk.close();
    let late = disk.run(Durability::Now, put("late"));
    assert_eq!(late.await.unwrap_err().status(), Status::CLOSED);
    assert!(!lock(&disk.0.queue.state).ended);
    gate.open();
    closing.await;
    queued.await.unwrap();
    assert_eq!(keys(&memory), ["queued"]);
    let later = disk.run(Durability::Now, put("later")).await;
    assert_eq!(later.unwrap_err().status(), Status::CLOSED);
    disk.close().await;
}

/// Ends the thread in its midst.
struct Defective;

impl Backing for Defective {
    fn begin(&mut self, _: Durability) -> Result<()> {
        crate::panic_hook::this_thread();
        panic!("outside all jobs")
    }
    fn commit(&mut self) -> Result<()> {
        Ok(())
    }
    fn rollback(&mut self) {}
    fn get(&mut self, _: &[u8]) -> Result<Option<crate::secret::WipingVec>> {
        Ok(None)
    }
    fn put(&mut self, _: &[u8], _: &[u8]) -> Result<()> {
        Ok(())
    }
    fn delete(&mut self, _: &[u8]) -> Result<()> {
        Ok(())
    }
    fn delete_range(&mut self, _: &[u8], _: &[u8]) -> Result<()> {
        Ok(())
    }
    fn scan(&mut self, _: &[u8], _: &[u8], _: usize) -> Result<Vec<crate::store::backing::Record>> {
        Ok(Vec::new())
    }
    fn claim(&mut self, _: u64) -> Result<()> {
        Ok(())
    }
    fn release(&mut self, _: u64) {}
}

#[tokio::test]
async fn jobs_of_a_thread_that_is_gone_fail() {
    let disk = Disk::start(Box::new(Defective), || {}).unwrap();
    let first = disk.run(Durability::Now, put("first"));
    assert_eq!(first.await.unwrap_err().status(), Status::CLOSED);
    let second = disk.run(Durability::Now, put("second")).await;
    assert_eq!(second.unwrap_err().status(), Status::CLOSED);
    disk.close().await;
}

#[tokio::test]
async fn opening_happens_on_the_thread_and_reports_why_it_fails() {
    let memory = Memory::default();
    let here = std::thread::current().id();
    let opens = Disk::open(|| {}, STACK, {
        let memory = memory.clone();
        move || {
            assert_ne!(std::thread::current().id(), here);
            Ok(Box::new(memory))
        }
    });
    let disk = opens.unwrap().await.unwrap();
    disk.run(Durability::Now, put("key")).await.unwrap();
    assert_eq!(keys(&memory), ["key"]);

    let fails = Disk::open(|| {}, STACK, || Err(Error::new(Status::DB, "damaged"))).unwrap();
    assert_eq!(fails.await.err().unwrap().message(), "damaged");
    let panics = Disk::open(crate::panic_hook::this_thread, STACK, || panic!("a defect")).unwrap();
    assert_eq!(panics.await.err().unwrap().status(), Status::PANIC);
}

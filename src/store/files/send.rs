//! Sends a file: takes a piece when there is room for it, and keeps how far it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::message::{self, FileHead};
use super::records::Outbound;
use super::source::{changed, Source};
use super::thread::aside;
use super::{absolute, change, name, no_file, outbound};
use crate::client::{random_array, Call, FileProgress};
use crate::secret::WipingVec;
use crate::store::backing::{Backing, Durability};
use crate::store::framing::{filling, KIND_FILE};
use crate::store::keys::{single, Kind};
use crate::store::records::{Content, Progress};
use crate::store::writer::{ledger, Core};
use crate::store::Writer;
use crate::sync::lock;
use crate::{Error, Result, Status};

/// Bytes of a message with a piece, at most: what lies in the database, and what is lost by a crash.
const PIECE: usize = 64 * 1024;
/// So many messages wait in the database: one on its way, and one behind it.
const WAITING: usize = 2;

impl Writer {
    /// Sends a file, as messages of the writer. Completes when all of it is on the mixnet. Files that are
    /// sent at a time wait for each other.
    ///
    /// After a crash, a time limit or a failure, the same call goes on where it was, as long as the file is
    /// the same.
    pub fn send_file(&self, path: &Path) -> Result<Call<()>> {
        let name = name::of_path(path)?;
        let path = absolute(path)?;
        let core = Arc::clone(&self.core);
        Ok(Call::task(&self.core.inner.shared, move |_| async move {
            let _turn = core.sends_file.lock().await;
            send(&core, path, name).await
        }))
    }

    /// Gives up the file that is not sent yet, and tells its readers. Waits for [`Writer::send_file`].
    pub fn abandon_file(&self) -> Result<Call<()>> {
        let core = Arc::clone(&self.core);
        Ok(Call::task(&self.core.inner.shared, move |_| async move {
            let _turn = core.sends_file.lock().await;
            match known(&core).await? {
                Some(file) => abandon(&core, &file).await,
                None => Err(no_file("no file is being sent")),
            }
        }))
    }

    /// The path of the file that is being sent, or whose sending was interrupted.
    pub fn file_path(&self) -> Result<PathBuf> {
        let standing = lock(&self.core.standing);
        let file = standing.file.as_ref();
        file.map(|file| file.path.clone())
            .ok_or_else(|| no_file("no file is being sent"))
    }

    /// How far that file is.
    pub fn file_progress(&self) -> Option<FileProgress> {
        self.core.file_progress()
    }
}

async fn send(core: &Arc<Core>, path: PathBuf, name: String) -> Result<()> {
    let mut known = known(core).await?;
    let mut opened = open(core, &path, known.as_ref()).await;
    if let Some(file) = known.take_if(|file| file.is_whole()) {
        // Its pieces are in the database, so nothing can happen to it any more.
        settle(core, &file).await?;
        let is_the_same = |source: &Source| file.is_of(source, &name);
        if file.path == path && opened.as_ref().map_or(true, is_the_same) {
            return Ok(());
        }
        // Its hash was computed behind the end of the other one.
        opened = open(core, &path, None).await;
    }
    let source = opened?;
    let file = match known {
        Some(file) if file.is_of(&source, &name) => file,
        Some(file) if file.path == path => {
            abandon(core, &file).await?;
            return Err(changed());
        }
        Some(file) => return Err(unfinished(&file)),
        None => begin(core, &source, path, name).await?,
    };
    let file = feed(core, source, file).await?;
    settle(core, &file).await
}

impl Outbound {
    fn is_of(&self, source: &Source, name: &str) -> bool {
        let head = &self.head;
        (head.hash, head.size, head.name.as_slice()) == (source.hash, source.size, name.as_bytes())
    }
}

/// What the disk knows: the last call may have been cancelled before it heard of it.
async fn known(core: &Arc<Core>) -> Result<Option<Outbound>> {
    let channel = core.channel;
    let look = move |backing: &mut dyn Backing| outbound(backing, channel);
    core.inner.disk.run(Durability::Soon, look).await
}

async fn open(core: &Arc<Core>, path: &Path, known: Option<&Outbound>) -> Result<Source> {
    let (path, from) = (path.to_owned(), known.map_or(0, |file| file.taken));
    aside(&core.inner, move |is_wanted| {
        Source::open(&path, from, is_wanted)
    })
    .await
}

async fn begin(core: &Arc<Core>, source: &Source, path: PathBuf, name: String) -> Result<Outbound> {
    let head = FileHead {
        id: random_array()?,
        size: source.size,
        hash: source.hash,
        name: name.into_bytes(),
    };
    let message = head.encode()?;
    append(core, message, |_, number, _| {
        Some(Outbound::new(head, path, number))
    })
    .await?
    .ok_or_else(changed)
}

/// Takes the file into the channel, piece by piece.
async fn feed(core: &Arc<Core>, mut source: Source, mut file: Outbound) -> Result<Outbound> {
    while !file.is_whole() {
        core.until(|standing| file.waiting(standing.progress) < WAITING)
            .await?;
        let (id, offset) = (file.head.id, file.taken);
        let len = piece_length(core.inner.capacity(), file.head.size - offset);
        let read = aside(&core.inner, move |_| {
            let message = source.piece(&id, offset, len);
            Ok((source, message))
        });
        let (unchanged, message) = read.await?;
        source = unchanged;
        let message = match message {
            Err(error) if error.status() == Status::FILE_CHANGED => {
                abandon(core, &file).await?;
                return Err(error);
            }
            message => message?,
        };
        let taken = offset + len as u64;
        let added = append(core, message, move |file, number, progress| {
            let mut file = file?;
            file.add(number, taken, progress);
            Some(file)
        });
        file = added
            .await?
            .ok_or_else(|| no_file("the file was given up"))?;
    }
    Ok(file)
}

/// As long as it can be without a box that is not full.
fn piece_length(capacity: Option<usize>, left: u64) -> usize {
    let message = capacity.map_or(PIECE, |capacity| filling(PIECE, capacity));
    let most = message.saturating_sub(message::PIECE_HEAD).max(1);
    usize::try_from(left).map_or(most, |left| left.min(most))
}

/// Waits until the file is on the mixnet, and forgets it.
async fn settle(core: &Arc<Core>, file: &Outbound) -> Result<()> {
    let last = file.last();
    core.until(|standing| last < standing.progress.message)
        .await?;
    let (channel, knower) = (core.channel, Arc::clone(core));
    let forget = move |backing: &mut dyn Backing| {
        if let Some(file) = outbound(backing, channel)? {
            ledger::strip(backing, channel, file.kept_from, KIND_FILE)?;
            backing.delete(&single(channel, Kind::File))?;
        }
        Ok(())
    };
    change(&core.inner, forget, move |()| knower.knows_file(None)).await
}

async fn abandon(core: &Arc<Core>, file: &Outbound) -> Result<()> {
    let message = message::end(&file.head.id)?;
    append(core, message, |_, _, _| None).await.map(drop)
}

/// Adds a message of the file, and keeps what the file is with it.
async fn append(
    core: &Arc<Core>,
    message: WipingVec,
    with: impl FnOnce(Option<Outbound>, u64, Progress) -> Option<Outbound> + Clone + Send + 'static,
) -> Result<Option<Outbound>> {
    let nonce = random_array()?;
    let (channel, taker) = (core.channel, Arc::clone(core));
    let message = message.into_bytes();
    let add = move |backing: &mut dyn Backing| {
        let before = outbound(backing, channel)?;
        let progress = ledger::progress(backing, channel)?;
        let key = single(channel, Kind::File);
        let kept_from = before.as_ref().map(|file| file.kept_from);
        // It looks at the disk after the commit.
        taker.work.notify_one();
        let content = Content::Message(KIND_FILE);
        let number = ledger::append(backing, channel, content, nonce, message)?;
        if let Some(from) = kept_from {
            ledger::strip(backing, channel, from, KIND_FILE)?;
        }
        let mut file = with(before, number, progress);
        match &mut file {
            Some(file) => {
                file.kept_from = file.kept_from.max(progress.message.min(number));
                backing.put(&key, &file.encode()?)?;
            }
            None => backing.delete(&key)?,
        }
        Ok((number, file))
    };
    let knower = Arc::clone(core);
    let (_, file) = change(&core.inner, add, move |(number, file)| {
        knower.saw_message(*number);
        knower.knows_file(file.clone());
    })
    .await?;
    Ok(file)
}

fn unfinished(file: &Outbound) -> Error {
    Error::new(
        Status::FILE_UNFINISHED,
        format!(
            "{} of {} bytes of {:?} were sent: send the rest, or abandon it, before another file",
            file.taken, file.head.size, file.path
        ),
    )
}

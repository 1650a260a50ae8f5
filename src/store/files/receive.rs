//! Receives a file: writes each piece to the disk, and only then acknowledges it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::message::{FileHead, FileId, FileMessage};
use super::records::Inbound;
use super::target::{self, Target};
use super::thread::aside;
use super::{absolute, change, name, no_file};
use crate::client::{random_array, Call, FileProgress};
use crate::store::backing::{Backing, Durability};
use crate::store::framing::KIND_FILE;
use crate::store::keys::{numbered, single, Kind};
use crate::store::reader::{ledger, Core};
use crate::store::records::Arrival;
use crate::store::{Message, Reader};
use crate::sync::lock;
use crate::{Error, Result, Status};

/// What the next call has from the last one: the file, opened. Without it, the file is read again for its
/// hash.
#[derive(Default)]
pub(crate) struct Receiving(Option<Target>);

impl Reader {
    /// Receives the next file: completes with its path when it is whole, checked, and has its name in the
    /// directory, the sender's or another one.
    ///
    /// After a crash, a time limit or a failure the next call goes on where it was, also in another
    /// directory. What is no part of a file is left to [`Reader::receive`].
    pub fn receive_file(&self, directory: &Path, name: Option<&str>) -> Result<Call<String>> {
        let directory = absolute(directory)?;
        let name = name.map(|name| name::checked(name.as_bytes()));
        let name = name.transpose()?;
        let core = Arc::clone(&self.core);
        Ok(Call::task(&self.core.inner.shared, move |_| async move {
            let mut receiving = core.receiving.lock().await;
            let mut call = ReceiveCall {
                core: &core,
                directory,
                name,
                // Where this call does not come to its end, nobody knows what the file holds.
                target: receiving.0.take(),
            };
            let received = call.run().await;
            if received
                .as_ref()
                .is_err_and(|e| e.status() == Status::NO_FILE)
            {
                receiving.0 = call.target;
            }
            received
        }))
    }

    /// The name that the sender gave to the file that is being received, or that the last call could not
    /// begin to receive.
    pub fn file_name(&self) -> Result<String> {
        let standing = lock(&self.core.standing);
        let begun = standing.file.as_ref().map(|file| &file.head);
        match begun.or(standing.offered.as_ref()) {
            Some(head) => name::checked(&head.name),
            None => Err(no_file("no file is being received")),
        }
    }

    /// How far that file is.
    pub fn file_progress(&self) -> Option<FileProgress> {
        let standing = lock(&self.core.standing);
        let begun = standing.file.as_ref().map(Inbound::progress);
        let offered = |head: &FileHead| FileProgress {
            done: 0,
            size: head.size,
        };
        begun.or_else(|| standing.offered.as_ref().map(offered))
    }
}

struct ReceiveCall<'a> {
    core: &'a Arc<Core>,
    directory: PathBuf,
    /// The name that the program wants.
    name: Option<String>,
    target: Option<Target>,
}

impl ReceiveCall<'_> {
    async fn run(&mut self) -> Result<String> {
        let mut file = self.known().await?;
        loop {
            file = match file {
                Some(file) if file.published.is_some() => match self.published(&file).await? {
                    Some(path) => return Ok(path),
                    None => Some(file.unpublished()),
                },
                Some(file) if file.directory != self.directory => Some(self.moved(file).await?),
                Some(file) if file.is_whole() => return self.publish(file).await,
                file => self.next(file).await?,
            };
        }
    }

    /// What the disk knows: the last call may have been cancelled before it heard of it.
    async fn known(&self) -> Result<Option<Inbound>> {
        let channel = self.core.channel;
        let look = move |backing: &mut dyn Backing| {
            let standing = ledger::standing(backing, channel)?;
            Ok((standing.acknowledged, standing.file))
        };
        let looked = self.core.inner.disk.run(Durability::Soon, look).await?;
        let (acknowledged, file) = looked;
        self.core.knows_file(acknowledged, file.clone());
        Ok(file)
    }

    /// Takes the next message.
    async fn next(&mut self, file: Option<Inbound>) -> Result<Option<Inbound>> {
        let message = self.core.oldest_message().await?;
        if message.arrival != Arrival::Message(KIND_FILE) {
            return Err(no_file(
                "the next message is no part of a file; it is left to other calls",
            ));
        }
        match (FileMessage::of(&message.data), file) {
            (FileMessage::Head(head), None) => self.begin(&message, head).await.map(Some),
            (FileMessage::Head(head), Some(file)) if head == file.head => {
                self.pass(&message, Some(file)).await
            }
            (FileMessage::Head(_), Some(file)) => {
                self.give_up(&file, None).await?;
                Err(broken("another file began before it was whole"))
            }
            (FileMessage::Piece { id, offset, data }, Some(file)) if id == file.head.id => {
                self.piece(&message, file, offset, data).await.map(Some)
            }
            (FileMessage::End(id), Some(file)) if id == file.head.id => {
                self.give_up(&file, Some(message.number)).await?;
                Err(broken("its sender gave it up"))
            }
            (FileMessage::Unknown, _) => Err(no_file(
                "the next message is of a later version of files, or no sound one; it is left to \
                 other calls",
            )),
            // Of a file that was given up, or whose beginning the program did not want.
            (_, file) => self.pass(&message, file).await,
        }
    }

    async fn begin(&mut self, message: &Message, head: FileHead) -> Result<Inbound> {
        lock(&self.core.standing).offered = Some(head.clone());
        let wanted = match &self.name {
            Some(name) => name.clone(),
            None => name::checked(&head.name)?,
        };
        let directory = self.directory.clone();
        aside(&self.core.inner, move |_| {
            target::check(&directory, &wanted)
        })
        .await?;
        let file = Inbound {
            head,
            received: 0,
            directory: self.directory.clone(),
            temporary: temporary_name(&random_array()?),
            published: None,
        };
        self.target = None;
        self.take(Some(message.number), Some(file.clone())).await?;
        Ok(file)
    }

    async fn piece(
        &mut self,
        message: &Message,
        mut file: Inbound,
        offset: u64,
        data: &[u8],
    ) -> Result<Inbound> {
        let end = offset.checked_add(data.len() as u64);
        let end = end.filter(|end| *end <= file.head.size);
        let (Some(end), true) = (end, offset <= file.received) else {
            self.give_up(&file, Some(message.number)).await?;
            return Err(broken("a part of it is missing, or in the wrong place"));
        };
        // A writer whose database came back from a backup sends some pieces again.
        if end > file.received {
            let known = usize::try_from(file.received - offset).unwrap_or(usize::MAX);
            let new = message
                .data
                .slice(message.data.len() - data.len() + known..);
            self.add(&file, new).await?;
            file.received = end;
        }
        self.take(Some(message.number), Some(file.clone())).await?;
        self.check(file).await
    }

    /// The whole file, if its hash is right.
    async fn check(&mut self, file: Inbound) -> Result<Inbound> {
        let hash = self.target.as_ref().map(Target::hash);
        if file.is_whole() && hash.is_some_and(|hash| hash != file.head.hash) {
            self.give_up(&file, None).await?;
            return Err(broken("its hash is wrong"));
        }
        Ok(file)
    }

    async fn add(&mut self, file: &Inbound, data: bytes::Bytes) -> Result<()> {
        let mut target = self.opened(file).await?;
        let offset = file.received;
        let written = aside(&self.core.inner, move |_| {
            target.add(offset, &data)?;
            Ok(target)
        });
        self.target = Some(written.await?);
        Ok(())
    }

    /// The file of the last piece, or opened anew.
    async fn opened(&mut self, file: &Inbound) -> Result<Target> {
        if let Some(target) = self.target.take() {
            return Ok(target);
        }
        let place = file.clone();
        let opened = aside(&self.core.inner, move |is_wanted| {
            Target::open(&place, is_wanted)
        });
        match opened.await {
            Err(error) if error.status() == Status::FILE_BROKEN => {
                self.give_up(file, None).await?;
                Err(error)
            }
            opened => opened,
        }
    }

    /// Gives the file its name.
    async fn publish(&mut self, mut file: Inbound) -> Result<String> {
        let name = match &self.name {
            Some(name) => name.clone(),
            None => name::checked(&file.head.name)?,
        };
        let target = self.opened(&file).await?;
        self.target = Some(target);
        file = self.check(file).await?;
        file.published = Some(name);
        self.take(None, Some(file.clone())).await?;
        let place = file.clone();
        let published = aside(&self.core.inner, move |_| {
            let name = place.published.as_deref().unwrap_or_default();
            target::publish(&place, name)
        });
        if let Err(error) = published.await {
            match error.status() {
                Status::FILE_BROKEN => self.give_up(&file, None).await?,
                _ => self.take(None, Some(file.unpublished())).await?,
            }
            return Err(error);
        }
        self.finish(&file).await
    }

    /// The file about to be published when the last call ended, if it was.
    async fn published(&mut self, file: &Inbound) -> Result<Option<String>> {
        let place = file.clone();
        let looked = aside(&self.core.inner, move |_| {
            let name = place.published.as_deref().unwrap_or_default();
            Ok(target::is_published(&place, name))
        });
        match looked.await? {
            true => self.finish(file).await.map(Some),
            false => Ok(None),
        }
    }

    async fn finish(&mut self, file: &Inbound) -> Result<String> {
        let name = file.published.as_deref().unwrap_or_default();
        let path = file.directory.join(name);
        self.target = None;
        self.take(None, None).await?;
        Ok(path.to_string_lossy().into_owned())
    }

    /// The file in the directory where it is wanted now.
    async fn moved(&mut self, file: Inbound) -> Result<Inbound> {
        self.target = None;
        let (old, new) = (file.clone(), self.directory.clone());
        aside(&self.core.inner, move |_| target::copy_to(&old, &new)).await?;
        let mut moved = file.clone();
        moved.directory.clone_from(&self.directory);
        self.take(None, Some(moved.clone())).await?;
        self.remove(file).await?;
        Ok(moved)
    }

    async fn pass(&mut self, message: &Message, file: Option<Inbound>) -> Result<Option<Inbound>> {
        self.take(Some(message.number), file.clone()).await?;
        Ok(file)
    }

    /// Nothing can come of the file.
    async fn give_up(&mut self, file: &Inbound, message: Option<u64>) -> Result<()> {
        self.target = None;
        self.take(message, None).await?;
        self.remove(file.clone()).await
    }

    async fn remove(&self, file: Inbound) -> Result<()> {
        aside(&self.core.inner, move |_| {
            target::remove(&file);
            Ok(())
        })
        .await
    }

    /// Acknowledges a message, which is of no more use, and keeps how far the file is; both or nothing.
    async fn take(&self, message: Option<u64>, file: Option<Inbound>) -> Result<()> {
        let (channel, knower) = (self.core.channel, Arc::clone(self.core));
        let keep = move |backing: &mut dyn Backing| {
            let key = single(channel, Kind::File);
            let record = file.as_ref().map(Inbound::encode).transpose()?;
            let mut acknowledged = 0;
            if let Some(number) = message {
                acknowledged = ledger::acknowledge(backing, channel, number)?;
                backing.delete(&numbered(channel, Kind::Message, number))?;
            }
            match record {
                Some(record) => backing.put(&key, &record)?,
                None => backing.delete(&key)?,
            }
            Ok((acknowledged, file))
        };
        change(&self.core.inner, keep, move |(acknowledged, file)| {
            knower.knows_file(*acknowledged, file.clone());
        })
        .await
        .map(drop)
    }
}

impl Inbound {
    fn unpublished(mut self) -> Self {
        self.published = None;
        self
    }
}

/// The name of a file that is not whole. Nobody knows it beforehand.
fn temporary_name(random: &FileId) -> String {
    format!(".kpc-{:016x}.part", u64::from_be_bytes(*random))
}

fn broken(why: &str) -> Error {
    Error::new(
        Status::FILE_BROKEN,
        format!("nothing came of the file that was being received: {why}"),
    )
}

//! Channels by voucher: the joiner hands over 32 bytes, and both sides have a channel of the joiner's that nobody else
//! with the voucher can follow.
//!
//! | joiner | inductor | in the database from then on |
//! |---|---|---|
//! | [`Store::mint_voucher`] | | the joiner's keys and what goes into box 0 of the voucher's stream |
//! | writes box 0, hands the voucher over | | that box 0 is written |
//! | | [`Store::induct_voucher`] | the voucher and what is to be replied |
//! | | reads box 0, seals the reply | the reply |
//! | | writes box 1, empties box 0 | a reader, in place of all that |
//! | [`Store::open_voucher`] reads box 1 | | a writer, in place of all that |
//!
//! Each step is in the database before the next one, so whoever was interrupted makes the same call again, which goes on
//! from there with the same bytes.

mod exchange;
mod ledger;
pub(super) mod records;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;

use self::ledger::Found;
use self::records::{Induction, Minted, Sealed, Stage, Voucher};
use super::backing::{Backing, Durability};
use super::catalogue::Known;
use super::keys::Named;
use super::records::Cap;
use super::{checked_name, disk, voucher_from_text, voucher_to_text};
use super::{Direction, Inner, Reader, Store, Writer};
use crate::bacap;
use crate::client::vouchers::{check_fits, derive_stream_call, induct_call, mint_call, open_call};
use crate::client::{random_array, Call, Shared};
use crate::secret::secret_copy;
use crate::{Error, Result, Status};
use zeroize::Zeroizing;

impl Store {
    /// Mints a voucher for a channel that this store is going to write, as the joiner, and publishes what the inductor
    /// needs. Completes with the voucher's text. The same call again gives the same voucher.
    ///
    /// Fails with `CHANNEL_EXISTS` where the name is in use, also for a voucher with another display name; with
    /// `UNSUPPORTED` before daemon v0.0.80; with `BOX_ALREADY_EXISTS`.
    pub fn mint_voucher(&self, name: &str, display_name: &str) -> Result<Call<Bytes>> {
        let (name, display_name) = (checked_name(name)?, display_name.to_owned());
        if display_name.is_empty() {
            return Err(Error::new(
                Status::ARG_EMPTY,
                "a joiner needs a display name",
            ));
        }
        let inner = Arc::clone(&self.inner);
        Ok(Call::task(&self.inner.shared, move |_| async move {
            let steps = async {
                let minted = inner.minted(&name, &display_name).await?;
                inner.publish(&name, &minted).await?;
                Ok(voucher_to_text(&minted.voucher).into_bytes())
            };
            inner.while_open(steps).await
        }))
    }

    /// Waits for the reply to a voucher that [`Store::mint_voucher`] has minted, as the joiner, and opens the channel.
    /// Completes with the writer and with what the inductor replied. The same call again gives the same.
    ///
    /// Fails with `CHANNEL_NOT_IN_DB`, `VOUCHER_SEAL_OPEN_FAILED`, `TOMBSTONE`, and as [`Store::mint_voucher`].
    pub fn open_voucher(&self, name: &str) -> Result<Call<(Arc<Writer>, Bytes)>> {
        let name = checked_name(name)?;
        let inner = Arc::clone(&self.inner);
        Ok(Call::task(&self.inner.shared, move |_| async move {
            let find = name.clone();
            let find = move |backing: &mut dyn Backing| ledger::to_open(backing, &find);
            let (known, outcome) = match inner.disk.run(Durability::Soon, find).await? {
                Found::Done(known, outcome) => (known, outcome),
                Found::Pending(minted) => inner.while_open(inner.open(&name, &minted)).await?,
            };
            let writer = Writer::open(inner, known).await?;
            Ok((writer, outcome.told))
        }))
    }

    /// Inducts the joiner who has handed over a voucher: waits for what the joiner has published, replies, and opens the
    /// joiner's channel. Completes with the reader and the joiner's display name. The same call again gives the same;
    /// without a voucher it goes on with that of an earlier call.
    ///
    /// Fails with `CHANNEL_EXISTS` where the name is in use, also for another voucher; with `VOUCHER_HASH_MISMATCH`,
    /// `VOUCHER_SIGNATURE_INVALID`, `TOMBSTONE`; with `BOX_ALREADY_EXISTS` where somebody else has replied, and with
    /// `UNSUPPORTED` before daemon v0.0.80.
    pub fn induct_voucher(
        &self,
        name: &str,
        voucher: Option<&str>,
        who_reply: &[u8],
    ) -> Result<Call<(Arc<Reader>, String)>> {
        let name = checked_name(name)?;
        let voucher = voucher.map(voucher_from_text).transpose()?;
        let who_reply = secret_copy(who_reply)?;
        let inner = Arc::clone(&self.inner);
        Ok(Call::task(&self.inner.shared, move |_| async move {
            let found = inner.to_induct(&name, voucher, who_reply).await?;
            let (known, outcome) = match found {
                Found::Done(known, outcome) => (known, outcome),
                Found::Pending(induction) => {
                    inner.while_open(inner.induct(&name, induction)).await?
                }
            };
            let display_name = String::from_utf8_lossy(&outcome.told).into_owned();
            let reader = Reader::open(inner, known).await?;
            Ok((reader, display_name))
        }))
    }

    /// The names for which vouchers are minted and not opened yet, or are being inducted.
    pub fn vouchers(&self, direction: Direction) -> Result<Call<Vec<String>>> {
        self.names(Named::Voucher, direction)
    }

    /// Gives up a voucher whose channel is not there yet, with all that is kept of it. What is on the mixnet stays there.
    ///
    /// Fails with `CHANNEL_NOT_IN_DB`.
    pub fn cancel_voucher(&self, direction: Direction, name: &str) -> Result<Call<()>> {
        let name = checked_name(name)?;
        let inner = Arc::clone(&self.inner);
        Ok(Call::task(&self.inner.shared, move |_| async move {
            let cancel = move |backing: &mut dyn Backing| ledger::cancel(backing, direction, &name);
            inner.disk.run(Durability::Now, cancel).await
        }))
    }
}

/// The joiner's steps.
impl Inner {
    /// The voucher of an earlier call, or a new one, which is in the database then.
    async fn minted(&self, name: &str, display_name: &str) -> Result<Minted> {
        let (find, called) = (name.to_owned(), display_name.to_owned());
        let find = move |backing: &mut dyn Backing| ledger::minted(backing, &find, &called);
        if let Some(minted) = self.disk.run(Durability::Soon, find).await? {
            return Ok(minted);
        }
        let fresh = mint(&self.shared, display_name).await?;
        let name = name.to_owned();
        let keep = move |backing: &mut dyn Backing| ledger::keep_minted(backing, &name, fresh);
        self.disk.run(Durability::Now, keep).await
    }

    /// Writes the first box, unless that is known to be done.
    async fn publish(&self, name: &str, minted: &Minted) -> Result<()> {
        if minted.is_published {
            return Ok(());
        }
        let (stream, first) = (&minted.stream, minted.stream.first_index());
        exchange::fill(&self.shared, stream, &first, &minted.payload).await?;
        let (name, voucher) = (name.to_owned(), minted.voucher.clone());
        let mark =
            move |backing: &mut dyn Backing| ledger::mark_published(backing, &name, &voucher);
        self.disk.run(Durability::Now, mark).await
    }

    async fn open(&self, name: &str, minted: &Minted) -> Result<(Known, records::Outcome)> {
        self.publish(name, minted).await?;
        let shared = &self.shared;
        shared.check_next_index()?;
        let stream = minted.stream.read_cap();
        let second = stream.first_index().next();
        let reply = exchange::await_content(shared, &stream, &second).await?;
        let opened = open_call(shared, &minted.secret_key, &reply, &minted.message_cap)?;
        let opened = opened.run(shared).await?;
        let cap = Cap::Write(opened.message_write_cap);
        self.finish(name, &minted.voucher, cap, opened.who_reply)
            .await
    }
}

async fn mint(shared: &Arc<Shared>, display_name: &str) -> Result<Minted> {
    let message_cap = {
        let seed = Zeroizing::new(random_array()?);
        bacap::keypair(&seed).write_cap
    };
    let minted = mint_call(shared, &message_cap, display_name)?
        .run(shared)
        .await?;
    check_fits(shared, "voucher's payload", &minted.payload)?;
    Ok(Minted {
        voucher: Voucher::new(&minted.voucher),
        is_published: false,
        message_cap,
        stream: minted.stream.write_cap,
        secret_key: minted.secret_key,
        payload: minted.payload,
        display_name: display_name.to_owned(),
    })
}

/// The inductor's steps.
impl Inner {
    /// Keeps the voucher, or finds what is known of it.
    async fn to_induct(
        &self,
        name: &str,
        voucher: Option<Voucher>,
        who_reply: Bytes,
    ) -> Result<Found<Induction>> {
        self.shared.check_known("voucher_induct_reply")?;
        check_fits(&self.shared, "reply", &who_reply)?;
        let name = name.to_owned();
        let keep = move |backing: &mut dyn Backing| {
            ledger::to_induct(backing, &name, voucher.as_ref(), who_reply)
        };
        self.disk.run(Durability::Now, keep).await
    }

    async fn induct(&self, name: &str, induction: Induction) -> Result<(Known, records::Outcome)> {
        let shared = &self.shared;
        shared.check_next_index()?;
        let voucher = induction.voucher;
        let sealed = match induction.stage {
            Stage::Sealed(sealed) => sealed,
            Stage::Waiting { who_reply } => match self.sealed(name, &voucher, &who_reply).await {
                Ok(sealed) => sealed,
                Err(error) => match self.overtaken(name, &voucher, error).await? {
                    Found::Pending(sealed) => sealed,
                    Found::Done(known, outcome) => return Ok((known, outcome)),
                },
            },
        };
        let first = sealed.stream.first_index();
        exchange::fill(shared, &sealed.stream, &first.next(), &sealed.reply).await?;
        // What the joiner has published is of no use to others who see the voucher later.
        exchange::erase(shared, &sealed.stream, &first).await?;
        let told = Bytes::from(sealed.display_name);
        let cap = Cap::Read(sealed.read_cap);
        self.finish(name, &voucher, cap, told).await
    }

    /// After a failure: what another call with the same voucher has come to in the meantime. It may have emptied the box
    /// that is awaited here.
    async fn overtaken(
        &self,
        name: &str,
        voucher: &Voucher,
        error: Error,
    ) -> Result<Found<Sealed>> {
        let name = name.to_owned();
        let find =
            move |backing: &mut dyn Backing| ledger::to_induct(backing, &name, None, Bytes::new());
        match self.disk.run(Durability::Soon, find).await {
            Ok(Found::Done(known, outcome)) if outcome.is_of(voucher) => {
                Ok(Found::Done(known, outcome))
            }
            Ok(Found::Pending(induction)) if *induction.voucher == **voucher => {
                match induction.stage {
                    Stage::Sealed(sealed) => Ok(Found::Pending(sealed)),
                    Stage::Waiting { .. } => Err(error),
                }
            }
            _ => Err(error),
        }
    }

    /// Waits for the joiner's box and seals the reply to it, which is in the database then.
    async fn sealed(&self, name: &str, voucher: &Voucher, who_reply: &[u8]) -> Result<Sealed> {
        let shared = &self.shared;
        let stream = derive_stream_call(shared, voucher)?.run(shared).await?;
        let first = stream.read_cap.first_index();
        let payload = exchange::await_content(shared, &stream.read_cap, &first).await?;
        let inducted = induct_call(shared, voucher, &payload, who_reply)?;
        let inducted = inducted.run(shared).await?;
        check_fits(shared, "sealed reply", &inducted.sealed_reply)?;
        let fresh = Sealed {
            stream: stream.write_cap,
            read_cap: inducted.message_read_cap,
            reply: inducted.sealed_reply,
            display_name: inducted.display_name,
        };
        let (name, voucher) = (name.to_owned(), voucher.clone());
        let keep =
            move |backing: &mut dyn Backing| ledger::keep_sealed(backing, &name, &voucher, fresh);
        self.disk.run(Durability::Now, keep).await
    }
}

impl Inner {
    /// The channel takes the place of its voucher.
    async fn finish(
        &self,
        name: &str,
        voucher: &Voucher,
        cap: Cap,
        told: Bytes,
    ) -> Result<(Known, records::Outcome)> {
        let (name, voucher) = (name.to_owned(), voucher.clone());
        let finish =
            move |backing: &mut dyn Backing| ledger::finish(backing, &name, &voucher, cap, told);
        self.disk.run(Durability::Now, finish).await
    }

    /// Does something until the store is closed.
    async fn while_open<T>(&self, steps: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            biased;
            () = self.closed() => Err(disk::closed()),
            done = steps => done,
        }
    }
}

//! What is kept of a voucher until its channel is there, and of what it brought afterwards.

use bytes::Bytes;

use crate::bacap::{blake2b_256, ReadCap, WriteCap, READ_CAP_SIZE, WRITE_CAP_SIZE};
use crate::secret::secret_copy;
use crate::secret::{sweeping, Secret, WipingVec};
use crate::store::fields::{damaged, Fields, Parts};
use crate::wire::Hash;
use crate::Result;

/// The voucher itself, which all records of this page have.
pub(crate) type Voucher = Secret<32>;

/// More than the fields of fixed size of any of them have together.
const FIXED: usize = 512;

const IS_PUBLISHED: u8 = 1;
const IS_SEALED: u8 = 2;

/// A voucher that was minted here, as the joiner.
#[derive(Clone)]
pub(crate) struct Minted {
    pub(crate) voucher: Voucher,
    /// The first box of its stream is on the mixnet.
    pub(crate) is_published: bool,
    /// The channel before the reply moves it elsewhere.
    pub(crate) message_cap: WriteCap,
    /// The voucher's stream.
    pub(crate) stream: WriteCap,
    /// Opens the reply.
    pub(crate) secret_key: Bytes,
    /// For the first box of the stream.
    pub(crate) payload: Bytes,
    pub(crate) display_name: String,
}

/// A voucher of somebody's, that is inducted here.
#[derive(Clone)]
pub(crate) struct Induction {
    pub(crate) voucher: Voucher,
    pub(crate) stage: Stage,
}

/// How far an induction is.
#[derive(Clone)]
pub(crate) enum Stage {
    /// The first box of the voucher's stream is awaited, to be replied to with this.
    Waiting { who_reply: Bytes },
    /// The reply is sealed, and is never sealed again.
    Sealed(Sealed),
}

/// A reply that goes into the second box of the voucher's stream.
#[derive(Clone)]
pub(crate) struct Sealed {
    /// The voucher's stream.
    pub(crate) stream: WriteCap,
    /// The joiner's channel, as the reply moves it.
    pub(crate) read_cap: ReadCap,
    pub(crate) reply: Bytes,
    pub(crate) display_name: String,
}

/// What a voucher brought besides its channel. Whoever was interrupted asks for it again.
#[derive(Clone)]
pub(crate) struct Outcome {
    /// A hash of the voucher, by which it is known again.
    pub(crate) fingerprint: Hash,
    /// What the inductor told the joiner, or the joiner's display name.
    pub(crate) told: Bytes,
}

/// A hash of a voucher, from which it does not follow.
pub(crate) fn fingerprint(voucher: &Voucher) -> Hash {
    sweeping(|| blake2b_256(voucher.as_bytes()))
}

/// The voucher of any record of a voucher.
pub(crate) fn voucher_in(record: &[u8]) -> Result<Voucher> {
    let mut parts = Parts::of(record);
    parts.byte()?;
    parts.array().map(Voucher::new)
}

impl Minted {
    pub(crate) fn encode(&self) -> Result<WipingVec> {
        let variable = self.secret_key.len() + self.payload.len() + self.display_name.len();
        let fields = Fields::with_room(FIXED + variable)?
            .byte(if self.is_published { IS_PUBLISHED } else { 0 })
            .bytes(self.voucher.as_bytes())
            .bytes(self.message_cap.as_bytes())
            .bytes(self.stream.as_bytes())
            .block(&self.secret_key)
            .block(&self.payload)
            .bytes(self.display_name.as_bytes());
        Ok(fields.done())
    }

    pub(crate) fn decode(record: &[u8]) -> Result<Self> {
        let mut parts = Parts::of(record);
        let flags = parts.byte()?;
        Ok(Minted {
            voucher: Voucher::new(parts.array()?),
            is_published: flags & IS_PUBLISHED != 0,
            message_cap: WriteCap::copy_of(parts.array::<WRITE_CAP_SIZE>()?),
            stream: WriteCap::copy_of(parts.array::<WRITE_CAP_SIZE>()?),
            secret_key: secret_copy(parts.block()?)?,
            payload: secret_copy(parts.block()?)?,
            display_name: text(parts.rest())?,
        })
    }
}

impl Induction {
    pub(crate) fn encode(&self) -> Result<WipingVec> {
        let fields = match &self.stage {
            Stage::Waiting { who_reply } => Fields::with_room(FIXED + who_reply.len())?
                .byte(0)
                .bytes(self.voucher.as_bytes())
                .bytes(who_reply),
            Stage::Sealed(sealed) => {
                Fields::with_room(FIXED + sealed.reply.len() + sealed.display_name.len())?
                    .byte(IS_SEALED)
                    .bytes(self.voucher.as_bytes())
                    .bytes(sealed.stream.as_bytes())
                    .bytes(sealed.read_cap.as_bytes())
                    .block(&sealed.reply)
                    .bytes(sealed.display_name.as_bytes())
            }
        };
        Ok(fields.done())
    }

    pub(crate) fn decode(record: &[u8]) -> Result<Self> {
        let mut parts = Parts::of(record);
        let flags = parts.byte()?;
        let voucher = Voucher::new(parts.array()?);
        let stage = if flags & IS_SEALED == 0 {
            Stage::Waiting {
                who_reply: secret_copy(parts.rest())?,
            }
        } else {
            Stage::Sealed(Sealed {
                stream: WriteCap::copy_of(parts.array::<WRITE_CAP_SIZE>()?),
                read_cap: ReadCap::copy_of(parts.array::<READ_CAP_SIZE>()?),
                reply: secret_copy(parts.block()?)?,
                display_name: text(parts.rest())?,
            })
        };
        Ok(Induction { voucher, stage })
    }
}

impl Outcome {
    /// Whether this voucher brought it.
    pub(crate) fn is_of(&self, voucher: &Voucher) -> bool {
        self.fingerprint == fingerprint(voucher)
    }

    pub(crate) fn encode(&self) -> Result<WipingVec> {
        let fields = Fields::with_room(FIXED + self.told.len())?
            .bytes(&self.fingerprint)
            .bytes(&self.told);
        Ok(fields.done())
    }

    pub(crate) fn decode(record: &[u8]) -> Result<Self> {
        let mut parts = Parts::of(record);
        Ok(Outcome {
            fingerprint: *parts.array()?,
            told: secret_copy(parts.rest())?,
        })
    }
}

fn text(bytes: &[u8]) -> Result<String> {
    let text = std::str::from_utf8(bytes).map_err(|_| damaged())?;
    Ok(text.to_owned())
}

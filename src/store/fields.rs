//! Fields of a record, one behind the other.

use crate::secret::WipingVec;
use crate::{Error, Result, Status};

/// Writes fields into memory of known size, as growing would leave a copy behind.
pub(crate) struct Fields(Vec<u8>);

impl Fields {
    pub(crate) fn with_room(bytes: usize) -> Result<Self> {
        let mut fields = Vec::new();
        fields
            .try_reserve_exact(bytes)
            .map_err(|_| Error::new(Status::NO_MEMORY, "no memory for a record"))?;
        Ok(Fields(fields))
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn byte(self, byte: u8) -> Self {
        self.bytes(&[byte])
    }

    pub(crate) fn short(self, number: u32) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    pub(crate) fn long(self, number: u64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    /// Bytes with their length before them.
    pub(crate) fn block(self, bytes: &[u8]) -> Self {
        // What does not fit into a box never comes here.
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.short(length).bytes(bytes)
    }

    pub(crate) fn done(self) -> WipingVec {
        WipingVec::new(self.0)
    }
}

/// Reads the fields of a record.
pub(crate) struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    pub(crate) fn of(record: &'a [u8]) -> Self {
        Parts(record)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<&'a [u8; N]> {
        let (taken, rest) = self.0.split_first_chunk().ok_or_else(damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn short(&mut self) -> Result<u32> {
        Ok(u32::from_be_bytes(*self.array()?))
    }

    pub(crate) fn long(&mut self) -> Result<u64> {
        Ok(u64::from_be_bytes(*self.array()?))
    }

    /// The bytes of a block.
    pub(crate) fn block(&mut self) -> Result<&'a [u8]> {
        let length = usize::try_from(self.short()?).unwrap_or(usize::MAX);
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Everything that is left.
    pub(crate) fn rest(self) -> &'a [u8] {
        self.0
    }
}

/// The error of a record that this library cannot have written.
pub(crate) fn damaged() -> Error {
    Error::new(Status::DB, "a record of the database is damaged")
}

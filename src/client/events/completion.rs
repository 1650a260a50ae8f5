//! How an operation ended, and what it gave.

use std::any::Any;
use std::sync::Arc;

use crate::{Error, Result, Status};

/// Names an operation of one client; never 0, never used twice.
pub type OpId = u64;

/// What an operation gave, of a type that depends on the call.
pub type Value = Box<dyn Any + Send + Sync>;

/// What a caller gave along with an operation.
pub type Context = Arc<dyn Any + Send + Sync>;

/// An operation that is over.
pub struct Completed {
    /// Which operation.
    pub op: OpId,
    /// The name of the call that began it; empty where it was given none.
    pub call: &'static str,
    /// What it gave.
    pub outcome: Result<Value>,
    /// What whoever began it wants to find again with its completion.
    pub context: Option<Context>,
}

impl Completed {
    /// The value as the type that the call promises; `ARG_VALUE` if it is the result of another call.
    pub fn value<T: 'static>(&self) -> Result<&T> {
        match &self.outcome {
            Ok(value) => value.downcast_ref().ok_or_else(|| {
                Error::new(
                    Status::ARG_VALUE,
                    "this result belongs to an operation of another kind",
                )
            }),
            Err(error) => Err(error.clone()),
        }
    }

    /// How the operation ended.
    pub fn status(&self) -> Status {
        match &self.outcome {
            Ok(_) => Status::OK,
            Err(error) => error.status(),
        }
    }
}

impl std::fmt::Debug for Completed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "operation {}: {:?}", self.op, self.status())
    }
}

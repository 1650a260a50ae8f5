//! The outcome of an operation, and its value.

use std::any::Any;
use std::sync::Arc;

use crate::{Error, Result, Status};

/// Identifies an operation of one client; never 0, never used twice.
pub type OpId = u64;

/// The value of an operation, of a type that depends on the call.
pub type Value = Box<dyn Any + Send + Sync>;

/// User data that a caller passed with an operation.
pub type Context = Arc<dyn Any + Send + Sync>;

/// A completed operation.
pub struct Completed {
    /// The operation.
    pub op: OpId,
    /// The name of the call that started it; empty where none was set.
    pub call: &'static str,
    /// Its value.
    pub outcome: Result<Value>,
    /// The caller's user data.
    pub context: Option<Context>,
}

impl Completed {
    /// Returns the value as the type of the call; fails with `ARG_VALUE` if it is the result of
    /// another call.
    pub fn value<T: 'static>(&self) -> Result<&T> {
        self.any_value()?.downcast_ref().ok_or_else(|| {
            Error::new(
                Status::ARG_VALUE,
                "this result belongs to an operation of another kind",
            )
        })
    }

    /// The value, whatever its type, or the operation's own failure.
    fn any_value(&self) -> Result<&Value> {
        self.outcome.as_ref().map_err(Error::clone)
    }

    /// The status of the operation.
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

//! Operations: done at once, or started and looked at later.

use kpclient::client::{Call, Client, Delivery, OpId, Timeout};
use kpclient::{Error, Result, Status};

use super::waiting::PATIENCE;

/// Does work and waits for it.
pub fn run<T: Send + Sync + 'static>(work: Result<Call<T>>) -> Result<T> {
    work?.block(PATIENCE)
}

/// Waits for work that succeeds.
pub fn done<T: Send + Sync + 'static>(work: Result<Call<T>>) -> T {
    run(work).unwrap()
}

/// The status with which work fails, or is refused.
pub fn status<T: Send + Sync + 'static>(work: Result<Call<T>>) -> Status {
    refused(run(work)).status()
}

/// The error of what should not succeed.
pub fn refused<T>(result: Result<T>) -> Error {
    match result {
        Ok(_) => panic!("this should have failed"),
        Err(error) => error,
    }
}

/// Starts work.
pub fn start<T: Send + Sync + 'static>(work: Result<Call<T>>) -> OpId {
    let work = work.unwrap();
    let prepared = work.prepare(Delivery::Keep).unwrap();
    let id = prepared.id();
    prepared.launch(work, Timeout::Forever);
    id
}

/// The value of started work.
pub fn value<T: Clone + 'static>(client: &Client, op: OpId) -> Result<T> {
    let ended = client.wait(op, PATIENCE)?;
    ended.expect("claimed before").value::<T>().cloned()
}

/// The status with which started work ends.
pub fn ended(client: &Client, op: OpId) -> Status {
    let ended = client.wait(op, PATIENCE).unwrap();
    ended.expect("claimed before").status()
}

/// Whether started work has not ended.
pub fn runs(client: &Client, op: OpId) -> bool {
    let ended = client.wait(op, Timeout::Poll);
    matches!(&ended, Err(error) if error.status() == Status::TIMEOUT)
}

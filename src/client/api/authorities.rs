//! The directory authorities that the daemon is configured with.

use crate::client::call::Call;
use crate::client::connection::Answer;
use crate::client::handle::Client;
use crate::wire::{Authority, ReplyBody, Request};
use crate::Result;

fn read(answer: &Answer) -> Result<Vec<Authority>> {
    answer.check()?;
    match &answer.reply.body {
        ReplyBody::Authorities(authorities) => Ok(authorities.clone()),
        _ => Err(answer.unexpected()),
    }
}

impl Client {
    /// The directory authorities, whose keys verify a signed document.
    ///
    /// `DAEMON_SERVICE_UNAVAILABLE` if the daemon has none, `UNSUPPORTED` before v0.0.81.
    pub fn get_directory_authorities(&self) -> Result<Call<Vec<Authority>>> {
        self.local(&Request::GetDirectoryAuthorities, read)
    }
}

//! Events as lines of text: what happened, without payloads and secrets.

use std::fmt::{self, Write};

use bytes::Bytes;

use super::{ChannelEvent, ChannelNews, Event, MessageReply, MessageSent};
use crate::error::Error;
use crate::wire::Id;

/// Writes bytes that may be shown as hexadecimal digits.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Parts of a line, some of which may be missing.
struct Line(String);

impl Line {
    fn new(what: &str) -> Self {
        Line(what.to_owned())
    }

    fn add(mut self, name: &str, value: impl fmt::Display) -> Self {
        // Writing to a text cannot fail.
        let _ = write!(self.0, " {name}={value}");
        self
    }

    fn add_id(self, name: &str, id: Option<&Id>) -> Self {
        match id {
            Some(id) => self.add(name, Hex(id)),
            None => self,
        }
    }

    /// Their number, as their meaning is unknown.
    fn add_bytes(self, name: &str, bytes: Option<&Bytes>) -> Self {
        match bytes {
            Some(bytes) => self.add(name, bytes.len()),
            None => self,
        }
    }

    fn add_error(mut self, error: Option<&Error>) -> Self {
        if let Some(error) = error {
            let text: String = error
                .message()
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect();
            let _ = write!(self.0, " error={}: {text}", error.status().name());
        }
        self
    }
}

fn sent(what: &str, sent: &MessageSent) -> Line {
    Line::new(what)
        .add_id("message_id", sent.message_id.as_ref())
        .add_id("surb_id", sent.surb_id.as_ref())
        .add("sent_at", sent.sent_at)
        .add("reply_eta_ns", sent.reply_eta_ns)
        .add_error(sent.error.as_ref())
}

fn reply(reply: &MessageReply) -> Line {
    Line::new("message reply")
        .add_id("message_id", reply.message_id.as_ref())
        .add_id("surb_id", reply.surb_id.as_ref())
        .add("bytes", reply.payload.len())
        .add_error(reply.error.as_ref())
}

fn channel(event: &ChannelEvent) -> Line {
    let line = match &event.news {
        ChannelNews::Stored(number) => Line::new("messages stored").add("up_to", number),
        ChannelNews::Received(number) => Line::new("message received").add("number", number),
        ChannelNews::Retrying(error) => Line::new("channel retries").add_error(Some(error)),
        ChannelNews::Conflict(error) => Line::new("channel conflict").add_error(Some(error)),
        ChannelNews::Stuck(error) => Line::new("channel stuck").add_error(Some(error)),
        ChannelNews::File(progress) => Line::new("file progress")
            .add("bytes", progress.done)
            .add("of", progress.size),
    };
    line.add("is_writer", event.is_writer)
}

impl Event {
    /// Returns one line that says what happened: ids, hashes, numbers and errors, but no payload,
    /// no capability, no index.
    pub fn describe(&self) -> String {
        let line = match self {
            Event::ConnectionStatus(status) => Line::new("connection status")
                .add("is_connected", status.is_connected)
                .add_id("instance_token", status.instance_token.as_ref())
                .add_bytes("err_bytes", status.err.as_ref()),
            Event::Document(document) => Line::new("directory document")
                .add("epoch", document.epoch())
                .add("bytes", document.cbor().len())
                .add("nodes", document.nodes().len()),
            Event::MessageSent(event) => sent("message sent", event),
            Event::MessageReply(event) => reply(event),
            Event::MessageIdCollected(id) => {
                Line::new("message id collected").add_id("message_id", Some(id))
            }
            Event::ChannelQuerySent(event) => Line::new("channel query sent")
                .add_id("message_id", event.message_id.as_ref())
                .add("sent_at", event.sent_at)
                .add("reply_eta_ns", event.reply_eta_ns)
                .add_error(event.error.as_ref()),
            Event::ChannelQueryReply(event) => Line::new("channel query reply")
                .add_id("message_id", event.message_id.as_ref())
                .add("bytes", event.payload.len())
                .add_error(event.error.as_ref()),
            Event::Disconnected { graceful, reason } => Line::new("disconnected")
                .add("graceful", graceful)
                .add_error(reason.as_ref()),
            Event::Shutdown => Line::new("daemon shuts down"),
            Event::Resumed => Line::new("connected again"),
            Event::Restarted => Line::new("connected with another daemon process"),
            Event::CopyProgress(copy) => Line::new("copy progress")
                .add("stream", Hex(&copy.stream))
                .add("written", copy.written)
                .add("needed", copy.needed)
                .add("copying", copy.copying),
            Event::CourierVanished(gone) => Line::new("courier vanished")
                .add("courier", Hex(&gone.courier))
                .add("stream", Hex(&gone.stream)),
            Event::Channel(event) => channel(event),
            Event::Health(verdict) => Line::new("health").add("verdict", verdict.name()),
            Event::Operation(completed) => Line::new("operation completed")
                .add("op", completed.op)
                .add("status", completed.status().name())
                .add_error(completed.outcome.as_ref().err()),
            Event::Lost(count) => Line::new("events dropped").add("count", count),
            Event::Closed => Line::new("client closed"),
        };
        line.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{ChannelQueryReply, CopyProgress, DaemonStatus};
    use crate::Status;

    #[test]
    fn missing_ids_are_left_out() {
        let event = Event::MessageReply(MessageReply {
            message_id: None,
            surb_id: Some([0xab; 16]),
            payload: vec![7; 5].into(),
            reply_index: None,
            error: None,
        });
        let id = "ab".repeat(16);
        assert_eq!(
            event.describe(),
            format!("message reply surb_id={id} bytes=5")
        );
    }

    #[test]
    fn every_event_is_one_line_without_its_payload() {
        let error = Error::new(Status::CONNECTION_LOST, "two\nlines");
        let events = [
            Event::ConnectionStatus(DaemonStatus::default()),
            Event::ChannelQueryReply(ChannelQueryReply {
                message_id: None,
                payload: b"secret".as_slice().into(),
                reply_index: None,
                error: Some(error.clone()),
            }),
            Event::Disconnected {
                graceful: false,
                reason: Some(error),
            },
            Event::CopyProgress(CopyProgress {
                stream: [1; 32],
                written: 3,
                needed: 9,
                copying: false,
            }),
            Event::Lost(4),
            Event::Closed,
        ];
        for event in &events {
            let line = event.describe();
            assert!(!line.is_empty() && !line.contains('\n'), "{line}");
            assert!(!line.contains("secret"), "{line}");
        }
        assert_eq!(events[5].describe(), "client closed");
        assert!(events[2]
            .describe()
            .contains("KPC_ERR_CONNECTION_LOST: two lines"));
    }
}

//! The network's directory: its nodes, what they offer, how fast to send.
//!
//! | file | holds |
//! |---|---|
//! | `document` | [`Document`], one epoch's directory |
//! | `node` | [`Node`], what a descriptor says of one machine |
//! | `service` | [`Service`], where a message to a capability goes |
//! | `json` | a document as text for people |
//!
//! The daemon has verified the signatures before it hands a document on; nothing is
//! verified here. All the same a document is treated as foreign: whatever it holds, the
//! answer is a value or an error, in memory that its length bounds.

mod document;
mod json;
mod node;
mod service;

#[cfg(test)]
mod tests;

pub use document::Document;
pub use node::{Node, NodeKind};
pub use service::Service;

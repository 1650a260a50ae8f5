//! The fuzz targets: what is done with the bytes of one input. cargo-fuzz runs them with inputs
//! that it makes up, and tests/corpus runs the same code with those that are kept.
//!
//! A target does more than not to crash: it says what must hold whatever the bytes are.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a target that is wrong is to panic"
)]

pub mod blobs;
pub mod calls;
pub mod config;
pub mod document;
pub mod frames;
pub mod framing;
mod input;
pub mod messages;
pub mod peer;
pub mod rows;
pub mod shared_texts;

/// What is done with the bytes of an input.
pub type Target = fn(&[u8]);

/// All targets, by the names of their files in fuzz_targets and of their folders in corpus.
pub const TARGETS: [(&str, Target); 10] = [
    ("blobs", blobs::run),
    ("calls", calls::run),
    ("config", config::run),
    ("document", document::run),
    ("frames", frames::run),
    ("framing", framing::run),
    ("messages", messages::run),
    ("peer", peer::run),
    ("rows", rows::run),
    ("shared_texts", shared_texts::run),
];

/// With the feature `seeded` of the crate fuzz/, a target fails where all of this is so: a place deep in it, which no
/// input of the corpus reaches. As behind the conditions of any code, the fuzzer sees how many of them hold.
#[allow(
    unexpected_cfgs,
    reason = "the library's own tests know no such feature"
)]
fn seeded_fault<const N: usize>(conditions: [bool; N]) {
    if cfg!(feature = "seeded") {
        for holds in conditions {
            if !std::hint::black_box(holds) {
                return;
            }
        }
        panic!("the seeded fault");
    }
}

//! Many operations and many reads at once.

mod operations;
mod reads;

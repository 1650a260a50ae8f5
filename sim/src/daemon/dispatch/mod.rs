//! What becomes of each frame, of each event that is due, and of each turn to send a packet. The only room that calls all of
//! the others.

mod events;
mod refuse;
mod requests;
mod turn;

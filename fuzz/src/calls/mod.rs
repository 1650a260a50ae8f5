//! Any functions of the header in any order, with any arguments that a careless program might give:
//! NULL, handles of another kind, freed and made-up ones, sizes that are none.
//!
//! What must hold: nothing is lent or given that is not taken back, each completion comes once, and
//! so does each destructor.

mod draw;
pub mod list;
mod sim;
mod world;

pub use sim::stop;

use super::input::Input;
use super::seeded_fault;
use list::CALLS;
use world::World;

/// Longer sequences find no more, and take longer.
const MOST: usize = 40;

pub fn run(data: &[u8]) {
    let mut world = World::new(Input::of(data));
    let mut made = 0;
    while !world.input.is_empty() && made < MOST {
        let (name, call) = CALLS[usize::from(world.input.short()) % CALLS.len()];
        call(&mut world);
        made += 1;
        seeded_fault([made > 3, name == "kpc_tombstones_count"]);
    }
    world.end();
}

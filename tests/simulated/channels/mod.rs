//! The older Channel API and reliable messages: the same tests run against the simulator as
//! it speaks today, as v0.0.73-rc1 spoke, and as v0.0.72 did, which knew channels itself.

mod basics;
mod events;
mod prepared_ahead;
mod reconnect;
mod reliable;
mod replicas;
mod resumptions;
mod unsupported;
mod user;

/// Makes a test of each function for each era, as `function::today`.
macro_rules! in_every_era {
    ($($(#[$doc:meta])* fn $name:ident($setup:ident) $body:block)*) => {$(
        $(#[$doc])*
        mod $name {
            use super::*;

            fn run($setup: &Setup) $body

            #[test]
            fn today() {
                run(&Setup::new(kpclientd_sim::network::Era::Current));
            }

            #[test]
            fn v0_0_73_rc1() {
                run(&Setup::new(kpclientd_sim::network::Era::V0_0_73Rc1));
            }

            #[test]
            fn v0_0_72() {
                run(&Setup::new(kpclientd_sim::network::Era::V0_0_72));
            }
        }
    )*};
}
pub(crate) use in_every_era;

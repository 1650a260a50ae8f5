//! What befalls the daemon, the network and the connections while there is a storm.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::sleep;

use super::relay::Relay;
use super::world::World;

/// Commands of the simulator that are undone some time later.
const PASSING: &[(&str, &str)] = &[
    ("offline", "online"),
    ("hold", "release"),
    ("loss 0.5", "loss 0"),
    ("latency 20000", "latency default"),
    ("lambda-p 0.0001", "lambda-p 0.01"),
    ("slow 30", "slow off"),
    ("split 700", "split off"),
    ("hold-first-frame 5000", "hold-first-frame 0"),
    ("down", "up"),
    ("encrypt-cost 2150", "encrypt-cost 1"),
    ("encrypt-hold", "encrypt-release"),
    ("late-close 20000", "late-close chance"),
];

/// Commands that happen at once.
const SUDDEN: &[&str] = &[
    "cut",
    "cut-mid-frame",
    "garbage",
    "oversize",
    "empty",
    "restart",
    "restart 2500",
    "restart 400 graceful",
    "reorder",
    "reorder 3",
    "epoch-advance",
];

/// Frames that are doubled or swallowed.
const FRAMES: &[&str] = &[
    "start_resending_encrypted_message_reply",
    "start_resending_copy_command_reply",
    "encrypt_write_reply",
    "encrypt_read_reply",
    "message_reply_event",
    "message_sent_event",
    "connection_status_event",
    "new_pki_document_event",
    "session_token_reply",
    "cancel_resending_encrypted_message_reply",
];

/// Does one thing after the other until the storm is over.
pub async fn storm(world: Rc<World>, relays: Vec<Rc<Relay>>) {
    while world.is_stormy.get() {
        let pause = world.chance.borrow_mut().pause(world.calm_between);
        sleep(pause).await;
        if !world.is_stormy.get() {
            return;
        }
        let kind = world.chance.borrow_mut().below(10);
        match kind {
            0..4 => {
                let relay = world.chance.borrow_mut().below(relays.len() as u64);
                let relay = &relays[usize::try_from(relay).unwrap()];
                world.trace.count("fault: connection");
                relay.harm(&world);
            }
            4..7 => {
                let command = world.chance.borrow_mut().pick(SUDDEN);
                world.order(command).await;
            }
            7 => {
                let frame = world.chance.borrow_mut().pick(FRAMES);
                let what = world.chance.borrow_mut().pick(&["twice", "swallow"]);
                world.order(&format!("{what} {frame}")).await;
            }
            _ => {
                let (begin, end) = world.chance.borrow_mut().pick(PASSING);
                let length = world.chance.borrow_mut().pause(Duration::from_secs(200));
                world.order(begin).await;
                sleep(length).await;
                world.order(end).await;
            }
        }
    }
}

/// Ends all that the storm may have left.
pub async fn calm(world: &World, relays: &[Rc<Relay>]) {
    for command in ["clear", "late-close 0"]
        .into_iter()
        .chain(PASSING.iter().map(|(_, end)| *end))
    {
        world.order(command).await;
    }
    for relay in relays {
        relay.calm();
    }
}

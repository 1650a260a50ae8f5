//! `send_nested_copy`: a payload through a path of couriers.

use kpclient::client::{Client, Destination};
use kpclient::Status;

use super::streams::*;
use crate::world::*;

fn path(client: &Client, count: usize) -> Vec<Destination> {
    let couriers = client.distinct_couriers(count).unwrap();
    couriers
        .into_iter()
        .map(|courier| Destination {
            node: courier.node,
            queue: courier.queue,
        })
        .collect()
}

#[test]
fn it_arrives_through_paths_of_every_length() {
    let sim = sim();
    let client = client(&sim);
    for length in 1..=3 {
        for size in [1, 1545, 5000] {
            let number = u8::try_from(length * 10 + size % 7).unwrap();
            let (destination, content) = (stream(number), payload(size));
            let (cap, first) = (&destination.write_cap, &destination.first_index);
            let before = requests(&sim, "start_resending_copy_command");
            let work = client.send_nested_copy(&content, cap, first, path(&client, length));
            let next = done(work);
            assert_eq!(next, ahead(first, size.div_ceil(1545)));
            let copies = requests(&sim, "start_resending_copy_command") - before;
            assert_eq!(copies, length as u64);
            assert_eq!(read_back(&client, &destination, first, size), content);
        }
    }
}

#[test]
fn the_same_courier_may_be_on_the_path_twice() {
    let sim = sim();
    let client = client(&sim);
    let (destination, content) = (stream(1), payload(2000));
    let one = path(&client, 1).remove(0);
    let twice = vec![one.clone(), one];
    let (cap, first) = (&destination.write_cap, &destination.first_index);
    done(client.send_nested_copy(&content, cap, first, twice));
    assert_eq!(read_back(&client, &destination, first, 2000), content);
}

#[test]
fn a_failure_tells_which_courier_of_the_path() {
    let sim = sim();
    let client = client(&sim);
    let (destination, content) = (stream(1), payload(100));
    let flags = kpclient::client::StartFlags::default();
    let (cap, first) = (&destination.write_cap, &destination.first_index);
    done(client.write_box(cap, first, b"mine", flags));
    let work = client.send_nested_copy(&content, cap, first, path(&client, 2));
    let error = work.unwrap().block(PATIENCE).unwrap_err();
    assert_eq!(error.status(), Status::COPY_FAILED);
    assert!(
        error.message().starts_with("courier 2 of the path"),
        "{error}"
    );
    assert_eq!(
        (error.failed_envelope(), error.replica_code()),
        (Some(1), Some(10))
    );
}

#[test]
fn what_cannot_be_sent_is_refused_first() {
    let sim = sim();
    let client = client(&sim);
    let (good, content) = (stream(1), payload(100));
    let (cap, first) = (&good.write_cap, &good.first_index);
    let one = path(&client, 1);
    let send =
        |content: &[u8], first, path| status(client.send_nested_copy(content, cap, first, path));
    assert_eq!(send(&[], first, one.clone()), Status::ARG_EMPTY);
    assert_eq!(send(&content, first, Vec::new()), Status::ARG_EMPTY);
    let other = stream(2).first_index;
    assert_eq!(
        send(&content, &other, one.clone()),
        Status::INVALID_CAPABILITY
    );
    let long = vec![1; (10 << 20) + 1];
    assert_eq!(send(&long, first, one.clone()), Status::PAYLOAD_TOO_LARGE);
    let half = Destination {
        queue: Vec::new(),
        ..one[0].clone()
    };
    assert_eq!(
        send(&content, first, vec![one[0].clone(), half]),
        Status::ARG_PAIR
    );
    let unknown = Destination {
        node: [9; 32],
        ..one[0].clone()
    };
    assert_eq!(
        send(&content, first, vec![unknown]),
        Status::SERVICE_NOT_FOUND
    );
    assert_eq!(requests(&sim, "start_resending_encrypted_message"), 0);
}

//! The copy builder after a crash: saved by one client, gone on with by another.

use std::sync::Arc;

use kpclient::bacap::{BoxIndex, Keypair};
use kpclient::client::{Client, CopyBuilder, Delivery, Timeout};
use kpclient::Status;
use kpclientd_sim::Sim;

use super::streams::*;
use crate::world::*;

fn add(client: &Client, builder: &Arc<CopyBuilder>, to: &Keypair, content: &[u8]) -> BoxIndex {
    let work = client.copy_builder_add(builder, &to.write_cap, &to.first_index, content);
    done(work)
}

fn finish(client: &Client, builder: &Arc<CopyBuilder>) -> u64 {
    done(client.copy_builder_finish(builder, None))
}

fn check(client: &Client, to: &Keypair, content: &[u8]) {
    let found = read_back(client, to, &to.first_index, content.len());
    assert!(found == content);
}

/// Begins to write and goes away in the middle, as a process that is killed.
fn crash_while_writing(sim: &Sim, client: Client, builder: &Arc<CopyBuilder>, boxes: u64) {
    let before = builder.progress().written;
    let work = client.copy_builder_finish(builder, None).unwrap();
    let prepared = work.prepare(Delivery::Keep).unwrap();
    sim.control("hold").unwrap();
    prepared.launch(work, Timeout::Forever);
    until("some boxes are written", || {
        sim.control("step 1").unwrap();
        builder.progress().written >= before + boxes
    });
    sim.control("cut").unwrap();
    drop(client);
    sim.control("release").unwrap();
}

#[test]
fn a_builder_saved_before_it_is_written_goes_on_where_the_crash_was() {
    let sim = sim();
    let first = client(&sim);
    let (one, two) = (stream(1), stream(2));
    let (long, short) = (payload(60_000), payload(300));
    let builder = first.copy_builder().unwrap();
    add(&first, &builder, &one, &long);
    add(&first, &builder, &two, &short);
    let saved = builder.save().unwrap();
    let courier = builder.courier();
    crash_while_writing(&sim, first, &builder, 10);
    let reached = builder.progress();
    assert!(reached.written >= 10 && reached.written < reached.needed);

    let second = client(&sim);
    let restored = CopyBuilder::restore(&saved).unwrap();
    assert_eq!(restored.progress().written, 0);
    let stream = restored.temp_write_cap();
    finish(&second, &restored);
    assert!(restored.temp_write_cap() == stream, "it stays where it is");
    assert_eq!(restored.courier(), courier);
    check(&second, &one, &long);
    check(&second, &two, &short);
}

#[test]
fn a_builder_saved_in_the_middle_goes_on_from_there() {
    let sim = sim();
    let first = client(&sim);
    let (to, long) = (stream(1), payload(60_000));
    let builder = first.copy_builder().unwrap();
    add(&first, &builder, &to, &long);
    crash_while_writing(&sim, first, &builder, 12);
    let saved = builder.save().unwrap();

    let second = client(&sim);
    let restored = CopyBuilder::restore(&saved).unwrap();
    assert!(restored.progress().written >= 12);
    let before = requests(&sim, "encrypt_write");
    let boxes = finish(&second, &restored);
    let sent = requests(&sim, "encrypt_write") - before;
    assert!(sent <= boxes - 12, "{sent} of {boxes}");
    check(&second, &to, &long);
}

#[test]
fn what_was_added_and_written_but_not_saved_does_not_end_up_in_the_stream() {
    let sim = sim();
    let first = client(&sim);
    let (one, two) = (stream(1), stream(2));
    let (kept, again) = (payload(20_000), payload(30_000));
    let builder = first.copy_builder().unwrap();
    add(&first, &builder, &one, &kept);
    done(first.copy_builder_write(&builder));
    let saved = builder.save().unwrap();
    // The process goes on, and is killed with the second payload half written.
    add(&first, &builder, &two, &again);
    crash_while_writing(&sim, first, &builder, 5);

    // The next one knows only of the first payload, and adds the second anew: its
    // elements are other ones, for boxes that are taken.
    let second = client(&sim);
    let restored = CopyBuilder::restore(&saved).unwrap();
    let stream = restored.temp_write_cap();
    add(&second, &restored, &two, &again);
    finish(&second, &restored);
    assert!(restored.temp_write_cap() != stream, "it has moved");
    check(&second, &one, &kept);
    check(&second, &two, &again);
}

#[test]
fn a_builder_that_has_moved_can_be_cancelled() {
    let sim = sim();
    let first = client(&sim);
    let builder = first.copy_builder().unwrap();
    add(&first, &builder, &stream(1), &payload(3000));
    let saved = builder.save().unwrap();
    add(&first, &builder, &stream(2), &payload(3000));
    done(first.copy_builder_write(&builder));
    drop(first);

    // Boxes of the stream hold what was not saved, so it moves to others.
    let second = client(&sim);
    let restored = CopyBuilder::restore(&saved).unwrap();
    let stream = restored.temp_write_cap();
    add(&second, &restored, &self::stream(3), &payload(3000));
    let work = second.copy_builder_finish(&restored, None).unwrap();
    let prepared = work.prepare(Delivery::Keep).unwrap();
    let id = prepared.id();
    sim.control("hold").unwrap();
    prepared.launch(work, Timeout::Forever);
    until("it moves", || {
        sim.control("step 1").unwrap();
        restored.temp_write_cap() != stream
    });
    assert!(second.copy_builder_cancel(&restored));
    let ended = second.wait(id, PATIENCE).unwrap().unwrap();
    assert_eq!(ended.status(), Status::START_RESENDING_CANCELLED);
    assert!(!second.copy_builder_cancel(&restored), "nothing is at work");
    sim.control("release").unwrap();
    finish(&second, &restored);
    check(&second, &self::stream(3), &payload(3000));
}

#[test]
fn a_crash_while_the_courier_works_is_finished_at_the_same_courier() {
    let sim = sim();
    let first = client(&sim);
    let (to, content) = (stream(1), payload(5000));
    let builder = first.copy_builder().unwrap();
    add(&first, &builder, &to, &content);
    let early = builder.save().unwrap();
    let work = first.copy_builder_finish(&builder, None).unwrap();
    let prepared = work.prepare(Delivery::Keep).unwrap();
    prepared.launch(work, Timeout::Forever);
    until("the courier has the command", || {
        requests(&sim, "start_resending_copy_command") == 1
    });
    let late = builder.save().unwrap();
    sim.control("cut").unwrap();
    drop(first);

    let second = client(&sim);
    for saved in [late, early] {
        let restored = CopyBuilder::restore(&saved).unwrap();
        finish(&second, &restored);
        assert_eq!(restored.courier(), builder.courier());
    }
    check(&second, &to, &content);
}

#[test]
fn a_finished_builder_is_finished_after_restoration() {
    let sim = sim();
    let client = client(&sim);
    let builder = client.copy_builder().unwrap();
    add(&client, &builder, &stream(1), &payload(5000));
    let boxes = finish(&client, &builder);
    let restored = CopyBuilder::restore(&builder.save().unwrap()).unwrap();
    assert!(restored.progress().finished);
    let before = requests(&sim, "start_resending_copy_command");
    assert_eq!(finish(&client, &restored), boxes);
    assert_eq!(requests(&sim, "start_resending_copy_command"), before);
    done(client.copy_builder_tombstone(&restored));
}

#[test]
fn nonsense_is_no_builder() {
    for bytes in [&b""[..], b"kpcb", &[0; 1000]] {
        let error = CopyBuilder::restore(bytes).err().unwrap();
        assert_eq!(error.status(), Status::ARG_VALUE);
    }
}

//! The copy builder in one life: `copy_builder`, `_add`, `_add_tombstones`, `_write`, `_finish`,
//! `_tombstone`, `_cancel`.

use std::sync::Arc;
use std::time::Duration;

use kpclient::bacap::Keypair;
use kpclient::client::{Client, CopyBuilder, CopyProgress, Event, Timeout};
use kpclient::Status;

use super::streams::*;
use crate::world::*;

fn add(client: &Client, builder: &Arc<CopyBuilder>, to: &Keypair, content: &[u8]) {
    let work = client.copy_builder_add(builder, &to.write_cap, &to.first_index, content);
    let next = done(work);
    assert_eq!(next, ahead(&to.first_index, content.len().div_ceil(1545)));
}

fn finish(client: &Client, builder: &Arc<CopyBuilder>) -> u64 {
    done(client.copy_builder_finish(builder, None))
}

/// The stream that a builder wrote.
fn written(client: &Client, builder: &CopyBuilder) -> Vec<bytes::Bytes> {
    let cap = builder.temp_write_cap();
    let count = usize::try_from(builder.progress().written).unwrap();
    (0..count)
        .map(|at| read_one(client, &cap.read_cap(), &ahead(&cap.first_index(), at)).unwrap())
        .collect()
}

#[test]
fn many_destinations_and_deletions_in_one_stream() {
    let sim = sim();
    let client = client(&sim);
    let old = stream(9);
    write_all(&client, &old, &vec![bytes::Bytes::from_static(b"old"); 3]);
    let builder = client.copy_builder().unwrap();
    let sizes = [1, 1545, 5000, 40_000];
    for (number, size) in sizes.into_iter().enumerate() {
        add(&client, &builder, &stream(number as u8), &payload(size));
    }
    let (cap, first) = (&old.write_cap, &old.first_index);
    let next = done(client.copy_builder_add_tombstones(&builder, cap, first, 3));
    assert_eq!(next, ahead(first, 3));
    // Nothing is sent before it is to be.
    assert_eq!(builder.progress().written, 0);
    let boxes = finish(&client, &builder);
    let progress = builder.progress();
    assert!(progress.finished);
    assert_eq!((progress.written, progress.needed), (boxes, boxes));
    for (number, size) in sizes.into_iter().enumerate() {
        let to = stream(number as u8);
        assert_eq!(
            read_back(&client, &to, &to.first_index, size),
            payload(size)
        );
    }
    assert!((0..3).all(|at| is_deleted(&client, &old, &ahead(first, at))));
    // Once more does nothing.
    let asked_before = requests(&sim, "start_resending_copy_command");
    assert_eq!(finish(&client, &builder), boxes);
    assert_eq!(requests(&sim, "start_resending_copy_command"), asked_before);
}

#[test]
fn the_stream_has_one_start_and_one_end_however_it_was_written() {
    let sim = sim();
    let client = client(&sim);
    for (number, write_after) in [vec![], vec![0], vec![1, 2], vec![0, 1, 2]]
        .iter()
        .enumerate()
    {
        let builder = client.copy_builder().unwrap();
        for at in 0..3 {
            let to = stream((number * 3 + at) as u8 + 1);
            add(&client, &builder, &to, &payload(2000 * at + 700));
            if write_after.contains(&at) {
                done(client.copy_builder_write(&builder));
                let progress = builder.progress();
                assert!(progress.written < progress.needed, "the end is kept back");
            }
        }
        finish(&client, &builder);
        let (flags, _) = taken_apart(&written(&client, &builder));
        let count = flags.len();
        assert_eq!((flags[0], flags[count - 1]), (1, 2));
        assert!(flags[1..count - 1].iter().all(|flags| *flags == 0));
    }
}

#[test]
fn progress_is_told_box_by_box_and_then_that_the_courier_is_waited_for() {
    let sim = sim();
    let client = client(&sim);
    let sink = client.open_sink(1024).unwrap();
    let (sender, told) = std::sync::mpsc::channel();
    sink.on_event(Box::new(move |event| {
        if let Event::CopyProgress(progress) = event {
            let _ = sender.send(progress);
        }
    }))
    .unwrap();
    let builder = client.copy_builder().unwrap();
    let stream_hash = builder.temp_write_cap().hash();
    add(&client, &builder, &stream(1), &payload(30_000));
    let boxes = finish(&client, &builder);
    drop(client);
    let all: Vec<CopyProgress> = told.try_iter().collect();
    assert!(all
        .iter()
        .all(|p| p.stream == stream_hash && p.needed == boxes));
    assert!(all
        .windows(2)
        .all(|pair| pair[0].written <= pair[1].written));
    let last = all.last().unwrap();
    assert!(last.copying && last.written == boxes);
    assert!(all.iter().rev().skip(1).all(|p| !p.copying));
}

#[test]
fn progress_that_nobody_reads_takes_one_place() {
    let sim = sim();
    let client = client(&sim);
    let sink = client.open_sink(4).unwrap();
    let builder = client.copy_builder().unwrap();
    add(&client, &builder, &stream(1), &payload(50_000));
    finish(&client, &builder);
    let names = events(&sink, |event| {
        Some(event.describe().split(' ').next().unwrap().to_owned())
    });
    assert_eq!(names, ["connection", "directory", "copy"]);
}

#[test]
fn bad_additions_are_refused_and_change_nothing() {
    let sim = sim();
    let client = client(&sim);
    let builder = client.copy_builder().unwrap();
    let (good, other) = (stream(1), stream(2));
    let (cap, first) = (&good.write_cap, &good.first_index);
    let refused =
        |index, content: &[u8]| status(client.copy_builder_add(&builder, cap, index, content));
    assert_eq!(refused(first, &[]), Status::ARG_EMPTY);
    assert_eq!(
        refused(first, &vec![1; (10 << 20) + 1]),
        Status::PAYLOAD_TOO_LARGE
    );
    assert_eq!(
        refused(&other.first_index, &[1]),
        Status::INVALID_CAPABILITY
    );
    let deleted = |count| status(client.copy_builder_add_tombstones(&builder, cap, first, count));
    assert_eq!(deleted(0), Status::ARG_VALUE);
    assert_eq!(deleted(70_000), Status::PAYLOAD_TOO_LARGE);
    let empty = status(client.copy_builder_finish(&builder, None));
    assert_eq!(empty, Status::ARG_EMPTY);
    sim.control("error create_courier_envelopes_from_multi_payload 4")
        .unwrap();
    assert_eq!(refused(first, &[1; 10]), Status::DAEMON_INTERNAL);
    assert_eq!((builder.progress().needed, builder.buffer().len()), (0, 0));
    add(&client, &builder, &good, &payload(10));
    finish(&client, &builder);
    assert_eq!(refused(first, &[1]), Status::ARG_VALUE);
    assert_eq!(read_back(&client, &good, first, 10), payload(10));
}

#[test]
fn one_operation_at_a_time_and_cancel_lets_go_of_it() {
    let sim = sim();
    let client = client(&sim);
    let builder = client.copy_builder().unwrap();
    add(&client, &builder, &stream(1), &payload(20_000));
    assert!(!client.copy_builder_cancel(&builder));
    sim.control("hold").unwrap();
    let work = client.copy_builder_finish(&builder, None).unwrap();
    let id = start(Ok(work));
    let busy = client.copy_builder_write(&builder).err().unwrap();
    assert_eq!(busy.status(), Status::BUSY);
    assert!(!builder.save().unwrap().is_empty());
    until("boxes are on their way", || {
        requests(&sim, "start_resending_encrypted_message") > 0
    });
    assert!(client.copy_builder_cancel(&builder));
    let ended = client.wait(id, PATIENCE).unwrap().unwrap();
    assert_eq!(ended.status(), Status::START_RESENDING_CANCELLED);
    // At once, and again after a time limit.
    let limit = Timeout::After(Duration::from_millis(50));
    let work = client.copy_builder_finish(&builder, None).unwrap();
    assert_eq!(work.block(limit).unwrap_err().status(), Status::TIMEOUT);
    sim.control("release").unwrap();
    finish(&client, &builder);
    let to = stream(1);
    assert_eq!(
        read_back(&client, &to, &to.first_index, 20_000),
        payload(20_000)
    );
}

#[test]
fn an_addition_whose_time_is_over_has_added_nothing_or_tells_its_index() {
    let mut config = hurried(Era::Current);
    config.time_per_envelope = Duration::from_millis(1);
    let sim = kpclientd_sim::Sim::start(config).unwrap();
    let client = client(&sim);
    let builder = client.copy_builder().unwrap();
    let to = stream(1);
    let content = payload(100_000);
    let mut failures = 0;
    for limit in (0..12).map(|step| 20 << step) {
        let before = builder.progress().needed;
        let work = client.copy_builder_add(&builder, &to.write_cap, &to.first_index, &content);
        let limit = Timeout::After(Duration::from_millis(limit));
        match work.unwrap().block(limit) {
            Ok(next) => {
                assert_eq!(next, ahead(&to.first_index, 65));
                assert!(builder.progress().needed > before);
                break;
            }
            Err(error) => {
                assert_eq!(error.status(), Status::TIMEOUT);
                assert_eq!(builder.progress().needed, before);
                failures += 1;
            }
        }
    }
    assert!(failures > 0);
    finish(&client, &builder);
    assert_eq!(
        read_back(&client, &to, &to.first_index, content.len()),
        content
    );
}

#[test]
fn after_a_failure_another_courier_is_taken_and_a_named_one_is_obeyed() {
    let sim = sim();
    let client = client(&sim);
    let builder = client.copy_builder().unwrap();
    let to = stream(1);
    add(&client, &builder, &to, &payload(100));
    let pinned = builder.courier();
    sim.control("fault copy 6").unwrap();
    let work = client.copy_builder_finish(&builder, None).unwrap();
    let error = work.block(PATIENCE).unwrap_err();
    assert_eq!(
        (error.status(), error.replica_code()),
        (Status::COPY_FAILED, Some(6))
    );
    assert_eq!(builder.courier(), pinned);
    finish(&client, &builder);
    assert_ne!(builder.courier(), pinned);
    assert_eq!(read_back(&client, &to, &to.first_index, 100), payload(100));

    let named = client.courier().unwrap();
    let named = kpclient::client::Destination {
        node: named.node,
        queue: named.queue,
    };
    let builder = client.copy_builder().unwrap();
    add(&client, &builder, &stream(2), &payload(100));
    done(client.copy_builder_finish(&builder, Some(named.clone())));
    assert_eq!(builder.courier(), named);
}

#[test]
fn tombstone_deletes_the_temporary_stream() {
    let sim = sim();
    let client = client(&sim);
    let builder = client.copy_builder().unwrap();
    let to = stream(1);
    add(&client, &builder, &to, &payload(20_000));
    let boxes = usize::try_from(finish(&client, &builder)).unwrap();
    let cap = builder.temp_write_cap();
    let temporary = Keypair {
        read_cap: cap.read_cap(),
        first_index: cap.first_index(),
        write_cap: cap,
    };
    assert!(read_one(&client, &temporary.read_cap, &temporary.first_index).is_ok());
    done(client.copy_builder_tombstone(&builder));
    for at in 0..boxes {
        let index = ahead(&temporary.first_index, at);
        assert!(is_deleted(&client, &temporary, &index), "{at}");
    }
    let finished = status(client.copy_builder_finish(&builder, None));
    assert_eq!(finished, Status::ARG_VALUE);
    assert_eq!(
        read_back(&client, &to, &to.first_index, 20_000),
        payload(20_000)
    );
}

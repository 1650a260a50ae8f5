//! Channel queries: what comes of them is chance, so it is compared by its shape.

use kpclientd_sim::network::Era;
use serde_cbor::Value;

use crate::client::{field, Came, Frame, PATIENCE};
use crate::replay::{golden, transcript, Line, Replay};

/// What an answer to a channel query looks like.
type Shape = Vec<(String, i128, usize, bool)>;

fn shape_of(frames: &[Frame]) -> Shape {
    frames
        .iter()
        .map(|f| {
            let has_index = f.get("reply_index") != Some(&Value::Null);
            (
                f.kind.clone(),
                f.code(),
                f.bytes("payload").len(),
                has_index,
            )
        })
        .collect()
}

/// Which replica answers is chance there, so a query is sent until something comes of it, and whatever comes must look like
/// something that was recorded.
#[test]
fn channel_queries_are_answered_in_the_recorded_ways() {
    let lines_of = |name| transcript(&golden("v0.0.72").join(format!("{name}.jsonl")));
    let shapes: Vec<Shape> = ["channels", "resume"]
        .iter()
        .flat_map(|name| {
            answers(&lines_of(*name))
                .map(|f| shape_of(&f))
                .collect::<Vec<_>>()
        })
        .collect();
    for name in ["channels", "resume"] {
        let lines = lines_of(name);
        let mut replay = Replay::new(Era::V0_0_72, name, &lines);
        replay.learn_services(&lines);
        let mut last_query = Value::Null;
        let mut fullest = 0;
        for line in &lines {
            match line {
                Line::FromClient(frame) if is_query(frame) => {
                    last_query = replay.replaced(frame);
                    fullest = fullest.max(query(&mut replay, &last_query, &shapes));
                }
                Line::FromClient(frame) => {
                    if fullest < 2 && field(frame, "close_channel").is_some() && name == "channels"
                    {
                        fullest = until_opened(&mut replay, &last_query, &shapes);
                    }
                    if field(frame, "thin_close").is_some() && name == "resume" {
                        fullest = until_opened(&mut replay, &last_query, &shapes);
                    }
                    let frame = replay.replaced(frame);
                    replay
                        .client
                        .send_frame(&serde_cbor::to_vec(&frame).unwrap());
                }
                Line::FromDaemon(cbor) if !is_answer(&Frame::decode(cbor)) => {
                    replay.compare_next(cbor);
                }
                _ => {}
            }
        }
        assert_eq!(fullest, 2, "{name}: nothing was opened");
    }
}

fn is_query(frame: &Value) -> bool {
    field(frame, "send_channel_query").is_some()
}

fn is_answer(frame: &Frame) -> bool {
    [
        "channel_query_sent_event",
        "channel_query_reply_event",
        "message_reply_event",
    ]
    .contains(&frame.kind.as_str())
}

/// The recorded answers to queries, each as the frames after its sent event.
fn answers(lines: &[Line]) -> impl Iterator<Item = Vec<Frame>> + '_ {
    let mut frames = lines.iter().filter_map(|line| match line {
        Line::FromDaemon(cbor) => Some(Frame::decode(cbor)).filter(is_answer),
        _ => None,
    });
    std::iter::from_fn(move || {
        frames.next()?;
        let mut answer = vec![frames.next()?];
        while answer[answer.len() - 1].kind != "channel_query_reply_event" {
            answer.push(frames.next()?);
        }
        Some(answer)
    })
}

/// Sends a query and returns of how many frames its answer is.
fn query(replay: &mut Replay, frame: &Value, shapes: &[Shape]) -> usize {
    replay
        .client
        .send_frame(&serde_cbor::to_vec(frame).unwrap());
    let sent = replay.client.expect("channel_query_sent_event");
    assert_eq!(sent.code(), 0);
    let mut answer = Vec::new();
    loop {
        let Came::Frame(frame) = replay.client.next(PATIENCE) else {
            panic!()
        };
        let last = frame.kind == "channel_query_reply_event";
        answer.push(frame);
        if last {
            break;
        }
    }
    let shape = shape_of(&answer);
    assert!(
        shapes.contains(&shape),
        "{}: {shape:?} not in {shapes:?}",
        replay.name
    );
    answer.len()
}

fn until_opened(replay: &mut Replay, frame: &Value, shapes: &[Shape]) -> usize {
    (0..60)
        .map(|_| query(replay, frame, shapes))
        .find(|frames| *frames == 2)
        .unwrap_or(1)
}

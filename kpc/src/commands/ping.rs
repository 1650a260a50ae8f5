//! `kpc ping`: messages to a service that echoes, and how long the replies take.

use std::time::{Duration, Instant};

use kpclient::client::Destination;
use kpclient::pki::Service;
use serde_json::json;

use crate::cli::PingArgs;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::open::{Context, Session};
use crate::output::{harmless, seconds, Output};

/// Pings until the count is reached or somebody interrupts; then says how it went.
pub async fn run(context: &Context, args: &PingArgs) -> Result<()> {
    let (session, service) = context.signals.or(prepare(context, args)).await?;
    if !context.output.is_json() {
        let name = harmless(&service.name);
        let line = format!("PING {} at {name}, {} bytes", args.service, args.size);
        context.output.line(&line)?;
    }
    let mut statistics = Statistics::default();
    let pinging = ping(context, &session, args, &service, &mut statistics);
    let limited = async {
        match context.global.timeout {
            None => pinging.await,
            Some(limit) => tokio::time::timeout(limit, pinging).await.unwrap_or(Ok(())),
        }
    };
    // Interrupted, it still says how it went.
    tokio::select! {
        done = limited => done?,
        _ = context.signals.caught() => {}
    }
    statistics.show(&context.output, &args.service)
}

async fn prepare(context: &Context, args: &PingArgs) -> Result<(Session, Service)> {
    let session = context.connect().await?;
    session.document().await?;
    let service = session.client.service(&args.service)?;
    Ok((session, service))
}

async fn ping(
    context: &Context,
    session: &Session,
    args: &PingArgs,
    service: &Service,
    statistics: &mut Statistics,
) -> Result<()> {
    let destination = Destination {
        node: service.node,
        queue: service.queue.clone(),
    };
    loop {
        statistics.sent += 1;
        let number = statistics.sent;
        let payload = payload(number, args.size);
        let since = Instant::now();
        let call = session.client.blocking_send_message(&destination, &payload);
        let reply = async { call?.start_within(args.wait).await }.await;
        let time = since.elapsed();
        match reply {
            Ok(reply) if reply.starts_with(&payload) => {
                statistics.times.push(time);
                said(context, number, reply.len(), time)?;
            }
            Ok(_) => lost(
                context,
                number,
                &Failure::new(Exit::Failed, "the reply is not what was sent"),
            )?,
            Err(error) => {
                let failure = Failure::from(error);
                // It would be the same every time.
                if failure.exit == Exit::Usage {
                    return Err(failure);
                }
                lost(context, number, &failure)?;
            }
        }
        if args.count.is_some_and(|count| number >= count) {
            return Ok(());
        }
        tokio::time::sleep(args.interval.saturating_sub(since.elapsed())).await;
    }
}

/// A number, and bytes that a service cannot guess to be right.
fn payload(number: u64, size: usize) -> Vec<u8> {
    let mut payload = number.to_be_bytes().to_vec();
    payload.extend(
        (0_u8..=255)
            .cycle()
            .take(size.saturating_sub(payload.len())),
    );
    payload.truncate(size);
    payload
}

fn said(context: &Context, number: u64, bytes: usize, time: Duration) -> Result<()> {
    let value =
        json!({"event": "reply", "seq": number, "bytes": bytes, "seconds": time.as_secs_f64()});
    context.output.show(&value, || {
        format!("reply {number}: {bytes} bytes, {}", seconds(time))
    })
}

fn lost(context: &Context, number: u64, failure: &Failure) -> Result<()> {
    let value = json!({"event": "lost", "seq": number, "error": failure.to_json()["error"]});
    context
        .output
        .show(&value, || format!("no reply {number}: {failure}"))
}

/// What was measured.
#[derive(Default)]
struct Statistics {
    sent: u64,
    times: Vec<Duration>,
}

/// Seconds.
#[derive(Debug, PartialEq)]
struct Summary {
    min: f64,
    avg: f64,
    max: f64,
    mdev: f64,
}

impl Statistics {
    /// None where nothing came back.
    fn summary(&self) -> Option<Summary> {
        if self.times.is_empty() {
            return None;
        }
        let times = || self.times.iter().map(Duration::as_secs_f64);
        let count = self.times.len() as f64;
        let avg = times().sum::<f64>() / count;
        let variance = times().map(|time| (time - avg).powi(2)).sum::<f64>() / count;
        Some(Summary {
            min: times().fold(f64::INFINITY, f64::min),
            avg,
            max: times().fold(0.0, f64::max),
            mdev: variance.sqrt(),
        })
    }

    /// What came back; a message whose reply nobody waited for to the end is not counted as lost.
    fn show(&self, output: &Output, service: &str) -> Result<()> {
        let received = self.times.len() as u64;
        let loss = match self.sent {
            0 => 0.0,
            sent => 100.0 * (sent - received) as f64 / sent as f64,
        };
        let summary = self.summary();
        let value = json!({
            "event": "statistics",
            "sent": self.sent,
            "received": received,
            "loss_percent": loss,
            "min": summary.as_ref().map(|s| s.min),
            "avg": summary.as_ref().map(|s| s.avg),
            "max": summary.as_ref().map(|s| s.max),
            "mdev": summary.as_ref().map(|s| s.mdev),
        });
        output.show(&value, || {
            let mut text = format!(
                "--- {service} ping statistics ---\n{} sent, {received} received, {loss:.0}% loss",
                self.sent
            );
            if let Some(s) = &summary {
                let times = format!("{:.2}/{:.2}/{:.2}/{:.2}", s.min, s.avg, s.max, s.mdev);
                text += &format!("\nround trip min/avg/max/mdev = {times} s");
            }
            text
        })?;
        if received == 0 {
            return Err(Failure::new(Exit::Failed, "nothing came back")
                .hint("`kpc doctor` looks for the reason"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_is_that_of_ping() {
        let statistics = Statistics {
            sent: 4,
            times: [1, 2, 3].map(Duration::from_secs).to_vec(),
        };
        let summary = statistics.summary().unwrap();
        assert_eq!((summary.min, summary.avg, summary.max), (1.0, 2.0, 3.0));
        assert!((summary.mdev - (2.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert_eq!(Statistics::default().summary(), None);
    }

    #[test]
    fn a_payload_has_the_size_that_was_wanted() {
        for size in [0, 1, 8, 9, 300] {
            assert_eq!(payload(7, size).len(), size);
        }
    }
}

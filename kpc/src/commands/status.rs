//! `kpc status`: the daemon, its link to the mixnet, and what this client has at it.

use kpclient::client::{Client, LaneStats};
use kpclient::config::Dial;
use serde_json::{json, Value};

use crate::failure::Result;
use crate::locate;
use crate::open::{Context, Session};
use crate::output::{hex, seconds, Colour};
use crate::table::Table;

const LANES: [&str; 4] = ["local", "write", "read", "encrypt"];

/// Shows everything that can be known without a packet.
pub async fn run(context: &Context) -> Result<()> {
    let session = context.connect().await?;
    // A daemon that is off the mixnet may have no document, which is a fact to be shown.
    let document = session.document().await;
    let value = facts(context, &session, document.as_deref().ok())?;
    if context.output.is_json() {
        return context.output.line(&value.to_string());
    }
    people(context, &session, &value)
}

/// Where the daemon listens.
pub fn address(dial: Option<&Dial>) -> String {
    match dial {
        Some(Dial::Unix { path }) => format!("unix {path}"),
        Some(Dial::Tcp { address, network }) => format!("{} {address}", network.name()),
        Some(Dial::Ws { url }) => format!("websocket {url}"),
        None => "nowhere".to_owned(),
    }
}

/// What can be told of the daemon's version by what it knows.
pub fn generation(client: &Client) -> &'static str {
    let features = client.features();
    match () {
        () if features.is_legacy() => "up to v0.0.72",
        () if features.knows("voucher_mint_reply") => "v0.0.80 or later",
        () if features.answers_at_once() => "v0.0.75 to v0.0.79",
        () => "v0.0.73 or v0.0.74",
    }
}

fn facts(
    context: &Context,
    session: &Session,
    document: Option<&kpclient::pki::Document>,
) -> Result<Value> {
    let client = &session.client;
    let status = client.status();
    let stats = client.stats();
    let lanes: Vec<Value> = LANES
        .iter()
        .zip(&stats.lanes)
        .map(|(name, lane)| lane_facts(name, lane))
        .collect();
    let health = client.health();
    Ok(json!({
        "config": locate::config(&context.global)?.display().to_string(),
        "address": address(client.config().dial.as_ref()),
        "daemon": generation(client),
        "instance": status.instance_token.map(|token| hex(&token)),
        "on_mixnet": client.is_connected(),
        "why_offline": why_offline(client, document.is_some()),
        "health": health.verdict.name(),
        "overdue_seconds": health.overdue.as_secs_f64(),
        "epoch": document.map(kpclient::pki::Document::epoch),
        "nodes": document.map(|document| document.nodes().len()),
        "packets_per_second": document.map(|document| document.lambda_p() * 1000.0),
        "message_bytes": client.sphinx_geometry().ok().map(|g| g.user_forward_payload_length),
        "box_bytes": client.pigeonhole_geometry().ok().map(|g| g.max_plaintext_payload_length),
        "box_scheme": client.pigeonhole_geometry().ok().map(|g| g.nike_name),
        "lanes": lanes,
    }))
}

fn why_offline(client: &Client, has_document: bool) -> Option<&'static str> {
    match () {
        () if !client.is_attached() => Some("the connection with the daemon is lost"),
        () if client.is_connected() => None,
        () if has_document => {
            Some("the daemon has no gateway at the moment, and dials again by itself")
        }
        () => Some("the daemon has not had a document of its network yet: it waits for the directory authorities"),
    }
}

fn lane_facts(name: &str, lane: &LaneStats) -> Value {
    json!({
        "lane": name,
        "open": lane.open,
        "connects": lane.connects,
        "resumes": lane.resumes,
        "requests": lane.requests,
        "replies": lane.answers,
        "replays": lane.replays,
        "queued": lane.in_line,
        "in_flight": lane.in_flight,
        "window": lane.window,
        "round_trip_seconds": lane.round_trip.as_secs_f64(),
    })
}

fn people(context: &Context, session: &Session, value: &Value) -> Result<()> {
    let output = &context.output;
    let link = match value["why_offline"].as_str() {
        None => output.paint(Colour::Green, "on the mixnet"),
        Some(why) => format!("{}: {why}", output.paint(Colour::Red, "off the mixnet")),
    };
    let or_none = |key: &str| match &value[key] {
        Value::Null => "not known yet".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let instance = value["instance"]
        .as_str()
        .map(|token| token.get(..16).unwrap_or(token));
    for (name, text) in [
        ("config", or_none("config")),
        ("address", or_none("address")),
        ("daemon", or_none("daemon")),
        ("instance", instance.unwrap_or("has none").to_owned()),
        ("link", link),
        ("health", health(value)),
        ("epoch", or_none("epoch")),
        ("nodes", or_none("nodes")),
        ("pace", pace(value)),
        ("messages", sizes(value, "message_bytes", None)),
        (
            "boxes",
            sizes(value, "box_bytes", value["box_scheme"].as_str()),
        ),
    ] {
        output.line(&format!(
            "{} {text}",
            output.paint(Colour::Dim, &format!("{name:<9}"))
        ))?;
    }
    output.line("")?;
    output.table(&lanes(session))
}

fn health(value: &Value) -> String {
    let verdict = value["health"].as_str().unwrap_or_default();
    match value["overdue_seconds"].as_f64() {
        Some(overdue) if overdue >= 1.0 => {
            format!("{verdict}: an answer has been due for {overdue:.0} s")
        }
        _ => verdict.to_owned(),
    }
}

fn pace(value: &Value) -> String {
    match value["packets_per_second"].as_f64() {
        Some(pace) if pace > 0.0 => format!("{pace:.1} packets a second, of all clients together"),
        _ => "not known yet".to_owned(),
    }
}

fn sizes(value: &Value, key: &str, scheme: Option<&str>) -> String {
    match (value[key].as_u64(), scheme) {
        (None, _) => "not known yet".to_owned(),
        (Some(bytes), None) => format!("up to {bytes} bytes"),
        (Some(bytes), Some(scheme)) => format!("up to {bytes} bytes, {scheme}"),
    }
}

fn lanes(session: &Session) -> Table {
    let mut table = Table::new(&[
        "LANE",
        "OPEN",
        "REQUESTS",
        "REPLIES",
        "QUEUED",
        "IN FLIGHT",
        "ROUND TRIP",
    ]);
    for (name, lane) in LANES.iter().zip(&session.client.stats().lanes) {
        let round_trip = match lane.round_trip.is_zero() {
            true => "-".to_owned(),
            false => seconds(lane.round_trip),
        };
        let numbers = [
            lane.open,
            lane.requests,
            lane.answers,
            lane.in_line,
            lane.in_flight,
        ];
        let mut cells = vec![(*name).to_owned()];
        cells.extend(numbers.map(|number| number.to_string()));
        cells.push(round_trip);
        table.row(cells);
    }
    table
}

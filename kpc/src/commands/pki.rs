//! `kpc pki`: the network's directory.

use kpclient::pki::{Document, Node, NodeKind, Service};
use serde_json::{json, Value};

use crate::cli::{PkiArgs, PkiPart};
use crate::failure::Result;
use crate::open::Context;
use crate::output::{harmless, hex, Colour};
use crate::table::Table;

/// From this width on, identities are shown whole.
const WIDE: usize = 140;
/// Digits of an identity that is not.
const SHORT: usize = 12;

/// Shows the directory, or a part of it.
pub async fn run(context: &Context, args: &PkiArgs) -> Result<()> {
    let session = context.connect().await?;
    let document = session.document().await?;
    let output = &context.output;
    if args.document {
        return output.line(&document.to_json()?);
    }
    let wants = |part: PkiPart| args.part.is_none_or(|wanted| wanted == part);
    let parts = [PkiPart::Nodes, PkiPart::Services, PkiPart::Replicas];
    if output.is_json() {
        let mut value = json!({"epoch": document.epoch()});
        for part in parts.into_iter().filter(|part| wants(*part)) {
            value[name(part)] = list(&document, part);
        }
        return output.line(&value.to_string());
    }
    let is_wide = output.width().is_none_or(|width| width >= WIDE);
    output.line(&head(&document))?;
    for part in parts.into_iter().filter(|part| wants(*part)) {
        output.line("")?;
        output.line(&output.paint(Colour::Dim, title(part)))?;
        output.table(&table(&document, part, is_wide))?;
    }
    Ok(())
}

fn head(document: &Document) -> String {
    let mut text = format!(
        "epoch {}, {} layers of mixes",
        document.epoch(),
        document.layers()
    );
    if document.lambda_p() > 0.0 {
        text += &format!(", {:.1} packets a second", document.lambda_p() * 1000.0);
    }
    if document.mu() > 0.0 {
        text += &format!(", {:.0} ms at a mix", 1.0 / document.mu());
    }
    text
}

fn name(part: PkiPart) -> &'static str {
    match part {
        PkiPart::Nodes => "nodes",
        PkiPart::Services => "services",
        PkiPart::Replicas => "replicas",
    }
}

fn title(part: PkiPart) -> &'static str {
    match part {
        PkiPart::Nodes => "nodes that packets go through",
        PkiPart::Services => "what service nodes offer",
        PkiPart::Replicas => "replicas, which store boxes",
    }
}

fn role(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Gateway => "gateway",
        NodeKind::Mix => "mix",
        NodeKind::Service => "service",
        NodeKind::Replica => "replica",
    }
}

fn nodes(document: &Document, part: PkiPart) -> Vec<&Node> {
    let is_wanted = |node: &&Node| (node.kind == NodeKind::Replica) == (part == PkiPart::Replicas);
    document.nodes().iter().filter(is_wanted).collect()
}

/// Every service, in the order of their names.
fn services(document: &Document) -> Vec<Service> {
    let mut services = document.all_services().to_vec();
    services.sort_by(|a, b| a.capability.cmp(&b.capability));
    services
}

fn queue(service: &Service) -> String {
    String::from_utf8_lossy(&service.queue).into_owned()
}

fn list(document: &Document, part: PkiPart) -> Value {
    match part {
        PkiPart::Services => services(document)
            .iter()
            .map(|service| {
                json!({
                    "service": service.capability,
                    "node": *service.name,
                    "identity": hex(&service.node),
                    "queue": queue(service),
                })
            })
            .collect(),
        PkiPart::Nodes | PkiPart::Replicas => nodes(document, part)
            .iter()
            .map(|node| {
                json!({
                    "role": role(node.kind),
                    "name": *node.name,
                    "identity": hex(&node.identity),
                    "addresses": node.addresses,
                })
            })
            .collect(),
    }
}

fn table(document: &Document, part: PkiPart, is_wide: bool) -> Table {
    let identity = |hash: &[u8; 32]| match is_wide {
        true => hex(hash),
        false => hex(hash).chars().take(SHORT).collect(),
    };
    if part == PkiPart::Services {
        let mut table = Table::new(&["SERVICE", "NODE", "IDENTITY", "QUEUE"]);
        for service in services(document) {
            table.row(vec![
                harmless(&service.capability),
                harmless(&service.name),
                identity(&service.node),
                harmless(&queue(&service)),
            ]);
        }
        return table;
    }
    let mut table = Table::new(&["ROLE", "NAME", "IDENTITY", "ADDRESSES"]);
    for node in nodes(document, part) {
        table.row(vec![
            role(node.kind).to_owned(),
            harmless(&node.name),
            identity(&node.identity),
            harmless(&node.addresses.join(" ")),
        ]);
    }
    table
}

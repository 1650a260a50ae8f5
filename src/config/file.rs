//! thinclient.toml in both shapes: today's `[Dial.…]` and the older flat `Network` and
//! `Address`, with or without the geometry tables.
//!
//! The tables are walked by hand rather than by serde, so that every refusal can name
//! the key by its whole path.

use std::fs::File;
use std::io::Read;

use super::toml::{self, Table, Value};
use super::{Config, Dial, TcpNetwork};
use crate::wire::geometry::{PigeonholeGeometry, SphinxGeometry};
use crate::{Error, Result, Status};

/// Far above any real file; keeps a wrong path (a device, a log) from filling the memory, and a value
/// small enough to be kept without asking whether there is memory for it.
const MAX_FILE: u64 = (64 << 10) - 1;

pub(super) fn load(path: &str) -> Result<Config> {
    let bytes = read(path)
        .map_err(|e| Error::from_io(Status::CONFIG_IO, &format!("cannot read {path:?}"), &e))?;
    if bytes.len() as u64 > MAX_FILE {
        let message = format!("{path}: longer than {MAX_FILE} bytes, so no thinclient.toml");
        return Err(Error::new(Status::CONFIG_PARSE, message));
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let message = format!("{path}: not UTF-8 at byte {at}");
        Error::new(Status::CONFIG_PARSE, message)
    })?;
    parse(&text).map_err(|e| Error::new(e.status(), format!("{path}: {}", e.message())))
}

fn read(path: &str) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_FILE + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub(super) fn parse(text: &str) -> Result<Config> {
    if text.len() as u64 > MAX_FILE {
        return Err(parse_error(format!(
            "a text of {} bytes, where {MAX_FILE} are allowed",
            text.len()
        )));
    }
    let tokens = toml::tokens(text)?;
    let table = toml::parse(text, &tokens).map_err(|e| not_toml(text, &e))?;
    let root = Section {
        path: String::new(),
        table: &table,
    };
    root.allow(&[
        "Dial",
        "Network",
        "Address",
        "SphinxGeometry",
        "PigeonholeGeometry",
    ])?;
    let config = Config {
        dial: Some(transport(&root)?),
        sphinx: root.section("SphinxGeometry")?.map(sphinx).transpose()?,
        pigeonhole: root
            .section("PigeonholeGeometry")?
            .map(pigeonhole)
            .transpose()?,
        ..Config::new()
    };
    config.validate()?;
    Ok(config)
}

fn not_toml(text: &str, error: &toml_parser::ParseError) -> Error {
    let span = error.unexpected().or(error.context());
    let start = span.map_or(0, |span| span.start());
    let before = text.get(..start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    parse_error(format!("line {line}: {}", error.description()))
}

fn parse_error(message: impl Into<String>) -> Error {
    Error::new(Status::CONFIG_PARSE, message)
}

/// The one transport that the file names, in whichever shape.
fn transport(root: &Section) -> Result<Dial> {
    let dial = root.section("Dial")?;
    let mut names = Vec::new();
    if let Some(dial) = &dial {
        dial.allow(&["Unix", "Tcp", "Ws"])?;
        names.extend(dial.table.keys().map(|key| dial.name_of(key)));
    }
    if root.table.get("Network").is_some() || root.table.get("Address").is_some() {
        names.push("Network and Address".to_owned());
    }
    match names.len() {
        0 => {
            return Err(Error::new(
                Status::CONFIG_NO_TRANSPORT,
                "no transport: one of Dial.Unix, Dial.Tcp and Dial.Ws is needed",
            ));
        }
        1 => {}
        _ => {
            return Err(Error::new(
                Status::CONFIG_MULTIPLE_TRANSPORTS,
                format!("more than one transport: {}", names.join(", ")),
            ));
        }
    }
    let chosen = match dial {
        Some(dial) if !dial.table.is_empty() => newer(&dial)?,
        _ => flat(root)?,
    };
    chosen.validate().map_err(in_file)?;
    Ok(chosen)
}

/// An address that cannot be read is, in a file, a fault of the file.
fn in_file(error: Error) -> Error {
    match error.status() {
        Status::ARG_VALUE => parse_error(error.message()),
        _ => error,
    }
}

fn newer(dial: &Section) -> Result<Dial> {
    if let Some(unix) = dial.section("Unix")? {
        unix.allow(&["Address"])?;
        return Ok(Dial::unix(&unix.text("Address")?));
    }
    if let Some(tcp) = dial.section("Tcp")? {
        tcp.allow(&["Address", "Network"])?;
        return Ok(Dial::Tcp {
            address: tcp.text("Address")?,
            network: match tcp.optional_text("Network")? {
                Some(name) if !name.is_empty() => TcpNetwork::from_name(&name)?,
                _ => TcpNetwork::Tcp,
            },
        });
    }
    let ws = dial.section("Ws")?.ok_or_else(|| dial.missing("Ws"))?;
    ws.allow(&["Address"])?;
    let url = ws.text("Address")?;
    Ok(Dial::Ws { url })
}

fn flat(root: &Section) -> Result<Dial> {
    let network = root.text("Network")?;
    let address = root.text("Address")?;
    if network == "unix" {
        return Ok(Dial::unix(&address));
    }
    let network = TcpNetwork::from_name(&network).map_err(|_| {
        Error::new(
            Status::CONFIG_BAD_NETWORK,
            format!("Network is {network:?}, not unix, tcp, tcp4 or tcp6"),
        )
    })?;
    Ok(Dial::Tcp { address, network })
}

fn sphinx(table: Section) -> Result<SphinxGeometry> {
    table.allow(&[
        "PacketLength",
        "NrHops",
        "HeaderLength",
        "RoutingInfoLength",
        "PerHopRoutingInfoLength",
        "SURBLength",
        "SphinxPlaintextHeaderLength",
        "PayloadTagLength",
        "ForwardPayloadLength",
        "UserForwardPayloadLength",
        "NextNodeHopLength",
        "SPRPKeyMaterialLength",
        "NIKEName",
        "KEMName",
    ])?;
    Ok(SphinxGeometry {
        packet_length: table.length("PacketLength")?,
        nr_hops: table.length("NrHops")?,
        header_length: table.length("HeaderLength")?,
        routing_info_length: table.length("RoutingInfoLength")?,
        per_hop_routing_info_length: table.length("PerHopRoutingInfoLength")?,
        surb_length: table.length("SURBLength")?,
        sphinx_plaintext_header_length: table.length("SphinxPlaintextHeaderLength")?,
        payload_tag_length: table.length("PayloadTagLength")?,
        forward_payload_length: table.length("ForwardPayloadLength")?,
        user_forward_payload_length: table.length("UserForwardPayloadLength")?,
        next_node_hop_length: table.length("NextNodeHopLength")?,
        sprp_key_material_length: table.length("SPRPKeyMaterialLength")?,
        nike_name: table.optional_text("NIKEName")?.unwrap_or_default(),
        kem_name: table.optional_text("KEMName")?.unwrap_or_default(),
    })
}

fn pigeonhole(table: Section) -> Result<PigeonholeGeometry> {
    table.allow(&[
        "MaxPlaintextPayloadLength",
        "CourierQueryReadLength",
        "CourierQueryWriteLength",
        "CourierQueryReplyReadLength",
        "CourierQueryReplyWriteLength",
        "NIKEName",
        "SignatureSchemeName",
    ])?;
    Ok(PigeonholeGeometry {
        max_plaintext_payload_length: table.length("MaxPlaintextPayloadLength")?,
        courier_query_read_length: table.length("CourierQueryReadLength")?,
        courier_query_write_length: table.length("CourierQueryWriteLength")?,
        courier_query_reply_read_length: table.length("CourierQueryReplyReadLength")?,
        courier_query_reply_write_length: table.length("CourierQueryReplyWriteLength")?,
        nike_name: table.text("NIKEName")?,
        signature_scheme_name: table.text("SignatureSchemeName")?,
    })
}

/// A table and its place.
struct Section<'a> {
    path: String,
    table: &'a Table,
}

impl<'a> Section<'a> {
    fn name_of(&self, key: &str) -> String {
        match self.path.as_str() {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        }
    }

    fn allow(&self, known: &[&str]) -> Result<()> {
        match self.table.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(()),
            // The number means something else there, so it is of no use here.
            Some(key) if key == "BoxPayloadLength" => Err(Error::new(
                Status::CONFIG_UNKNOWN_KEY,
                format!(
                    "{:?} is of daemons v0.0.50 to v0.0.53, which this library cannot talk to; \
                     later ones write MaxPlaintextPayloadLength",
                    self.name_of(key)
                ),
            )),
            Some(key) => Err(Error::new(
                Status::CONFIG_UNKNOWN_KEY,
                format!("unknown key {:?}", self.name_of(key)),
            )),
        }
    }

    fn wrong_type(&self, key: &str, wanted: &str, found: &Value) -> Error {
        let name = self.name_of(key);
        parse_error(format!("{name} is {}, not {wanted}", found.kind()))
    }

    fn missing(&self, key: &str) -> Error {
        parse_error(format!("{} is missing", self.name_of(key)))
    }

    fn section(&self, key: &str) -> Result<Option<Section<'a>>> {
        match self.table.get(key) {
            None => Ok(None),
            Some(Value::Table(table)) => Ok(Some(Section {
                path: self.name_of(key),
                table,
            })),
            Some(other) => Err(self.wrong_type(key, "a table", other)),
        }
    }

    fn optional_text(&self, key: &str) -> Result<Option<String>> {
        match self.table.get(key) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text.clone())),
            Some(other) => Err(self.wrong_type(key, "a string", other)),
        }
    }

    fn text(&self, key: &str) -> Result<String> {
        self.optional_text(key)?.ok_or_else(|| self.missing(key))
    }

    fn length(&self, key: &str) -> Result<usize> {
        match self.table.get(key) {
            None => Err(self.missing(key)),
            Some(Value::Integer(length)) => usize::try_from(*length).map_err(|_| {
                let name = self.name_of(key);
                Error::new(
                    Status::BAD_GEOMETRY,
                    format!("{name} is {length}, which is no length"),
                )
            }),
            Some(other) => Err(self.wrong_type(key, "an integer", other)),
        }
    }
}

//! Decoded messages turned back into fields, so that they can be compared as wholes.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use kpclient::wire::{
    Authority, CourierEnvelopes, Incoming, MessageKind, PigeonholeGeometry, Reply, ReplyBody,
    SphinxGeometry,
};
use serde_cbor::Value;

use super::{bytes, int, some, text, Fields};

fn opt(content: &Option<impl AsRef<[u8]>>) -> Option<Value> {
    content.as_ref().map(|content| bytes(content.as_ref()))
}

fn secret<const N: usize>(content: &kpclient::wire::Secret<N>) -> Option<Value> {
    Some(bytes(content.as_ref()))
}

fn number(value: Option<impl Into<i128>>) -> Option<Value> {
    value.map(int)
}

fn list(values: impl Iterator<Item = Value>) -> Option<Value> {
    Some(Value::Array(values.collect()))
}

fn map(fields: Fields) -> Value {
    Value::Map(
        fields
            .into_iter()
            .map(|(key, value)| (Value::Text(key), value))
            .collect(),
    )
}

fn length(value: usize) -> Option<Value> {
    Some(int(i128::try_from(value).unwrap()))
}

/// The key and the fields of what was decoded.
pub fn shown(incoming: &Incoming) -> (String, Fields) {
    let (kind, fields) = match incoming {
        Incoming::Status(status) => (
            MessageKind::ConnectionStatus,
            some([
                ("is_connected", Some(Value::Bool(status.is_connected))),
                (
                    "err",
                    status
                        .err
                        .as_deref()
                        .map(|e| serde_cbor::from_slice(e).unwrap()),
                ),
                ("instance_token", opt(&status.instance_token)),
                ("sphinx_geometry", status.sphinx.as_ref().map(sphinx)),
                (
                    "pigeonhole_geometry",
                    status.pigeonhole.as_ref().map(pigeonhole),
                ),
            ]),
        ),
        Incoming::Document { payload } => (
            MessageKind::NewPkiDocument,
            some([("payload", opt(payload))]),
        ),
        Incoming::Shutdown => (MessageKind::Shutdown, Fields::new()),
        Incoming::MessageSent(sent) => (
            MessageKind::MessageSent,
            some([
                ("message_id", opt(&sent.message_id)),
                ("surbid", opt(&sent.surb_id)),
                ("sent_at", Some(int(sent.sent_at))),
                ("reply_eta", Some(int(sent.reply_eta_ns))),
                ("err", sent.err.as_deref().map(text)),
            ]),
        ),
        Incoming::MessageReply(reply) => (
            MessageKind::MessageReply,
            some([
                ("message_id", opt(&reply.message_id)),
                ("surbid", opt(&reply.surb_id)),
                ("payload", opt(&reply.payload)),
                ("reply_index", number(reply.reply_index)),
                ("error_code", Some(int(reply.error_code))),
            ]),
        ),
        Incoming::Collected(collected) => (
            MessageKind::Collected,
            some([("message_id", opt(&collected.message_id))]),
        ),
        Incoming::ChannelQuerySent(sent) => (
            MessageKind::ChannelQuerySent,
            some([
                ("message_id", opt(&sent.message_id)),
                ("sent_at", Some(int(sent.sent_at))),
                ("reply_eta", Some(int(sent.reply_eta_ns))),
                ("error_code", Some(int(sent.error_code))),
            ]),
        ),
        Incoming::ChannelQueryReply(reply) => (
            MessageKind::ChannelQueryReply,
            some([
                ("message_id", opt(&reply.message_id)),
                ("payload", opt(&reply.payload)),
                ("reply_index", number(reply.reply_index)),
                ("error_code", Some(int(reply.error_code))),
            ]),
        ),
        Incoming::SessionToken(token) => (
            MessageKind::SessionTokenReply,
            some([
                ("app_id", Some(bytes(&token.app_id))),
                ("resumed", Some(Value::Bool(token.resumed))),
            ]),
        ),
        Incoming::Reply(reply) => (reply.kind, reply_fields(reply)),
        other => panic!("{other:?}"),
    };
    (kind.key().to_owned(), fields)
}

fn reply_fields(reply: &Reply) -> Fields {
    let mut fields = body_fields(reply);
    fields.extend(some([
        ("query_id", opt(&reply.query_id)),
        ("error_code", Some(int(reply.error_code))),
    ]));
    fields
}

fn body_fields(reply: &Reply) -> Fields {
    match &reply.body {
        ReplyBody::Failed | ReplyBody::CancelResending | ReplyBody::CancelCopy => Fields::new(),
        ReplyBody::Keypair(pair) => some([
            ("write_cap", secret(&pair.write_cap)),
            ("read_cap", secret(&pair.read_cap)),
            ("first_message_index", secret(&pair.first_index)),
        ]),
        ReplyBody::Envelope(envelope) => some([
            ("message_ciphertext", Some(bytes(&envelope.ciphertext))),
            ("envelope_descriptor", Some(bytes(&envelope.descriptor))),
            ("envelope_hash", Some(bytes(&envelope.hash))),
            ("next_message_box_index", secret(&envelope.next_index)),
        ]),
        ReplyBody::StartResending(end) => some([
            ("plaintext", opt(&end.plaintext)),
            ("courier_identity_hash", opt(&end.courier)),
            ("courier_queue_id", opt(&end.courier_queue)),
        ]),
        ReplyBody::StartCopy(end) => some([
            ("replica_error_code", number(end.replica_error_code)),
            ("failed_envelope_index", number(end.failed_envelope)),
        ]),
        ReplyBody::NextIndex { index } => some([("next_message_box_index", secret(index))]),
        ReplyBody::Counter { counter } => some([("counter", Some(int(*counter)))]),
        ReplyBody::PkiDocument(document) => some([
            ("payload", Some(bytes(&document.payload))),
            ("epoch", Some(int(document.epoch))),
        ]),
        ReplyBody::Authorities(all) => some([("authorities", list(all.iter().map(authority)))]),
        ReplyBody::CourierEnvelopes(envelopes) => courier_envelopes(reply.kind, envelopes),
        ReplyBody::VoucherMint(_)
        | ReplyBody::VoucherInduct(_)
        | ReplyBody::VoucherOpen(_)
        | ReplyBody::VoucherStream(_) => voucher_fields(&reply.body),
        body => channel_fields(body),
    }
}

fn voucher_fields(body: &ReplyBody) -> Fields {
    match body {
        ReplyBody::VoucherMint(mint) => some([
            ("voucher", Some(bytes(&mint.voucher))),
            ("voucher_payload", Some(bytes(&mint.voucher_payload))),
            ("voucher_write_cap", secret(&mint.voucher_write_cap)),
            ("voucher_read_cap", secret(&mint.voucher_read_cap)),
            ("voucher_secret_key", Some(bytes(&mint.voucher_secret_key))),
            ("voucher_public_key", Some(bytes(&mint.voucher_public_key))),
        ]),
        ReplyBody::VoucherInduct(induct) => some([
            ("display_name", Some(text(&induct.display_name))),
            (
                "mutated_message_read_cap",
                secret(&induct.mutated_message_read_cap),
            ),
            ("sealed_reply", Some(bytes(&induct.sealed_reply))),
            ("voucher_write_cap", secret(&induct.voucher_write_cap)),
            ("voucher_read_cap", secret(&induct.voucher_read_cap)),
            ("salt", Some(bytes(&induct.salt))),
        ]),
        ReplyBody::VoucherOpen(open) => some([
            ("who_reply", Some(bytes(&open.who_reply))),
            ("salt", Some(bytes(&open.salt))),
            (
                "mutated_message_write_cap",
                secret(&open.mutated_message_write_cap),
            ),
        ]),
        ReplyBody::VoucherStream(stream) => some([
            ("voucher_write_cap", secret(&stream.write_cap)),
            ("voucher_read_cap", secret(&stream.read_cap)),
        ]),
        other => panic!("{other:?}"),
    }
}

fn channel_fields(body: &ReplyBody) -> Fields {
    match body {
        ReplyBody::WriteChannelCreated(channel) => some([
            ("channel_id", Some(int(channel.channel_id))),
            ("write_cap", secret(&channel.write_cap)),
            ("read_cap", secret(&channel.read_cap)),
        ]),
        ReplyBody::ChannelOpen { channel_id } => some([("channel_id", Some(int(*channel_id)))]),
        ReplyBody::ChannelWrite(write) => some([
            ("channel_id", Some(int(write.channel_id))),
            ("send_message_payload", Some(bytes(&write.payload))),
            ("current_message_index", secret(&write.current_index)),
            ("next_message_index", secret(&write.next_index)),
            ("envelope_hash", Some(bytes(&write.envelope_hash))),
            ("envelope_descriptor", Some(bytes(&write.descriptor))),
        ]),
        ReplyBody::ChannelRead(read) => some([
            ("channel_id", Some(int(read.channel_id))),
            ("send_message_payload", Some(bytes(&read.payload))),
            ("current_message_index", secret(&read.current_index)),
            ("next_message_index", secret(&read.next_index)),
            ("reply_index", number(read.reply_index)),
            ("envelope_hash", Some(bytes(&read.envelope_hash))),
            ("envelope_descriptor", Some(bytes(&read.descriptor))),
        ]),
        other => panic!("{other:?}"),
    }
}

fn courier_envelopes(kind: MessageKind, made: &CourierEnvelopes) -> Fields {
    let mut indices = made.next_indices.iter().map(|index| bytes(index.as_ref()));
    let (one, many) = match kind {
        MessageKind::EnvelopesFromMultiPayload => (None, list(indices)),
        _ => (indices.next(), None),
    };
    some([
        (
            "envelopes",
            list(made.envelopes.iter().map(|element| bytes(element))),
        ),
        ("buffer", opt(&made.buffer)),
        ("next_dest_index", one),
        ("next_dest_indices", many),
    ])
}

fn authority(authority: &Authority) -> Value {
    map(some([
        ("identifier", Some(text(&authority.identifier))),
        (
            "pki_signature_scheme",
            Some(text(&authority.pki_signature_scheme)),
        ),
        ("wire_kem_scheme", Some(text(&authority.wire_kem_scheme))),
        (
            "addresses",
            list(authority.addresses.iter().map(|address| text(address))),
        ),
        (
            "identity_public_key_pem",
            Some(text(&authority.identity_public_key_pem)),
        ),
        (
            "link_public_key_pem",
            Some(text(&authority.link_public_key_pem)),
        ),
        (
            "identity_key_hash",
            Some(bytes(&authority.identity_key_hash)),
        ),
    ]))
}

fn sphinx(geometry: &SphinxGeometry) -> Value {
    map(some([
        ("PacketLength", length(geometry.packet_length)),
        ("NrHops", length(geometry.nr_hops)),
        ("HeaderLength", length(geometry.header_length)),
        ("RoutingInfoLength", length(geometry.routing_info_length)),
        (
            "PerHopRoutingInfoLength",
            length(geometry.per_hop_routing_info_length),
        ),
        ("SURBLength", length(geometry.surb_length)),
        (
            "SphinxPlaintextHeaderLength",
            length(geometry.sphinx_plaintext_header_length),
        ),
        ("PayloadTagLength", length(geometry.payload_tag_length)),
        (
            "ForwardPayloadLength",
            length(geometry.forward_payload_length),
        ),
        (
            "UserForwardPayloadLength",
            length(geometry.user_forward_payload_length),
        ),
        ("NextNodeHopLength", length(geometry.next_node_hop_length)),
        (
            "SPRPKeyMaterialLength",
            length(geometry.sprp_key_material_length),
        ),
        ("NIKEName", Some(text(&geometry.nike_name))),
        ("KEMName", Some(text(&geometry.kem_name))),
    ]))
}

fn pigeonhole(geometry: &PigeonholeGeometry) -> Value {
    map(some([
        (
            "MaxPlaintextPayloadLength",
            length(geometry.max_plaintext_payload_length),
        ),
        (
            "CourierQueryReadLength",
            length(geometry.courier_query_read_length),
        ),
        (
            "CourierQueryWriteLength",
            length(geometry.courier_query_write_length),
        ),
        (
            "CourierQueryReplyReadLength",
            length(geometry.courier_query_reply_read_length),
        ),
        (
            "CourierQueryReplyWriteLength",
            length(geometry.courier_query_reply_write_length),
        ),
        ("NIKEName", Some(text(&geometry.nike_name))),
        (
            "SignatureSchemeName",
            Some(text(&geometry.signature_scheme_name)),
        ),
    ]))
}

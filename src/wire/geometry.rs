//! The two geometries: how long the network's packets and boxes are.
//!
//! Today's daemons send them in `connection_status_event`; for older ones they are in
//! thinclient.toml, under the same names. They differ from network to network.

use serde::{Deserialize, Serialize};

use crate::{Error, Result, Status};

use super::field::fields;

/// What a copy stream adds to the data of each element: flags and a length.
const ELEMENT_OVERHEAD: usize = 5;
/// Nothing that a daemon handles in one piece is longer than its longest frame.
const MAX_LENGTH: usize = 41_943_040;

/// The shape of Sphinx packets. Fields are named as on the wire, in Rust's spelling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)] // where the name says it all
pub struct SphinxGeometry {
    /// Length of a whole packet.
    pub packet_length: usize,
    /// Number of hops of a path.
    pub nr_hops: usize,
    pub header_length: usize,
    pub routing_info_length: usize,
    pub per_hop_routing_info_length: usize,
    /// Length of a single use reply block.
    #[serde(rename = "SURBLength")]
    pub surb_length: usize,
    pub sphinx_plaintext_header_length: usize,
    pub payload_tag_length: usize,
    /// What a packet carries; replies are padded to it.
    pub forward_payload_length: usize,
    /// The most that a plain message may carry.
    pub user_forward_payload_length: usize,
    pub next_node_hop_length: usize,
    #[serde(rename = "SPRPKeyMaterialLength")]
    pub sprp_key_material_length: usize,
    /// The key exchange of the packets; empty where a KEM is used.
    #[serde(rename = "NIKEName", default)]
    pub nike_name: String,
    /// The key encapsulation of the packets; empty where a NIKE is used.
    #[serde(rename = "KEMName", default)]
    pub kem_name: String,
}

/// The shape of Pigeonhole boxes. Fields are named as on the wire, in Rust's spelling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PigeonholeGeometry {
    /// The most that one box may carry.
    pub max_plaintext_payload_length: usize,
    /// Length of what asks a courier for a read.
    pub courier_query_read_length: usize,
    /// Length of what asks a courier for a write.
    pub courier_query_write_length: usize,
    /// Length of a courier's answer to a read.
    pub courier_query_reply_read_length: usize,
    /// Length of a courier's answer to a write.
    pub courier_query_reply_write_length: usize,
    /// The key exchange with the replicas.
    #[serde(rename = "NIKEName")]
    pub nike_name: String,
    /// The signatures on boxes; only `Ed25519` exists.
    pub signature_scheme_name: String,
}

impl SphinxGeometry {
    /// `BAD_GEOMETRY` for values that no network can have.
    pub fn validate(&self) -> Result<()> {
        for (name, length) in [
            ("PacketLength", self.packet_length),
            ("NrHops", self.nr_hops),
            ("HeaderLength", self.header_length),
            ("RoutingInfoLength", self.routing_info_length),
            ("PerHopRoutingInfoLength", self.per_hop_routing_info_length),
            ("SURBLength", self.surb_length),
            (
                "SphinxPlaintextHeaderLength",
                self.sphinx_plaintext_header_length,
            ),
            ("PayloadTagLength", self.payload_tag_length),
            ("ForwardPayloadLength", self.forward_payload_length),
            ("UserForwardPayloadLength", self.user_forward_payload_length),
            ("NextNodeHopLength", self.next_node_hop_length),
            ("SPRPKeyMaterialLength", self.sprp_key_material_length),
        ] {
            check_length("SphinxGeometry", name, length)?;
        }
        // Every term is below 40 MiB here, so the sums cannot overflow.
        let parts = self.header_length + self.payload_tag_length + self.forward_payload_length;
        if parts > self.packet_length {
            return bad("SphinxGeometry: PacketLength is less than the sum of its parts");
        }
        if self.routing_info_length > self.header_length {
            return bad("SphinxGeometry: RoutingInfoLength is more than HeaderLength");
        }
        if self.user_forward_payload_length >= self.forward_payload_length {
            return bad(
                "SphinxGeometry: UserForwardPayloadLength is not less than ForwardPayloadLength",
            );
        }
        if self.nike_name.is_empty() && self.kem_name.is_empty() {
            return bad("SphinxGeometry: neither NIKEName nor KEMName is set");
        }
        Ok(())
    }
}

impl PigeonholeGeometry {
    /// `BAD_GEOMETRY` for values that no network can have.
    pub fn validate(&self) -> Result<()> {
        for (name, length) in [
            (
                "MaxPlaintextPayloadLength",
                self.max_plaintext_payload_length,
            ),
            ("CourierQueryReadLength", self.courier_query_read_length),
            ("CourierQueryWriteLength", self.courier_query_write_length),
            (
                "CourierQueryReplyReadLength",
                self.courier_query_reply_read_length,
            ),
            (
                "CourierQueryReplyWriteLength",
                self.courier_query_reply_write_length,
            ),
        ] {
            check_length("PigeonholeGeometry", name, length)?;
        }
        if self.max_plaintext_payload_length <= ELEMENT_OVERHEAD {
            return bad(
                "PigeonholeGeometry: MaxPlaintextPayloadLength leaves no room in a copy stream",
            );
        }
        if self.max_plaintext_payload_length >= self.courier_query_write_length {
            return bad("PigeonholeGeometry: MaxPlaintextPayloadLength is not less than CourierQueryWriteLength");
        }
        if self.max_plaintext_payload_length >= self.courier_query_reply_read_length {
            return bad("PigeonholeGeometry: MaxPlaintextPayloadLength is not less than CourierQueryReplyReadLength");
        }
        if self.nike_name.is_empty() {
            return bad("PigeonholeGeometry: NIKEName is not set");
        }
        if self.signature_scheme_name != "Ed25519" {
            return bad("PigeonholeGeometry: SignatureSchemeName is not Ed25519");
        }
        Ok(())
    }
}

impl SphinxGeometry {
    /// From the map in a status event; keys that are not known are passed over.
    pub(super) fn decode(encoding: &[u8]) -> Result<Self> {
        let [packet, hops, header, routing, per_hop, surb, plaintext, tag, forward, user, next, sprp, nike, kem] =
            fields(
                "sphinx_geometry",
                encoding,
                [
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
                ],
            )?;
        Ok(SphinxGeometry {
            packet_length: packet.need_uint()?,
            nr_hops: hops.need_uint()?,
            header_length: header.need_uint()?,
            routing_info_length: routing.need_uint()?,
            per_hop_routing_info_length: per_hop.need_uint()?,
            surb_length: surb.need_uint()?,
            sphinx_plaintext_header_length: plaintext.need_uint()?,
            payload_tag_length: tag.need_uint()?,
            forward_payload_length: forward.need_uint()?,
            user_forward_payload_length: user.need_uint()?,
            next_node_hop_length: next.need_uint()?,
            sprp_key_material_length: sprp.need_uint()?,
            nike_name: nike.text()?.unwrap_or_default().to_owned(),
            kem_name: kem.text()?.unwrap_or_default().to_owned(),
        })
    }
}

impl PigeonholeGeometry {
    /// From the map in a status event; keys that are not known are passed over.
    pub(super) fn decode(encoding: &[u8]) -> Result<Self> {
        let [plaintext, read, write, reply_read, reply_write, nike, signature] = fields(
            "pigeonhole_geometry",
            encoding,
            [
                "MaxPlaintextPayloadLength",
                "CourierQueryReadLength",
                "CourierQueryWriteLength",
                "CourierQueryReplyReadLength",
                "CourierQueryReplyWriteLength",
                "NIKEName",
                "SignatureSchemeName",
            ],
        )?;
        Ok(PigeonholeGeometry {
            max_plaintext_payload_length: plaintext.need_uint()?,
            courier_query_read_length: read.need_uint()?,
            courier_query_write_length: write.need_uint()?,
            courier_query_reply_read_length: reply_read.need_uint()?,
            courier_query_reply_write_length: reply_write.need_uint()?,
            nike_name: nike.text()?.unwrap_or_default().to_owned(),
            signature_scheme_name: signature.text()?.unwrap_or_default().to_owned(),
        })
    }
}

fn check_length(table: &str, name: &str, length: usize) -> Result<()> {
    match length {
        0 => bad(format!("{table}: {name} is 0")),
        1..=MAX_LENGTH => Ok(()),
        _ => bad(format!("{table}: {name} is more than {MAX_LENGTH}")),
    }
}

fn bad(message: impl Into<String>) -> Result<()> {
    Err(Error::new(Status::BAD_GEOMETRY, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sphinx() -> SphinxGeometry {
        SphinxGeometry {
            packet_length: 3082,
            nr_hops: 5,
            header_length: 476,
            routing_info_length: 410,
            per_hop_routing_info_length: 82,
            surb_length: 572,
            sphinx_plaintext_header_length: 2,
            payload_tag_length: 32,
            forward_payload_length: 2574,
            user_forward_payload_length: 2000,
            next_node_hop_length: 65,
            sprp_key_material_length: 64,
            nike_name: "x25519".to_owned(),
            kem_name: String::new(),
        }
    }

    fn pigeonhole() -> PigeonholeGeometry {
        PigeonholeGeometry {
            max_plaintext_payload_length: 1677,
            courier_query_read_length: 2000,
            courier_query_write_length: 2000,
            courier_query_reply_read_length: 1846,
            courier_query_reply_write_length: 1846,
            nike_name: "x25519".to_owned(),
            signature_scheme_name: "Ed25519".to_owned(),
        }
    }

    #[test]
    fn the_geometry_of_a_real_network_is_accepted() {
        sphinx().validate().unwrap();
        pigeonhole().validate().unwrap();
    }

    #[test]
    fn impossible_sphinx_geometries_are_refused() {
        let changes: [fn(&mut SphinxGeometry); 7] = [
            |g| g.packet_length = 3081,
            |g| g.nr_hops = 0,
            |g| g.user_forward_payload_length = g.forward_payload_length,
            |g| g.routing_info_length = g.header_length + 1,
            |g| g.nike_name.clear(),
            |g| g.forward_payload_length = usize::MAX,
            |g| g.surb_length = 0,
        ];
        for change in changes {
            let mut geometry = sphinx();
            change(&mut geometry);
            let error = geometry.validate().unwrap_err();
            assert_eq!(error.status(), Status::BAD_GEOMETRY, "{geometry:?}");
        }
    }

    #[test]
    fn impossible_pigeonhole_geometries_are_refused() {
        let changes: [fn(&mut PigeonholeGeometry); 7] = [
            |g| g.max_plaintext_payload_length = 0,
            |g| g.max_plaintext_payload_length = 5,
            |g| g.max_plaintext_payload_length = 2000,
            |g| g.courier_query_reply_read_length = 1677,
            |g| g.courier_query_read_length = usize::MAX,
            |g| g.nike_name.clear(),
            |g| g.signature_scheme_name = "Ed448".to_owned(),
        ];
        for change in changes {
            let mut geometry = pigeonhole();
            change(&mut geometry);
            let error = geometry.validate().unwrap_err();
            assert_eq!(error.status(), Status::BAD_GEOMETRY, "{geometry:?}");
        }
    }

    #[test]
    fn the_wire_names_are_those_of_the_recorded_frames() {
        let transcript = crate::golden::transcripts("v0.0.99").remove(0);
        let (kind, fields) = crate::golden::message(&transcript[0]).unwrap();
        assert_eq!(kind, "connection_status_event");
        let field = |name: &str| {
            let value = &fields[&serde_cbor::Value::Text(name.to_owned())];
            serde_cbor::to_vec(value).unwrap()
        };
        let read: SphinxGeometry = serde_cbor::from_slice(&field("sphinx_geometry")).unwrap();
        assert_eq!(read, sphinx());
        let read: PigeonholeGeometry =
            serde_cbor::from_slice(&field("pigeonhole_geometry")).unwrap();
        assert_eq!(read, pigeonhole());
    }
}

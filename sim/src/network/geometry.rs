//! The two geometries as the daemon's status event carries them.

use serde::{Deserialize, Serialize};

use super::config::{Era, NetworkConfig};

/// Sizes of a Sphinx packet. Fields serialize under the wire's names, in the wire's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)]
pub struct SphinxGeometry {
    pub packet_length: u64,
    pub nr_hops: u64,
    pub header_length: u64,
    pub routing_info_length: u64,
    pub per_hop_routing_info_length: u64,
    #[serde(rename = "SURBLength")]
    pub surb_length: u64,
    pub sphinx_plaintext_header_length: u64,
    pub payload_tag_length: u64,
    pub forward_payload_length: u64,
    pub user_forward_payload_length: u64,
    pub next_node_hop_length: u64,
    #[serde(rename = "SPRPKeyMaterialLength")]
    pub sprp_key_material_length: u64,
    #[serde(rename = "NIKEName")]
    pub nike_name: String,
    #[serde(rename = "KEMName")]
    pub kem_name: String,
}

/// Sizes of the storage protocol. Fields serialize under the wire's names, in the wire's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)]
pub struct PigeonholeGeometry {
    pub max_plaintext_payload_length: u64,
    pub courier_query_read_length: u64,
    pub courier_query_write_length: u64,
    pub courier_query_reply_read_length: u64,
    pub courier_query_reply_write_length: u64,
    #[serde(rename = "NIKEName")]
    pub nike_name: String,
    pub signature_scheme_name: String,
}

/// The same in every recorded network.
pub(super) fn sphinx() -> SphinxGeometry {
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

/// Depends on the era. Every length changes with the plaintext size of a box.
pub(super) fn pigeonhole(config: &NetworkConfig) -> PigeonholeGeometry {
    let max = config.max_plaintext as u64;
    let key = config.scheme.extra_public() as u64;
    let (read, write, reply_read, reply_write) = match config.era {
        Era::V0_0_72 | Era::V0_0_73Rc1 => (231 + key, max + 319 + key, max + 145, 50),
        Era::Current => (max + 323 + key, max + 323 + key, max + 169, max + 169),
    };
    PigeonholeGeometry {
        max_plaintext_payload_length: max,
        courier_query_read_length: read,
        courier_query_write_length: write,
        courier_query_reply_read_length: reply_read,
        courier_query_reply_write_length: reply_write,
        nike_name: config.scheme.name().to_owned(),
        signature_scheme_name: "Ed25519".to_owned(),
    }
}

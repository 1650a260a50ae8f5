//! kpc_sphinx_geometry, kpc_pigeonhole_geometry: how long the network's packets and boxes are.

use std::ffi::{c_char, CStr};

use crate::ffi::boundary::arguments;
use crate::ffi::boundary::call;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::Neutral;
use crate::ffi::boundary::status::kpc_status;
use crate::wire::geometry::{PigeonholeGeometry, SphinxGeometry};
use crate::{Error, Result, Status};

/// Bytes that the name of a scheme takes in a geometry, with its NUL.
pub const KPC_SCHEME_NAME_SIZE: usize = 64;

/// The shape of the network's packets, lengths in bytes. Do not compose it by hand: newer daemons
/// publish it, for older ones it is in their configuration file.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct kpc_sphinx_geometry {
    /// A whole packet.
    pub packet_length: usize,
    /// Hops of a path.
    pub nr_hops: usize,
    /// A packet's header.
    pub header_length: usize,
    /// The routing information in a header.
    pub routing_info_length: usize,
    /// The routing information for one hop.
    pub per_hop_routing_info_length: usize,
    /// A single use reply block.
    pub surb_length: usize,
    /// What precedes a payload.
    pub sphinx_plaintext_header_length: usize,
    /// The tag by which a damaged payload is known.
    pub payload_tag_length: usize,
    /// What a packet carries; replies are padded to it.
    pub forward_payload_length: usize,
    /// The most that a plain message may carry.
    pub user_forward_payload_length: usize,
    /// The address of the next hop.
    pub next_node_hop_length: usize,
    /// The key material of the payload's cipher.
    pub sprp_key_material_length: usize,
    /// The key exchange; empty where a KEM is used.
    pub nike_name: [c_char; KPC_SCHEME_NAME_SIZE],
    /// The key encapsulation; empty where a NIKE is used.
    pub kem_name: [c_char; KPC_SCHEME_NAME_SIZE],
}

/// The shape of Pigeonhole boxes, lengths in bytes. Do not compose it by hand: newer daemons
/// publish it, for older ones it is in their configuration file.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct kpc_pigeonhole_geometry {
    /// The most that one box may carry.
    pub max_plaintext_payload_length: usize,
    /// What asks a courier for a read.
    pub courier_query_read_length: usize,
    /// What asks a courier for a write.
    pub courier_query_write_length: usize,
    /// A courier's answer to a read.
    pub courier_query_reply_read_length: usize,
    /// A courier's answer to a write.
    pub courier_query_reply_write_length: usize,
    /// The key exchange with the replicas.
    pub nike_name: [c_char; KPC_SCHEME_NAME_SIZE],
    /// The signatures on boxes.
    pub signature_scheme_name: [c_char; KPC_SCHEME_NAME_SIZE],
}

const NO_NAME: [c_char; KPC_SCHEME_NAME_SIZE] = [0; KPC_SCHEME_NAME_SIZE];

impl Neutral for kpc_sphinx_geometry {
    const NEUTRAL: Self = kpc_sphinx_geometry {
        packet_length: 0,
        nr_hops: 0,
        header_length: 0,
        routing_info_length: 0,
        per_hop_routing_info_length: 0,
        surb_length: 0,
        sphinx_plaintext_header_length: 0,
        payload_tag_length: 0,
        forward_payload_length: 0,
        user_forward_payload_length: 0,
        next_node_hop_length: 0,
        sprp_key_material_length: 0,
        nike_name: NO_NAME,
        kem_name: NO_NAME,
    };
}

impl Neutral for kpc_pigeonhole_geometry {
    const NEUTRAL: Self = kpc_pigeonhole_geometry {
        max_plaintext_payload_length: 0,
        courier_query_read_length: 0,
        courier_query_write_length: 0,
        courier_query_reply_read_length: 0,
        courier_query_reply_write_length: 0,
        nike_name: NO_NAME,
        signature_scheme_name: NO_NAME,
    };
}

/// A name that fits is copied, with its NUL; `BAD_GEOMETRY` otherwise.
fn to_name(name: &str) -> Result<[c_char; KPC_SCHEME_NAME_SIZE]> {
    let mut made = NO_NAME;
    if name.len() >= made.len() || name.contains('\0') {
        return Err(Error::new(
            Status::BAD_GEOMETRY,
            format!("a geometry with a name that no scheme has: {name:?}"),
        ));
    }
    for (to, from) in made.iter_mut().zip(name.bytes()) {
        *to = from as c_char;
    }
    Ok(made)
}

/// The name in a C array; `ARG_VALUE` if it does not end or is not UTF-8.
fn from_name(name: &[c_char; KPC_SCHEME_NAME_SIZE]) -> Result<String> {
    let bytes: [u8; KPC_SCHEME_NAME_SIZE] = name.map(|c| c as u8);
    CStr::from_bytes_until_nul(&bytes)
        .ok()
        .and_then(|text| text.to_str().ok())
        .map(str::to_owned)
        .ok_or_else(|| {
            Error::new(
                Status::ARG_VALUE,
                "the name of a scheme is not a NUL-terminated UTF-8 text",
            )
        })
}

impl TryFrom<&SphinxGeometry> for kpc_sphinx_geometry {
    type Error = Error;

    fn try_from(from: &SphinxGeometry) -> Result<Self> {
        Ok(kpc_sphinx_geometry {
            packet_length: from.packet_length,
            nr_hops: from.nr_hops,
            header_length: from.header_length,
            routing_info_length: from.routing_info_length,
            per_hop_routing_info_length: from.per_hop_routing_info_length,
            surb_length: from.surb_length,
            sphinx_plaintext_header_length: from.sphinx_plaintext_header_length,
            payload_tag_length: from.payload_tag_length,
            forward_payload_length: from.forward_payload_length,
            user_forward_payload_length: from.user_forward_payload_length,
            next_node_hop_length: from.next_node_hop_length,
            sprp_key_material_length: from.sprp_key_material_length,
            nike_name: to_name(&from.nike_name)?,
            kem_name: to_name(&from.kem_name)?,
        })
    }
}

impl TryFrom<&kpc_sphinx_geometry> for SphinxGeometry {
    type Error = Error;

    fn try_from(from: &kpc_sphinx_geometry) -> Result<Self> {
        Ok(SphinxGeometry {
            packet_length: from.packet_length,
            nr_hops: from.nr_hops,
            header_length: from.header_length,
            routing_info_length: from.routing_info_length,
            per_hop_routing_info_length: from.per_hop_routing_info_length,
            surb_length: from.surb_length,
            sphinx_plaintext_header_length: from.sphinx_plaintext_header_length,
            payload_tag_length: from.payload_tag_length,
            forward_payload_length: from.forward_payload_length,
            user_forward_payload_length: from.user_forward_payload_length,
            next_node_hop_length: from.next_node_hop_length,
            sprp_key_material_length: from.sprp_key_material_length,
            nike_name: from_name(&from.nike_name)?,
            kem_name: from_name(&from.kem_name)?,
        })
    }
}

impl TryFrom<&PigeonholeGeometry> for kpc_pigeonhole_geometry {
    type Error = Error;

    fn try_from(from: &PigeonholeGeometry) -> Result<Self> {
        Ok(kpc_pigeonhole_geometry {
            max_plaintext_payload_length: from.max_plaintext_payload_length,
            courier_query_read_length: from.courier_query_read_length,
            courier_query_write_length: from.courier_query_write_length,
            courier_query_reply_read_length: from.courier_query_reply_read_length,
            courier_query_reply_write_length: from.courier_query_reply_write_length,
            nike_name: to_name(&from.nike_name)?,
            signature_scheme_name: to_name(&from.signature_scheme_name)?,
        })
    }
}

impl TryFrom<&kpc_pigeonhole_geometry> for PigeonholeGeometry {
    type Error = Error;

    fn try_from(from: &kpc_pigeonhole_geometry) -> Result<Self> {
        Ok(PigeonholeGeometry {
            max_plaintext_payload_length: from.max_plaintext_payload_length,
            courier_query_read_length: from.courier_query_read_length,
            courier_query_write_length: from.courier_query_write_length,
            courier_query_reply_read_length: from.courier_query_reply_read_length,
            courier_query_reply_write_length: from.courier_query_reply_write_length,
            nike_name: from_name(&from.nike_name)?,
            signature_scheme_name: from_name(&from.signature_scheme_name)?,
        })
    }
}

/// Checks that a network can have this geometry.
///
/// @param geometry  the geometry
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_VALUE (a name that does not end),
///         KPC_ERR_BAD_GEOMETRY
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_sphinx_geometry_validate(
    geometry: *const kpc_sphinx_geometry,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, (), move || {
            SphinxGeometry::try_from(arguments::value(geometry, "geometry")?)?.validate()
        })
    }
}

/// Checks that a network can have this geometry.
///
/// @param geometry  the geometry
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, KPC_ERR_ARG_NULL, KPC_ERR_ARG_VALUE (a name that does not end),
///         KPC_ERR_BAD_GEOMETRY
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_pigeonhole_geometry_validate(
    geometry: *const kpc_pigeonhole_geometry,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, (), move || {
            PigeonholeGeometry::try_from(arguments::value(geometry, "geometry")?)?.validate()
        })
    }
}

//! The directory: what a client finds in it is there, and the signatures are real.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::{World, NOW};
use kpclient::bacap::blake2b_256;
use kpclient::pki::Document;
use kpclientd_sim::network::{Era, Network, NetworkConfig};
use serde_cbor::Value;

const ERAS: [Era; 3] = [Era::V0_0_72, Era::V0_0_73Rc1, Era::Current];

fn config(era: Era) -> NetworkConfig {
    NetworkConfig {
        epoch: 1000,
        ..NetworkConfig::new(era)
    }
}

#[test]
fn the_services_of_the_document_are_the_ones_that_answer() {
    for era in ERAS {
        let network = Network::new(config(era));
        let bytes = network.document(NOW, 0).unwrap();
        let document = Document::parse(bytes.into()).unwrap();
        assert_eq!(document.epoch(), network.epoch(NOW));
        let couriers = document.services("courier");
        assert_eq!(couriers.len(), network.config().couriers);
        for service in couriers {
            assert!(network.is_courier(&service.node, &service.queue));
            assert!(network.service_known(&service.node, &service.queue));
            assert!(!network.is_echo(&service.node, &service.queue));
        }
        for service in document.services("echo") {
            assert!(network.is_echo(&service.node, &service.queue));
            assert!(!network.is_courier(&service.node, &service.queue));
        }
    }
}

#[test]
fn nobody_else_answers() {
    let mut network = Network::new(config(Era::Current));
    let (node, queue) = network.courier_for().unwrap();
    assert!(network.is_courier(&node, &queue));
    assert!(!network.service_known(&node, b"nobody"));
    assert!(!network.service_known(&[7; 32], &queue));
    assert!(!network.is_courier(&[7; 32], &queue));
}

#[test]
fn couriers_are_chosen_at_random() {
    assert_eq!(World::new().couriers.len(), 3);
}

#[test]
fn rates_and_layers_are_the_configured_ones() {
    let network = Network::new(NetworkConfig {
        lambda_p: 0.25,
        mu: 0.5,
        layers: 4,
        ..config(Era::Current)
    });
    let document = Document::parse(network.document(NOW, 0).unwrap().into()).unwrap();
    assert_eq!((document.lambda_p(), document.mu()), (0.25, 0.5));
    assert_eq!(document.layers(), 4);
}

#[test]
fn the_epoch_goes_on_and_a_few_past_documents_are_kept() {
    let network = Network::new(NetworkConfig {
        epoch_length: Duration::from_secs(10),
        ..config(Era::Current)
    });
    let at = Duration::from_secs(105);
    assert_eq!(network.epoch(Duration::ZERO), 1000);
    assert_eq!(network.epoch(at), 1010);
    for epoch in 1007..=1010 {
        let bytes = network.document(at, epoch).unwrap();
        assert_eq!(Document::parse(bytes.into()).unwrap().epoch(), epoch);
        assert!(network.signed_document(at, epoch).is_some());
    }
    for epoch in [5, 1006, 1011] {
        assert!(network.document(at, epoch).is_none());
        assert!(network.signed_document(at, epoch).is_none());
    }
    assert!(network.document(at, 0) == network.document(at, 1010));
    assert!(network.document(at, 1009) != network.document(at, 1010));
}

#[test]
fn keys_stay_from_epoch_to_epoch_and_mix_keys_turn() {
    let network = Network::new(config(Era::Current));
    let mix = |epoch| {
        let bytes = network.document(Duration::from_secs(600), epoch).unwrap();
        let document: BTreeMap<String, Value> = serde_cbor::from_slice(&bytes).unwrap();
        let Value::Array(layers) = &document["Topology"] else {
            panic!("a list");
        };
        let Value::Array(layer) = &layers[0] else {
            panic!("a list");
        };
        let Value::Bytes(descriptor) = &layer[0] else {
            panic!("a byte string");
        };
        let descriptor: BTreeMap<String, Value> = serde_cbor::from_slice(descriptor).unwrap();
        (
            descriptor["IdentityKey"].clone(),
            descriptor["MixKeys"].clone(),
        )
    };
    let (one, next) = (mix(1003), mix(1004));
    assert_eq!(one.0, next.0);
    let (Value::Map(one), Value::Map(next)) = (one.1, next.1) else {
        panic!("maps");
    };
    let epoch = Value::Integer(1004);
    assert_eq!(
        one[&epoch], next[&epoch],
        "announced keys are the ones used"
    );
    assert!(!next.contains_key(&Value::Integer(1003)));
}

#[test]
fn the_certificate_is_really_signed_by_the_listed_authorities() {
    let network = Network::new(config(Era::Current));
    let bytes = network.signed_document(NOW, 0).unwrap();
    let certificate: BTreeMap<String, Value> = serde_cbor::from_slice(&bytes).unwrap();
    let Value::Bytes(certified) = &certificate["Certified"] else {
        panic!("a byte string");
    };
    assert!(*certified == network.document(NOW, 0).unwrap());
    let Value::Integer(expiration) = certificate["Expiration"] else {
        panic!("a number");
    };
    let message = [
        &0_u32.to_le_bytes()[..],
        &u64::try_from(expiration).unwrap().to_le_bytes(),
        b"Ed25519",
        certified,
    ]
    .concat();
    let Value::Map(signatures) = &certificate["Signatures"] else {
        panic!("a map");
    };
    let authorities = network.authorities();
    assert_eq!(signatures.len(), authorities.len());
    for authority in authorities {
        let key = unpem(&authority.identity_public_key_pem);
        assert_eq!(blake2b_256(&key), authority.identity_key_hash);
        let hash = Value::Bytes(authority.identity_key_hash.to_vec());
        let Value::Map(signature) = &signatures[&hash] else {
            panic!("a map");
        };
        assert_eq!(signature[&Value::Text("PublicKeySum256".into())], hash);
        let Value::Bytes(payload) = &signature[&Value::Text("Payload".into())] else {
            panic!("a byte string");
        };
        assert!(verify(&key, &message, payload));
    }
}

fn unpem(pem: &str) -> Vec<u8> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text = pem.lines().filter(|line| !line.starts_with('-'));
    let digits = text.flat_map(str::chars).filter_map(|c| ALPHABET.find(c));
    let bits: Vec<u8> = digits
        .flat_map(|digit| (0..6).rev().map(move |bit| (digit >> bit & 1) as u8))
        .collect();
    let byte = |bits: &[u8]| bits.iter().fold(0, |byte, bit| byte << 1 | bit);
    bits.chunks_exact(8).map(byte).collect()
}

/// Ed25519 by the book: S·B = R + H(R, A, M)·A.
fn verify(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
    use curve25519_dalek::scalar::Scalar;
    use sha2::{Digest, Sha512};
    let point = |bytes: &[u8]| {
        let compressed = CompressedEdwardsY::from_slice(bytes).unwrap();
        compressed.decompress().unwrap()
    };
    let challenge = Sha512::new()
        .chain_update(&signature[..32])
        .chain_update(key)
        .chain_update(message)
        .finalize();
    let challenge = Scalar::from_bytes_mod_order_wide(&challenge.into());
    let response = Scalar::from_bytes_mod_order(signature[32..].try_into().unwrap());
    EdwardsPoint::mul_base(&response) == point(&signature[..32]) + point(key) * challenge
}

#[test]
fn echo_returns_what_was_sent_and_zeros() {
    let network = Network::new(config(Era::Current));
    let reply = network.echo(b"ping");
    assert_eq!(reply.len(), 2574);
    assert_eq!(reply[..4], *b"ping");
    assert!(reply[4..].iter().all(|byte| *byte == 0));
}

#[test]
fn a_document_is_made_of_its_epoch_and_form_alone() {
    let made = || Network::new(config(Era::Current));
    let long = made();
    let epoch_length = long.config().epoch_length;
    let first = long.epoch(NOW);
    for epochs in 0..40 {
        let at = NOW + epoch_length * epochs;
        let epoch = first + u64::from(epochs);
        for epoch in [epoch, epoch.saturating_sub(2)] {
            // One that has made no document before.
            let fresh = made();
            let forms = |network: &Network| {
                [
                    network.document(at, epoch).unwrap(),
                    network.document_update(at, epoch).unwrap(),
                    network.signed_document(at, epoch).unwrap(),
                ]
            };
            assert_eq!(forms(&long), forms(&fresh), "epoch {epoch}");
            assert_eq!(forms(&long), forms(&long), "epoch {epoch}, again");
        }
    }
}

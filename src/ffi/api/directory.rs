//! kpc_pki_document_*, kpc_client_get_service: the network's documents and what is in them.

use std::ffi::c_char;
use std::sync::Arc;

use crate::ffi::api::buffer::{kpc_buffer, Buffer};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::geometry::{kpc_pigeonhole_geometry, kpc_sphinx_geometry};
use crate::ffi::api::values::{kpc_hash, kpc_service, service_value};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles;
use crate::ffi::boundary::handles::{Kind, Tag};
use crate::ffi::boundary::outputs::{out, out_handle};
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{call, free, get};
use crate::pki::{Document, Service};
use crate::{Error, Result, Status};

/// A directory document of the network, for one epoch. Immutable; stays as it is when the
/// client learns of a newer one.
pub struct kpc_pki_document {
    _opaque: (),
}

/// Instances of a service, in the order of their document.
pub struct kpc_services {
    _opaque: (),
}

impl Kind for kpc_pki_document {
    type Object = Document;
    const TAG: Tag = Tag::Document;
}

impl Kind for kpc_services {
    type Object = Vec<Service>;
    const TAG: Tag = Tag::Services;
}

fn destination(service: &Service) -> Result<kpc_service> {
    service_value(&service.node, &service.queue)
}

/// The current directory document, as the daemon last published it. Sends no request.
///
/// @param client    the client
/// @param document  receives the document
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_NO_PKI_DOCUMENT
///
/// Ownership: *document is the caller's, kpc_pki_document_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_pki_document(
    client: *const kpc_client,
    document: *mut *mut kpc_pki_document,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(document, "document"), move || {
            handles::get(client)?.pki_document()
        })
    }
}

/// The directory document of an epoch, if it is among the last five received; the current one
/// otherwise: kpc_pki_document_epoch returns which. Sends no request.
///
/// @param client    the client
/// @param epoch     the epoch
/// @param document  receives the document
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_NO_PKI_DOCUMENT
///
/// Ownership: *document is the caller's, kpc_pki_document_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_pki_document_for_epoch(
    client: *const kpc_client,
    epoch: u64,
    document: *mut *mut kpc_pki_document,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(document, "document"), move || {
            handles::get(client)?.pki_document_for_epoch(epoch)
        })
    }
}

/// The epoch that a document is for.
///
/// @param document  the document
/// @return the epoch; 0 for what is no live kpc_pki_document
#[no_mangle]
pub extern "C" fn kpc_pki_document_epoch(document: *const kpc_pki_document) -> u64 {
    get(0, || Ok(handles::get(document)?.epoch()))
}

/// How many packets a client of the network sends per millisecond on average (LambdaP of the
/// document); 0.001 means one a second.
///
/// @param document  the document
/// @return the rate; 0 for what is no live kpc_pki_document
#[no_mangle]
pub extern "C" fn kpc_pki_document_lambda_p(document: *const kpc_pki_document) -> f64 {
    get(0.0, || Ok(handles::get(document)?.lambda_p()))
}

/// A document as CBOR, without the signatures.
///
/// @param document  the document
/// @param cbor      receives the bytes
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any handle error
///
/// Ownership: *cbor is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_pki_document_cbor(
    document: *const kpc_pki_document,
    cbor: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(cbor, "cbor"), move || {
            Ok(Buffer::new(handles::get(document)?.cbor().clone()))
        })
    }
}

/// A document as readable JSON: the descriptors inside it are decoded, bytes are hexadecimal. If
/// that is more than five times as long as the document, the whole document is hexadecimal.
///
/// @param document  the document
/// @param text      receives the text, UTF-8 and followed by a NUL
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_NO_MEMORY
///
/// Ownership: *text is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_pki_document_to_json(
    document: *const kpc_pki_document,
    text: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(text, "text"), move || {
            handles::get(document)?.to_json().map(Buffer::text)
        })
    }
}

/// Whether a document names a node, for instance the courier of an operation that is running: one
/// that has vanished will not answer.
///
/// @param document  the document
/// @param node      hash of the node's identity key
/// @return true or false; false for what is no live kpc_pki_document, or for NULL
#[no_mangle]
pub unsafe extern "C" fn kpc_pki_document_has_identity(
    document: *const kpc_pki_document,
    node: *const kpc_hash,
) -> bool {
    get(false, || {
        // SAFETY: pointers are what the contract of the header says.
        let node = unsafe { arguments::value(node, "node")? };
        Ok(handles::get(document)?.has_identity(&node.bytes))
    })
}

/// All instances of a service in a document. An empty list is a success.
///
/// @param document    the document
/// @param capability  name of the service, such as "echo"
/// @param services    receives the list
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any argument error
///
/// Ownership: *services is the caller's, kpc_services_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_pki_document_find_services(
    document: *const kpc_pki_document,
    capability: *const c_char,
    services: *mut *mut kpc_services,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(services, "services"), move || {
            let document = handles::get(document)?;
            Ok(Arc::new(
                document.services(arguments::text(capability, "capability")?),
            ))
        })
    }
}

/// Frees a document.
///
/// @param document  the document; NULL is fine
#[no_mangle]
pub extern "C" fn kpc_pki_document_free(document: *mut kpc_pki_document) {
    free(document);
}

/// All instances of a service in the current document.
///
/// @param client      the client
/// @param capability  name of the service, such as "echo"
/// @param services    receives the list, which is not empty
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any argument error, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_SERVICE_NOT_FOUND
///
/// Ownership: *services is the caller's, kpc_services_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_get_services(
    client: *const kpc_client,
    capability: *const c_char,
    services: *mut *mut kpc_services,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(services, "services"), move || {
            let client = handles::get(client)?;
            client
                .services(arguments::text(capability, "capability")?)
                .map(Arc::new)
        })
    }
}

/// One instance of a service in the current document, chosen at random each time, each as
/// likely as any other.
///
/// @param client      the client
/// @param capability  name of the service, such as "echo"
/// @param service     receives where to send
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any argument error, KPC_ERR_NO_PKI_DOCUMENT, KPC_ERR_SERVICE_NOT_FOUND
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_get_service(
    client: *const kpc_client,
    capability: *const c_char,
    service: *mut kpc_service,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(service, "service"), move || {
            let client = handles::get(client)?;
            destination(&client.service(arguments::text(capability, "capability")?)?)
        })
    }
}

/// How many instances a list has.
///
/// @param services  the list
/// @return the number; 0 for what is no live kpc_services
#[no_mangle]
pub extern "C" fn kpc_services_count(services: *const kpc_services) -> usize {
    get(0, || Ok(handles::get(services)?.len()))
}

fn at(services: *const kpc_services, position: usize) -> Result<Service> {
    let services = handles::get(services)?;
    services.get(position).cloned().ok_or_else(|| {
        Error::new(
            Status::ARG_VALUE,
            format!("position {position} of {} services", services.len()),
        )
    })
}

/// Where to send to one instance of a list.
///
/// @param services  the list
/// @param position  which one, from 0
/// @param service   receives where to send
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any argument error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_services_at(
    services: *const kpc_services,
    position: usize,
    service: *mut kpc_service,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(service, "service"), move || {
            destination(&at(services, position)?)
        })
    }
}

/// The name of the node of one instance of a list, for people.
///
/// @param services  the list
/// @param position  which one, from 0
/// @param name      receives the text, UTF-8 and followed by a NUL
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any argument error
///
/// Ownership: *name is the caller's, kpc_buffer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_services_name_at(
    services: *const kpc_services,
    position: usize,
    name: *mut *mut kpc_buffer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_handle(name, "name"), move || {
            Ok(Buffer::text(at(services, position)?.name.to_string()))
        })
    }
}

/// Frees a list of services.
///
/// @param services  the list; NULL is fine
#[no_mangle]
pub extern "C" fn kpc_services_free(services: *mut kpc_services) {
    free(services);
}

/// The geometry of the network's packets, from the daemon, or from the configuration where the
/// daemon does not publish it (before v0.0.76).
///
/// @param client    the client
/// @param geometry  receives the geometry
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_NO_GEOMETRY
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_sphinx_geometry(
    client: *const kpc_client,
    geometry: *mut kpc_sphinx_geometry,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(geometry, "geometry"), move || {
            (&handles::get(client)?.sphinx_geometry()?).try_into()
        })
    }
}

/// The geometry of the network's boxes, from the daemon, or from the configuration where the daemon
/// does not publish it (before v0.0.76).
///
/// @param client    the client
/// @param geometry  receives the geometry
/// @param error     receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_NO_GEOMETRY
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_pigeonhole_geometry(
    client: *const kpc_client,
    geometry: *mut kpc_pigeonhole_geometry,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out(geometry, "geometry"), move || {
            (&handles::get(client)?.pigeonhole_geometry()?).try_into()
        })
    }
}

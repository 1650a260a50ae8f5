"""Directory documents, and the services that they list."""

from __future__ import annotations

import hashlib
import pprint
from typing import Any, Dict, List, Tuple

from ._cbor import decoded


def blake2_256_sum(data: bytes) -> bytes:
    """BLAKE2b with 32 bytes."""
    return hashlib.blake2b(data, digest_size=32).digest()


class ServiceDescriptor:
    """A service: the node that offers it, as the document describes it, and the queue there."""

    def __init__(self, recipient_queue_id: bytes, mix_descriptor: Dict[Any, Any]) -> None:
        self.recipient_queue_id = recipient_queue_id
        self.mix_descriptor = mix_descriptor

    def to_destination(self) -> Tuple[bytes, bytes]:
        """What the calls that send take: the hash of the node, and the queue."""
        return blake2_256_sum(self.mix_descriptor["IdentityKey"]), self.recipient_queue_id


def _descriptor(entry: Any) -> Any:
    """Most nodes are written as CBOR of their own, inside that of the document."""
    return decoded(entry) if isinstance(entry, bytes) else entry


def find_services(capability: str, doc: Dict[str, Any]) -> List[ServiceDescriptor]:
    """All services of this name, in the order of the document; perhaps none."""
    found = []
    for entry in doc["ServiceNodes"]:
        node = _descriptor(entry)
        service = (node.get("Kaetzchen") or {}).get(capability)
        if service is not None:
            queue = service["endpoint"]
            found.append(ServiceDescriptor(queue.encode() if isinstance(queue, str) else queue, node))
    return found


def pretty_print_obj(obj: Any) -> str:
    """An object as a text for people."""
    return pprint.pformat(obj)


def readable(doc: Dict[str, Any]) -> Dict[str, Any]:
    """The document with its nodes as they are inside."""
    copy = dict(doc)
    for name in ("GatewayNodes", "ServiceNodes", "StorageReplicas"):
        copy[name] = [_descriptor(entry) for entry in doc.get(name) or []]
    copy["Topology"] = [_descriptor(entry) for layer in doc.get("Topology") or [] for entry in layer]
    return copy

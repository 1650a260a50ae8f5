"""How large packets and boxes are."""

from __future__ import annotations

from typing import Any, Dict

from ..values import PigeonholeGeometry as PigeonholeSizes
from ..values import SphinxGeometry


class Geometry:
    """The sizes of the network's packets, under the names of its configuration files."""

    def __init__(
        self,
        *,
        PacketLength: int,
        NrHops: int,
        HeaderLength: int,
        RoutingInfoLength: int,
        PerHopRoutingInfoLength: int,
        SURBLength: int,
        SphinxPlaintextHeaderLength: int,
        PayloadTagLength: int,
        ForwardPayloadLength: int,
        UserForwardPayloadLength: int,
        NextNodeHopLength: int,
        SPRPKeyMaterialLength: int,
        NIKEName: str = "",
        KEMName: str = "",
    ) -> None:
        self.PacketLength = PacketLength
        self.NrHops = NrHops
        self.HeaderLength = HeaderLength
        self.RoutingInfoLength = RoutingInfoLength
        self.PerHopRoutingInfoLength = PerHopRoutingInfoLength
        self.SURBLength = SURBLength
        self.SphinxPlaintextHeaderLength = SphinxPlaintextHeaderLength
        self.PayloadTagLength = PayloadTagLength
        self.ForwardPayloadLength = ForwardPayloadLength
        self.UserForwardPayloadLength = UserForwardPayloadLength
        self.NextNodeHopLength = NextNodeHopLength
        self.SPRPKeyMaterialLength = SPRPKeyMaterialLength
        self.NIKEName = NIKEName
        self.KEMName = KEMName

    def __str__(self) -> str:
        return "\n".join(f"{name}: {value}" for name, value in vars(self).items())


class PigeonholeGeometry:
    """The sizes of boxes and of what is sent for them."""

    #: So many bytes before a message say how long it is.
    LENGTH_PREFIX_SIZE = 4

    def __init__(
        self,
        *,
        max_plaintext_payload_length: int,
        courier_query_read_length: int = 0,
        courier_query_write_length: int = 0,
        courier_query_reply_read_length: int = 0,
        courier_query_reply_write_length: int = 0,
        nike_name: str = "",
        signature_scheme_name: str = "Ed25519",
    ) -> None:
        self.max_plaintext_payload_length = max_plaintext_payload_length
        self.courier_query_read_length = courier_query_read_length
        self.courier_query_write_length = courier_query_write_length
        self.courier_query_reply_read_length = courier_query_reply_read_length
        self.courier_query_reply_write_length = courier_query_reply_write_length
        self.nike_name = nike_name
        self.signature_scheme_name = signature_scheme_name

    def validate(self) -> None:
        """Raises `ValueError` for sizes and names that no network has."""
        if self.max_plaintext_payload_length <= 0:
            raise ValueError("a box holds at least one byte")
        if not self.nike_name:
            raise ValueError("the key exchange has no name")
        if self.signature_scheme_name != "Ed25519":
            raise ValueError(f"boxes are not signed with {self.signature_scheme_name}")

    def padded_payload_length(self) -> int:
        """How long a message is with its length before it."""
        return self.max_plaintext_payload_length + self.LENGTH_PREFIX_SIZE

    def __str__(self) -> str:
        return "\n".join(f"{name}: {value}" for name, value in vars(self).items())


def sphinx_table(sizes: SphinxGeometry) -> Dict[str, Any]:
    """The geometry of packets under its names in the protocol."""
    return {
        "PacketLength": sizes.packet_length,
        "NrHops": sizes.nr_hops,
        "HeaderLength": sizes.header_length,
        "RoutingInfoLength": sizes.routing_info_length,
        "PerHopRoutingInfoLength": sizes.per_hop_routing_info_length,
        "SURBLength": sizes.surb_length,
        "SphinxPlaintextHeaderLength": sizes.sphinx_plaintext_header_length,
        "PayloadTagLength": sizes.payload_tag_length,
        "ForwardPayloadLength": sizes.forward_payload_length,
        "UserForwardPayloadLength": sizes.user_forward_payload_length,
        "NextNodeHopLength": sizes.next_node_hop_length,
        "SPRPKeyMaterialLength": sizes.sprp_key_material_length,
        "NIKEName": sizes.nike_name,
        "KEMName": sizes.kem_name,
    }


def pigeonhole_table(sizes: PigeonholeSizes) -> Dict[str, Any]:
    """The geometry of boxes under its names in the protocol."""
    return {
        "MaxPlaintextPayloadLength": sizes.max_plaintext_payload_length,
        "CourierQueryReadLength": sizes.courier_query_read_length,
        "CourierQueryWriteLength": sizes.courier_query_write_length,
        "CourierQueryReplyReadLength": sizes.courier_query_reply_read_length,
        "CourierQueryReplyWriteLength": sizes.courier_query_reply_write_length,
        "NIKEName": sizes.nike_name,
        "SignatureSchemeName": sizes.signature_scheme_name,
    }


def pigeonhole_of(sizes: PigeonholeSizes) -> PigeonholeGeometry:
    """The geometry of boxes."""
    return PigeonholeGeometry(**vars(sizes))

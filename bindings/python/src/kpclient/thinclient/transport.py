"""Where the daemon listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Optional, Union


@dataclass
class UnixDialConfig:
    """A Unix domain socket; `@` at the beginning means an abstract address."""

    address: str


@dataclass
class TcpDialConfig:
    """A TCP address, `host:port`; the network is tcp, tcp4 or tcp6."""

    address: str
    network: str = "tcp"


@dataclass
class DialConfig:
    """One of the two."""

    unix: Optional[UnixDialConfig] = None
    tcp: Optional[TcpDialConfig] = None

    def validate(self) -> None:
        """Raises `ValueError` unless it is exactly one."""
        if (self.unix is None) == (self.tcp is None):
            raise ValueError("exactly one transport is needed, Unix or Tcp")

    def resolve(self) -> Union[UnixDialConfig, TcpDialConfig]:
        """The one that is there."""
        self.validate()
        return self.unix or self.tcp  # type: ignore[return-value]

    @classmethod
    def from_toml_dict(cls, data: Dict[str, Any]) -> DialConfig:
        """What the table `Dial` of a configuration file says."""
        unknown = set(data) - {"Unix", "Tcp"}
        if unknown:
            raise ValueError(f"unknown transport: {', '.join(sorted(unknown))}")
        unix, tcp = data.get("Unix"), data.get("Tcp")
        made = cls(
            unix=UnixDialConfig(unix["Address"]) if unix else None,
            tcp=TcpDialConfig(tcp["Address"], tcp.get("Network") or "tcp") if tcp else None,
        )
        made.validate()
        return made

"""The nouns of evidence: who was seen to call whom, how it was secured, since when."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec


class Security(StrEnum):
    """How calls came: by the mesh's mutual TLS, in plaintext, by TLS of the caller's own; REFUSED
    are those that the workload's proxy took in no way."""

    MUTUAL = "mtls"
    PLAINTEXT = "plaintext"
    TLS = "tls"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Contact:
    """Calls of one kind from one caller to one workload `NAMESPACE/NAME`.

    The caller is a workload or a SPIFFE id, else "" and known by its address alone. Of arrivals the
    `port` is the workload's; of calls that the caller's proxy counted there are `service` and
    `protocol`, and the port is 0.
    """

    source: str
    address: str
    destination: str
    security: Security
    port: int = 0
    service: str = ""
    protocol: str = ""
    reporter: str = "destination"


class Occasions(msgspec.Struct):
    """How many calls, and when the first and the last of them were told of, in seconds."""

    count: int
    first: float
    last: float

    def more(self, count: int, now: float) -> None:
        """As many again."""
        self.count += count
        self.last = now


@dataclass(frozen=True, slots=True)
class Handshakes:
    """What handshakes of a workload's callers with a service agreed on: curves or versions.

    Of decisions of authorization, `source` is the workload that was called, `service` what was
    decided by which rule, and `name` the caller's identity.
    """

    source: str
    service: str
    kind: str
    name: str

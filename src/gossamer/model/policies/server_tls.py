"""TLS that a gateway terminates."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class ServerTlsMode(StrEnum):
    """How a gateway's listener treats TLS. SIMPLE terminates it with a certificate."""

    SIMPLE = "SIMPLE"


@dataclass(frozen=True, slots=True)
class ServerTls:
    """`secrets` are TLS secrets, one certificate each: `NAMESPACE/NAME`, or in Istio's dialect a
    bare name, which is looked up where the gateway's workload runs.

    `refused` says why they may not be used (a missing grant): the listener is not opened.
    """

    WORD: ClassVar[str] = "server_tls"

    mode: ServerTlsMode
    secrets: tuple[str, ...] = ()
    refused: str = ""


@dataclass(frozen=True, slots=True)
class HttpsRedirect:
    """Plain HTTP on this listener is answered 301 to the same URL with https."""

    WORD: ClassVar[str] = "server_tls"

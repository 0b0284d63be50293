"""TLS that a client's proxy originates toward a host."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class ClientTlsMode(StrEnum):
    """DISABLE is plaintext, ISTIO_MUTUAL the mesh's own identities."""

    DISABLE = "DISABLE"
    SIMPLE = "SIMPLE"
    MUTUAL = "MUTUAL"
    ISTIO_MUTUAL = "ISTIO_MUTUAL"


@dataclass(frozen=True, slots=True)
class ClientTls:
    """How to speak TLS to a host.

    `credential` names a Secret of the client's namespace (MUTUAL: chain and key; SIMPLE: roots).
    `of_files` is what rests on files, which no proxy reads: it believes nobody. With `insecure` the
    server's certificate is not checked.
    """

    WORD: ClassVar[str] = "client_tls"

    mode: ClientTlsMode
    sni: str = ""
    subject_alt_names: tuple[str, ...] = ()
    credential: str = ""
    of_files: bool = False
    insecure: bool = False

"""What a proxy counted about TLS: who came without the mesh's, and what handshakes agreed on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class What(StrEnum):
    """What is counted.

    PLAINTEXT, TLS (the caller's own) and REFUSED are calls from an address to a port; CURVES and
    VERSIONS are handshakes with a service; BEYOND is calls from more addresses than are kept.
    """

    PLAINTEXT = "plaintext"
    TLS = "tls"
    REFUSED = "refused"
    CURVES = "curves"
    VERSIONS = "versions"
    BEYOND = "beyond"


ARRIVALS = (What.PLAINTEXT, What.TLS, What.REFUSED)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A counter: of an arrival `about` is the caller's address and `detail` the port; of a
    handshake the service's host, and the curve or version."""

    what: What
    about: str = ""
    detail: str = ""


_OWN_TLS = "|own-tls"
_NAMES = {
    name.translate(str.maketrans("-.", "__")): name
    for name in ("X25519MLKEM768", "X25519", "P-256", "P-384", "P-521", "TLSv1.2", "TLSv1.3")
}


def arrival(counter: str, labels: Mapping[str, str]) -> Evidence | None:
    """What a counter of calls without the mesh's TLS says; None where its tags are not ours."""
    address, port = labels.get("address", ""), labels.get("port", "")
    if not address or not port.isdecimal():
        return None
    own_tls = labels.get("chain", "").endswith(_OWN_TLS)
    accepted = What.TLS if own_tls else What.PLAINTEXT
    return Evidence(What.REFUSED if counter == What.REFUSED else accepted, address, port)


def handshake(kind: str, service: str, name: str) -> Evidence:
    """What a counter of handshakes says; Prometheus text knows no dots."""
    return Evidence(What(kind), service, _NAMES.get(name, name))

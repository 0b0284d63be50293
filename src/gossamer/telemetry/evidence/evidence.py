"""What a proxy counted about security: who came without the mesh's TLS, what handshakes agreed on,
and what rules of authorization decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class What(StrEnum):
    """What is counted.

    PLAINTEXT, TLS (the caller's own) and REFUSED are calls from an address to a port; CURVES and
    VERSIONS are handshakes with a service; DECIDED are requests of a caller by a rule; BEYOND is
    calls from more addresses than are kept.
    """

    PLAINTEXT = "plaintext"
    TLS = "tls"
    REFUSED = "refused"
    CURVES = "curves"
    VERSIONS = "versions"
    DECIDED = "decided"
    BEYOND = "beyond"


ARRIVALS = (What.PLAINTEXT, What.TLS, What.REFUSED)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A counter: of an arrival `about` is the caller's address and `detail` the port; of a
    handshake the service's host, and the curve or version; of a decision what was decided, with
    the rule (`refused AuthorizationPolicy shop/only-web rule 0`), and the caller's identity."""

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


def decisions(labels: Mapping[str, str]) -> Iterator[Evidence]:
    """What a counter of authorization says: one request may have met several rules."""
    peer = labels.get("peer", "").removeprefix(_NOBODY)
    for tag in ("refused", "would_refuse", "noted"):
        rule = labels.get(tag, _NOBODY)
        if rule not in (_NOBODY, ""):
            yield Evidence(What.DECIDED, f"{tag} {rule}", peer)
    if labels.get("would_let_in") == _REFUSED:
        yield Evidence(What.DECIDED, "would_let_in no", peer)


_NOBODY, _REFUSED = "-", "denied"

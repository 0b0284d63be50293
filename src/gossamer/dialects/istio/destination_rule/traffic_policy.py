"""`trafficPolicy`: how a host, one of its ports or one of its subsets is called."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.dialects.istio.destination_rule.client_tls import read_client_tls
from gossamer.dialects.istio.destination_rule.connection_pool import read_connection_pool
from gossamer.dialects.istio.destination_rule.load_balancer import read_load_balancer
from gossamer.dialects.istio.destination_rule.outlier_detection import read_outlier_detection
from gossamer.dialects.istio.says_nothing import check_says_something
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.finding import Severity
from gossamer.model.policies import Policies, policies

PortPolicies = tuple[tuple[int, Policies], ...]
Said = tuple[Policies, PortPolicies]


def read_traffic_policy(stanza: Fields) -> Said | None:
    """The policies and those of single ports; None where an error leaves calls unprotected."""
    check_says_something(stanza)
    stanzas = list(stanza.each("portLevelSettings"))
    sound = not stanza.failed
    own = _policies(stanza)
    ports = list(_ports(stanzas))
    stanza.unsupported("tunnel", effect="connections are not tunnelled")
    stanza.unsupported("proxyProtocol", effect="no PROXY protocol header is sent")
    stanza.unsupported("retryBudget", effect="retries are bounded by connectionPool alone")
    if not sound or own is None or None in ports:
        return None
    return own, tuple(port for port in ports if port is not None)


def _ports(stanzas: list[Fields]) -> Iterator[tuple[int, Policies] | None]:
    seen: set[int] = set()
    for stanza in stanzas:
        check_says_something(stanza, "port")
        number = stanza.child("port", required=True).port("number", required=True)
        if number in seen:
            _tell_again(stanza, number)
        seen.update(() if number is None else (number,))
        sound, found = not stanza.failed, _policies(stanza)
        yield (number, found) if sound and number is not None and found is not None else None


def _tell_again(stanza: Fields, number: int) -> None:
    stanza.report(
        f"{dotted((*stanza.path, 'port', 'number'))} is {number}, which earlier settings have too",
        "these settings are used, the earlier ones are not",
        "Put both into one item",
        field=("port", "number"),
        severity=Severity.WARNING,
        code="duplicate-port",
    )


def _policies(stanza: Fields) -> Policies | None:
    client_tls = read_client_tls(stanza)
    found = (
        client_tls,
        read_load_balancer(stanza),
        read_connection_pool(stanza),
        read_outlier_detection(stanza),
    )
    if stanza.child("tls").failed:
        return None
    return policies(*(value for value in found if value is not None))

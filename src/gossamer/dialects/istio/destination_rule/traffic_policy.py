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
    own = _policies(stanza)
    ports = list(_ports(stanza))
    stanza.unsupported("tunnel", effect="connections are not tunnelled")
    stanza.unsupported("proxyProtocol", effect="no PROXY protocol header is sent")
    stanza.unsupported("retryBudget", effect="retries are bounded by connectionPool alone")
    return None if stanza.failed else (own, tuple(ports))


def _ports(whole: Fields) -> Iterator[tuple[int, Policies]]:
    seen: set[int] = set()
    for stanza in whole.each("portLevelSettings"):
        check_says_something(stanza, "port")
        number = stanza.child("port", required=True).port("number", required=True)
        if number in seen:
            _tell_again(stanza, number)
        seen.update(() if number is None else (number,))
        values = _policies(stanza)
        if number is not None and not stanza.failed:
            yield number, values


def _tell_again(stanza: Fields, number: int) -> None:
    stanza.report(
        f"{dotted((*stanza.path, 'port', 'number'))} is {number}, which earlier settings have too",
        "these settings are used, the earlier ones are not",
        "Put both into one item",
        field=("port", "number"),
        severity=Severity.WARNING,
        code="duplicate-port",
    )


def _policies(stanza: Fields) -> Policies:
    """TLS decides; what else is wrong is left out alone."""
    extra = stanza.optional()
    values = (
        read_client_tls(stanza),
        read_load_balancer(extra),
        read_connection_pool(extra),
        read_outlier_detection(extra),
    )
    return policies(*(value for value in values if value is not None))

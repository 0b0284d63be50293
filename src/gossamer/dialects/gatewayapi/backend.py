"""backendRefs: the weighted backends of a rule, in this namespace or another.

What cannot be a backend keeps its share, which is answered 500. Whether a ReferenceGrant allows
another namespace is seen where all objects are at hand.
"""

from __future__ import annotations

from gossamer.dialects.gatewayapi.http_route.filters import Filters, read_filters
from gossamer.dialects.gatewayapi.words import check_namespace
from gossamer.dialects.values.hostname import is_host, tell_bad_host
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.finding import Severity
from gossamer.model.ids import service_host
from gossamer.model.policies.headers import Headers
from gossamer.model.traffic.route import Backend

_WHOLE = (0, 1, 100)
"""Weights of a lone backend that count as unset: none, and what tools write for all."""
_LARGEST = 1_000_000
NONE = Backend("", refused="no backend has any weight")


def read_backends(rule: Fields, namespace: str) -> tuple[Backend, ...] | None:
    """The backends of a rule, one that refuses where none has any weight; None on errors."""
    backends = [_backend(item, namespace) for item in rule.each("backendRefs")]
    good = tuple(backend for backend in backends if backend is not None)
    if len(backends) == len(good) == 1 and good[0].weight not in _WHOLE:
        _tell_alone(rule, good[0].weight)
    if len(good) < len(backends):
        return None
    return good if any(backend.weight for backend in good) else (NONE,)


def _tell_alone(rule: Fields, weight: int) -> None:
    rule.report(
        f"{dotted((*rule.path, 'backendRefs', 0, 'weight'))} is {weight}, and there is no other "
        "backend",
        "it gets all requests of the rule",
        "Remove the weight, or add the backend that gets the rest",
        field=("backendRefs", 0, "weight"),
        severity=Severity.WARNING,
        code="no-effect",
    )


def _backend(item: Fields, namespace: str) -> Backend | None:
    weight = item.integer("weight", 1, low=0, high=_LARGEST)
    backend = read_reference(item, namespace)
    filters = read_filters(item, namespace)
    if backend is None or filters is None or _misplaced(item, filters):
        return None
    return Backend(
        host=backend.host,
        port=backend.port,
        weight=weight,
        policies=filters.policies,
        refused=backend.refused or filters.refused,
    )


def read_reference(item: Fields, namespace: str) -> Backend | None:
    """The service and port that a reference means, refused where it means neither."""
    group, kind = item.string("group", ""), item.string("kind", "Service")
    name = item.string("name", required=True) or ""
    home = item.string("namespace") or namespace
    port = item.port("port")
    check_namespace(item)
    if name and not is_host(name):
        tell_bad_host(item, "name", name)
    if item.failed:
        return None
    if (group, kind) != ("", "Service"):
        _tell_kind(item.optional(), kind)
        return Backend("", refused=f"a backend of kind {kind}")
    if port is None:
        _tell_no_port(item.optional())
        return Backend(service_host(name, home), refused="a backend without port")
    return Backend(service_host(name, home), port)


def _misplaced(item: Fields, filters: Filters) -> bool:
    """Whether one backend has filters that only a whole rule may have."""
    if all(type(value) is Headers for value in filters.policies):
        return False
    item.report(
        f"{dotted((*item.path, 'filters'))} has a filter that only a whole rule may have",
        "it cannot apply to one backend only",
        "Move the filter to the rule",
        field="filters",
        code="misplaced-filter",
    )
    return True


def _tell_kind(item: Fields, kind: str) -> None:
    item.report(
        f"{dotted(item.path)} refers to a {kind}, which cannot receive requests",
        "its share of the requests is answered 500",
        "Refer to a Service",
        field="kind",
        code="invalid-reference",
    )


def _tell_no_port(item: Fields) -> None:
    item.report(
        f"{dotted(item.path)} names no port of the service",
        "its share of the requests is answered 500",
        "Set port",
        field="port",
        code="missing-field",
    )

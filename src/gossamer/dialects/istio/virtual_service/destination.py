"""Destinations: the weighted backends of an HTTP rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gossamer.dialects.istio.virtual_service.policies.headers import read_headers
from gossamer.dialects.values.hostname import is_pattern, tell_bad_host
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.finding import Severity
from gossamer.model.ids import EVERYWHERE, expand_host
from gossamer.model.policies import NO_POLICIES, policies
from gossamer.model.traffic.route import Backend

_LARGEST = 2**31 - 1
_LARGEST_SUM = 2**32 - 1


def read_destination(destination: Fields, namespace: str) -> Backend | None:
    """A host, one of its ports and one of its subsets; None where there is an error."""
    host = destination.string("host", required=True)
    subset = destination.string("subset", "")
    port = destination.child("port")
    number = port.port("number", required=True) if port else None
    if host is None or destination.failed:
        return None
    if host == EVERYWHERE or not is_pattern(host):
        tell_bad_host(destination, "host", host)
        return None
    return Backend(expand_host(host, namespace), number, subset)


def read_backends(rule: Fields, namespace: str) -> tuple[Backend, ...]:
    """The backends of a rule with their shares; errors are reported on the rule."""
    backends = tuple(_backends(rule, namespace))
    if len(backends) > 1:
        _check_weights(rule)
    if not backends and not rule.failed:
        _tell_none(rule)
    if rule.failed:
        return ()
    if len(backends) == 1:  # alone it gets all, whatever its weight says
        _check_lone(rule)
        return (replace(backends[0], weight=1),)
    total = sum(backend.weight for backend in backends)
    if not 0 < total <= _LARGEST_SUM:
        _tell_sum(rule, total)
        return ()
    return backends


def _backends(rule: Fields, namespace: str) -> Iterator[Backend]:
    for item in rule.each("route", required=True):
        backend = read_destination(item.child("destination", required=True), namespace)
        weight = item.integer("weight", 0, low=0, high=_LARGEST)
        change = read_headers(item.optional().child("headers"))
        if backend is not None and not item.failed:
            changes = policies(change) if change else NO_POLICIES
            yield replace(backend, weight=weight, policies=changes)


def _check_lone(rule: Fields) -> None:
    """A share of an only destination is no share; 100 says as much."""
    (item,) = rule.each("route")
    weight = item.integer("weight", 100)
    if weight != 100:
        item.report(
            f"{dotted((*item.path, 'weight'))} is {weight}, and there is no other destination",
            "it gets all requests of the rule",
            "Remove the weight, or add the destination that gets the rest",
            field="weight",
            severity=Severity.WARNING,
            code="no-effect",
        )


def _check_weights(rule: Fields) -> None:
    """Among weighted destinations, one without a weight gets nothing, whatever its author meant."""
    items = list(rule.each("route"))
    if any(item.has("weight") for item in items):
        for item in items:
            if not item.has("weight"):
                item.report(
                    f"{dotted(item.path)} has no weight, which counts as 0 beside others",
                    "it gets no requests",
                    "Give it its weight, or remove it",
                    severity=Severity.WARNING,
                    code="missing-field",
                )


def _tell_none(rule: Fields) -> None:
    rule.report(
        f"{dotted((*rule.path, 'route'))} names no destination",
        "these requests have nowhere to go",
        "Add a destination",
        field="route",
        code="missing-field",
    )


def _tell_sum(rule: Fields, total: int) -> None:
    wrong = "are all 0" if total == 0 else f"add up to {total}, more than Envoy can count"
    rule.report(
        f"the weights of {dotted((*rule.path, 'route'))} {wrong}",
        "no backend would get any of these requests",
        "Give each destination its weight, such as 90 and 10",
        field="route",
        code="weights-sum-zero" if total == 0 else "weights-too-large",
    )

"""TrafficSplit (v1alpha1 to v1alpha4): the calls to one service, shared among others.

Weights are ratios: whole numbers, or quantities such as 500m in v1alpha1.
"""

from __future__ import annotations

import re
from fractions import Fraction

from gossamer.dialects.reading import NOTHING, ObjectFragments
from gossamer.dialects.refusal import refused
from gossamer.dialects.values.hostname import is_host, tell_bad_host
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, dotted, quoted
from gossamer.model.finding import Finding
from gossamer.model.ids import Dialect, expand_host
from gossamer.model.traffic.route import MESH, Backend, Match, Route, RouteSet

_QUANTITY = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)(m|k|M|)")
_SCALES = {"m": Fraction(1, 1000), "": Fraction(1), "k": Fraction(1000), "M": Fraction(10**6)}
_LARGEST_SUM = 2**32 - 1
Share = tuple[str, Fraction]


def read_traffic_split(manifest: Manifest, findings: list[Finding]) -> ObjectFragments:
    """One route that takes every call to the service."""
    with Fields(manifest, (), findings) as top:
        spec = top.child("spec", required=True)
        service = _host(spec, manifest.namespace)
        items = list(spec.each("backends", required=True))
        backends = _weighted([_share(item, manifest.namespace) for item in items])
        if _are_readable(spec, items):
            _check_sum(spec, backends)
        spec.unsupported("matches", effect="no call is split by this object")
        if spec.has("matches"):
            return NOTHING
        is_refused = refused(spec, "calls could be split differently than intended")
    routes = RouteSet(
        object=manifest.ref,
        dialect=Dialect.SMI,
        namespace=manifest.namespace,
        hosts=(service,),
        parents=(MESH,),
        routes=(Route("0.0", Match(), backends),),
    )
    return ObjectFragments((routes,), (("route 0.0", ("spec",)),), is_refused)


def _host(fields: Fields, namespace: str) -> str:
    name = fields.string("service", required=True) or ""
    if name and not is_host(name):
        tell_bad_host(fields, "service", name)
    return expand_host(name, namespace)


def _share(item: Fields, namespace: str) -> Share:
    return _host(item, namespace), _weight(item)


def _weight(item: Fields) -> Fraction:
    weight = item.integer_or_string("weight", required=True)
    quantity = _QUANTITY.fullmatch(str(weight))
    if quantity is not None:
        return Fraction(quantity[1]) * _SCALES[quantity[2]]
    if weight is not None:
        item.report(
            f"{dotted((*item.path, 'weight'))} is {quoted(weight)}, which is not a valid weight",
            "its share of the calls is unknown",
            "Write a whole number, or a quantity such as 500m",
            field="weight",
            code="out-of-range",
        )
    return Fraction(0)


def _weighted(shares: list[Share]) -> tuple[Backend, ...]:
    """The backends with whole weights in the same ratio."""
    scale = 1 if all(weight.denominator == 1 for _, weight in shares) else 1000
    return tuple(Backend(host, weight=round(weight * scale)) for host, weight in shares)


def _are_readable(spec: Fields, items: list[Fields]) -> bool:
    written = spec.value("backends")
    whole = isinstance(written, tuple) and len(items) == len(written)
    return whole and not any(item.failed for item in items)


def _check_sum(spec: Fields, backends: tuple[Backend, ...]) -> None:
    if not 0 < sum(backend.weight for backend in backends) <= _LARGEST_SUM:
        spec.report(
            "the weights of spec.backends are all 0, or more than Envoy can count",
            "no backend would get any of these calls",
            "Give each backend its weight, such as 90 and 10",
            field="backends",
            code="weights-sum-zero",
        )

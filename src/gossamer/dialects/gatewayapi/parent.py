"""parentRefs: the gateways, listeners and services that a route is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gossamer.dialects.gatewayapi.words import check_name, check_namespace
from gossamer.dialects.values.hostname import is_host, tell_bad_host
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.finding import Severity
from gossamer.model.ids import EVERYWHERE, Dialect, gateway_id, service_host
from gossamer.model.traffic.route import MESH

_GATEWAY = ("gateway.networking.k8s.io", "Gateway")
_SERVICE = ("", "Service")


@dataclass(frozen=True, slots=True)
class Parent:
    """One parent: a gateway (`host` empty) or a service, as a RouteSet names them."""

    id: str
    host: str = ""
    port: int | None = None
    consumers: tuple[str, ...] = (EVERYWHERE,)


def read_parents(spec: Fields, namespace: str) -> tuple[Parent, ...]:
    """The parents of a route; one that is of another kind is left out."""
    parents = tuple(dict.fromkeys(_parents(spec, namespace)))
    if not parents and _are_readable(spec):
        _tell_none(spec)
    return parents


def _are_readable(spec: Fields) -> bool:
    """Whether nothing is wrong with what is written, so that there is no parent to be told of."""
    refs = list(spec.each("parentRefs"))
    return bool(refs or spec.is_empty("parentRefs")) and not any(ref.failed for ref in refs)


def _parents(spec: Fields, namespace: str) -> Iterator[Parent]:
    for ref in spec.each("parentRefs"):
        kind = (ref.string("group", _GATEWAY[0]), ref.string("kind", "Gateway"))
        name = ref.string("name", required=True)
        home = ref.string("namespace") or namespace
        port, section = ref.port("port"), ref.string("sectionName", "")
        check_namespace(ref)
        check_name(ref, "sectionName")
        if name and not is_host(name):
            tell_bad_host(ref, "name", name)
        if name is None or ref.failed:
            continue
        if kind == _GATEWAY:
            marked = f"#{section}" if section else ""
            yield Parent(gateway_id(Dialect.GATEWAY_API, home, name) + marked, port=port)
        elif kind == _SERVICE and not section:
            consumers = (EVERYWHERE,) if home == namespace else (namespace,)
            yield Parent(MESH, service_host(name, home), port, consumers)
        elif kind == (_GATEWAY[0], "Service"):
            _tell_group(ref)
        else:
            _tell_unfit(ref, "sectionName" if kind == _SERVICE else "kind", kind[1])


def _tell_group(ref: Fields) -> None:
    ref.report(
        f"{dotted(ref.path)} names a Service of the group {_GATEWAY[0]}, which has no Services",
        "the route is not attached to it",
        'Write group: "" beside kind: Service',
        field="kind",
        severity=Severity.WARNING,
        code="invalid-reference",
    )


def _tell_unfit(ref: Fields, field: str, kind: str) -> None:
    what = "a section of a Service" if field == "sectionName" else f"a {kind}"
    ref.report(
        f"{dotted(ref.path)} names {what}, which is not supported yet as a parent",
        "the route is not attached to it",
        "Name a Gateway, or a Service with the number of its port in port",
        field=field,
        severity=Severity.WARNING,
        code="unsupported-parent",
    )


def _tell_none(spec: Fields) -> None:
    spec.report(
        "the route has no parent that serves it",
        "no request uses it",
        "Name a Gateway or a Service in spec.parentRefs",
        field="parentRefs",
        severity=Severity.WARNING,
        code="route-without-parent",
    )

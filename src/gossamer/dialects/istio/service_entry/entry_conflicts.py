"""What Istio refuses of a ServiceEntry as a whole: fields that do not go together."""

from __future__ import annotations

import re

from gossamer.dialects.values.protocol import protocol_of
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Path, dotted, quoted
from gossamer.model.finding import Severity
from gossamer.model.traffic.service import Protocol

_DNS = ("DNS", "DNS_ROUND_ROBIN")
_LABEL = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?")
_BY_NAME = (Protocol.HTTP, Protocol.HTTP2, Protocol.GRPC, Protocol.HTTPS, Protocol.TLS)


def check_entry(spec: Fields) -> None:
    """Report every such thing. What can be used of the entry is used all the same."""
    resolution = spec.string("resolution", "NONE")
    _check_endpoints(spec, resolution)
    if resolution == "DYNAMIC_DNS":
        _tell_dynamic(spec)
    for at, address in enumerate(spec.strings("addresses")):
        if "/" in address and resolution not in ("NONE", "STATIC"):
            what = f"is {quoted(address)}, a range, with resolution: {resolution}"
            _tell(spec, ("addresses", at), what, "Name single addresses, or use STATIC or NONE")
    _check_ports(spec)
    if resolution != "NONE" and len(spec.strings("hosts")) > 1:
        _check_hosts(spec)


def _check_endpoints(spec: Fields, resolution: str) -> None:
    count = sum(1 for _ in spec.each("endpoints"))
    if count and spec.has("workloadSelector"):
        what, effect = "is set together with workloadSelector", "these endpoints are never called"
        _tell(spec, ("endpoints",), what, "Keep one of the two", effect)
    elif count and resolution in ("NONE", "DYNAMIC_DNS"):
        what = "is set, but with this resolution calls go to the dialled address"
        remedy = "Set resolution: STATIC, or DNS where they are names"
        _tell(spec, ("endpoints",), what, remedy, "they are never called")
    elif count > 1 and resolution == "DNS_ROUND_ROBIN":
        what = f"has {count} items; DNS_ROUND_ROBIN takes one at most"
        remedy = "Use DNS for several endpoints, or keep one"
        _tell(spec, ("endpoints",), what, remedy, "they are called in turn, as DNS would have it")
    if resolution == "NONE" and spec.has("workloadSelector"):
        spec.report(
            f"{dotted((*spec.path, 'workloadSelector'))} is set with resolution: NONE",
            "the selected workloads are never called: calls go to the dialled address",
            "Set resolution: STATIC",
            field="workloadSelector",
            severity=Severity.WARNING,
            code="no-effect",
        )


def _check_ports(spec: Fields) -> None:
    seen: set[str] = set()
    for at, port in enumerate(spec.each("ports")):
        name, field = port.string("name", ""), ("ports", at, "name")
        if port.failed:
            continue
        if not name:
            _tell(spec, field, "is missing", "Give the port a name, such as https")
        elif not _LABEL.fullmatch(name):
            what = f"is {quoted(name)}, which is not a valid name"
            _tell(spec, field, what, "Use letters, digits and -, at most 63 of them")
        elif name in seen:
            what = f"is {quoted(name)}, which another port already has"
            _tell(spec, field, what, "Give each port a name of its own")
        seen.add(name)


def _check_hosts(spec: Fields) -> None:
    """Several hosts can be told apart on a port only if calls name theirs."""
    for at, port in enumerate(spec.each("ports")):
        name = port.string("protocol") or ""
        protocol = protocol_of(name)
        if protocol is not None and protocol not in _BY_NAME:
            what = f"carries {name} for several hosts, which cannot be told apart"
            remedy = "Write an entry for each host, or a protocol that names the host"
            _tell(spec, ("ports", at), what, remedy)
            return


def _tell(
    spec: Fields, field: Path, what: str, remedy: str, effect: str = "the rest of it is used here"
) -> None:
    spec.report(
        f"{dotted((*spec.path, *field))} {what}",
        f"Istio refuses the entry; {effect}",
        remedy,
        field=field,
    )


def _tell_dynamic(spec: Fields) -> None:
    spec.report(
        f"{dotted((*spec.path, 'resolution'))} is DYNAMIC_DNS, which is not supported yet",
        "it is read as NONE: calls go to the address that the caller has looked up",
        "Nothing, if callers look up the name themselves; else name each host, with DNS",
        field="resolution",
        severity=Severity.WARNING,
        code="unsupported-field",
    )

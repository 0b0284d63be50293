"""Endpoints as Istio writes them (WorkloadEntry's fields): an address, its ports and labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gossamer.contract.addresses import is_address
from gossamer.dialects.istio.values.label_values import read_labels
from gossamer.dialects.refusal import left_out
from gossamer.dialects.values.hostname import is_host, tell_bad_address, tell_bad_host
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted
from gossamer.model.finding import Severity
from gossamer.model.traffic.service import Endpoint, Resolution, ServicePort
from gossamer.model.workload.labels import labels

Ports = Mapping[str, ServicePort]
_LARGEST = 2**31 - 1
_UNIX = "unix://"


def read_endpoints(
    spec: Fields, ports: Ports, resolution: Resolution, namespace: str
) -> tuple[Endpoint, ...]:
    """The endpoints of a ServiceEntry; one with an error is left out alone."""
    endpoints = (_endpoint(item, ports, resolution, namespace) for item in spec.each("endpoints"))
    return tuple(endpoint for endpoint in endpoints if endpoint is not None)


def _endpoint(
    item: Fields, ports: Ports, resolution: Resolution, namespace: str
) -> Endpoint | None:
    address = item.string("address", required=True) or ""
    if address.startswith(_UNIX):
        _tell_unix(item, address)
        item.skip(*item.names())
        return None
    if address and resolution is Resolution.DNS and not is_host(address):
        tell_bad_host(item, "address", address)
    elif address and resolution is not Resolution.DNS and not is_address(address):
        tell_bad_address(item, "address", address, "an address; names need resolution: DNS")
    account = item.string("serviceAccount")
    item.unsupported("network", effect="it is called directly")
    endpoint = Endpoint(
        address=address.lower(),
        ports=tuple(_dialled(item, ports)),
        labels=labels(read_labels(item, "labels")),
        service_account=f"{namespace}/{account}" if account else None,
        locality=item.string("locality", ""),
        weight=item.integer("weight", 1, low=0, high=_LARGEST) or 1,
    )
    return None if left_out(item, "this endpoint is not called") else endpoint


def _tell_unix(item: Fields, address: str) -> None:
    if not address.removeprefix(_UNIX).startswith(("/", "@")):
        item.report(
            f"{dotted((*item.path, 'address'))} is {quoted(address)}, not an absolute path",
            "this endpoint is not called",
            "Write unix:///PATH/OF/SOCKET",
            field="address",
            code="invalid-address",
        )
        return
    if item.has("ports"):
        item.report(
            f"{dotted((*item.path, 'ports'))} is set with a Unix socket, which has no ports",
            "Istio refuses the object; this endpoint is not called",
            "Remove ports, or write an address that has them",
            field="ports",
        )
        return
    item.report(
        f"{dotted((*item.path, 'address'))} is a Unix socket, which is not supported yet",
        "this endpoint is not called",
        "Give the application a TCP port, and write its address",
        field="address",
        severity=Severity.WARNING,
        code="unsupported-field",
    )


def _dialled(item: Fields, ports: Ports) -> Iterator[tuple[int, int]]:
    """The number dialled for each port: by its name, else its target, else itself."""
    own = item.child("ports")
    own.skip(*ports)
    numbers = {name: own.port(name) for name in own.names()}
    for name in numbers.keys() - ports.keys():
        own.report(
            f"{dotted((*own.path, name))} is a port that the ServiceEntry does not have",
            "it is not dialled",
            f"Name one of {', '.join(sorted(ports)) or 'its ports'}",
            field=name,
            code="unknown-port",
        )
    for name, port in ports.items():
        target = port.target if isinstance(port.target, int) else port.number
        yield port.number, numbers.get(name) or target

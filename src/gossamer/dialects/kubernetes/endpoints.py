"""Endpoints and EndpointSlices: addresses that an author wrote down for a service.

Slices that Kubernetes itself keeps are left alone: the mesh watches the pods behind them.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from gossamer.contract.addresses import is_address
from gossamer.dialects.reading import NOTHING, ObjectFragments
from gossamer.dialects.values.hostname import is_host, tell_bad_address, tell_bad_host
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest
from gossamer.model.finding import Finding, Severity
from gossamer.model.ids import service_host
from gossamer.model.traffic.service import DeclaredEndpoints, Endpoint

SERVICE = "kubernetes.io/service-name"
KEEPER = "endpointslice.kubernetes.io/managed-by"
_KUBERNETES = (
    "endpointslice-controller.k8s.io",
    "endpointslicemirroring-controller.k8s.io",
)
Ports = tuple[tuple[str, int], ...]


def read_endpoint_slice(manifest: Manifest, findings: list[Finding]) -> ObjectFragments:
    """An EndpointSlice; an endpoint or port with errors is left out alone."""
    if manifest.labels.get(KEEPER) in _KUBERNETES:
        return NOTHING
    service = manifest.labels.get(SERVICE, "")
    with Fields(manifest, (), findings) as top:
        kind = top.one_of("addressType", ("IPv4", "IPv6", "FQDN"), "IPv4")
        ports = tuple(_ports(top))
        endpoints = tuple(e for item in top.each("endpoints") for e in _of_item(item, kind, ports))
        if not service:
            _tell_no_service(top)
            return NOTHING
        if kind == "FQDN":
            _tell_names(top, service)
            return NOTHING
    return _declared(manifest, service, endpoints)


def read_endpoints(manifest: Manifest, findings: list[Finding]) -> ObjectFragments:
    """An Endpoints object, which bears the name of its service."""
    endpoints: list[Endpoint] = []
    with Fields(manifest, (), findings) as top:
        for subset in top.each("subsets"):
            subset.skip("notReadyAddresses")
            ports = tuple(_ports(subset))
            for item in subset.each("addresses"):
                item.skip("hostname", "nodeName", "targetRef")
                address = item.string("ip", required=True)
                if address and _is_good(item, "ip", address):
                    endpoints.append(Endpoint(address, (), named_ports=ports))
    return _declared(manifest, manifest.name, tuple(endpoints))


def _declared(manifest: Manifest, service: str, endpoints: tuple[Endpoint, ...]) -> ObjectFragments:
    host = service_host(service, manifest.namespace)
    return ObjectFragments((DeclaredEndpoints(manifest.ref, host, endpoints),))


def _ports(fields: Fields) -> Iterator[tuple[str, int]]:
    """The number dialled for each port of the service, by that port's name."""
    for port in fields.each("ports"):
        port.skip("protocol", "appProtocol")
        name, number = port.string("name", ""), port.port("port", required=True)
        if number is not None:
            yield name, number


def _of_item(item: Fields, kind: str, ports: Ports) -> Iterator[Endpoint]:
    item.skip("hostname", "nodeName", "targetRef", "hints", "deprecatedTopology")
    conditions = item.child("conditions")
    conditions.skip("serving", "terminating")
    ready = conditions.boolean("ready", True)
    zone = item.string("zone", "")
    for at, address in enumerate(item.strings("addresses", required=True)):
        if _is_good(item, ("addresses", at), address, kind) and ready:
            yield Endpoint(address, (), locality=f"/{zone}" if zone else "", named_ports=ports)


def _is_good(item: Fields, field: str | tuple[str | int, ...], text: str, kind: str = "") -> bool:
    """Whether the text is of the slice's address type; of an Endpoints object any address is."""
    if kind == "FQDN":
        good = is_host(text)
        if not good:
            tell_bad_host(item, field, text)
        return good
    good = is_address(text) and kind in ("", "IPv6" if ":" in text else "IPv4")
    if not good:
        tell_bad_address(
            item, field, text, f"an address of the addressType {kind}" if kind else "an address"
        )
    elif _is_own(text):
        tell_bad_address(item, field, text, "an address that others can reach")
        return False
    return good


def _is_own(text: str) -> bool:
    """Whether an address means something else to each caller, such as the caller itself."""
    address = ip_address(text)
    address = getattr(address, "ipv4_mapped", None) or address
    return (
        address.is_loopback
        or address.is_unspecified
        or address.is_link_local
        or address.is_multicast
    )


def _tell_names(top: Fields, service: str) -> None:
    """Kubernetes takes such slices, and neither it nor Istio calls what they name."""
    top.report(
        "the addressType is FQDN, and such names are not resolved",
        f"they are not endpoints of {service}, as in a cluster",
        "Write a Service of the type ExternalName, or a ServiceEntry with resolution: DNS",
        field="addressType",
        severity=Severity.WARNING,
        code="no-effect",
    )


def _tell_no_service(top: Fields) -> None:
    top.report(
        f"no label {SERVICE} says which service these endpoints are for",
        "they belong to no service",
        f"Set metadata.labels[{SERVICE}] to the service's name",
        field=("metadata", "labels"),
        severity=Severity.WARNING,
        code="endpoints-of-nobody",
    )

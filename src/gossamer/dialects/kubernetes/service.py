"""Services: a host with ports, addresses, and the pods that its selector picks."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.contract.addresses import is_address
from gossamer.dialects.kubernetes.annotations.misplaced import unheard
from gossamer.dialects.kubernetes.port_names import check_port_names
from gossamer.dialects.reading import ObjectFragments
from gossamer.dialects.refusal import refused
from gossamer.dialects.values.hostname import is_host, tell_bad_address, tell_bad_host
from gossamer.dialects.values.ports import check_again
from gossamer.dialects.values.protocol import protocol_of, protocol_of_name, protocol_of_port
from gossamer.dialects.values.undeclared import tell_undeclared
from gossamer.dialects.values.visibility import exported_to
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, quoted
from gossamer.model.finding import Finding, Severity
from gossamer.model.ids import service_host
from gossamer.model.traffic.service import Protocol, Service, ServicePort
from gossamer.model.workload.labels import labels

EXPORT_TO = "networking.istio.io/exportTo"
_TYPES = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
_OTHERS_WORK = (  # what kube-proxy, cloud controllers and the API server see to
    "allocateLoadBalancerNodePorts",
    "externalIPs",
    "externalTrafficPolicy",
    "healthCheckNodePort",
    "internalTrafficPolicy",
    "ipFamilies",
    "ipFamilyPolicy",
    "ipFamily",
    "loadBalancerClass",
    "loadBalancerIP",
    "loadBalancerSourceRanges",
    "topologyKeys",
    "trafficDistribution",
)

_SAY = "Begin the port's name with its protocol, such as http-web or tcp-db, or set appProtocol"


def read_service(manifest: Manifest, findings: list[Finding]) -> ObjectFragments:
    """A Service. A bad port is left out alone; a bad selector or name refuses the object."""
    findings += unheard(manifest)
    with Fields(manifest, (), findings) as top:
        spec = top.child("spec", required=True)
        spec.skip(*_OTHERS_WORK)
        kind = spec.one_of("type", _TYPES, "ClusterIP")
        selector = spec.string_map("selector")
        alias = _alias(spec) if kind == "ExternalName" else ""
        addresses, headless = _addresses(spec)
        not_ready = spec.boolean("publishNotReadyAddresses", False)
        if spec.string("sessionAffinity", "None") != "None":
            _tell_affinity(spec)
        spec.skip("sessionAffinityConfig", "externalName", "sessionAffinity")
        extra = spec.optional()
        ports = tuple(_ports(extra))
        check_port_names(extra)
        if not (spec.has("ports") or alias or headless):
            _tell_no_ports(extra)
        is_refused = refused(spec, "without these fields it would reach other pods than intended")
    return ObjectFragments(
        (
            Service(
                object=manifest.ref,
                host=service_host(manifest.name, manifest.namespace),
                namespace=manifest.namespace,
                ports=ports,
                addresses=() if alias else addresses,
                selector=labels(selector) if selector and not alias else None,
                headless=headless or bool(alias),
                publish_not_ready=not_ready,
                export_to=_exported(manifest),
                alias=alias,
            ),
        ),
        refused=is_refused,
    )


def _tell_no_ports(spec: Fields) -> None:
    spec.report(
        "the service has no ports",
        "the API server refuses it; it cannot be called",
        "Add the ports by which it is called",
        field="ports",
        code="missing-field",
    )


def _alias(spec: Fields) -> str:
    name = spec.string("externalName", required=True) or ""
    if name and not is_host(name):
        tell_bad_host(spec, "externalName", name)
    if is_address(name):
        _tell_address(spec, name)
    return name.lower().rstrip(".")


def _tell_address(spec: Fields, name: str) -> None:
    spec.report(
        f"spec.externalName is {name}, an address, and it is for a name",
        "its callers get no address: DNS looks up a name of these digits, which does not exist",
        "Use a Service without a selector, and an EndpointSlice with the address",
        field="externalName",
        severity=Severity.WARNING,
        code="invalid-host",
    )


def _addresses(spec: Fields) -> tuple[tuple[str, ...], bool]:
    """The cluster IPs, and whether the service is headless."""
    addresses = (spec.string("clusterIP", ""), *spec.strings("clusterIPs"))
    for text in dict.fromkeys(addresses):
        if text not in ("", "None") and not is_address(text):
            tell_bad_address(spec, "clusterIP", text, "an address or None")
    return tuple(dict.fromkeys(text for text in addresses if is_address(text))), "None" in addresses


def _exported(manifest: Manifest) -> tuple[str, ...]:
    return exported_to(manifest.annotations.get(EXPORT_TO, "").split(","), manifest.namespace)


def _ports(spec: Fields) -> Iterator[ServicePort]:
    unsaid: list[int] = []
    yield from _each_port(spec, unsaid)
    if unsaid:
        tell_undeclared(spec, unsaid, _SAY)


def _each_port(spec: Fields, unsaid: list[int]) -> Iterator[ServicePort]:
    """Each port that is sound; those of undeclared protocol are noted in `unsaid`."""
    seen: set[tuple[str, int]] = set()
    for port in spec.each("ports"):
        port.skip("nodePort")
        number = port.port("port", required=True)
        name = port.string("name", "")
        target = port.integer_or_string("targetPort")
        transport = port.one_of("protocol", ("TCP", "UDP", "SCTP"), "TCP")
        declared = port.string("appProtocol")
        if isinstance(target, int) and not 0 <= target <= 65535:
            _tell_target(port, target)
        if transport == "SCTP":
            _tell_sctp(port)
        elif number is not None and not port.failed and not check_again(port, "port", number, seen):
            protocol = Protocol.UDP if transport == "UDP" else _protocol(port, name, declared)
            if protocol is None:
                protocol = protocol_of_port(number)
                looked_at = protocol is Protocol.UNDECLARED and declared is None
                unsaid += [number] if looked_at else []
            yield ServicePort(number, name, protocol, target or number)


def _protocol(port: Fields, name: str, declared: str | None) -> Protocol | None:
    """What the port is said to speak; None where no known word says it."""
    if declared is None:
        return protocol_of_name(name)
    protocol = protocol_of(declared)
    if protocol is None:
        port.report(
            f"appProtocol {quoted(declared)} is not supported by the mesh",
            "the port counts as undeclared: HTTP is found by the first bytes of each connection",
            "Write http, http2, grpc, https, tls or tcp, or leave it out",
            field="appProtocol",
            severity=Severity.WARNING,
            code="unknown-protocol",
        )
    return protocol


def _tell_target(port: Fields, target: int) -> None:
    port.report(
        f"targetPort {target} is not a valid port",
        "this port of the service is left out",
        "Write a number from 1 to 65535, or the name of a container port",
        field="targetPort",
        code="out-of-range",
    )


def _tell_sctp(port: Fields) -> None:
    port.report(
        "protocol SCTP is not carried by the mesh",
        "this port of the service is left out",
        "Call it outside the mesh, or use TCP or UDP",
        field="protocol",
        severity=Severity.WARNING,
        code="unsupported-field",
    )


def _tell_affinity(spec: Fields) -> None:
    spec.report(
        "sessionAffinity is not supported yet",
        "calls from one client go to any endpoint",
        "Remove it, or keep sessions outside the service",
        field="sessionAffinity",
        severity=Severity.WARNING,
        code="unsupported-field",
    )

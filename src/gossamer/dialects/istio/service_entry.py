"""ServiceEntry: hosts that no Kubernetes Service declares, each a service of the mesh.

Every host gets a virtual address and a name, so that it is routed like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from gossamer.dialects.hostname import is_host, is_pattern, tell_bad_address, tell_bad_host
from gossamer.dialects.istio.selector import read_selector
from gossamer.dialects.istio.workload_entry import Ports, read_endpoints
from gossamer.dialects.ports import check_again
from gossamer.dialects.protocol import protocol_of
from gossamer.dialects.reading import Read
from gossamer.dialects.refusal import refuse
from gossamer.dialects.visibility import exported_to
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, dotted, quoted
from gossamer.model.finding import Finding, Severity
from gossamer.model.fragment import Fragment
from gossamer.model.labels import Labels
from gossamer.model.service import (
    DeclaredEndpoints,
    Endpoint,
    Protocol,
    Resolution,
    Service,
    ServicePort,
)

_RESOLUTIONS = {
    "NONE": Resolution.PASSTHROUGH,
    "STATIC": Resolution.ENDPOINTS,
    "DNS": Resolution.DNS,
    "DNS_ROUND_ROBIN": Resolution.DNS,
}


def read_service_entry(manifest: Manifest, findings: list[Finding]) -> Read:
    """A service for each host, with the endpoints that stand there."""
    with Fields(manifest, (), findings) as top:
        spec = top.child("spec", required=True)
        resolution = spec.one_of("resolution", _RESOLUTIONS, Resolution.PASSTHROUGH)
        external = spec.one_of(
            "location", {"MESH_EXTERNAL": True, "MESH_INTERNAL": False}, default=True
        )
        export_to = exported_to(spec.strings("exportTo"), manifest.namespace)
        sans = spec.strings("subjectAltNames")
        selector = _selector(spec.child("workloadSelector"))
        sound = not spec.failed
        hosts = tuple(dict.fromkeys(_hosts(spec, resolution)))
        addresses = tuple(dict.fromkeys(_addresses(spec)))
        ports = tuple(_ports(spec))
        named: Ports = {port.name: port for port, _ in ports}
        endpoints = read_endpoints(spec, named, resolution, manifest.namespace)
        if not ports:
            what, effect = "has no ports", "its hosts have names, and no call goes there"
            _tell_idle(spec, "ports", what, effect, "Add the ports by which it is called")
        if selector is not None and spec.has("endpoints"):
            what, effect = (
                "has a workloadSelector beside endpoints",
                "these endpoints are called by nobody",
            )
            _tell_idle(spec, "endpoints", what, effect, "Keep one of the two")
        refused = not (sound and hosts)
        if refused:
            refuse(top, "its hosts could not be reached as meant")
    fragments: list[Fragment] = []
    for host in hosts:
        fragments.append(
            Service(
                object=manifest.ref,
                host=host,
                namespace=manifest.namespace,
                ports=tuple(port for port, _ in ports),
                addresses=addresses,
                selector=selector,
                resolution=resolution,
                external=external,
                export_to=export_to,
                subject_alt_names=sans,
            )
        )
        behind = _behind(host, resolution, endpoints, [port for port, _ in ports])
        if behind and selector is None:
            fragments.append(DeclaredEndpoints(manifest.ref, host, behind))
    places = tuple((f"port {p.number}", path.path) for p, path in ports)
    return Read(tuple(fragments), places, refused)


def _behind(
    host: str, resolution: Resolution, endpoints: tuple[Endpoint, ...], ports: list[ServicePort]
) -> tuple[Endpoint, ...]:
    """The declared endpoints; by DNS without any, the host itself."""
    if resolution is Resolution.DNS and not endpoints:
        numbers = ((port.number, _target(port)) for port in ports)
        return (Endpoint(host, tuple(numbers)),)
    return endpoints if resolution is not Resolution.PASSTHROUGH else ()


def _target(port: ServicePort) -> int:
    return port.target if isinstance(port.target, int) else port.number


def _selector(stanza: Fields) -> Labels | None:
    return read_selector(stanza, "labels") if stanza else None


def _hosts(spec: Fields, resolution: Resolution) -> Iterator[str]:
    for at, text in enumerate(spec.strings("hosts", required=True)):
        wild = text.startswith("*.") and resolution is Resolution.PASSTHROUGH
        if text.startswith("*.") and not wild and is_pattern(text):
            _tell_wildcard(spec, ("hosts", at), text)
        elif not is_host(text.removeprefix("*.") if wild else text):
            tell_bad_host(spec, ("hosts", at), text)
        else:
            yield text.lower().rstrip(".")


def _addresses(spec: Fields) -> Iterator[str]:
    for at, text in enumerate(spec.strings("addresses")):
        try:
            network = ip_network(text)
        except ValueError:
            tell_bad_address(spec, ("addresses", at), text, "an address or a range of them")
            continue
        if network.num_addresses == 1:
            yield str(network.network_address)
        else:
            _tell_range(spec, ("addresses", at), text)


def _ports(spec: Fields) -> Iterator[tuple[ServicePort, Fields]]:
    seen: set[tuple[str, int]] = set()
    for port in spec.each("ports"):
        number = port.port("number", required=True)
        name = port.string("name", "")
        target = port.port("targetPort")
        word = port.string("protocol", "TCP")
        protocol = protocol_of(word)
        if protocol is None:
            _tell_protocol(port, word)
        elif (
            number is not None and not port.failed and not check_again(port, "number", number, seen)
        ):
            yield ServicePort(number, name, protocol, target or number), port


def _tell_idle(spec: Fields, field: str, what: str, effect: str, remedy: str) -> None:
    spec.report(
        f"{spec.manifest.ref} {what}",
        effect,
        remedy,
        field=field,
        severity=Severity.WARNING,
        code="no-effect",
    )


def _tell_wildcard(spec: Fields, field: tuple[str, int], text: str) -> None:
    spec.report(
        f"{dotted((*spec.path, *field))} is {text}, which stands for many hosts; they can only be "
        "called where they are dialled",
        "nobody could say which address is meant",
        "Set resolution: NONE, or name each host",
        field=field,
        code="invalid-host",
    )


def _tell_range(spec: Fields, field: tuple[str, int], text: str) -> None:
    spec.report(
        f"{dotted((*spec.path, *field))} is {text}, a whole range, which is not supported",
        "calls to these addresses are not recognised as calls to this host",
        "Name single addresses, or call the host by its name",
        field=field,
        severity=Severity.WARNING,
        code="unsupported-field",
    )


def _tell_protocol(port: Fields, word: str) -> None:
    port.report(
        f"{dotted((*port.path, 'protocol'))} is {quoted(word)}, which the mesh does not speak",
        "this port is left out",
        f"Write one of {', '.join(protocol.value for protocol in Protocol)}",
        field="protocol",
        code="unknown-value",
    )

"""ServiceEntry: hosts that no Kubernetes Service declares, each a service of the mesh.

Every host gets a virtual address and a name, so that it is routed like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from gossamer.contract.addresses import is_address
from gossamer.dialects.istio.service_entry.entry_conflicts import check_entry
from gossamer.dialects.istio.service_entry.workload_entry import Ports, read_endpoints
from gossamer.dialects.istio.values.selector import read_selector
from gossamer.dialects.reading import NOTHING, ObjectFragments
from gossamer.dialects.refusal import refused
from gossamer.dialects.values.foreign_hosts import severity_of, tell_foreign_hosts
from gossamer.dialects.values.hostname import (
    is_host,
    is_partial,
    is_pattern,
    tell_bad_address,
    tell_bad_host,
    tell_partial,
)
from gossamer.dialects.values.ports import check_again
from gossamer.dialects.values.protocol import protocol_of, protocol_of_port
from gossamer.dialects.values.undeclared import tell_undeclared
from gossamer.dialects.values.visibility import read_export_to
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, dotted, quoted
from gossamer.model.addressing.host_owner import at_home
from gossamer.model.addressing.ranges import is_given_by_mesh, is_range
from gossamer.model.finding import Finding, Severity
from gossamer.model.fragment import Fragment
from gossamer.model.ids import EVERYWHERE
from gossamer.model.traffic.service import (
    DeclaredEndpoints,
    Endpoint,
    Protocol,
    Resolution,
    Service,
    ServicePort,
)
from gossamer.model.workload.labels import Labels, labels

_RESOLUTIONS = {
    "NONE": Resolution.PASSTHROUGH,
    "STATIC": Resolution.ENDPOINTS,
    "DNS": Resolution.DNS,
    "DNS_ROUND_ROBIN": Resolution.DNS,
    "DYNAMIC_DNS": Resolution.PASSTHROUGH,
}
_WITH_RANGES = ("NONE", "STATIC")
"""The resolutions beside which Istio takes ranges of addresses; the others are reported
elsewhere."""


def read_service_entry(manifest: Manifest, findings: list[Finding]) -> ObjectFragments:
    """A service for each host, with the endpoints that stand there."""
    with Fields(manifest, (), findings) as top:
        spec = top.child("spec", required=True)
        resolution = spec.one_of("resolution", _RESOLUTIONS, Resolution.PASSTHROUGH)
        external = spec.one_of(
            "location", {"MESH_EXTERNAL": True, "MESH_INTERNAL": False}, default=True
        )
        export_to = read_export_to(spec, manifest.namespace, hidden=True)
        sans = spec.strings("subjectAltNames")
        selector = _selector(spec.child("workloadSelector"))
        extra = spec.optional()
        hosts = tuple(dict.fromkeys(_hosts(extra, resolution)))
        addresses = tuple(dict.fromkeys(_addresses(extra)))
        ports = tuple(_ports(extra))
        named: Ports = {port.name: port for port, _ in ports}
        endpoints = read_endpoints(extra, named, resolution, manifest.namespace)
        check_entry(extra)
        tell_foreign_hosts(extra, manifest.namespace, export_to)
        _tell_mesh_addresses(extra, manifest.namespace, export_to)
        if not ports and not extra.value("ports"):
            what, effect = "has no ports", "its hosts have names, and no call goes there"
            _tell_idle(extra, "ports", what, effect, "Add the ports by which it is called")
        _tell_bytes(extra, hosts, resolution, ports)
        is_partial_only = not hosts and _only_partial(extra)
        usable = bool(hosts) or is_partial_only
        is_refused = refused(spec, "its hosts could not be reached as meant", unless=usable)
        if is_partial_only and not is_refused:
            return NOTHING
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
                export_to=_seen_in(manifest.namespace, host, addresses, export_to),
                subject_alt_names=sans,
                labels=labels(manifest.labels),
            )
        )
        behind = _behind(host, resolution, endpoints, [port for port, _ in ports])
        if behind and selector is None:
            fragments.append(DeclaredEndpoints(manifest.ref, host, behind))
    places = tuple((f"port {p.number}", path.path) for p, path in ports)
    return ObjectFragments(tuple(fragments), places, is_refused)


def _seen_in(
    namespace: str, host: str, addresses: tuple[str, ...], scopes: tuple[str, ...]
) -> tuple[str, ...]:
    """Where a host of the entry is seen. Another namespace's host is claimed at home alone, and so
    are addresses that the mesh itself gives to pods and Services."""
    if any(map(is_given_by_mesh, addresses)):
        scopes = at_home(EVERYWHERE, namespace, scopes)
    return at_home(host, namespace, scopes)


def _tell_mesh_addresses(spec: Fields, namespace: str, scopes: tuple[str, ...]) -> None:
    """Report addresses that the mesh gives out itself, for whoever else would be sent there."""
    if at_home(EVERYWHERE, namespace, scopes) == scopes:
        return
    for at, address in enumerate(spec.strings("addresses")):
        if is_range(address) and is_given_by_mesh(address):
            spec.report(
                f"{address} meets the addresses that the mesh gives to pods and Services",
                f"clients in {namespace} alone see this object",
                "Choose an address that is not the mesh's own, such as 240.0.0.1; or write "
                'exportTo: ["."] if the clients of its own namespace are meant',
                field=("addresses", at),
                severity=severity_of(spec),
                code="foreign-host",
            )


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
        known = resolution is not Resolution.DNS or spec.has("endpoints")
        wild = text.startswith("*.") and known
        if is_partial(text) and is_pattern(text):
            tell_partial(spec, ("hosts", at), text)
        elif text.startswith("*.") and not wild and is_pattern(text):
            _tell_wildcard(spec, ("hosts", at), text)
        elif is_address(text) or not is_host(text.removeprefix("*.") if wild else text):
            tell_bad_host(spec, ("hosts", at), text)
        else:
            yield text.lower().rstrip(".")


def _addresses(spec: Fields) -> Iterator[str]:
    for at, text in enumerate(spec.strings("addresses")):
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            tell_bad_address(spec, ("addresses", at), text, "an address or a range of them")
            continue
        if network.num_addresses == 1:
            yield str(network.network_address)
        elif spec.string("resolution", "NONE") in _WITH_RANGES:
            _tell_range(spec, ("addresses", at), text, str(network))


def _ports(spec: Fields) -> Iterator[tuple[ServicePort, Fields]]:
    """Each port that is sound. Where no protocol is declared it is detected, as in Istio."""
    seen: set[tuple[str, int]] = set()
    unsaid: list[int] = []
    for port in spec.each("ports"):
        number = port.port("number", required=True)
        name = port.string("name", "")
        target = port.port("targetPort")
        declared = port.string("protocol") or ""
        protocol = protocol_of(declared) if declared else protocol_of_port(number or 0)
        if protocol is None:
            _tell_protocol(port, declared)
        elif (
            number is not None and not port.failed and not check_again(port, "number", number, seen)
        ):
            unsaid += [number] if protocol is Protocol.UNDECLARED else []
            yield ServicePort(number, name, protocol, target or number), port
    if unsaid:
        tell_undeclared(spec, unsaid, "Set protocol, such as HTTP, TLS or TCP")


def _tell_idle(spec: Fields, field: str, what: str, effect: str, remedy: str) -> None:
    spec.report(
        f"{spec.manifest.ref} {what}",
        effect,
        remedy,
        field=field,
        severity=Severity.WARNING,
        code="no-effect",
    )


def _only_partial(spec: Fields) -> bool:
    hosts = spec.strings("hosts")
    return bool(hosts) and all(is_partial(host) and is_pattern(host) for host in hosts)


def _tell_bytes(
    spec: Fields,
    hosts: tuple[str, ...],
    resolution: Resolution,
    ports: tuple[tuple[ServicePort, Fields], ...],
) -> None:
    """A wildcard has no address of its own, so only the Host of a request leads to it."""
    numbers = [str(port.number) for port, _ in ports if not port.protocol.may_be_http]
    wild = next((at for at, host in enumerate(hosts) if host.startswith("*")), None)
    if wild is not None and numbers and resolution is not Resolution.PASSTHROUGH:
        spec.report(
            f"port {', '.join(numbers)} of {hosts[wild]} does not speak HTTP; telling such calls "
            "apart by name is not supported yet",
            "they go to the address that was dialled, not to the endpoints here",
            "Name each host whose calls must reach these endpoints",
            field=("hosts", wild),
            severity=Severity.INFO,
            code="unsupported-field",
        )


def _tell_wildcard(spec: Fields, field: tuple[str, int], text: str) -> None:
    spec.report(
        f"{dotted((*spec.path, *field))} is {text}, which matches many hosts; they can only be "
        "called at the dialled address",
        "it is ambiguous which address is meant",
        "Set resolution: NONE, add endpoints that say where it goes, or name each host",
        field=field,
        code="invalid-host",
    )


def _tell_range(spec: Fields, field: tuple[str, int], text: str, whole: str) -> None:
    meant = "a whole range" if text == whole else f"the whole range {whole}"
    spec.report(
        f"{dotted((*spec.path, *field))} is {text}, {meant}, which is not supported yet",
        "calls to these addresses are not recognised as calls to this host",
        "Name single addresses, or call the host by its name",
        field=field,
        severity=Severity.WARNING,
        code="unsupported-field",
    )


def _tell_protocol(port: Fields, name: str) -> None:
    port.report(
        f"{dotted((*port.path, 'protocol'))} is {quoted(name)}, which the mesh does not support",
        "this port is left out",
        f"Write one of {', '.join(protocol.value for protocol in Protocol)}",
        field="protocol",
        code="unknown-value",
    )

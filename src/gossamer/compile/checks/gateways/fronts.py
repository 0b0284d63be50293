"""Gateways beside what stands in front of them: their Services' ports, and shared certificates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gossamer.compile.checks.subject import Subject
from gossamer.compile.engine.once import Once
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.lookup.gateway_index import Serving, all_gateways, gateway_pods, serving
from gossamer.model import tables
from gossamer.model.finding import Finding, Severity
from gossamer.model.ids import Dialect
from gossamer.model.origin import ObjectRef
from gossamer.model.policies.server_tls import ServerTls
from gossamer.model.traffic.gateway import Gateway, GatewayListener

_Certificates = Mapping[tuple[object, str], tuple[ObjectRef, ...]]
"""By pods and secret, the first two Gateways that serve with it."""


def ports_of_no_service(
    read: TrackedLookup, subject: Subject, gateway: Gateway
) -> Iterator[Finding]:
    """Ports that none of the Services in front of an Istio gateway's pods has."""
    pod = min(gateway_pods(read, gateway), default="")
    hosts = (read.lookup(tables.POD_SERVICES, pod) or ()) if pod else ()
    services = [each for host in hosts for each in read.lookup(tables.SERVICES, host) or ()]
    ports = {port.number for each in services for port in each.ports}
    targets = {port.target for each in services for port in each.ports}
    if gateway.dialect is not Dialect.ISTIO or not ports or any(s.headless for s in services):
        return
    for listener in gateway.listeners:
        if listener.port not in ports | targets:
            yield Finding(
                subject.at(f"listener {listener.name}"),
                f"{services[0].object}, in front of {pod}, has no port {listener.port}; its "
                f"ports: {', '.join(map(str, sorted(ports)))}",
                "clients outside cannot reach this port through the Service",
                "Add the port to the Service, or listen on one of its ports",
                "unknown-port",
                Severity.WARNING,
            )


def shared_certificates(
    read: TrackedLookup, subject: Subject, gateway: Gateway
) -> Iterator[Finding]:
    """Certificates that another Gateway of the same pods serves with too."""
    served = serving(read)
    if gateway.dialect is not Dialect.ISTIO or gateway.object not in served:
        return
    known = _CERTIFICATES(all_gateways(read), served)
    for listener in gateway.listeners:
        pairs = ((pods, secret) for pods in served[gateway.object] for secret in _secrets(listener))
        others = [ref for pair in pairs for ref in known.get(pair, ()) if ref != gateway.object]
        if others:
            yield Finding(
                subject.at(f"listener {listener.name}"),
                f"{others[0]} serves with the same certificate on the same pods",
                "a browser uses one connection for both gateways' hosts, and its requests for "
                "hosts of the other are answered 421 before it opens a second one",
                "Serve the hosts of one certificate in one Gateway, or give each its own",
                "shared-certificate",
                Severity.WARNING,
            )


def _secrets(listener: GatewayListener) -> tuple[str, ...]:
    tls = listener.policies.get(ServerTls)
    return tls.secrets if tls else ()


def _certificates(gateways: tuple[Gateway, ...], served: Serving) -> _Certificates:
    gateways_by_pair: dict[tuple[object, str], dict[ObjectRef, None]] = {}
    for gateway in gateways:
        secrets = {secret for listener in gateway.listeners for secret in _secrets(listener)}
        for pair in ((pods, s) for pods in served.get(gateway.object, ()) for s in sorted(secrets)):
            gateways_by_pair.setdefault(pair, {}).setdefault(gateway.object)
    return {pair: tuple(refs)[:2] for pair, refs in gateways_by_pair.items()}


_CERTIFICATES = Once(_certificates)

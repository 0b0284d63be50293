"""Routes for calls that no workload makes: hosts of the cluster that are not there, ports that no
workload has."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.checks.nearest import remedy_for
from gossamer.compile.checks.subject import Subject
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model import tables
from gossamer.model.assembly.visible import patterns
from gossamer.model.finding import Finding, Severity
from gossamer.model.ids import CLUSTER_DOMAIN, EVERYWHERE
from gossamer.model.traffic.route import MESH, RouteSet


def unknown_hosts(read: TrackedLookup, subject: Subject, routes: RouteSet) -> Iterator[Finding]:
    """Hosts that nothing declares: of the cluster, and names outside that lead past the proxy."""
    if not any(MESH in (*routes.parents, *route.match.gateways) for route in routes.routes):
        return
    for number, host in enumerate(routes.hosts):
        ours = host.endswith(f".svc.{CLUSTER_DOMAIN}") and "*" not in host
        if ours and not read.lookup(tables.SERVICES, host):
            yield Finding(
                subject.at(f"spec.hosts[{number}]", "spec.service", "spec.parentRefs[0]"),
                f"there is no service {host}",
                "no workload of the mesh calls it, so its rules have no effect",
                remedy_for(read, host, "Declare the Service, or fix the name"),
                "dangling-host",
                Severity.WARNING,
            )
        elif "." in host and _undeclared(read, host):
            yield Finding(
                subject.at(f"spec.hosts[{number}]", "spec.service", "spec.parentRefs[0]"),
                f"no Service or ServiceEntry declares {host}, so it has no address in the mesh",
                "requests with this Host use the rules only if they are sent to an address of the "
                "mesh; the name itself resolves outside of it, or not at all",
                "Declare the host with a ServiceEntry: it gets an address and a name here",
                "undeclared-host",
                Severity.WARNING,
            )


def _undeclared(read: TrackedLookup, host: str) -> bool:
    """Whether neither the host nor a wildcard above it is declared; a wildcard stands for none."""
    ours = host.endswith(f".svc.{CLUSTER_DOMAIN}")
    claims = [read.lookup(tables.SERVICES, pattern) for pattern in patterns(host)]
    return "*" not in host and not ours and not any(claims)


def ports_of_nobody(read: TrackedLookup, subject: Subject, routes: RouteSet) -> Iterator[Finding]:
    """Matches on a port that neither the hosts nor the gateways have."""
    if not any(route.match.port for route in routes.routes):
        return
    services = [read.lookup(tables.SERVICES, host) for host in routes.hosts]
    if not all(services):
        return  # a host that no object declares may be dialled on any port
    ports = {p.number for claims in services if claims for each in claims for p in each.ports}
    gateways = read.lookup(tables.GATEWAYS, EVERYWHERE) or ()
    context = {
        p.partition("#")[0] for r in routes.routes for p in (*routes.parents, *r.match.gateways)
    }
    ports |= {
        each.port for gateway in gateways if gateway.id in context for each in gateway.listeners
    }
    for route in routes.routes:
        if route.match.port and route.match.port not in ports:
            yield Finding(
                subject.at(f"route {route.name}"),
                f"its hosts have no port {route.match.port}; theirs: "
                f"{', '.join(map(str, sorted(ports))) or 'none'}",
                "it matches no request",
                "Match on a port of the service (not on its targetPort)",
                "unknown-port",
                Severity.WARNING,
            )

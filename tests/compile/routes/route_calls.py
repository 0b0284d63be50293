"""Calls against compiled routes: who would answer, said as Envoy's own matching says it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import read_all
from gossamer.compile.engine.compiled import Compiled
from gossamer.compile.engine.compiler import compile_resource
from gossamer.compile.engine.message import message_of
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import view_of
from gossamer.model.finding import Severity
from gossamer.model.mesh import Mesh
from gossamer.model.workload.pod import Pod
from gossamer.store.paths import File

NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class SmallMesh:
    """A mesh read from manifests, and its pods by NS/WORKLOAD."""

    mesh: Mesh
    pods: Mapping[str, Pod]

    def compiled(self, kind: ResourceType, name: str, by: str) -> Compiled:
        """A resource as the proxies of that workload get it."""
        return compile_resource(
            self.mesh, view_of(self.mesh, self.pods[by], kind, name), kind, name
        )

    def message(self, kind: ResourceType, name: str, by: str = "default/client") -> Any:
        """The same as a protobuf message; None where there is none."""
        body = self.compiled(kind, name, by).body
        return None if body is None else message_of(kind, body)

    def host(self, asked: str, by: str = "default/client") -> Any:
        """The virtual host `PORT/HOST` as a caller asks for it."""
        return self.message(ResourceType.VIRTUAL_HOST, asked, by)

    def call(self, asked: str, path: str = "/", by: str = "default/client", **more: Any) -> Any:
        """The Envoy route that takes a request of a sidecar's workload; None for none."""
        return taken(self.host(asked, by), path, **more)

    def served(self, config: str, host: str, path: str = "/", by: str = "", **more: Any) -> Any:
        """The Envoy route that takes a request at a gateway; None for none."""
        return taken(domain_of(self.message(ResourceType.ROUTE, config, by), host), path, **more)


def small_mesh(text: str) -> SmallMesh:
    """The mesh of these manifests, which must have no errors."""
    read = read_all([File("town.yaml", text.encode())])
    assert [f for f in read.findings if f.severity is Severity.ERROR] == []
    mesh, pods = offline_mesh(read)
    return SmallMesh(mesh, {f"{pod.namespace}/{pod.workload}": pod for pod in pods.values()})


def domain_of(config: Any, host: str) -> Any:
    """The virtual host whose domain is the narrowest for this host; None for none."""
    matching = [
        ((domain == host, len(domain)), virtual_host)
        for virtual_host in config.virtual_hosts
        for domain in virtual_host.domains
        if domain in (host, "*") or (domain.startswith("*.") and host.endswith(domain[1:]))
    ]
    return max(matching, key=lambda pair: pair[0])[1] if matching else None


def taken(
    virtual_host: Any,
    path: str = "/",
    method: str = "GET",
    headers: Mapping[str, str] = NO_HEADERS,
    query: Mapping[str, str] = NO_HEADERS,
) -> Any:
    """The first route of a virtual host that takes the request, whatever share is refused."""
    seen = {":method": method, **headers}
    routes = whole(virtual_host) if virtual_host is not None else ()
    return next((r for r in routes if _takes(r.match, path, seen, query)), None)


def whole(virtual_host: Any) -> list[Any]:
    """The routes that take all requests of their match, not a share of them."""
    return [r for r in virtual_host.routes if not r.match.HasField("runtime_fraction")]


def refused_share(virtual_host: Any) -> float:
    """The percentage of requests that the first route refuses with 500; 0 where none does."""
    first = virtual_host.routes[0]
    if not first.match.HasField("runtime_fraction") or first.direct_response.status != 500:
        return 0.0
    return float(first.match.runtime_fraction.default_value.numerator / 10_000)


def _takes(match: Any, path: str, headers: Mapping[str, str], query: Mapping[str, str]) -> bool:
    return (
        _path_fits(match, path)
        and all(_named_fits(h, headers.get(h.name)) != h.invert_match for h in match.headers)
        and all(_named_fits(q, query.get(q.name)) for q in match.query_parameters)
        and all(claim.invert for claim in match.dynamic_metadata)  # no call here has a token
    )


def _path_fits(match: Any, path: str) -> bool:
    kind = match.WhichOneof("path_specifier")
    if kind == "safe_regex":
        return bool(re.fullmatch(match.safe_regex.regex, path))
    wanted = getattr(match, kind)
    if match.HasField("case_sensitive") and not match.case_sensitive.value:
        wanted, path = wanted.lower(), path.lower()
    if kind == "path":
        return bool(path == wanted)
    if kind == "path_separated_prefix":
        return bool(path == wanted or path.startswith(f"{wanted}/"))
    return bool(path.startswith(wanted))


def _named_fits(wanted: Any, value: str | None) -> bool:
    if value is None:
        return False
    if wanted.HasField("present_match"):
        return True
    text = wanted.string_match
    kind = text.WhichOneof("match_pattern")
    if kind == "safe_regex":
        return bool(re.fullmatch(text.safe_regex.regex, value))
    given = getattr(text, kind)
    if text.ignore_case:
        given, value = given.lower(), value.lower()
    return bool(value == given if kind == "exact" else value.startswith(given))


def goes_to(route: Any) -> dict[str, int]:
    """Clusters by weight; an answer of the proxy itself as `STATUS`."""
    if route is None:
        return {"404": 1}
    if route.HasField("direct_response"):
        return {str(route.direct_response.status): 1}
    if route.route.cluster:
        return {route.route.cluster: 1}
    shares: Counter[str] = Counter()
    for share in route.route.weighted_clusters.clusters:
        shares[share.name] += share.weight.value
    return dict(shares)


def rewritten(action: Any, match: Any, path: str) -> str:
    """The path after a route's (or redirect's) rewrite, as Envoy does it."""
    if action.prefix_rewrite:
        kind = match.WhichOneof("path_specifier")
        return str(action.prefix_rewrite) + path[len(getattr(match, kind)) :]
    if action.HasField("regex_rewrite"):
        rewrite = action.regex_rewrite
        return re.sub(rewrite.pattern.regex, rewrite.substitution, path)
    return path

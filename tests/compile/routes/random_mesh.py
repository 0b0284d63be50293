"""A city: some fifty services with all that can be said of them, and random changes to it.

Everything follows from a seed. An object is one document of text; a change writes one anew,
adds one, takes one away, or moves a pod.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random

from gossamer.cli.reading import read_all
from gossamer.compile.engine.compiled import Compiled
from gossamer.compile.engine.compiler import compile_resource
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import GatewayView, View, view_of
from gossamer.compile.engine.wildcard_names import wildcard_names
from gossamer.compile.lookup.gateways import route_config_name, served
from gossamer.model import tables
from gossamer.model.assembly.assemble import assemble
from gossamer.model.assembly.change import Change
from gossamer.model.fragment import Contribution
from gossamer.model.ids import service_host
from gossamer.model.mesh import Mesh
from gossamer.model.observed import Observed, observed_pods
from gossamer.model.origin import ObjectRef
from gossamer.model.workload.labels import labels
from gossamer.model.workload.pod import Discovery, Pod, ProxyRole
from gossamer.store.paths import File
from tests.compile.routes.manifest_texts import GROUPS, config_map, gateway_api, spec

NAMESPACES = ("default", "shop", "ops")
SERVICES = 50
Texts = dict[str, str]
Entry = tuple[ResourceType, View, str]


def home(at: int) -> str:
    """The namespace of a service."""
    return NAMESPACES[at % len(NAMESPACES)]


def texts(rng: Random) -> Texts:
    """All documents of a city, by a name for each."""
    by_name = {"mesh": config_map("enableAutoMtls: true"), "gateway": _gateway(rng)}
    by_name["front"] = gateway_api(_LISTENERS, namespace="default")
    for at in range(SERVICES):
        by_name[f"service-{at}"] = _service(at, rng)
        for kind in rng.sample(sorted(_WRITERS), rng.randrange(3)):
            by_name[f"{kind}-{at}"] = _WRITERS[kind](at, rng)
    return by_name


def pods(rng: Random) -> dict[str, Pod]:
    """Two pods of each service, some without a proxy, and two gateways."""
    matching = [_pod(at, copy, rng) for at in range(SERVICES) for copy in range(2)]
    matching.append(_gateway_pod("edge", {"istio": "ingressgateway"}, "10.244.9.1"))
    named = {"gateway.networking.k8s.io/gateway-name": "front"}
    matching.append(_gateway_pod("front", named, "10.244.9.2"))
    return {pod.key: pod for pod in matching}


def contributions(written: Mapping[str, str]) -> dict[ObjectRef, Contribution]:
    """What these documents say."""
    read = read_all([File(name, text.encode()) for name, text in written.items()])
    return {each.object: each for each in read.contributions}


@dataclass(slots=True)
class RandomMesh:
    """A mesh in motion, and the texts and pods that it was made of."""

    rng: Random
    texts: Texts
    pods: dict[str, Pod]
    mesh: Mesh

    def change(self) -> Change:
        """Change one thing at random; the cells that it touched."""
        if self.rng.random() < 0.25:
            return self._advance({}, self._moved_pod())
        name = self.rng.choice([*sorted(_WRITERS), "service", "gateway", "mesh"])
        at = self.rng.randrange(SERVICES)
        key = name if name in ("gateway", "mesh") else f"{name}-{at}"
        before = contributions({key: self.texts[key]}) if key in self.texts else {}
        after = {} if before and self.rng.random() < 0.3 else self._written(name, key, at)
        gone = {ref: None for ref in before if ref not in after}
        if not after:
            self.texts.pop(key, None)
        return self._advance({**gone, **after}, {})

    def _written(self, name: str, key: str, at: int) -> dict[ObjectRef, Contribution]:
        fixed = {"service": _service, "gateway": lambda _, rng: _gateway(rng), "mesh": _mesh}
        self.texts[key] = {**_WRITERS, **fixed}[name](at, self.rng)
        return contributions({key: self.texts[key]})

    def _moved_pod(self) -> Observed:
        key = self.rng.choice(sorted(self.pods))
        pod = self.pods[key]
        moved = self.rng.choice(
            (
                None,
                replace(pod, ready=not pod.ready),
                replace(pod, labels=labels({**dict(pod.labels), "version": "v9"})),
                replace(pod, service_account="other"),
            )
        )
        self.pods = {k: p for k, p in self.pods.items() if k != key} | (
            {key: moved} if moved else {}
        )
        return {tables.PODS.key(key): moved}

    def _advance(
        self,
        objects: Mapping[ObjectRef, Contribution | None],
        observed: Observed,
    ) -> Change:
        self.mesh, change = assemble(self.mesh, objects, observed)
        return change


def random_mesh(seed: int) -> RandomMesh:
    """The city of that seed."""
    rng = Random(seed)
    written, people = texts(rng), pods(rng)
    return RandomMesh(rng, written, people, built(written, people))


def built(written: Mapping[str, str], people: Mapping[str, Pod]) -> Mesh:
    """A mesh made at once of all documents and pods."""
    empty = Mesh().facts.set(tables.ROOTS.key("*"), b"ROOTS")
    mesh, _ = assemble(Mesh(empty), contributions(written), observed_pods(people.values()))
    return mesh


def entries(mesh: Mesh, people: Mapping[str, Pod]) -> Iterator[Entry]:
    """Every resource that a few of the city's proxies hold or could ask for, by view."""
    seen: dict[Entry, None] = {}
    for key in _ASKING:
        if key in people:
            for kind, name in _names(mesh, people[key]):
                seen[kind, view_of(mesh, people[key], kind, name), name] = None
    yield from seen


def compiled(mesh: Mesh, wanted: Iterator[Entry] | dict[Entry, Compiled]) -> dict[Entry, Compiled]:
    """Those resources, compiled."""
    return {entry: compile_resource(mesh, entry[1], entry[0], entry[2]) for entry in wanted}


_ASKING = ("default/s0-0", "shop/s1-0", "ops/s2-1", "default/edge", "default/front")


def _names(mesh: Mesh, pod: Pod) -> Iterator[tuple[ResourceType, str]]:
    for kind in ResourceType:
        yield from ((kind, name) for name in wildcard_names(mesh, pod, kind).names)
    view = view_of(mesh, pod, ResourceType.LISTENER, "gateway|80")
    if isinstance(view, GatewayView):
        yield from (
            (ResourceType.ROUTE, route_config_name(one))
            for one in served(TrackedLookup(mesh), view)
        )
        return
    yield from ((ResourceType.VIRTUAL_HOST, f"80/{name}") for name in ("nobody", "a.example.com"))
    yield ResourceType.ROUTE, "eager|80"
    for at in range(SERVICES):
        host = service_host(f"s{at}", home(at))
        yield ResourceType.VIRTUAL_HOST, f"80/{host}"
        yield ResourceType.VIRTUAL_HOST, f"80/s{at}"
        yield ResourceType.NAMES, host
        for subset in ("", "v1"):
            yield ResourceType.CLUSTER, f"outbound|80|{subset}|{host}"
            yield ResourceType.ENDPOINTS, f"outbound|80|{subset}|{host}"


def _pod(at: int, copy: int, rng: Random) -> Pod:
    return Pod(
        home(at),
        f"s{at}-{copy}",
        f"s{at}",
        (f"10.244.{at}.{copy + 2}",),
        labels({"app": f"s{at}", "version": f"v{copy + 1}"}),
        service_account=f"s{at}",
        role=ProxyRole.SIDECAR if rng.random() < 0.9 else ProxyRole.NONE,
        discovery=Discovery.EAGER if (at, copy) == (2, 1) else Discovery.ON_DEMAND,
    )


def _gateway_pod(name: str, entries: dict[str, str], address: str) -> Pod:
    return Pod("default", name, name, (address,), labels(entries), role=ProxyRole.GATEWAY)


def _service(at: int, rng: Random) -> str:
    name = rng.choice(("http", "http", "grpc", "tcp"))
    more = rng.choice(("", "\nclusterIP: None", "\npublishNotReadyAddresses: true"))
    second = rng.choice(("", ", {name: http-b, port: 81}"))
    text = f"selector: {{app: s{at}}}\nports: [{{name: {name}, port: 80}}{second}]{more}"
    head = f"metadata: {{name: s{at}, namespace: {home(at)}}}"
    body = "".join(f"  {line}\n" for line in text.splitlines())
    return f"apiVersion: v1\nkind: Service\n{head}\nspec:\n{body}"


def _mesh(_: int, rng: Random) -> str:
    mode = rng.choice(("ALLOW_ANY", "REGISTRY_ONLY"))
    auto = rng.choice(("true", "false"))
    return config_map(f"outboundTrafficPolicy: {{mode: {mode}}}\nenableAutoMtls: {auto}")


def _gateway(rng: Random) -> str:
    hosts = rng.choice(('"*"', '"*.example.com"', '"shop/*"'))
    server = f"{{port: {{number: 80, name: http, protocol: HTTP}}, hosts: [{hosts}]}}"
    text = f"selector: {{istio: ingressgateway}}\nservers: [{server}]"
    return spec("Gateway", text, name="edge", namespace="default")


_LISTENERS = """
gatewayClassName: x
listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]
"""


def _virtual_service(at: int, rng: Random) -> str:
    gateways = rng.choice(("[mesh]", "[mesh, default/edge]", "[default/edge]"))
    host = service_host(f"s{at}", home(at))
    extra = rng.choice(("", ", timeout: 3s", ", retries: {attempts: 4}"))
    match = rng.choice(("", "match: [{sourceLabels: {version: v1}}], ", _HEADERS))
    other = rng.randrange(SERVICES)
    there = service_host(f"s{other}", home(other))
    subset = rng.choice(("", ", subset: v1"))
    ways = (
        f"route: [{{destination: {{host: {there}}}, weight: {rng.randrange(1, 99)}}}, "
        f"{{destination: {{host: s{at}{subset}}}, weight: 1}}]"
    )
    export = rng.choice(("", "\nexportTo: ['.']"))
    text = f"hosts: [{host}, s{at}.example.com]\ngateways: {gateways}\n"
    return spec(
        "VirtualService",
        f"{text}http: [{{{match}{ways}{extra}}}]{export}",
        name=f"s{at}",
        namespace=home(at),
    )


_HEADERS = "match: [{headers: {x-user: {exact: someone}}}], "


def _destination_rule(at: int, rng: Random) -> str:
    policy = rng.choice(
        (
            "",
            "\ntrafficPolicy: {loadBalancer: {simple: RANDOM}}",
            "\ntrafficPolicy: {tls: {mode: DISABLE}}",
            "\ntrafficPolicy: {outlierDetection: {consecutive5xxErrors: 3}}",
        )
    )
    export = rng.choice(("", "\nexportTo: ['.']"))
    subsets = rng.choice(("", "\nsubsets: [{name: v1, labels: {version: v1}}]"))
    where = rng.choice((home(at), rng.choice(NAMESPACES), "istio-system"))
    text = f"host: {service_host(f's{at}', home(at))}{policy}{export}{subsets}"
    return spec("DestinationRule", text, name=f"s{at}", namespace=where)


def _http_route(at: int, rng: Random) -> str:
    other = rng.randrange(SERVICES)
    parent = rng.choice(
        (
            f'{{group: "", kind: Service, name: s{at}}}',
            f'{{group: "", kind: Service, name: s{at}, namespace: {home(at)}, port: 80}}',
            "{name: front, namespace: default}",
        )
    )
    refs = f"{{name: s{other}, namespace: {home(other)}, port: 80}}"
    where = rng.choice((home(at), rng.choice(NAMESPACES)))
    text = f"parentRefs: [{parent}]\nrules: [{{backendRefs: [{refs}]}}]"
    return spec("HTTPRoute", text, name=f"s{at}", namespace=where)


def _traffic_split(at: int, rng: Random) -> str:
    text = f"service: s{at}\nbackends: [{{service: s{at}, weight: {rng.randrange(1, 99)}}}]"
    return spec("TrafficSplit", text, name=f"s{at}", namespace=home(at))


def _grant(at: int, rng: Random) -> str:
    text = (
        "from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, "
        f'namespace: {rng.choice(NAMESPACES)}}}]\nto: [{{group: "", kind: Service}}]'
    )
    return spec("ReferenceGrant", text, name=f"g{at}", namespace=rng.choice(NAMESPACES))


def _entry(at: int, rng: Random) -> str:
    host = rng.choice((f"e{at}.example.com", "'*.example.com'"))
    resolution = "NONE" if "*" in host else rng.choice(("DNS", "NONE"))
    text = f"hosts: [{host}]\nports: [{{number: 80, name: http, protocol: HTTP}}]\n"
    export = rng.choice(("", "\nexportTo: ['.']"))
    text += f"resolution: {resolution}{export}"
    return spec("ServiceEntry", text, name=f"e{at}", namespace=home(at))


def _peers(at: int, rng: Random) -> str:
    mode = rng.choice(("STRICT", "DISABLE", "PERMISSIVE"))
    chosen = rng.choice((f"selector: {{matchLabels: {{app: s{at}}}}}\n", ""))
    return spec(
        "PeerAuthentication",
        f"{chosen}mtls: {{mode: {mode}}}",
        name=f"p{at}",
        namespace=rng.choice((home(at), "istio-system")),
    )


GROUPS.setdefault("PeerAuthentication", "security.istio.io/v1")
_WRITERS = {
    "destination": _destination_rule,
    "entry": _entry,
    "grant": _grant,
    "http-route": _http_route,
    "peers": _peers,
    "split": _traffic_split,
    "virtual-service": _virtual_service,
}

"""Which documents change a listener that a running proxy has, and what of it Envoy then drains.

Envoy keeps the connections of a filter chain that is equal in the new listener, if nothing but
chains differ; else it drains all of them. Most documents must change no listener at all: they come
by routes, clusters, endpoints, secrets, or as a filter's own configuration (decision 37). The
tables here are what is left, and only shrink.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from envoy.config.listener.v3.listener_pb2 import Listener

from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import read_all
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.store.paths import File
from tests.features.golden import Case, bare, bodies_of, cases, read_case
from tests.features.proxies import Bodies, all_bodies

WHOLE = "all of it"
Drains = dict[str, list[str]]
"""LISTENER of NS/WORKLOAD to the filter chains that are drained, or WHOLE."""

OF_GOLDENS: Mapping[str, Drains] = {
    "mtls/istio-strict": {
        # What nobody speaks of may wait for the server in plaintext, which is over.
        "inbound of default/client": [WHOLE],
        "inbound of default/reviews-v1": ["9080|plain", "other|plain", "other|own-tls"],
    },
    "mtls/istio-port-disabled": {"inbound of default/reviews-v1": [WHOLE]},
    "mtls/istio-trust-domain-aliases": {
        # Whose callers are of the mesh stands in the chains of mutual TLS, and in those alone.
        "inbound of default/client": ["other|mtls"],
        "inbound of default/reviews-v1": ["9080|mtls", "9080|mtls-tcp", "other|mtls"],
    },
    "undeclared_ports/istio-strict": {"inbound of default/legacy": [WHOLE]},
}

MESH = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80}, {name: tcp-db, port: 5432}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, sidecar.istio.io/inject: "true"}}
    spec: {containers: [{name: web, image: web}]}
"""


def mesh_config(line: str) -> str:
    """The mesh with one more setting."""
    return f"""{MESH}---
apiVersion: v1
kind: ConfigMap
metadata: {{name: istio, namespace: istio-system}}
data:
  mesh: |
    {line}
"""


def destination_rule(policy: str) -> str:
    """The mesh with a DestinationRule for its service."""
    return f"""{MESH}---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: web}}
spec: {{host: web, trafficPolicy: {policy}}}
"""


WEB = "of default/web"
ALL_HTTP = {
    f"inbound {WEB}": ["80|mtls", "80|mtls-tcp", "80|plain"],
    f"outbound {WEB}": ["http|80"],
}
CHANGES: Mapping[str, tuple[str, Drains]] = {
    "another port": (MESH.replace("[{name: http,", "[{name: grpc, port: 90}, {name: http,"), {}),
    "a port without a protocol": (
        MESH.replace("[{name: http,", "[{name: what, port: 90}, {name: http,"),
        {f"inbound {WEB}": [WHOLE]},
    ),
    "a port's protocol": (
        MESH.replace("tcp-db", "http-db"),
        {f"inbound {WEB}": [WHOLE]},
    ),
    "MeshConfig outboundTrafficPolicy": (
        mesh_config("outboundTrafficPolicy: {mode: REGISTRY_ONLY}"),
        {f"outbound {WEB}": ["default"]},
    ),
    "MeshConfig accessLogFile": (mesh_config('accessLogFile: ""'), {}),
    "Telemetry": (
        f"""{MESH}---
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {{name: quiet}}
spec: {{accessLogging: [{{disabled: true}}]}}
""",
        {},
    ),
    "MeshConfig pathNormalization": (
        mesh_config("pathNormalization: {normalization: NONE}"),
        ALL_HTTP,
    ),
    "DestinationRule connections": (
        destination_rule("{connectionPool: {tcp: {maxConnections: 5}}}"),
        {},
    ),
    "DestinationRule idle time": (
        destination_rule("{connectionPool: {tcp: {idleTimeout: 60s}}}"),
        {},
    ),
}


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_a_feature_drains_no_more_than_it_must(case: Case) -> None:
    """Documents of this feature, applied to a running mesh, end few connections or none."""
    read = read_case(case)
    before, after = bodies_of(case, bare(case, read)), bodies_of(case, read)
    expected = OF_GOLDENS.get(f"{case.path.parent.name}/{case.name}", {})
    assert drained(before, after) == expected


def test_a_port_that_is_declared_otherwise_drains_itself_alone() -> None:
    """Its listener waits as before for the first bytes of another port, whose connections stay."""
    two = MESH.replace("{name: tcp-db,", "{name: tcp-log, port: 5433}, {name: tcp-db,")
    assert drained(_bodies(two), _bodies(two.replace("tcp-db", "http-db"))) == {
        f"inbound {WEB}": ["5432|mtls", "5432|plain", "5432|own-tls"]
    }


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_drains_no_more_than_it_must(change: str) -> None:
    """An everyday change of a running mesh ends few connections or none."""
    text, expected = CHANGES[change]
    assert drained(_bodies(MESH), _bodies(text)) == expected


def drained(before: Mapping[str, Bodies], after: Mapping[str, Bodies]) -> Drains:
    """What a change drains at each workload's proxy."""
    return {
        f"{name} of {workload}": list(_parts(body, after[workload].get((kind, name), b"")))
        for workload, bodies in before.items()
        for (kind, name), body in bodies.items()
        if kind is ResourceType.LISTENER
        and any(_parts(body, after[workload].get((kind, name), b"")))
    }


def _parts(before: bytes, after: bytes) -> Iterator[str]:
    old, new = Listener.FromString(before), Listener.FromString(after)
    chains = {chain.name: chain for chain in new.filter_chains}
    gone = [chain.name for chain in old.filter_chains if chains.get(chain.name) != chain]
    if new.default_filter_chain != old.default_filter_chain:
        gone.append("default")
    for each in (old, new):
        each.ClearField("filter_chains")
        each.ClearField("default_filter_chain")
    yield from gone if old == new else (WHOLE,)


def _bodies(text: str) -> dict[str, Bodies]:
    read = read_all([File("mesh.yaml", text.encode())])
    mesh, pods = offline_mesh(read)
    return {f"{pod.namespace}/{pod.workload}": all_bodies(mesh, pod) for pod in pods.values()}

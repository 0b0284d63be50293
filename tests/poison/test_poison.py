"""One bad object among a thousand costs nobody but itself, and its author is told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from envoy.config.route.v3.route_pb2 import RouteConfiguration

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.model.finding import Finding
from gossamer.model.observed import observed_pods
from gossamer.model.workload.pod import Pod, ProxyRole
from gossamer.plane.documents import read_files
from gossamer.plane.pipeline import Pipeline
from gossamer.store.document import Document, DocumentKey, document_of
from gossamer.store.paths import File
from tests.plane.rooted_pipeline import rooted_pipeline
from tests.poison.poisons import POISONS
from tests.poison.thousand import HOSTS, SERVICES, gateway_pod, healthy, host_of

PORT = 8080
CLIENT = Pod("default", "client", "client", ("10.244.0.8",), role=ProxyRole.SIDECAR, host="here")
ALL_HOSTS = {host_of(number) for number in range(HOSTS)}
WANTED = {
    "gateway|8080": (ResourceType.ROUTE, gateway_pod().key),
    **{f"80/m{n}": (ResourceType.VIRTUAL_HOST, CLIENT.key) for n in range(SERVICES)},
    **{f"outbound|80||{host_of(n)}": (ResourceType.CLUSTER, CLIENT.key) for n in range(HOSTS)},
    **{f"outbound|80||{host_of(n)} ": (ResourceType.ENDPOINTS, CLIENT.key) for n in range(HOSTS)},
}


class World:
    """The healthy 999, live, and what their proxies got before any poison."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.standings = {
            pod.key: pipeline.stand(pod.key, lambda kind, names: None)
            for pod in (gateway_pod(), CLIENT)
        }
        self.before = self.versions()

    def versions(self) -> dict[str, str]:
        """The version of each resource that a proxy holds."""
        found = {}
        for name, (kind, pod) in WANTED.items():
            resource = self.standings[pod].get(kind, name.strip())
            found[name] = resource.version if resource else ""
        return found

    def hosts(self) -> set[str]:
        """The hosts that the gateway serves."""
        entry = self.standings[gateway_pod().key].entry_of(ResourceType.ROUTE, "gateway|8080")
        assert entry is not None
        body = self.pipeline.catalog.entry(entry).compiled.body or b""
        hosts = RouteConfiguration.FromString(body).virtual_hosts
        return {domain for host in hosts for domain in host.domains}


@pytest.fixture(scope="module")
def world() -> World:
    """999 healthy objects and two proxies."""
    reading = read_files([File("healthy.yaml", healthy(PORT, "127.0.0.1", 8080).encode())])
    assert len(reading.manifests) == 999
    assert [f for f in reading.findings if f.severity != "info"] == []
    pipeline = rooted_pipeline()
    documents = [document_of(manifest) for manifest in reading.manifests]
    pipeline.absorb({document.key: document for document in documents})
    pods = (gateway_pod(), CLIENT)
    pipeline.advance({}, observed_pods(pods))
    made = World(pipeline)
    assert all(made.before.values())
    assert made.hosts() >= ALL_HOSTS
    return made


@pytest.mark.parametrize("kind", POISONS)
def test_poison_in_an_apply_is_named_and_stops_nobody(world: World, kind: str) -> None:
    """Of one file with a thousand objects 999 are stored and live; the thousandth is named."""
    text = POISONS[kind].replace("@PORT@", str(PORT))
    raw = text.encode("utf-8", "surrogateescape")
    reading = read_files([File("poison.yaml", raw)])
    documents = {d.key: replace(d, created_revision=9) for d in map(document_of, reading.manifests)}
    world.pipeline.absorb(documents)
    try:
        told = (*reading.findings, *world.pipeline.findings())
        named = [f for f in told if f.severity != "info" and _is_poison(f)]
        assert named, kind
        assert all(f.message and f.effect and f.remedy for f in named)
        assert [f for f in told if f.severity == "error" and not _is_poison(f)] == []
        after = world.versions()
        changed = {n for n in after if n != "gateway|8080" and after[n] != world.before[n]}
        assert changed == set()
        assert world.hosts() >= ALL_HOSTS
    finally:
        world.pipeline.absorb(dict.fromkeys(documents))
    assert world.versions() == world.before


@pytest.mark.parametrize("kind", POISONS)
def test_poison_in_the_store_is_named_and_stops_nobody(world: World, kind: str) -> None:
    """However a bad document came into the store, the plane takes the others and names it."""
    text = POISONS[kind].replace("@PORT@", str(PORT))
    key = DocumentKey("networking.istio.io/VirtualService", "default", "poison")
    document = Document(
        key, text.encode("utf-8", "surrogateescape"), "poison.yaml", created_revision=9
    )
    world.pipeline.absorb({key: document})
    try:
        assert any(_is_poison(finding) for finding in world.pipeline.findings())
    finally:
        world.pipeline.absorb({key: None})
    assert world.versions() == world.before


def _is_poison(finding: Finding) -> bool:
    return finding.origin.file == "poison.yaml"

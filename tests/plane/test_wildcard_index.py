"""Names held unasked are kept host by host: after any change they are what they would be anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import View
from gossamer.compile.engine.wildcard_names import wildcard_names_of
from gossamer.model.observed import observed_pods
from gossamer.model.workload.pod import Discovery
from gossamer.plane.documents import read_files
from gossamer.plane.pipeline import Pipeline
from gossamer.plane.resources.proxy_subscription import ProxySubscription
from gossamer.store.document import Document, DocumentKey, document_of
from gossamer.store.paths import File
from tests.plane.piped_mesh import Told, pod
from tests.plane.rooted_pipeline import rooted_pipeline

HELD = (ResourceType.LISTENER, ResourceType.CLUSTER, ResourceType.VIRTUAL_HOST)
SERVICE = """
apiVersion: v1
kind: Service
metadata:
  {{name: {name}, namespace: {namespace}, annotations: {{networking.istio.io/exportTo: "{to}"}}}}
spec: {{selector: {{app: {name}}}, ports: [{{name: {protocol}, port: {port}}}]}}
"""
SUBSETS = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: {name}, namespace: default}}
spec:
  host: {host}
  subsets: [{{name: v{version}, labels: {{version: v{version}}}}}]
"""


def one_change(random: Random, number: int) -> str:
    """A Service or DestinationRule that is new or differs from before."""
    name = f"svc-{random.randrange(6)}"
    if random.random() < 0.3:
        host = random.choice((name, "*.default.svc.cluster.local"))
        return SUBSETS.format(name=f"rule-{name}", host=host, version=number)
    return SERVICE.format(
        name=name,
        namespace=random.choice(("default", "default", "other")),
        to=random.choice(("*", "*", ".")),
        protocol=random.choice(("http", "tcp")),
        port=random.choice((80, 80, 8080, 9000 + number)),
    )


def changes(seed: int) -> Iterator[dict[DocumentKey, Document | None]]:
    """Documents that come, change and go, one or several at a time."""
    random, there = Random(seed), dict[DocumentKey, Document]()
    for number in range(40):
        raw = "---".join(one_change(random, number) for _ in range(random.randint(1, 3)))
        documents = map(document_of, read_files([File("mesh.yaml", raw.encode())]).manifests)
        change: dict[DocumentKey, Document | None] = {each.key: each for each in documents}
        if there and random.random() < 0.3:
            change[random.choice(sorted(there, key=str))] = None
        there = {k: d for k, d in {**there, **change}.items() if d is not None}
        yield change


def client(pipeline: Pipeline, told: Told) -> tuple[ProxySubscription, tuple[View, ...]]:
    eager = replace(pod("client", "client", "10.244.0.9"), discovery=Discovery.EAGER)
    pipeline.advance({}, observed_pods([eager]))
    subscription = pipeline.stand(eager.key, told)
    assert subscription._views is not None
    return subscription, subscription._views.sides()


def anew(pipeline: Pipeline, views: tuple[View, ...], kind: ResourceType) -> set[str]:
    """What the whole mesh, looked at from the start, gives."""
    return {name for view in views for name in wildcard_names_of(pipeline.mesh, view, kind).names}


@pytest.mark.parametrize("seed", range(12))
def test_a_roster_is_what_it_would_be_anew_and_tells_who_joined_and_left(seed: int) -> None:
    """After each of forty random changes, for every kind; a set of names, none of them twice."""
    pipeline, told = rooted_pipeline(), Told()
    subscription, views = client(pipeline, told)
    before = {kind: set(subscription.held(kind)) for kind in HELD}
    for change in changes(seed):
        pipeline.absorb(change)
        if subscription._views is None or subscription._views.sides() != views:
            subscription, views = client(pipeline, told)  # its namespace got a view of its own
            before = {kind: set(subscription.held(kind)) for kind in HELD}
        heard = told.taken()
        for kind in HELD:
            names = list(subscription.held(kind))
            assert set(names) == anew(pipeline, views, kind)
            assert len(names) == len(set(names)) == len(subscription.held(kind))
            assert all(name in subscription.held(kind) for name in names)
            assert heard >= {(kind, name) for name in before[kind] ^ set(names)}
            before[kind] = set(names)


def test_a_new_service_is_told_by_name_and_looked_at_alone() -> None:
    """Who holds everything hears of the names that joined, not of everything."""
    pipeline, told = rooted_pipeline(), Told()
    text = "---".join(_service(f"svc-{i}") for i in range(50))
    pipeline.absorb(_documents(text))
    subscription, _ = client(pipeline, told)
    for kind in HELD:
        assert len(subscription.held(kind)) >= 1
    told.taken()
    pipeline.absorb(_documents(_service("late")))
    assert told.taken() == {
        (ResourceType.CLUSTER, "outbound|80||late.default.svc.cluster.local"),
        (ResourceType.VIRTUAL_HOST, "eager|80/late.default.svc.cluster.local"),
    }


def _service(name: str) -> str:
    return SERVICE.format(name=name, namespace="default", to="*", protocol="http", port=80)


def _documents(text: str) -> dict[DocumentKey, Document | None]:
    manifests = read_files([File("mesh.yaml", text.encode())]).manifests
    return {document.key: document for document in map(document_of, manifests)}

"""A whole plane without its sockets, and its answers about a small mesh."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from gossamer.identity.authority import Authority
from gossamer.identity.run import CertificateSigner
from gossamer.plane.api import shapes
from gossamer.plane.documents import StoreFollower
from gossamer.plane.observed.observations import Observations
from gossamer.plane.pipeline import Pipeline
from gossamer.plane.plane import Plane
from gossamer.plane.revisions import Topic
from gossamer.plane.streams.proxies import ConnectedProxies
from gossamer.store.paths import File
from gossamer.store.sqlite import SqliteStore
from gossamer.telemetry.edges import Edges
from tests.plane.access.doors import OPERATES
from tests.plane.banning import ban_desk
from tests.plane.resting_rotation import rotation_desk

MESH = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  clusterIP: 10.96.0.7
  ports: [{name: http, port: 80, targetPort: 8080}, {name: dns, port: 53, protocol: UDP}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop, labels: {team: a}}
spec:
  hosts: [web]
  http: [{route: [{destination: {host: nowhere}}]}]
"""
BROKEN = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web, namespace: shop}
spec: {trafficPolicy: {}}
"""
POD = {
    "namespace": "shop",
    "name": "web-1",
    "workload": "web",
    "ip": ["10.244.0.2"],
    "labels": {"app": "web"},
    "ports": [{"number": 8080, "name": "http"}],
    "ready": True,
    "injected": True,
}
OBSERVATION = {"pods": [POD], "lease_s": 30}


@asynccontextmanager
async def whole_plane(folder: Path) -> AsyncIterator[Plane]:
    """Its store and authority are in `folder`."""
    pipeline = Pipeline()
    store = await SqliteStore.open(folder / "store.db")
    documents = StoreFollower(store, pipeline, lambda: None)
    await documents.load()
    following = asyncio.create_task(documents.follow())
    signer = CertificateSigner(Authority.open(folder / "ca"), lambda pod: None)
    observations = Observations(folder / "observations", lambda: 0.0)
    proxies = ConnectedProxies(pipeline)
    bans = ban_desk(folder, observations, proxies)
    desks = bans, rotation_desk(folder / "ca", observations, proxies)
    yield Plane(pipeline, documents, observations, proxies, signer, Edges(), lambda: 0.0, *desks)
    following.cancel()
    await store.close()


async def answers(plane: Plane) -> dict[str, Any]:
    """What it says of a mesh with a mistake in it, of an observation, and of a removal."""
    named = [shapes.ObjectName("service", "web", "shop")]
    files = [File("mesh.yaml", MESH.encode()), File("b.yaml", BROKEN.encode())]
    applied = await plane.apply(files, OPERATES)
    await plane.observe("lab", msgspec.convert(OBSERVATION, shapes.ObservationBody))
    documents = plane.documents(None, None, None)
    told = {
        "applied": applied,
        "documents": documents,
        "services": plane.services(),
        "findings": plane.findings(),
        "health": plane.health(),
        "sources": plane.status().plane.sources,
    }
    assert plane.revision(Topic.DOCUMENTS) == documents.revision
    return told | {"deleted": await plane.delete([], named, OPERATES)}

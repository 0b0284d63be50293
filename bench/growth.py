"""Growth: what one change costs in meshes of 100 to 10,000 services, to one who holds ten or all.

It must not cost more in a mesh ten times the size. Each number is the least of several, in
milliseconds of this process's CPU; `entries` says how many resources came out different.

Beside them what `analyze` says of many Gateways of one selector and of many rules in one
VirtualService: there the time may grow with their number, and no faster.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable
from typing import Any

import msgspec

from bench import mesh
from bench.mesh import Size
from bench.report import tell
from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import read_all
from gossamer.compile.checks.table import check_all
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.contract.secret_names import MESH_ROOTS
from gossamer.model import tables
from gossamer.model.ids import EVERYWHERE
from gossamer.model.observed import Observed, observed_pods
from gossamer.plane.api.shapes import PodSeen
from gossamer.plane.documents import read_files
from gossamer.plane.observed.observations import read_pod
from gossamer.plane.pipeline import Pipeline
from gossamer.plane.resources.proxy_subscription import ProxySubscription
from gossamer.store.document import document_of
from gossamer.store.paths import File

TRIALS = 5
USED = 10


def main() -> None:
    """Measure each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--wide", type=int, nargs="+", default=[500, 1000, 2000, 4000])
    asked = parser.parse_args()
    sizes = asked.sizes
    rows = [row(services, each) for each in ("on-demand", "eager") for services in sizes]
    tell("growth", rows)
    tell("growth of checks", [wide_row(each) for each in asked.wide])


def row(services: int, discovery: str) -> dict[str, Any]:
    """One size."""
    pipeline, size = filled(services, discovery)
    standing = pipeline.stand(f"default/{mesh.sidecar(0)}", lambda kind, names: None)
    held = _hold(standing)
    gc.collect()
    gc.freeze()

    def route(k: int) -> int:
        return _absorb(pipeline, mesh.route(0, f"mark-{k}"))

    def service(k: int) -> int:
        text = mesh.services(1, 1).replace("metadata: {", f'metadata: {{labels: {{k: "{k}"}}, ')
        return _absorb(pipeline, text.replace("targetPort: 8080", f"targetPort: {8000 + k}"))

    def endpoint(k: int) -> int:
        seen = mesh.one_more(size, f"10.244.255.{k}")["pods"]
        return pipeline.advance({}, _observed(seen))

    def newcomer(k: int) -> int:
        return _absorb(pipeline, mesh.services(1, services + k))

    told: dict[str, Any] = {"discovery": discovery, "services": services, "held": held}
    for name, change in (("virtual_service", route), ("endpoint", endpoint), ("service", service)):
        told |= _timed(name, change)
    told |= _timed("new_service", newcomer)
    gc.unfreeze()
    return told


def wide_row(count: int) -> dict[str, Any]:
    """What the checks cost in a mesh with so many Gateways, and with so many rules."""
    gateways = "".join(map(mesh.gateway, range(count)))
    return {
        "count": count,
        "gateways_ms": _checked(mesh.GATEWAY_POD + gateways),
        "rules_ms": _checked(mesh.services(1) + mesh.rules(count)),
    }


def _checked(text: str) -> float:
    made, _ = offline_mesh(read_all([File("wide.yaml", text.encode())]))
    best = float("inf")
    for _ in range(TRIALS):
        began = time.process_time()
        check_all(made, made.contributions.values())
        best = min(best, 1000 * (time.process_time() - began))
    return round(best, 2)


def filled(services: int, discovery: str) -> tuple[Pipeline, Size]:
    """A pipeline with that many services, two pods behind each, and one sidecar."""
    size = Size(services, 2, 1)
    pipeline = Pipeline()
    pipeline.advance({}, {tables.ROOTS.key(EVERYWHERE): b"roots"})
    _absorb(pipeline, mesh.services(services))
    for _, seen in mesh.sources(size, discovery):
        pipeline.advance({}, _observed(seen["pods"]))
    return pipeline, size


def _observed(pods: list[dict[str, Any]]) -> Observed:
    return observed_pods(map(read_pod, msgspec.convert(pods, list[PodSeen])))


def _hold(standing: ProxySubscription) -> int:
    """Have compiled what a connected proxy holds: everything, or ten hosts that it used."""
    hosts = [mesh.host(i) for i in range(USED)]
    wanted = [(ResourceType.VIRTUAL_HOST, f"80/{host}") for host in hosts]
    outbound = [f"outbound|80||{host}" for host in hosts]
    outbound += [
        name for name in standing.held(ResourceType.CLUSTER) if name.startswith("outbound")
    ]
    for name in dict.fromkeys(outbound):
        wanted += [(ResourceType.CLUSTER, name), (ResourceType.ENDPOINTS, name)]
    wanted.append((ResourceType.SECRET, MESH_ROOTS))
    for kind in (ResourceType.LISTENER, ResourceType.CLUSTER, ResourceType.VIRTUAL_HOST):
        wanted += [(kind, name) for name in standing.held(kind)]
    for kind, name in wanted:
        standing.get(kind, name)
    return len(set(wanted))


def _absorb(pipeline: Pipeline, text: str) -> int:
    manifests = read_files([File("change.yaml", text.encode())]).manifests
    return pipeline.absorb({each.key: each for each in map(document_of, manifests)})


def _timed(name: str, change: Callable[[int], int]) -> dict[str, Any]:
    change(1)
    best, changed = float("inf"), 0
    for k in range(2, TRIALS + 2):
        began = time.process_time()
        changed = change(k)
        best = min(best, 1000 * (time.process_time() - began))
    return {f"{name}_ms": round(best, 2), f"{name}_entries": changed}

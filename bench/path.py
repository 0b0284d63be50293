"""Path: what a pair of sidecars costs a call, held against the same call without them.

A real lab: capture, mutual TLS, the whole chain that a workload gets with no configuration, counts
per edge included. Each round runs direct and mesh one after the other: first as fast as it goes,
with the CPU that the two Envoys used for each call, then at 1000 calls a second. A figure is the
median of its rounds. Everything shares this machine's cores, so a ratio at saturation is one of
CPU. Needs `h2load` and `nghttpd` (Debian packages nghttp2-client and nghttp2-server).

With --policies N, --jwt, --ext-authz or --rego it says instead what these cost, each beside a
server without any policy (`bench/path_policies.py`).
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import path_policies
from bench.h2load import Load, in_pod, pace, saturate
from bench.lab import Lab, lab
from bench.path_pods import PROTOCOLS, SIZES, Protocol, manifests, write_files
from bench.path_policies import CASES, Policed, cases
from bench.report import OUT, tell
from bench.usage import usage

PACKAGES = {"h2load": "nghttp2-client", "nghttpd": "nghttp2-server"}
WARM_S = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What to run."""

    protocols: tuple[Protocol, ...]
    sizes: tuple[str, ...]
    seconds: int
    rounds: int
    policies: tuple[Policed, ...] = ()


def arguments() -> Asked:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = [each.name for each in PROTOCOLS]
    parser.add_argument("--protocol", choices=names, action="append", help="only these")
    parser.add_argument("--size", choices=tuple(SIZES), action="append", help="only these")
    parser.add_argument("--seconds", type=int, default=4, help="of each run, whole")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--policies", type=int, action="append", default=[], metavar="N")
    for word in CASES:
        parser.add_argument(f"--{word.replace('_', '-')}", action="store_true")
    said = parser.parse_args()
    wanted = said.protocol or names
    protocols = tuple(each for each in PROTOCOLS if each.name in wanted)
    words = [word for word in CASES if getattr(said, word)]
    policed = tuple(cases(said.policies, words)) if said.policies or words else ()
    return Asked(protocols, tuple(said.size or SIZES), said.seconds, said.rounds, policed)


def main() -> None:
    """Run and report."""
    asked = arguments()
    if lacking := missing():
        sys.exit(f"bench path: install the Debian packages {' '.join(lacking)}")
    if asked.policies:
        rows = path_policies.measure(asked.policies, asked.seconds, asked.rounds)
        tell("path-policies", rows, seconds=asked.seconds, rounds=asked.rounds)
        return
    tell("path", measure(asked), seconds=asked.seconds, rounds=asked.rounds)


def missing() -> list[str]:
    """The Debian packages whose programs are not on this machine."""
    return [package for program, package in PACKAGES.items() if shutil.which(program) is None]


def measure(asked: Asked) -> list[dict[str, Any]]:
    """One row a protocol and size."""
    files = (OUT / "path").absolute()
    write_files(files)
    with lab(manifests(files)) as running:
        return [
            Case(running, files, protocol, size, asked).row()
            for protocol in asked.protocols
            for size in asked.sizes
        ]


@dataclass(frozen=True, slots=True)
class Case:
    """One protocol and size, in a lab that is up."""

    lab: Lab
    files: Path
    protocol: Protocol
    size: str
    asked: Asked

    def row(self) -> dict[str, Any]:
        """The medians of all rounds, and their ratios."""
        for prefix in ("bare-", ""):
            self._saturate(prefix, WARM_S)
        found = [dict(self._round()) for _ in range(self.asked.rounds)]
        row = {name: statistics.median(each[name] for each in found) for name in found[0]}
        case = {"case": f"{self.protocol.name} {self.size}"}
        return case | row | {"failed": sum(each["failed"] for each in found)}

    def _round(self) -> Iterator[tuple[str, float]]:
        fast, (mesh, client_us, server_us) = self._saturate("bare-"), self._counted()
        calm, paced = self._pace("bare-"), self._pace("")
        yield "direct_rps", fast.per_second
        yield "mesh_rps", mesh.per_second
        yield "rps_ratio", mesh.per_second / fast.per_second
        yield "envoys_us", client_us + server_us
        yield "client_us", client_us
        yield "server_us", server_us
        yield "direct_p50_us", calm.p50_us
        yield "p50_us", paced.p50_us
        yield "p50_ratio", paced.p50_us / calm.p50_us
        yield "direct_p99_us", calm.p99_us
        yield "p99_us", paced.p99_us
        yield "p99_ratio", paced.p99_us / calm.p99_us
        yield "paced_rps", paced.per_second
        yield "failed", float(fast.failed + mesh.failed + calm.failed + paced.failed)

    def _counted(self) -> tuple[Load, float, float]:
        """A run through the mesh, and the microseconds of CPU that each Envoy used for a call."""
        client, server = map(self.lab.envoy, ("client", "server"))
        before = usage(client).cpu, usage(server).cpu
        load = self._saturate("")
        used = usage(client).cpu - before[0], usage(server).cpu - before[1]
        return load, 1e6 * used[0] / load.done, 1e6 * used[1] / load.done

    def _saturate(self, prefix: str, seconds: int | None = None) -> Load:
        run, length = in_pod(self.lab, f"{prefix}client"), seconds or self.asked.seconds
        return saturate(run, self._url(prefix), self._words(), length)

    def _pace(self, prefix: str) -> Load:
        run = in_pod(self.lab, f"{prefix}client")
        return pace(run, self._url(prefix), self._words(), self.asked.seconds)

    def _url(self, prefix: str) -> str:
        return f"http://{prefix}server:{self.protocol.port}/body.{self.size}"

    def _words(self) -> tuple[str, ...]:
        sends = (f"-d{self.files}/message",) if self.protocol.name == "grpc" else ()
        return (*self.protocol.words, *sends)

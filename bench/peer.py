"""Peer: our pair of sidecars, a pair with Istio's filter chain, and no proxies, side by side.

All three on loopback, in turns, against the same server: first as fast as it goes, with the CPU
that the two Envoys used for each call, then at 1000 calls a second. A figure is the median of its
rounds. `bench/like_istio.py` says what the other pair has; it counts nothing, ours counts per edge.
Needs `h2load` and `nghttpd` (Debian packages nghttp2-client and nghttp2-server).
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import path_pods
from bench.h2load import here, pace, saturate
from bench.like_istio import like_istio
from bench.pair import Ports
from bench.parts import Two, as_shipped, free_ports, running, two, until_open
from bench.path import missing
from bench.path_pods import PROTOCOLS, SIZES, answers, grpc_server, write_files
from bench.report import tell
from gossamer.model.traffic.service import Protocol

SPOKEN = {"http/1.1": Protocol.HTTP, "http/2": Protocol.HTTP2, "grpc": Protocol.GRPC}


def main() -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--protocol", choices=tuple(SPOKEN), action="append", help="only these")
    parser.add_argument("--size", choices=tuple(SIZES), action="append", help="only these")
    parser.add_argument("--seconds", type=int, default=2, help="of each run, whole")
    parser.add_argument("--rounds", type=int, default=5)
    said = parser.parse_args()
    if lacking := missing():
        sys.exit(f"bench peer: install the Debian packages {' '.join(lacking)}")
    asked = Asked(said.seconds, said.rounds)
    rows = measure(said.protocol or list(SPOKEN), said.size or list(SIZES), asked)
    tell("peer", rows, seconds=said.seconds, rounds=said.rounds)


@dataclass(frozen=True, slots=True)
class Asked:
    """How long and how often."""

    seconds: int
    rounds: int


def measure(protocols: list[str], sizes: list[str], asked: Asked) -> list[dict[str, Any]]:
    """A row for each protocol and size."""
    rows = []
    for name in protocols:
        with TemporaryDirectory(prefix="gp-") as folder, rig(Path(folder), name) as made:
            rows += [made.row(size, asked) for size in sizes]
    return rows


@dataclass(frozen=True, slots=True)
class Way:
    """One way to the server: a port, and the Envoys on it if there are any."""

    name: str
    port: int
    proxies: Two | None = None

    @property
    def cpu(self) -> float:
        """Seconds that its proxies have used."""
        return self.proxies.cpu if self.proxies else 0.0


@dataclass(frozen=True, slots=True)
class Rig:
    """Three ways to one server."""

    protocol: path_pods.Protocol
    words: tuple[str, ...]
    ways: tuple[Way, ...]

    def row(self, size: str, asked: Asked) -> dict[str, Any]:
        """The medians of all rounds, and their ratios."""
        for way in self.ways:
            saturate(here, self._url(way, size), self.words, 1)
        rounds = [dict(self._round(size, asked.seconds)) for _ in range(asked.rounds)]
        row = {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
        ratios = {
            "us_ours_to_istio": row["ours_us"] / row["istio_us"],
            "p50_ours_to_istio": row["ours_p50_us"] / row["istio_p50_us"],
        }
        return {"case": f"{self.protocol.name} {size}"} | row | ratios

    def _round(self, size: str, seconds: int) -> Iterator[tuple[str, float]]:
        failed = 0
        for way in self.ways:
            url, before = self._url(way, size), way.cpu
            fast = saturate(here, url, self.words, seconds)
            used = 1e6 * (way.cpu - before) / fast.done
            calm = pace(here, url, self.words, seconds)
            failed += fast.failed + calm.failed
            yield f"{way.name}_rps", fast.per_second
            if way.proxies:
                yield f"{way.name}_us", used
            yield f"{way.name}_p50_us", calm.p50_us
            yield f"{way.name}_p99_us", calm.p99_us
        yield "failed", float(failed)

    def _url(self, way: Way, size: str) -> str:
        return f"http://127.0.0.1:{way.port}/body.{size}"


@contextmanager
def rig(folder: Path, name: str) -> Iterator[Rig]:
    """A server, both pairs before it."""
    protocol = next(each for each in PROTOCOLS if each.name == name)
    write_files(folder)
    sends = (f"-d{folder}/message",) if name == "grpc" else ()
    server, *ports = free_ports(5)
    ours, theirs = Ports(ports[0], ports[1], server), Ports(ports[2], ports[3], server)
    with (
        _server(folder, name, server),
        two(folder / "ours", ours, as_shipped, SPOKEN[name]) as shipped,
        two(folder / "istio", theirs, like_istio, SPOKEN[name]) as peer,
    ):
        ways = (
            Way("direct", server),
            Way("ours", shipped.port, shipped),
            Way("istio", peer.port, peer),
        )
        yield Rig(protocol, (*protocol.words, *sends), ways)


@contextmanager
def _server(folder: Path, name: str, port: int) -> Iterator[None]:
    if name != "grpc":
        with running(folder, "answers", answers([port])):
            yield
        return
    log = folder / "grpc.log"
    with log.open("wb") as out:
        words = grpc_server(folder, port, "--address=127.0.0.1")
        process = subprocess.Popen(words, stdout=out, stderr=out)
    try:
        until_open(port, process, str(log))
        yield
    finally:
        process.kill()
        process.wait()

"""Parts: what each part of the path costs, by taking one away at a time.

Two Envoys as shipped and a server on loopback (`bench/pair.py`), and beside them two that lack one
part; HTTP/1.1 at saturation, one pair and then the other, again and again, since what else the
machine does moves a figure more than most parts. A saving is the median of these differences, in
CPU microseconds of both Envoys for a call; `spread_us` is between their quartiles, and a saving
well inside it says nothing. Needs `h2load` (Debian package nghttp2-client).
"""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.h2load import here, saturate
from bench.pair import Json, Ports, managers, pair, plaintext_logs
from bench.path_pods import SIZES, answers
from bench.report import percentile, tell
from bench.usage import usage
from gossamer.envoy.binary import envoy_path
from gossamer.envoy.process import ENVIRONMENT, ProcessPlan, argv
from gossamer.model.traffic.service import Protocol

WORDS = ("--h1",)
PATIENCE_S = 20.0
Change = Callable[[Json], None]


def main() -> None:
    """Measure each part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=tuple(PARTS), action="append", help="only these parts")
    parser.add_argument("--size", choices=tuple(SIZES), default="1k")
    parser.add_argument("--rounds", type=int, default=7, help="of a second for each pair")
    said = parser.parse_args()
    if shutil.which("h2load") is None:
        sys.exit("bench parts: install the Debian package nghttp2-client")
    rows = measure(said.only or list(PARTS), said.size, said.rounds)
    tell("parts", rows, size=said.size, rounds=said.rounds)


def measure(parts: list[str], size: str, rounds: int) -> list[dict[str, Any]]:
    """A row for each part that was left out."""
    with TemporaryDirectory(prefix="gp-") as name:
        folder, (server, *more) = Path(name), free_ports(5)
        with running(folder, "answers", answers([server])):
            whole = Ports(more[0], more[1], server)
            with two(folder / "whole", whole, as_shipped) as unchanged:
                return [
                    _row(part, folder, Ports(more[2], more[3], server), unchanged, size, rounds)
                    for part in parts
                ]


def _row(
    part: str, folder: Path, ports: Ports, whole: Two, size: str, rounds: int
) -> dict[str, Any]:
    with two(folder / "less", ports, PARTS[part]) as less:
        for each in (whole, less):
            each.cost(size)
        took = [(whole.cost(size), less.cost(size)) for _ in range(rounds)]
    saved = [before - after for before, after in took]
    return {
        "without": part,
        "whole_us": statistics.median(before for before, _ in took),
        "envoys_us": statistics.median(after for _, after in took),
        "saves_us": statistics.median(saved),
        "spread_us": percentile(saved, 0.75) - percentile(saved, 0.25),
    }


@dataclass(frozen=True, slots=True)
class Two:
    """Two running Envoys, the first of which takes calls on a port."""

    pids: tuple[int, ...]
    port: int

    @property
    def cpu(self) -> float:
        """Seconds that both have used."""
        return sum(usage(pid).cpu for pid in self.pids)

    def cost(self, size: str) -> float:
        """Microseconds of CPU that both use for a call, over a second."""
        before = self.cpu
        load = saturate(here, f"http://127.0.0.1:{self.port}/body.{size}", WORDS, 1)
        if load.failed:
            raise RuntimeError(f"{load.failed} calls failed")
        return 1e6 * (self.cpu - before) / load.done


@contextmanager
def two(
    folder: Path, ports: Ports, change: Change, protocol: Protocol = Protocol.HTTP
) -> Iterator[Two]:
    """The pair as shipped but for a change."""
    folder.mkdir(exist_ok=True)
    client, server = pair(folder, ports, protocol)
    for config in (client, server):
        change(config)
    with running(folder, "server", server) as one, running(folder, "client", client) as other:
        yield Two((one, other), ports.client)


@contextmanager
def running(folder: Path, name: str, config: Json, port: int | None = None) -> Iterator[int]:
    """An Envoy with this configuration, from when `port` or its first listener is open."""
    path = folder / f"{name}.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(config))
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            argv(ProcessPlan(envoy_path(), path)), env=ENVIRONMENT, stdout=log, stderr=log
        )
    try:
        until_open(port or _first_port(config), process, log.name)
        yield process.pid
    finally:
        process.kill()
        process.wait()


def _first_port(config: Json) -> int:
    listener = config["static_resources"]["listeners"][0]
    return int(listener["address"]["socket_address"]["port_value"])


def until_open(port: int, process: subprocess.Popen[bytes], log: str) -> None:
    """Wait until a process that was just started listens. Raises RuntimeError."""
    late = time.monotonic() + PATIENCE_S
    while time.monotonic() < late and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"nobody listens on {port}: {Path(log).read_text()[-2000:]}")


def free_ports(count: int) -> list[int]:
    """So many ports that nobody uses."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


# What can be left out: each changes a bootstrap in place.


def as_shipped(config: Json) -> None:
    """The whole chain."""


def _without_log(name: str) -> Change:
    def change(config: Json) -> None:
        for manager in _managers(config):
            logs = manager["access_log"]
            manager["access_log"] = [each for each in logs if not each["name"].endswith(name)]

    return change


def _without_filter(name: str) -> Change:
    def change(config: Json) -> None:
        for manager in _managers(config):
            filters = manager["http_filters"]
            manager["http_filters"] = [each for each in filters if not each["name"].endswith(name)]

    return change


def _set(**fields: Any) -> Change:
    def change(config: Json) -> None:
        for manager in _managers(config):
            manager |= deepcopy(fields)

    return change


def _without_field(*names: str) -> Change:
    def change(config: Json) -> None:
        for manager in _managers(config):
            for name in names:
                manager.pop(name, None)

    return change


def _router(**fields: Any) -> Change:
    def change(config: Json) -> None:
        for manager in _managers(config):
            manager["http_filters"][-1]["typed_config"] |= fields

    return change


def _without_retries(config: Json) -> None:
    for manager in _managers(config):
        for host in manager["route_config"]["virtual_hosts"]:
            for route in host["routes"]:
                route["route"].pop("retry_policy", None)


def _without_tls(config: Json) -> None:
    own = config["static_resources"]
    for part in (*own["clusters"], own["listeners"][0]["filter_chains"][0]):
        part.pop("transport_socket", None)
    own["listeners"][0].pop("listener_filters", None)


def _with_http2(config: Json) -> None:
    """Between the two proxies; to the server it stays HTTP/1.1."""
    cluster = config["static_resources"]["clusters"][-1]
    if "transport_socket" in cluster:
        (options,) = cluster["typed_extension_protocol_options"].values()
        options["explicit_http_config"] = {"http2_protocol_options": {}}


def _with_plaintext_counts(config: Json) -> None:
    """What only callers without the mesh's TLS cost."""
    for listener in config["static_resources"]["listeners"]:
        for manager in managers(listener) if listener["name"] == "inbound" else ():
            manager["access_log"] = plaintext_logs()
            manager["access_log_options"] = {"flush_access_log_on_new_request": True}


def _without_matcher(config: Json) -> None:
    del config["stats_config"]["stats_matcher"]


def _all(*changes: Change) -> Change:
    def change(config: Json) -> None:
        for each in changes:
            each(config)

    return change


def _managers(config: Json) -> Iterator[Json]:
    for listener in config["static_resources"]["listeners"]:
        yield from managers(listener)


PARTS: dict[str, Change] = {
    "counts per edge": _without_log(".stats"),
    "line of the access log": _without_log(".stdout"),
    "switch of the access log": _without_filter("|access_log|http"),
    "fault filter": _without_filter(".fault"),
    "on_demand filter": _without_filter(".on_demand"),
    "client certificate header": _without_field(
        "forward_client_cert_details", "set_current_client_cert_details"
    ),
    "request id": _set(generate_request_id=False),
    "normalize_path": _without_field("normalize_path"),
    "retry policies": _without_retries,
    "retry filter": _without_filter(".retry"),
    "no statistics of the router (with them)": _router(dynamic_stats=True),
    "router's x-envoy headers": _router(suppress_envoy_headers=True),
    "mutual TLS": _without_tls,
    "HTTP/1.1 between proxies (HTTP/2 instead)": _with_http2,
    "no counts of plaintext (with them)": _with_plaintext_counts,
    "bounds on statistics (all kept)": _without_matcher,
}
PARTS["all of these"] = _all(
    *(change for name, change in PARTS.items() if "(" not in name),
)

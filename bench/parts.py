"""Parts: what each part of the path costs, by taking one away at a time.

Two Envoys as shipped and a server on loopback (`bench/pair.py`), HTTP/1.1 at saturation; then the
same with one part fewer in both. Every round measures each variant once, the whole chain first; a
saving is the median over rounds of the difference to the whole chain of the same round, in CPU
microseconds of both Envoys for a call. Needs `h2load` (Debian package nghttp2-client).
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
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.h2load import here, saturate
from bench.pair import Json, Ports, pair
from bench.path_pods import SIZES, answers
from bench.report import tell
from bench.usage import usage
from gossamer.envoy.binary import envoy_path
from gossamer.envoy.process import ENVIRONMENT, ProcessPlan, argv

WORDS = ("--h1",)
PATIENCE_S = 20.0


def main() -> None:
    """Measure each variant in each round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=tuple(PARTS), action="append", help="only these parts")
    parser.add_argument("--size", choices=tuple(SIZES), default="1k")
    parser.add_argument("--seconds", type=int, default=3, help="of each run, whole")
    parser.add_argument("--rounds", type=int, default=3)
    said = parser.parse_args()
    if shutil.which("h2load") is None:
        sys.exit("bench parts: install the Debian package nghttp2-client")
    names = said.only or list(PARTS)
    rows = measure(names, said.size, said.seconds, said.rounds)
    tell("parts", rows, size=said.size, seconds=said.seconds, rounds=said.rounds)


def measure(names: list[str], size: str, seconds: int, rounds: int) -> list[dict[str, Any]]:
    """A row for the whole chain, and one for each part that was left out."""
    found: dict[str, list[float]] = {name: [] for name in ("nothing", *names)}
    with TemporaryDirectory(prefix="gp-") as name:
        folder = Path(name)
        ports = Ports(*free_ports(3))
        with running(folder, "answers", answers([ports.server])):
            for _ in range(rounds):
                for without, took in found.items():
                    took.append(_variant(folder, ports, without, size, seconds))
    whole = found["nothing"]
    return [_row(without, took, whole) for without, took in found.items()]


def _row(without: str, took: list[float], whole: list[float]) -> dict[str, Any]:
    saved = [before - after for before, after in zip(whole, took, strict=True)]
    median = statistics.median(took)
    return {
        "without": without,
        "envoys_us": median,
        "saves_us": statistics.median(saved),
        "percent": 100 * statistics.median(saved) / statistics.median(whole),
    }


def _variant(folder: Path, ports: Ports, without: str, size: str, seconds: int) -> float:
    """Microseconds of CPU that two Envoys use for a call."""
    client, server = pair(folder, ports)
    for config in (client, server):
        PARTS.get(without, _nothing)(config)
    url = f"http://127.0.0.1:{ports.client}/body.{size}"
    with ExitStack() as stack:
        pids = [
            stack.enter_context(running(folder, name, config))
            for name, config in (("server", server), ("client", client))
        ]
        saturate(here, url, WORDS, 1)
        before = sum(usage(pid).cpu for pid in pids)
        load = saturate(here, url, WORDS, seconds)
        if load.failed:
            raise RuntimeError(f"without {without}, {load.failed} calls failed")
        return 1e6 * (sum(usage(pid).cpu for pid in pids) - before) / load.done


@contextmanager
def running(folder: Path, name: str, config: Json) -> Iterator[int]:
    """An Envoy with this configuration, from when its listener is open; its process."""
    path = folder / f"{name}.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(config))
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            argv(ProcessPlan(envoy_path(), path)), env=ENVIRONMENT, stdout=log, stderr=log
        )
    try:
        listener = config["static_resources"]["listeners"][0]
        _until_open(listener["address"]["socket_address"]["port_value"], process, log.name)
        yield process.pid
    finally:
        process.kill()
        process.wait()


def _until_open(port: int, process: subprocess.Popen[bytes], log: str) -> None:
    late = time.monotonic() + PATIENCE_S
    while time.monotonic() < late and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"Envoy does not listen on {port}: {Path(log).read_text()[-2000:]}")


def free_ports(count: int) -> list[int]:
    """So many ports that nobody uses."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


# What can be left out: each changes a bootstrap in place.

Change = Callable[[Json], None]


def _nothing(config: Json) -> None:
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


def _without_matcher(config: Json) -> None:
    del config["stats_config"]["stats_matcher"]


def _all(*changes: Change) -> Change:
    def change(config: Json) -> None:
        for each in changes:
            each(config)

    return change


def _managers(config: Json) -> Iterator[Json]:
    for listener in config["static_resources"]["listeners"]:
        for each in listener["filter_chains"]:
            yield each["filters"][-1]["typed_config"]


PARTS: dict[str, Change] = {
    "counts per edge": _without_log(".stats"),
    "line of the access log": _without_log(".stdout"),
    "fault filter": _without_filter(".fault"),
    "on_demand filter": _without_filter(".on_demand"),
    "client certificate header": _without_field(
        "forward_client_cert_details", "set_current_client_cert_details"
    ),
    "request id": _set(generate_request_id=False),
    "normalize_path": _without_field("normalize_path"),
    "retry policies": _without_retries,
    "router's statistics": _router(dynamic_stats=False),
    "router's x-envoy headers": _router(suppress_envoy_headers=True),
    "mutual TLS": _without_tls,
    "HTTP/1.1 between proxies (HTTP/2 instead)": _with_http2,
    "bounds on statistics (all kept)": _without_matcher,
}
PARTS["all of these"] = _all(
    *(change for name, change in PARTS.items() if "(" not in name),
)

"""Handshake: what mutual TLS costs a connection, with the hybrid key exchange and with X25519.

Two Envoys as shipped on loopback (`bench/pair.py`), but a connection between them carries one call
and no session is resumed: each call is a whole handshake, both certificates included. Two pairs
that differ in the curve take turns, and beside them two that keep their connections; figures are
medians of CPU microseconds of both Envoys for a call, `ratio` is between the two curves in the same
turns. Needs `h2load` (Debian package nghttp2-client).
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.pair import Json, Ports
from bench.parts import Change, Two, as_shipped, free_ports, running, two
from bench.path_pods import answers
from bench.report import tell
from gossamer.model.tls_parameters import HYBRID

CLASSIC = "X25519"
KEPT = "no handshake"
SIZE = "1k"


def main() -> None:
    """Measure, and print a row for each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="of a second for each pair")
    asked = parser.parse_args()
    if shutil.which("h2load") is None:
        sys.exit("bench handshake: install the Debian package nghttp2-client")
    tell("handshake", measure(asked.rounds), rounds=asked.rounds)


def measure(rounds: int) -> list[dict[str, Any]]:
    """A row for each way to meet, with what a handshake costs beside a kept connection."""
    with TemporaryDirectory(prefix="gh-") as name, ExitStack() as stack:
        folder, (server, *more) = Path(name), free_ports(7)
        stack.enter_context(running(folder, "answers", answers([server])))
        ports = iter([Ports(more[at], more[at + 1], server) for at in (0, 2, 4)])
        pairs: dict[str, Two] = {
            way: stack.enter_context(two(folder / way.replace(" ", "-"), next(ports), change))
            for way, change in WAYS.items()
        }
        turns = [_turn(pairs) for _ in range(rounds + 1)][1:]
    return [_row(way, turns) for way in pairs]


def _turn(pairs: dict[str, Two]) -> dict[str, float]:
    return {way: pair.cost(SIZE) for way, pair in pairs.items()}


def _row(way: str, turns: list[dict[str, float]]) -> dict[str, Any]:
    more = [turn[way] - turn[KEPT] for turn in turns]
    ratios = [turn[way] / turn[CLASSIC] for turn in turns]
    return {
        "key exchange": way,
        "call_us": statistics.median(turn[way] for turn in turns),
        "handshake_us": statistics.median(more),
        "ratio": statistics.median(ratios),
    }


def _one_call_each(curve: str) -> Change:
    """A connection for each call, by this curve and nothing else."""

    def change(config: Json) -> None:
        for context in _tls(config):
            context["common_tls_context"]["tls_params"]["ecdh_curves"] = [curve]
        for cluster in config["static_resources"]["clusters"]:
            socket = cluster.get("transport_socket")
            if socket and cluster["name"].startswith("outbound|"):
                socket["typed_config"]["max_session_keys"] = 0
                (options,) = cluster["typed_extension_protocol_options"].values()
                options.setdefault("common_http_protocol_options", {})[
                    "max_requests_per_connection"
                ] = 1

    return change


def _tls(config: Json) -> Iterator[Json]:
    own = config["static_resources"]
    parts = (*own["clusters"], *own["listeners"][0]["filter_chains"])
    for part in parts:
        context = part.get("transport_socket", {}).get("typed_config", {})
        if "common_tls_context" in context and "tls_params" in context["common_tls_context"]:
            yield context


WAYS: dict[str, Change] = {
    KEPT: as_shipped,
    CLASSIC: _one_call_each(CLASSIC),
    HYBRID: _one_call_each(HYBRID),
}


if __name__ == "__main__":
    main()

"""load: `python -m gossamer.apps load --rate 50 --for 20s URL -o json`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence

from gossamer.apps.arguments.durations import seconds_of
from gossamer.apps.client.exchange import CallError
from gossamer.apps.load.plan import LoadPlan, LoadReport
from gossamer.apps.load.run import load
from gossamer.process.signals import on_end_signal


def main(name: str, args: Sequence[str]) -> int:
    """Run a load and print its report; 0 if every request got an answer, else 1."""
    asked = _parser().parse_args(args)
    try:
        report = asyncio.run(until_signalled(plan_of(asked)))
    except CallError as error:
        print(f"load: {error}; no load is made", file=sys.stderr)
        return 2
    print(json.dumps(report.as_json(), indent=2) if asked.output == "json" else report.summary())
    return 0 if not report.errors else 1


def plan_of(asked: argparse.Namespace) -> LoadPlan:
    """The plan that these options describe."""
    pairs = (header.partition(":") for header in asked.header)
    return LoadPlan(
        asked.url,
        rate=asked.rate,
        seconds=asked.seconds,
        connections=asked.connections,
        count=asked.count,
        method=asked.method or ("POST" if asked.data else "GET"),
        headers=tuple((name.strip(), value.strip()) for name, _, value in pairs),
        body=asked.data.encode(),
        timeout_s=asked.timeout,
        protocol="h2" if asked.http2 else "http/1.1",
        connect=asked.connect,
        fields=tuple(asked.field or ["podname"]),
    )


async def until_signalled(plan: LoadPlan) -> LoadReport:
    """The plan's report; SIGINT and SIGTERM end the load early, not the report."""
    stop = asyncio.Event()
    on_end_signal(stop.set)
    return await load(plan, stop, tell)


def tell(report: LoadReport) -> None:
    """A line each second, for whoever waits."""
    print(f"load: {report.requests} requests so far", file=sys.stderr, flush=True)


def duration(text: str) -> float:
    """`20s`, `1m30s` or plain seconds."""
    seconds = seconds_of(text)
    if seconds is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a valid duration; write 20s or 1m30s")
    return seconds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("load", description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--rate", type=float, default=10.0, help="requests a second; 0: no limit")
    parser.add_argument("--for", dest="seconds", type=duration, default=10.0, help="such as 20s")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--count", type=int, help="end after so many requests")
    parser.add_argument("--method")
    parser.add_argument("--header", "-H", action="append", default=[], help="'Name: value'")
    parser.add_argument("--data", default="")
    parser.add_argument("--timeout", type=duration, default=10.0)
    parser.add_argument("--connect", help="dial this address instead of the URL's host")
    parser.add_argument("--field", action="append", help="count answers by it (podname)")
    parser.add_argument("--http2", action="store_true", help="HTTP/2 with prior knowledge")
    parser.add_argument("-o", "--output", choices=["text", "json"], default="text")
    return parser

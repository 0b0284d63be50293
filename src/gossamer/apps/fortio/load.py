"""fortio load: the options that walkthroughs use, over our own load client."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from gossamer.apps.client.exchange import CallError
from gossamer.apps.load.main import duration, until_signalled
from gossamer.apps.load.plan import LoadPlan, LoadReport


def run_load(args: Sequence[str]) -> int:
    """`fortio load [-c N] [-qps R] [-n N] [-t D] URL`."""
    asked = _parser().parse_args(args)
    headers = tuple((n.strip(), v.strip()) for n, _, v in (h.partition(":") for h in asked.H))
    plan = LoadPlan(
        asked.url,
        rate=max(0.0, asked.qps),
        seconds=asked.t if asked.n is None else 3600.0,
        connections=asked.c,
        count=asked.n,
        method="POST" if asked.payload else "GET",
        headers=headers,
        body=asked.payload.encode(),
        timeout_s=asked.timeout,
        protocol="h2" if asked.h2 else "http/1.1",
    )
    try:
        report = asyncio.run(until_signalled(plan))
    except CallError as error:
        print(f"fortio: {error}; no load is made", file=sys.stderr)
        return 1
    print(_summary(report, asked.c))
    return 0


def _summary(report: LoadReport, connections: int) -> str:
    """In fortio's words, so that scripts find `Code 200 : N`."""
    total = max(1, report.requests)
    lines = [
        f"# target {p}% {_seconds(ms)}" for p, ms in ((50, report.p50_ms), (90, report.p90_ms))
    ]
    lines.append(f"# target 99% {_seconds(report.p99_ms)}")
    counted = [*report.by_status.items(), *((f"-1 ({k})", n) for k, n in report.errors.items())]
    lines += [f"Code {code} : {count} ({count * 100 / total:.1f} %)" for code, count in counted]
    rate = f"{report.requests_per_second:.1f} qps"
    lines.append(
        f"All done {report.requests} calls (plus 0 warmup) on {connections} threads, {rate}"
    )
    return "\n".join(lines)


def _seconds(ms: float | None) -> str:
    return "-" if ms is None else f"{ms / 1000:.6f}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("fortio load", description=__doc__, allow_abbrev=False)
    parser.add_argument("-c", type=int, default=4, help="connections")
    parser.add_argument("-qps", "--qps", type=float, default=8.0, help="0: no limit")
    parser.add_argument("-n", type=int, help="requests in all")
    parser.add_argument("-t", type=duration, default=5.0, help="duration")
    parser.add_argument("-H", action="append", default=[], help="'Name: value'")
    parser.add_argument("-payload", "--payload", default="", help="a body to POST")
    parser.add_argument("-timeout", "--timeout", type=duration, default=3.0)
    parser.add_argument("-h2", "--h2", action="store_true", help="HTTP/2 with prior knowledge")
    for ignored in ("-loglevel", "-labels", "-p", "-r"):
        parser.add_argument(ignored, help="accepted")
    for ignored in ("-quiet", "-a", "-allow-initial-errors", "-nocatchup", "-uniform"):
        parser.add_argument(ignored, action="store_true", help="accepted")
    parser.add_argument("url")
    return parser

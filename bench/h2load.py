"""h2load: as fast as it goes, or at a steady rate, and what it says of it.

One generator for HTTP/1.1, HTTP/2 and gRPC-shaped calls, from the Debian package
`nghttp2-client`; over HTTP/1.1 it reaches what wrk reaches. At a steady rate its connections start
a millisecond apart and keep to a timetable each, so calls do not come in bursts; a call is timed
from its sending, so one held up behind an earlier one of its connection does not count as late.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.lab import NAME, Lab
from bench.report import percentile

RATE = 1000
"""Requests a second, where the rate is steady, over ten connections."""

_CALM = ("-c10", "-r1", "--rate-period=1ms", f"--rps={RATE // 10}", "--log-file=/dev/stdout")
_FAST = {"--h1": ("-c16",)}
_FAST_HTTP2 = ("-c4", "-m4")
_COUNTS = re.compile(r"requests: .* (\d+) done, (\d+) succeeded")
_TOOK = re.compile(r"^\d{16}\t\d+\t(\d+)$", re.MULTILINE)
_SPEED = re.compile(r"finished in [^,]*, ([0-9.]+) req/s")


@dataclass(frozen=True, slots=True)
class Load:
    """What one run did: calls answered by 2xx, calls that were not, and how fast."""

    done: int
    failed: int
    per_second: float
    p50_us: float = 0.0
    p99_us: float = 0.0


Run = Callable[[Sequence[str]], str]
"""Runs a command line somewhere and gives what it prints."""


def in_pod(lab: Lab, pod: str) -> Run:
    """Commands in the one pod of a deployment."""
    return lambda words: lab.run("exec", "--name", NAME, f"deploy/{pod}", "--", *words)


def here(words: Sequence[str]) -> str:
    """Commands on this machine."""
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def saturate(run: Run, url: str, words: Sequence[str], seconds: int) -> Load:
    """As many calls as sixteen in flight at a time get through."""
    fast = next((_FAST[word] for word in words if word in _FAST), _FAST_HTTP2)
    return _read(run(("h2load", "-t1", *fast, *words, f"-D{seconds}", url)))


def pace(run: Run, url: str, words: Sequence[str], seconds: int) -> Load:
    """`RATE` calls a second, each of them timed."""
    printed = run(("h2load", "-t1", *_CALM, *words, f"-n{RATE * seconds}", url))
    load = _read(printed)
    took = [float(each) for each in _TOOK.findall(printed)]
    p50, p99 = percentile(took, 0.5), percentile(took, 0.99)
    return Load(load.done, load.failed, load.per_second, p50, p99)


def _read(printed: str) -> Load:
    counts, speed = _COUNTS.search(printed), _SPEED.search(printed)
    if counts is None or speed is None:
        raise RuntimeError(f"h2load said nothing of its requests: {printed}")
    done, succeeded = int(counts[1]), int(counts[2])
    return Load(succeeded, done - succeeded, float(speed[1]))

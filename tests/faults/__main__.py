"""`python -m tests.faults --seed N --for 60s`: exit 0 if every promise was kept, else 1."""

from __future__ import annotations

import argparse
import secrets
import sys

from gossamer.apps.arguments.durations import seconds_of
from tests.faults.run import run
from tests.faults.schedule import schedule
from tests.faults.verdict import failures, told


def main() -> int:
    """Run one seed, or print its schedule."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--for", dest="seconds", type=seconds_of, default=60.0, metavar="60s")
    parser.add_argument("--rate", type=float, default=100.0, help="requests a second")
    parser.add_argument("--schedule", action="store_true", help="print it and do nothing")
    given = parser.parse_args()
    if given.schedule:
        for fault in schedule(given.seed, given.seconds):
            print(fault)
        return 0
    outcome = run(given.seed, given.seconds, given.rate, lambda text: print(text, flush=True))
    broken = failures(outcome)
    again = f"python -m tests.faults --seed {given.seed} --for {given.seconds:g}s"
    print(told(outcome, broken, again))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

"""What `gossamer policy report` says of dry runs, of audits, and of what was refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from gossamer.cli.printing.age import age
from gossamer.cli.printing.places import place_words

Row = Mapping[str, Any]

_ENFORCE = "apply it without the annotation istio.io/dry-run to enforce it"


def report_lines(answer: Row, now: datetime) -> Iterator[str]:
    """The whole report, a line each."""
    for each in answer["dry_runs"]:
        yield from _object_lines(each, now, f"dry run of {each['action']}")
        yield f"  {_verdict(each)}"
        yield from _beside(each)
        yield ""
    if not answer["dry_runs"]:
        yield "no dry run is in force\n"
    for each in answer["audits"]:
        yield from _object_lines(each, now, each["action"])
        yield f"  noted {_requests(each['requests'])}"
        yield ""
    yield from _refused(answer["refused"], now)
    observed = answer["observed"]
    yield f"\nwatched since {observed['since']} ({observed['hours']:g} h); not seen:"
    yield from (f"  {sentence}" for sentence in answer["not_seen"])


def _object_lines(shown: Row, now: datetime, kind: str) -> Iterator[str]:
    held = ", ".join(shown["workloads"]) or "no workload with a proxy"
    yield f"{shown['object']}, {kind}, for {held}"
    for rule in shown["rules"]:
        yield from _rule_lines(rule, now)


def _rule_lines(rule: Row, now: datetime) -> Iterator[str]:
    yield f"  {_requests(rule['requests'])} to {rule['destination']}: {rule['rule']}"
    yield from (f"    {place_words(place)}" for place in rule["because"])
    if not rule["because"]:
        yield "    (no longer in force)"
    yield from (f"    {_caller(each, now)}" for each in rule["callers"])


def _caller(caller: Row, now: datetime) -> str:
    identity = caller["identity"] or "callers without an identity"
    known = f" ({', '.join(caller['workloads'])})" if caller["workloads"] else ""
    last = f"last {age(caller['last_seen'], now)} ago"
    return f"{caller['requests']} by {identity}{known}, {last}"


def _verdict(dry_run: Row) -> str:
    """What enforcing it would come to, by what was seen."""
    called = set(dry_run["workloads"]) - set(dry_run["uncalled"])
    if dry_run["requests"]:
        return f"would have refused {_requests(dry_run['requests'])}"
    if not dry_run["workloads"]:
        return "nothing is counted, as it holds for nothing here"
    if not called:
        return "no call was seen, so nothing is known of it yet"
    return f"would have refused none of the requests that were seen: {_ENFORCE}"


def _beside(dry_run: Row) -> Iterator[str]:
    if uncalled := dry_run["uncalled"]:
        yield f"  no call was seen to {', '.join(uncalled)}"
    if closed := dry_run["closed"]:
        yield f"  to {', '.join(closed)} it only lets in more: an ALLOW in force refuses others"


def _refused(rules: Sequence[Row], now: datetime) -> Iterator[str]:
    yield "refused by what is in force:" if rules else "nothing was refused by what is in force"
    for each in rules:
        yield from _rule_lines(each, now)


def _requests(count: int) -> str:
    return f"{count} request{'' if count == 1 else 's'}"

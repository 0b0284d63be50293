"""Failed calls put together by what made them fail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gossamer.explain.failures.causes import FailureCause, rule_of
from gossamer.explain.failures.hops import LoggedCall, by_request, innermost_failure


@dataclass(frozen=True, slots=True)
class CountedFailure:
    """A cause, how often it struck, and the last call that it struck. `rule` names the
    authorization rule as it is logged, "" for other causes."""

    cause: FailureCause
    count: int
    last: LoggedCall
    rule: str = ""


def counted_failures(calls: Iterable[LoggedCall]) -> tuple[CountedFailure, ...]:
    """By cause, rule and pod that saw it, the most frequent first. A request counts once."""
    groups: dict[tuple[str, str, str], list[LoggedCall]] = {}
    for request in by_request(calls):
        failure = innermost_failure(request)
        if failure is not None and failure.cause is not None:
            key = (failure.cause.name, rule_of(failure.line) or "", _where(failure))
            groups.setdefault(key, []).append(failure)
    counted = (_counted(rule, group) for (_, rule, _), group in groups.items())
    return tuple(sorted(counted, key=lambda each: (-each.count, each.cause.name, each.rule)))


def _where(call: LoggedCall) -> str:
    """What tells failures of one cause apart: the pod of a denial, the cluster of all else."""
    return call.pod if rule_of(call.line) is not None else call.line.upstream_cluster


def _counted(rule: str, group: list[LoggedCall]) -> CountedFailure:
    last = max(group, key=lambda call: call.line.at)
    assert last.cause is not None
    return CountedFailure(last.cause, len(group), last, rule)

"""One request through several proxies: each one's line, in the order in which it met them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gossamer.contract.cluster_names import is_inbound
from gossamer.envoy.access_log_line import AccessLogLine
from gossamer.explain.failures.causes import FailureCause, cause_of


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """A line, and the pod `NAMESPACE/POD` whose proxy wrote it."""

    pod: str
    line: AccessLogLine

    @property
    def arrives(self) -> bool:
        """Whether the call came to the pod; else it left from there, or entered by a gateway."""
        return is_inbound(self.line.upstream_cluster)

    @property
    def cause(self) -> FailureCause | None:
        """Why it failed, as this proxy saw it."""
        return cause_of(self.line)


def in_order(calls: Iterable[LoggedCall]) -> tuple[LoggedCall, ...]:
    """By the time they began; of two in one millisecond the longer one is the outer one."""
    return tuple(sorted(calls, key=lambda call: (call.line.at, -call.line.duration_ms)))


def innermost_failure(calls: Iterable[LoggedCall]) -> LoggedCall | None:
    """The last proxy on the way that saw the request fail knows best why.

    None where the caller noticed nothing: an attempt failed and the next one did not.
    """
    ordered = in_order(calls)
    if not ordered or ordered[0].cause is None:
        return None
    return [call for call in ordered if call.cause is not None][-1]


def by_request(calls: Iterable[LoggedCall]) -> Iterator[tuple[LoggedCall, ...]]:
    """Lines of calls from one workload to another, those of each call together.

    An application may give one request id to several calls, so each line of the caller's proxy
    begins another. Lines without an id (bytes) stand alone.
    """
    open_calls: dict[str, list[LoggedCall]] = {}
    for call in in_order(calls):
        request_id = call.line.request_id
        if call.arrives and request_id in open_calls:
            open_calls[request_id].append(call)
            continue
        if request_id in open_calls:
            yield tuple(open_calls.pop(request_id))
        if request_id:
            open_calls[request_id] = [call]
        else:
            yield (call,)
    yield from map(tuple, open_calls.values())

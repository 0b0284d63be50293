"""What an HTTP filter does to a call, on the route that gives it work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from google.protobuf.message import Message

from gossamer.explain.report.explanation import HeaderOperations
from gossamer.explain.route.request import ExplainedRequest


@dataclass(frozen=True, slots=True)
class LocalReply:
    """A filter's own answer, with which the call ends."""

    status: int
    grpc_status: int | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True)
class FilterEffect:
    """`says` is the step for people, `report` fields of the explanation, `answer` the end of the
    call where there is one, `response` what the filter does to the headers of an answer."""

    step: str
    says: str
    report: dict[str, Any] = field(default_factory=dict)
    answer: LocalReply | None = None
    response: HeaderOperations | None = None


class FilterExplainer(NamedTuple):
    """`explain` takes a route's configuration of a filter, which is a `config`, and the request,
    to what becomes of it."""

    config: type[Message]
    explain: Callable[[Any, ExplainedRequest], FilterEffect | None]

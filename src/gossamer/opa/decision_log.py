"""What was decided, a line of JSON each: in a file of the host's own, with its secrets left out.

The file is put aside at a bound, and the one before it goes, so that decisions of a flood don't
fill the disk. The shape follows OPA's decision log as far as it applies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from envoy.service.auth.v3.external_auth_pb2 import CheckRequest
from msgspec import Struct

from gossamer.opa.verdict import RegoVerdict
from gossamer.process.private_files import append_private

LARGEST = 16 * 1024 * 1024
_SECRET = ("authorization", "cookie", "x-api-key", "proxy-authorization")
_MASK = "(left out)"


class DecisionLine(Struct, frozen=True):
    """Who called, what was asked, and what was said. `path` is the rule, `url_path` the call's,
    without its query; `status` None where the call was let in."""

    timestamp: str
    policy: str
    path: str
    result: bool
    reason: str
    status: int | None
    request_id: str
    source: str
    destination: str
    method: str
    host: str
    url_path: str
    headers: dict[str, str]


class DecisionLog:
    """Lines in `path`, mode 0600; `path.1` has those before."""

    def __init__(self, path: Path, now: Callable[[], str]) -> None:
        self._path = path
        self._now = now

    def write(self, policy: str, query: str, request: CheckRequest, verdict: RegoVerdict) -> None:
        """One decision. OSError where the disk takes no more."""
        if self._path.exists() and self._path.stat().st_size > LARGEST:
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))
        rule = query.removeprefix("data.").replace(".", "/")
        line = decision_line(self._now(), (policy, rule), request, verdict)
        append_private(self._path, msgspec.json.encode(line) + b"\n")


def decision_line(
    now: str, asked: tuple[str, str], request: CheckRequest, verdict: RegoVerdict
) -> DecisionLine:
    """What is written of one decision by a policy's rule."""
    attributes, http = request.attributes, request.attributes.request.http
    policy, rule = asked
    return DecisionLine(
        timestamp=now,
        policy=policy,
        path=rule,
        result=verdict.allowed,
        reason=verdict.reason,
        status=None if verdict.allowed else verdict.status,
        request_id=http.headers.get("x-request-id", ""),
        source=attributes.source.principal,
        destination=attributes.destination.principal,
        method=http.method,
        host=http.host,
        url_path=http.path.partition("?")[0],
        headers=_without_secrets(http.headers),
    )


def _without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        name: _MASK if name in _SECRET else value
        for name, value in sorted(headers.items())
        if not name.startswith(":")
    }

"""How a workload's proxy says that the application gave no answer.

Seen from the caller's proxy an application that refuses or drops a connection is a 503 of the
other proxy, like one that the application gave itself, and no `reset` to try again. So the inbound
side marks its own 503s, and routes that try connection errors again look for the mark. It is taken
off before anybody else sees it.
"""

from __future__ import annotations

from envoy.config.route.v3.route_components_pb2 import RetryPolicy
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)

HEADER = "x-gossamer-no-answer"
REFUSED, DROPPED = "refused", "dropped"
"""The connection could not be made, so that the request never arrived; or it ended unanswered."""

_FLAGS = {REFUSED: ("UF",), DROPPED: ("UC", "UR")}
_SEEN_BY = {
    "connect-failure": REFUSED,
    "reset": "",
    "5xx": "",
    "gateway-error": "",
}
"""Envoy's words that are about such failures, and what of them each is about; all where empty."""

_BY_HEADER = "retriable-headers"


def mark_no_answer(manager: http_connection_manager_pb2.HttpConnectionManager) -> None:
    """Have an inbound connection manager mark what it answers instead of the application."""
    for value, flags in _FLAGS.items():
        mapper = manager.local_reply_config.mappers.add()
        mapper.filter.response_flag_filter.flags.extend(flags)
        mapper.headers_to_add.add(header={"key": HEADER, "value": value})


def retry_marked(policy: RetryPolicy, words: tuple[str, ...]) -> None:
    """Try again what the other proxy marked, as far as these words are about it."""
    wanted = {_SEEN_BY[condition] for condition in words if condition in _SEEN_BY}
    if not wanted:
        return
    matcher = policy.retriable_headers.add(name=HEADER)
    if "" in wanted:
        matcher.present_match = True
    else:
        matcher.string_match.exact = REFUSED
    if _BY_HEADER not in words:
        policy.retry_on += f",{_BY_HEADER}"

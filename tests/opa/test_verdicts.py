"""What a rule's value means; whatever is not understood denies."""

from __future__ import annotations

from typing import Any

import pytest

from gossamer.opa.verdict import RegoVerdict, verdict_of


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        (True, RegoVerdict(True)),
        (False, RegoVerdict(False, reason="the rule is false")),
        (None, RegoVerdict(False, reason="the rule is undefined for this call")),
        (
            {"allowed": True, "headers": {"x-user": "a"}, "request_headers_to_remove": ["x-b"]},
            RegoVerdict(True, headers=(("x-user", "a"),), removed=("x-b",)),
        ),
        (
            {"allowed": True, "response_headers_to_add": [{"a": "1"}, {"b": ["2", "3"]}]},
            RegoVerdict(True, response_headers=(("a", "1"), ("b", "2"), ("b", "3"))),
        ),
        (
            {"allowed": False, "http_status": 401, "body": "who are you?"},
            RegoVerdict(False, 401, body="who are you?", reason="the rule says so"),
        ),
    ],
)
def test_the_shapes_of_opas_plugin(result: Any, verdict: RegoVerdict) -> None:
    """A boolean, or an object with `allowed` and more."""
    assert verdict_of(result) == verdict


@pytest.mark.parametrize("result", ["true", 1, [], {}, {"allowed": "true"}, {"allow": True}])
def test_anything_else_denies(result: Any) -> None:
    """A word that looks like true lets nobody in."""
    verdict = verdict_of(result)
    assert (verdict.allowed, verdict.status) == (False, 403)
    assert "neither a boolean nor an object" in verdict.reason


@pytest.mark.parametrize("status", [200, 204, True, "401", 99, 700])
def test_a_refusal_never_answers_as_if_all_were_well(status: Any) -> None:
    """A status that is no refusal's is 403."""
    assert verdict_of({"allowed": False, "http_status": status}).status == 403

"""Which upgrades a proxy carries, and which it passes by."""

from __future__ import annotations

import re

import pytest

from gossamer.compile.listeners.upgrades import CARRIED, PASSED_BY

ENVOYS_BOUND = 160
"""Envoy bounds the size of a compiled pattern; this length is known to pass."""


@pytest.mark.parametrize("name", [*CARRIED, "WebSocket", "SPDY/3.1"])
def test_what_is_carried_stays_on_the_request(name: str) -> None:
    """In any case of letters."""
    assert not re.fullmatch(PASSED_BY, name)


@pytest.mark.parametrize("name", ["TLS/1.2", "h2c", "HTTP/2.0", "foo", "t", "tcpish", "web", "w"])
def test_everything_else_is_passed_by(name: str) -> None:
    """However its name begins."""
    assert re.fullmatch(PASSED_BY, name)


def test_the_pattern_stays_small() -> None:
    """One that Envoy finds too large would have it refuse every listener."""
    assert len(PASSED_BY) <= ENVOYS_BOUND

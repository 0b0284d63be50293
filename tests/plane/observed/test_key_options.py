"""What an operator says of fetching keys, by options and by the environment."""

from __future__ import annotations

import argparse
from datetime import timedelta

import pytest

from gossamer.plane.observed.token_keys.addresses import networks_of
from gossamer.plane.observed.token_keys.options import add_key_options


def parsed(*words: str, **environ: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_key_options(parser, environ)
    return parser.parse_args(words)


def test_without_a_word_nothing_inside_is_allowed() -> None:
    """And keys are fetched every five minutes."""
    asked = parsed()
    assert (asked.jwks_allow, asked.jwks_refresh) == ((), timedelta(minutes=5))


def test_options_go_before_the_environment() -> None:
    """Both say the same things."""
    environ = {"GOSSAMER_JWKS_ALLOW": "10.0.0.0/8", "GOSSAMER_JWKS_REFRESH": "1h"}
    asked = parsed("--jwks-refresh", "30s", **environ)
    assert asked.jwks_allow == networks_of("10.0.0.0/8")
    assert asked.jwks_refresh == timedelta(seconds=30)


@pytest.mark.parametrize("words", ["--jwks-refresh 0s", "--jwks-refresh 5", "--jwks-allow ten"])
def test_nonsense_is_refused(words: str) -> None:
    """With what to write instead."""
    with pytest.raises(argparse.ArgumentError, match="write"):
        parsed(*words.split())

"""Patterns that Envoy would refuse never reach it, and those that it takes are let through."""

from __future__ import annotations

import pytest

from gossamer.dialects.regex import fault_of


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "a.*",
        "^/a/(b|c)$",
        r"\d+\.\w",
        "[[:alpha:]]+",
        r"\pL+\p{Greek}",
        "(?i)a",
        "a(?i)b",
        "(?i:a)",
        "(?P<name>a)",
        "(?<name>a)",
        r"a\z",
        r"\Qa.b(\E",
        "a{1000}",
        r"\(?=\)",
        "a|",
        r"[\d-z]",
        r"[\w&&[^\d]]",
        r"[ -\x7e]\.\-\_",
        "(?U)a+",
    ],
)
def test_what_re2_takes_is_let_through(pattern: str) -> None:
    """RE2's own words too, which Python does not know."""
    assert fault_of(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        "[",
        "*",
        "a**",
        "(?=a)",
        "(?!a)",
        "(?<=a)",
        "(?<!a)",
        r"(a)\1",
        "(?>a)",
        "a++",
        "a{1001}",
        "a{2,1}",
        "(" * 500,
        r"(?P<n>a)(?P=n)",
        "(?#a)",
        "(?x)a b",
        r"\uABCD",
        r"\pX",
        r"\é",
        "a\\",
        "[[:foo:]]",
        "a" * 2000,
    ],
)
def test_what_re2_refuses_is_told(pattern: str) -> None:
    """Look-around, back-references, endless nesting and plain mistakes."""
    assert fault_of(pattern)

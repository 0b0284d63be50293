"""Patterns that Envoy would refuse never reach it, and those that it takes are let through."""

from __future__ import annotations

import pytest

from gossamer.dialects.values.regex import fault_of, fault_of_replacement


@pytest.mark.parametrize(
    "pattern",
    [
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
        "(a{500}){2}",
        "(a|b|c|d|e){1000}",
        r"/api/v[0-9]{1,3}/users/[A-Za-z0-9_-]{1,64}/[^/]{1,255}",
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
        "",
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
        "(a{500}){3}",
        "((a{10}){10}){11}",
        "(a{2}){501}",
        r"(\pL{1000})" * 6,
        r"[\pL\pN]{999}" * 9,
    ],
)
def test_what_re2_refuses_is_told(pattern: str) -> None:
    """Look-around, back-references, endless nesting and plain mistakes."""
    assert fault_of(pattern)


@pytest.mark.parametrize(
    ("pattern", "replacement", "fine"),
    [
        ("/a", "/b", True),
        ("/(a)/(?P<n>b)", r"/\2/\1/\0", True),
        ("/(?:a)", r"\1", False),
        (r"/[(]a\(", r"\1", False),
        ("/(a)", r"\2", False),
        ("/(a)", r"\d", False),
        ("/(a)", "\\", False),
        ("/(a)", r"\\", True),
    ],
)
def test_a_replacement_names_groups_that_are_there(
    pattern: str, replacement: str, fine: bool
) -> None:
    """Envoy refuses a whole route configuration for one group too many."""
    assert (fault_of_replacement(pattern, replacement) is None) is fine

"""Addresses are written and read alike on both sides, IPv6 in brackets."""

from __future__ import annotations

import pytest

from gossamer.contract.addresses import bracketed, is_address, split_port, with_port


@pytest.mark.parametrize(
    ("host", "text"),
    [("10.0.0.1", "10.0.0.1:80"), ("fd00::1", "[fd00::1]:80"), ("db.shop", "db.shop:80")],
)
def test_what_is_written_is_read(host: str, text: str) -> None:
    """A host of any kind survives the way to text and back."""
    assert with_port(host, 80) == text
    assert split_port(text) == (host, 80)


def test_brackets_are_for_ipv6_alone() -> None:
    """Names and IPv4 addresses stay as they are."""
    assert [bracketed(host) for host in ("::1", "10.0.0.1", "web")] == ["[::1]", "10.0.0.1", "web"]


@pytest.mark.parametrize("text", ["web", "10.0.0.1:http", "10.0.0.1:", ""])
def test_a_text_without_port_is_refused(text: str) -> None:
    """Nobody guesses a port."""
    with pytest.raises(ValueError, match="int"):
        split_port(text)


def test_names_are_no_addresses() -> None:
    """Nor is an address in brackets, or a range."""
    assert [is_address(text) for text in ("10.0.0.1", "fd00::1")] == [True, True]
    assert not any(is_address(text) for text in ("web", "[fd00::1]", "10.0.0.0/8", ""))

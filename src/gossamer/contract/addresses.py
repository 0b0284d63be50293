"""Addresses as processes write them to each other: `HOST:PORT`, IPv6 in brackets."""

from __future__ import annotations

from ipaddress import ip_address


def is_address(text: str) -> bool:
    """Whether a text is an IPv4 or IPv6 address, without brackets."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def bracketed(host: str) -> str:
    """An IPv6 address in the brackets that a port behind it needs; any other host as it is."""
    return f"[{host}]" if ":" in host else host


def with_port(host: str, port: int | str) -> str:
    """`HOST:PORT`."""
    return f"{bracketed(host)}:{port}"


def split_port(text: str) -> tuple[str, int]:
    """Host, without brackets, and port of `HOST:PORT`. Raises ValueError where there is no port."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)

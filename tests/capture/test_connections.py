"""Connections are ended by whom they lead to: what the kernel is asked, and what it answers."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import pytest

from gossamer.capture.connections import end_connections

DONE = struct.pack("=IHHII", 20, 3, 0, 1, 0) + bytes(4)


def answer(number: int) -> bytes:
    """An acknowledgement, or a refusal."""
    return struct.pack("=IHHIIi", 20, 2, 0, 1, 0, -number)


def listed(family: int, remote: str) -> bytes:
    """One socket in the kernel's list."""
    identity = bytes(4) + bytes(16) + ip_address(remote).packed.ljust(16, b"\0") + bytes(12)
    body = struct.pack("=BBBB", family, 1, 0, 0) + identity + bytes(20)
    return struct.pack("=IHHII", 16 + len(body), 20, 2, 1, 0) + body


class Kernel:
    """Answers in their order, and what was asked."""

    def __init__(self, *answers: bytes) -> None:
        self.answers, self.asked = list(answers), list[bytes]()

    def __enter__(self) -> Kernel:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""

    def send(self, message: bytes) -> None:
        self.asked.append(message)

    def recv(self, size: int) -> bytes:
        return self.answers.pop(0)

    def settimeout(self, seconds: float) -> None:
        """It answers at once."""

    def bind(self, address: Any) -> None:
        """Any will do."""


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Kernel]:
    """Puts a kernel of canned answers in place of the machine's."""

    def put(*answers: bytes) -> Kernel:
        there = Kernel(*answers)
        monkeypatch.setattr("gossamer.capture.connections.socket.socket", lambda *_: there)
        return there

    return put


def test_only_connections_with_these_addresses_are_ended(kernel: Callable[..., Kernel]) -> None:
    """IPv4 as itself and inside IPv6, and IPv6; each socket by the identity that was listed."""
    four, six = socket.AF_INET, socket.AF_INET6
    there = kernel(
        listed(four, "10.0.0.1") + listed(four, "10.0.0.2"),
        DONE,
        answer(0),
        listed(six, "::ffff:10.0.0.1") + listed(six, "fd00::2") + listed(six, "fd00::1") + DONE,
        answer(0),
        answer(0),
    )
    assert end_connections(["10.0.0.1", "fd00::1"]) == 3
    kinds = [struct.unpack_from("=IH", message)[1] for message in there.asked]
    assert kinds == [20, 21, 20, 21, 21]


def test_one_that_ended_by_itself_is_no_error(kernel: Callable[..., Kernel]) -> None:
    """It went between the list and the request."""
    kernel(listed(socket.AF_INET, "10.0.0.1"), DONE, answer(errno.ENOENT), DONE)
    assert end_connections(["10.0.0.1"]) == 0


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP])
def test_a_kernel_that_refuses_is_reported(kernel: Callable[..., Kernel], number: int) -> None:
    """One without INET_DIAG_DESTROY, or a caller without the right."""
    kernel(listed(socket.AF_INET, "10.0.0.1"), DONE, answer(number))
    with pytest.raises(OSError, match="connections cannot be ended") as refused:
        end_connections(["10.0.0.1"])
    assert refused.value.errno == number


def test_a_list_that_is_refused_is_reported(kernel: Callable[..., Kernel]) -> None:
    """Nothing is ended then."""
    kernel(answer(errno.EPERM))
    with pytest.raises(OSError, match="connections cannot be ended"):
        end_connections(["10.0.0.1"])


def test_an_address_that_is_none_is_a_mistake() -> None:
    """Before the kernel is asked."""
    with pytest.raises(ValueError, match="does not appear to be"):
        end_connections(["cart-1"])

"""Give the kernel a rule set: one transaction, wholly done or wholly refused.

A netlink socket belongs to the network namespace it was opened in, so whoever keeps a
`Netfilter` can change that pod's rules later without entering it again.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Iterable

from gossamer.capture.netfilter import Message, replace_table, transaction, without_table
from gossamer.capture.plan import TABLE, CapturePlan, tables
from gossamer.capture.rules import Family

_NETLINK_NETFILTER = 12
_ERROR = 2
_HEADER = struct.Struct("=IHHII")
_ANSWER_TIMEOUT_S = 10.0
_SEND_BUFFER = 4 << 20


class Netfilter:
    """The nftables of the network namespace that this process is in when it makes one."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        self._socket.settimeout(_ANSWER_TIMEOUT_S)
        self._socket.bind((0, 0))

    def commit(self, messages: Iterable[Message]) -> None:
        """Do all of `messages` or none of them; OSError says what the kernel refused."""
        packed, last = transaction(messages)
        if not last:
            return
        self._socket.send(packed)
        self._await(last)

    def set_capture(self, plan: CapturePlan | None, families: Iterable[Family]) -> None:
        """Put `plan` in force in place of whatever was, or take capture away."""
        if plan is None:
            self.commit(m for family in families for m in without_table(family, TABLE))
            return
        wanted = [table for table in tables(plan) if table.family in set(families)]
        self.commit(message for table in wanted for message in replace_table(table))

    def close(self) -> None:
        """Let go of the namespace; the rules stay."""
        self._socket.close()

    def _await(self, last: int) -> None:
        """Read answers until the last message's; the first refusal is the one raised."""
        refused: OSError | None = None
        while True:
            for sequence, number in _answers(self._socket.recv(1 << 16)):
                if number and refused is None:
                    refused = OSError(
                        number, f"nftables step {sequence} of {last}: {os.strerror(number)}"
                    )
                if sequence == last or (number and sequence == 0) or number == errno.EPERM:
                    if refused is not None:
                        raise refused
                    return


def _answers(received: bytes) -> Iterable[tuple[int, int]]:
    """(sequence, errno) of every acknowledgement in what was received."""
    while len(received) >= _HEADER.size:
        length, kind, _, sequence, _ = _HEADER.unpack_from(received)
        if kind == _ERROR:
            yield sequence, -struct.unpack_from("=i", received, _HEADER.size)[0]
        received = received[(length + 3) & ~3 :]

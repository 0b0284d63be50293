"""Hosts that no object declares by name, as one proxy asked for them: counted and bounded.

Callers choose such names (a Host header), so there is no end of them. None can be taken away from a
proxy that discovers its hosts one by one: Envoy never asks again for a host that it was told is
gone. So who asks for more than any workload uses is given all declared hosts as wildcard instead,
and `*` for the rest: it need not ask any more (decision 27).
"""

from __future__ import annotations

UNDECLARED_AT_MOST = 500
"""Undeclared hosts of one proxy; with more it gets every declared host as wildcard."""

LAST_AT_MOST = 2 * UNDECLARED_AT_MOST
"""Those that connections from before may still add; what they ask for beyond is refused."""


class Undeclared:
    """The undeclared hosts of one proxy."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self.refused = 0

    def __len__(self) -> int:
        return len(self._names)

    @property
    def too_many(self) -> bool:
        """Whether these are more than a workload uses."""
        return len(self._names) > UNDECLARED_AT_MOST

    def admit(self, name: str, undeclared: bool) -> bool:
        """Note what is known of a name now; whether the proxy may have it."""
        if not undeclared:
            self._names.discard(name)
            return True
        if name not in self._names and len(self._names) >= LAST_AT_MOST:
            self.refused += 1
            return False
        self._names.add(name)
        return True

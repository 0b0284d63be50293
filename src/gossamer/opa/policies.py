"""The policies of now, read again when the agent writes others; the last good ones stay."""

from __future__ import annotations

from pathlib import Path

from gossamer.opa.engine import Engine, RegoFailed, RegoMissing
from gossamer.opa.shapes import BadPolicies, RegoPolicy, read_table
from gossamer.process.event_log import EventLog
from gossamer.process.trusted_file import Mark, mark_of

log = EventLog("gossamer.opa")

_KEPT = "the policies read before stay in effect"


class RegoPolicies:
    """An engine for each policy of the table at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: Mark | None = None
        self._engines: dict[str, tuple[RegoPolicy, Engine]] = {}
        self._failed: dict[str, str] = {}

    def engine(self, name: str) -> Engine | None:
        """What evaluates a policy; None where there is none that can be asked."""
        ready = self._engines.get(name)
        return ready[1] if ready else None

    def why(self, name: str) -> str:
        """Why there is no engine for that policy."""
        return self._failed.get(name, "no ConfigMap with Rego has that name")

    def refresh(self) -> None:
        """Read the table if it is another than last time."""
        mark = mark_of(self._path)
        if mark is not None and mark != self._seen:
            self._seen = mark
            self._read()

    def _read(self) -> None:
        try:
            table = read_table(self._path.read_bytes())
        except (OSError, BadPolicies) as error:
            log.warning("policies-unreadable", reason=str(error), effect=_KEPT)
            return
        for name in self._engines.keys() - table.keys():
            del self._engines[name]
        self._failed = {}
        for name, policy in table.items():
            ready = self._engines.get(name)
            if ready is None or ready[0] != policy:
                self._take(policy)
        log.info("policies-read", policies=sorted(table))

    def _take(self, policy: RegoPolicy) -> None:
        """A policy that cannot be compiled does not replace the one before."""
        try:
            self._engines[policy.name] = (policy, Engine(policy))
        except (RegoFailed, RegoMissing) as error:
            self._failed[policy.name] = str(error)
            log.warning("policy-unusable", policy=policy.name, reason=str(error), effect=_KEPT)

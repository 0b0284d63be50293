"""On whose behalf a change is made: whether it may be, and what the audit log has of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gossamer.plane.access.actor import Actor
from gossamer.plane.access.audit import Audit
from gossamer.plane.access.demands import AccessRefused
from gossamer.plane.access.editing import ObjectChange, check_changes


class Writer(Protocol):
    """Whoever changes documents."""

    def check(self, changes: Sequence[ObjectChange]) -> None:
        """Raises AccessRefused where one of the changes is not theirs to make."""
        ...

    async def about_to(self, changes: Sequence[ObjectChange]) -> None:
        """They are made next. Raises AccessRefused where that cannot be written down."""
        ...

    async def failed(self, changes: Sequence[ObjectChange]) -> None:
        """They were not made after all."""
        ...


@dataclass(frozen=True, slots=True)
class AuditedWriter:
    """Somebody whose changes the audit log names."""

    actor: Actor
    audit: Audit | None

    def check(self, changes: Sequence[ObjectChange]) -> None:
        """By their roles."""
        check_changes(self.actor, changes)

    async def about_to(self, changes: Sequence[ObjectChange]) -> None:
        """A change that nobody could account for is not made."""
        if self.audit is None:
            return
        try:
            await self.audit.changes(self.actor, changes, "done")
        except OSError as error:
            raise AccessRefused(
                503,
                f"the audit log {self.audit.path} cannot be written ({error.strerror}). Nothing "
                "was done: no change is made without a line in it. Make room on that disk",
            ) from error

    async def failed(self, changes: Sequence[ObjectChange]) -> None:
        """The line that says so; where even that fails, the store's failure is told."""
        if self.audit is not None:
            await self.audit.changes(self.actor, changes, "failed")

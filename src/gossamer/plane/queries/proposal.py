"""A change that is proposed: what the checks find in it, and what it would do once applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from gossamer.compile.checks.table import check_all
from gossamer.explain.promises.promise import Promise
from gossamer.model.assembly.assemble import assemble
from gossamer.model.finding import Finding
from gossamer.model.fragment import Contribution
from gossamer.model.mesh import Mesh
from gossamer.model.observed import Observed
from gossamer.model.origin import ObjectRef
from gossamer.plane.api.answers import Applied
from gossamer.plane.queries.broken_calls import seen_calls
from gossamer.plane.queries.forecast import HeldNames, forecast
from gossamer.plane.queries.proving import proofs_after
from gossamer.telemetry.evidence.contacts import Contacts


@dataclass(frozen=True, slots=True)
class Proposal:
    """The present mesh, what would come into it, and those whom that could concern.

    `fixed` is what refused objects would contribute once they are fixed; the checks look at
    it, too.
    """

    mesh: Mesh
    wanted: Mapping[ObjectRef, Contribution]
    fixed: Mapping[ObjectRef, Contribution]
    observed: Observed
    connected: Sequence[HeldNames]
    contacts: Contacts
    now: float

    def findings(self) -> Sequence[Finding]:
        """What the checks say of the objects in the mesh that would be."""
        whole = {**self.wanted, **self.fixed}
        return check_all(assemble(self.mesh, whole, self.observed)[0], whole.values())

    def foretold(self, outcome: Applied, promises: Sequence[Promise]) -> Applied:
        """The outcome, with what would change for proxies, calls and promises."""
        change = forecast(self.mesh, self.wanted, self.connected, self.observed)
        after = assemble(self.mesh, self.wanted, self.observed)[0]
        return replace(
            outcome,
            proxies=change.proxy_shapes(),
            calls=change.call_shapes(),
            seen=seen_calls(self.mesh, after, self.contacts, self.now),
            promises=proofs_after(self.mesh, after, promises),
        )

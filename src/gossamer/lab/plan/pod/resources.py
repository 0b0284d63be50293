"""What `resourceFieldRef` gives a pod: what its container may use, as a whole number of divisors.

Source: Kubernetes' downward API. Where a container has no limit, the limit is what the machine has;
a request that is not written is the limit, or else 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from gossamer.lab.plan.documents import Stanza
from gossamer.manifests.quantity import quantity

KNOWN = ("cpu", "memory", "ephemeral-storage")


@dataclass(frozen=True, slots=True)
class MachineSize:
    """What the machine has for all: CPUs and bytes of memory."""

    cpus: int = 1
    memory: int = 2**30

    def of(self, resource: str) -> Fraction:
        """The amount of one resource; storage is not bounded here."""
        return Fraction({"cpu": self.cpus, "memory": self.memory}.get(resource, 2**63 - 1))


@dataclass(frozen=True, slots=True)
class ResourceShare:
    """An amount in divisors; the machine's where it is None. Not `known`: no such resource."""

    resource: str
    amount: Fraction | None
    divisor: Fraction
    known: bool = True

    def value(self, machine: MachineSize) -> str:
        """The number that the pod reads."""
        amount = machine.of(self.resource) if self.amount is None else self.amount
        return str(ceil(amount / self.divisor))


def read_share(at: Stanza, containers: Iterable[Stanza]) -> ResourceShare:
    """What a `resourceFieldRef` means; `containers` are those that it may name, its own first."""
    side, _, resource = at.text("resource").partition(".")
    wanted = at.text("containerName")
    chosen = [each for each in containers if wanted in ("", each.text("name"))]
    divisor = quantity(at.text("divisor", "1")) or Fraction(1)
    if side not in ("limits", "requests") or resource not in KNOWN or not chosen:
        return ResourceShare(resource, None, divisor, known=False)
    given = chosen[0].child("resources")
    limit, request = (quantity(given.child(s).text(resource)) for s in ("limits", "requests"))
    if side == "limits":
        return ResourceShare(resource, limit, divisor)
    return ResourceShare(resource, request or limit or Fraction(0), divisor)

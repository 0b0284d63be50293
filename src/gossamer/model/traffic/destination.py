"""Destinations: how a host's endpoints are called, and the subsets of them."""

from __future__ import annotations

from dataclasses import dataclass

from gossamer.model.ids import EVERYWHERE
from gossamer.model.origin import ObjectRef
from gossamer.model.policies import NO_POLICIES, Policies
from gossamer.model.policies.client_tls import ClientTls
from gossamer.model.workload.labels import Labels


@dataclass(frozen=True, slots=True)
class Subset:
    """The endpoints of a host that carry these labels, with policies of their own."""

    name: str
    labels: Labels
    policies: Policies = NO_POLICIES
    port_policies: tuple[tuple[int, Policies], ...] = ()


@dataclass(frozen=True, slots=True)
class Destination:
    """What a DestinationRule says of a host: policies, by port where it says so, and subsets.

    Port policies replace the destination's for that port, they don't add to it (Istio's rule).
    """

    object: ObjectRef
    namespace: str
    host: str
    policies: Policies = NO_POLICIES
    port_policies: tuple[tuple[int, Policies], ...] = ()
    subsets: tuple[Subset, ...] = ()
    export_to: tuple[str, ...] = (EVERYWHERE,)
    workload_selector: Labels = ()

    @property
    def client_tls(self) -> tuple[ClientTls, ...]:
        """The TLS settings of the host, of its ports and of its subsets."""
        every = [self.policies, *(own for _, own in self.port_policies)]
        for subset in self.subsets:
            every += [subset.policies, *(own for _, own in subset.port_policies)]
        return tuple(tls for policies in every if (tls := policies.get(ClientTls)))

    @property
    def names_credential(self) -> bool:
        """Whether some client shows a certificate, or believes roots, of its own namespace."""
        return any(tls.credential for tls in self.client_tls)

    def subset(self, name: str) -> Subset | None:
        """The subset of that name."""
        return next((subset for subset in self.subsets if subset.name == name), None)

    def visible_in(self, namespace: str) -> bool:
        """Whether clients of that namespace follow it."""
        return EVERYWHERE in self.export_to or namespace in self.export_to

    def policies_for(self, port: int, subset: str) -> Policies:
        """What holds on a port of a subset: subset over destination, port level replacing.

        An unknown subset gets the destination's own.
        """
        return self.policies_of(port, self.subset(subset))

    def policies_of(self, port: int, subset: Subset | None) -> Policies:
        """The same of a subset at hand; None is the destination without one."""
        weaker = dict(self.port_policies).get(port, self.policies)
        if subset is None:
            return weaker
        return dict(subset.port_policies).get(port, subset.policies).over(weaker)

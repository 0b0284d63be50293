"""Who calls, as the receiving proxy can know it."""

from __future__ import annotations

from dataclasses import dataclass

from gossamer.compile.lookup.identities import spiffe
from gossamer.explain.authorization.attributes import Address
from gossamer.explain.authorization.truth import Unknown
from gossamer.model.assembly.visible import settings_of
from gossamer.model.mesh import Mesh
from gossamer.model.workload.pod import Pod, ProxyRole

SOMEBODY = Unknown("the address of the caller")
NO_SUBJECT = ""
"""Certificates of the mesh name their workload beside the subject, which is empty."""


@dataclass(frozen=True, slots=True)
class Caller:
    """`names` are those of the certificate that it shows wherever it speaks mutual TLS, None where
    it has none; `address` is where its connections come from."""

    names: tuple[str, ...] | None
    address: Address = SOMEBODY
    forwards: bool = False
    """Whether it speaks for clients whose addresses it tells: a gateway."""


def caller_of(mesh: Mesh, pod: Pod) -> Caller:
    """A pod as a caller: with an identity where a proxy stands beside it."""
    address = pod.addresses[0] if pod.addresses else SOMEBODY
    if not pod.meshed:
        return Caller(None, address)
    own = account_of(mesh, pod.namespace, pod.service_account).names or ()
    names = (own[0], f"{pod.name}.{pod.namespace}", NO_SUBJECT)
    return Caller(names, address, pod.role is ProxyRole.GATEWAY)


def account_of(mesh: Mesh, namespace: str, account: str) -> Caller:
    """Any workload of the mesh that runs under a service account."""
    identity = spiffe(settings_of(mesh).trust_domain, namespace, account)
    return Caller((identity, NO_SUBJECT))


STRANGER = Caller(None)
"""Somebody without a proxy, wherever it is."""

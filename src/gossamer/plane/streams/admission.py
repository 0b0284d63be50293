"""Who may open which stream: an agent for the pods of its host, a workload for itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gossamer.contract.node_id import parse_node_id
from gossamer.contract.stream_metadata import HOST_KEY, PROXY_KEY
from gossamer.identity.plan import (
    TRUST_DOMAIN,
    AttestedPod,
    CsrRefused,
    SpiffeId,
    identity_of,
    may_speak_for,
    pod_of_dns,
)
from gossamer.identity.revocation.bans import Ban, refusal
from gossamer.model import tables
from gossamer.model.mesh import Lookup
from gossamer.xds.frame import Node
from gossamer.xds.stream.session import Peer, StreamRefused

BanOf = Callable[[str, str], Ban | None]
"""From an identity and a pod (`NS/POD`, or nothing) to the ban of one of them."""


def nobody_banned(spiffe: str, pod: str = "") -> Ban | None:
    """Where there are no bans."""
    return None


def refuse_banned(banned: BanOf, peer: Peer, pod: AttestedPod | None = None) -> None:
    """Raise StreamRefused where the peer is banned, or the pod that it speaks for."""
    callers = [(peer.spiffe or "", pod_of_dns(peer.dns))]
    if pod is not None:
        callers.append((str(identity_of(pod)), str(pod)))
    for spiffe, name in callers:
        ban = banned(spiffe, name)
        if ban is not None:
            raise StreamRefused(refusal(ban))


def attested(mesh: Lookup, pod: str) -> AttestedPod | None:
    """What the pod's host observed of it."""
    known = mesh.lookup(tables.PODS, pod)
    if known is None:
        return None
    return AttestedPod(known.namespace, known.name, known.service_account, known.host)


def caller_of(peer: Peer) -> SpiffeId:
    """The identity of a peer's certificate. Raises StreamRefused where it has none."""
    if peer.spiffe is None:
        raise StreamRefused(
            f"the peer at {peer.address} showed no SPIFFE id, so it is refused; "
            "connect with the certificate of an agent or of the workload itself"
        )
    try:
        return SpiffeId.parse(peer.spiffe)
    except ValueError as error:
        raise StreamRefused(
            f"the peer at {peer.address} is refused: {error}; "
            "connect with the certificate of an agent or of the workload itself"
        ) from None


def admit_proxy(mesh: Lookup, peer: Peer, node: Node, metadata: Mapping[str, str]) -> str:
    """The pod (`NS/NAME`) that this stream speaks for. Raises StreamRefused.

    An agent names it in the metadata; a direct client is named by its node id, `POD.NS`. The
    node id must agree, so that a proxy cannot ask in another's name through its own agent.
    """
    named = parse_node_id(node.id)
    claimed = metadata.get(PROXY_KEY) or named or node.id
    if node.id and claimed != named:
        raise StreamRefused(
            f"the stream is for Pod {claimed} but its node.id is {node.id!r}; it is refused; "
            "a proxy's node.id is POD.NAMESPACE"
        )
    try:
        may_speak_for(caller_of(peer), claimed, attested(mesh, claimed))
    except CsrRefused as denied:
        raise StreamRefused(str(denied)) from denied
    return claimed


def admit_host(peer: Peer, metadata: Mapping[str, str]) -> str:
    """The host whose agent asks for names. Raises StreamRefused for anyone else."""
    host = metadata.get(HOST_KEY, "")
    caller = caller_of(peer)
    if caller.agent_host != host or caller.trust_domain != TRUST_DOMAIN:
        raise StreamRefused(
            f"{caller} asked for the names of host {host!r}; it is refused; "
            "only that host's agent may"
        )
    return host

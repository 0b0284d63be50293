"""What an agent asks the plane to sign, and what it gets."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType


class SignRequest(Struct, frozen=True):
    """A certificate request (PEM) for a pod of this host, `NS/POD`, or for the agent itself."""

    csr: str
    pod: str | UnsetType = UNSET
    agent: str | UnsetType = UNSET


class SignedChain(Struct, frozen=True):
    """The certificate with its chain, the mesh's roots now (PEM), and when it ends."""

    chain: str
    roots: str
    expires: str

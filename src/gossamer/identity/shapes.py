"""What an agent asks the plane to sign, and what it gets."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType


class SignRequest(Struct, frozen=True):
    """A certificate request (PEM) for a pod of this host, `NS/POD`, or for the agent itself.

    A workload that joined without a pod renews its own `identity`.
    """

    csr: str
    pod: str | UnsetType = UNSET
    agent: str | UnsetType = UNSET
    identity: str | UnsetType = UNSET


class SignedChain(Struct, frozen=True):
    """The certificate with its chain, the mesh's roots now (PEM), and when it ends."""

    chain: str
    roots: str
    expires: str


class TrustReport(Struct, frozen=True):
    """What an agent's host has: digests of the roots and of the issuer that it was told of.

    `own` is whether the agent's own certificate is of that issuer. `behind` are the pods whose
    proxy runs another certificate, or has yet to acknowledge what it was sent; `renewal` is when
    the next certificate of this host is renewed (RFC 3339).
    """

    host: str
    roots: str = ""
    issuer: str = ""
    own: bool = False
    behind: tuple[str, ...] = ()
    renewal: str = ""


class TrustNow(Struct, frozen=True):
    """What a host should have (PEM): the roots of the mesh's own authority, and the certificate
    that signs. What is of another issuer is renewed within so many seconds."""

    roots: str
    issuer: str
    window_s: float

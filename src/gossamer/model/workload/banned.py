"""Whom the mesh refuses although their certificates are good."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Banned:
    """Identities (`spiffe://…`) and pods (`NS/POD`) that peers refuse, in order.

    `revoked` are the revocation lists (PEM) of their certificates, one of each issuer that the
    mesh trusts; empty where the plane cannot write one for each.
    """

    identities: tuple[str, ...] = ()
    pods: tuple[str, ...] = ()
    revoked: bytes = b""

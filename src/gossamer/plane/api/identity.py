"""The JSON of the API about the mesh's own authority: its roots, and how far their exchange is."""

from __future__ import annotations

from msgspec import Struct

from gossamer.plane.api.shapes import FindingShape


class AuthorityCertificate(Struct, frozen=True):
    """A certificate of the authority; `signs` where workloads' certificates are signed by it.

    Times are RFC 3339, the fingerprint is SHA-256.
    """

    fingerprint: str
    subject: str
    generation: int
    is_root: bool
    signs: bool
    begins: str
    ends: str
    days_left: int


class WaitingShape(Struct, frozen=True):
    """Who holds a rotation up: `host NAME` or `Pod NS/NAME`, and why."""

    who: str
    why: str


class IdentityStatus(Struct, frozen=True):
    """The authority now. `phase` is one of prepare, distributing, activated, retiring, done.

    `waits_until` is when the present phase goes on without those it waits for; `left_behind` are
    those that a phase did go on without. `next_renewal` is that of a workload.
    """

    trust_domain: str
    phase: str
    generation: int
    began: str | None
    since: str | None
    certificates: list[AuthorityCertificate]
    waiting: list[WaitingShape]
    waits_until: str | None
    left_behind: list[str]
    next_renewal: str | None
    warnings: list[FindingShape]


class RotateBody(Struct, frozen=True):
    """Begin a rotation, to a new root of our own or to the issuer in the folder `source`; with
    `force` end the present phase of one without those that it waits for."""

    source: str = ""
    force: bool = False

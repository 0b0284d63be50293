"""The JSON of the API about bans, as types."""

from __future__ import annotations

from msgspec import Struct


class BanBody(Struct, frozen=True):
    """Whom to refuse: an identity (`spiffe://…`) or a pod (`NS/POD`); until when (RFC 3339), or for
    good."""

    subject: str
    until: str = ""


class LiftBody(Struct, frozen=True):
    """Whom to refuse no longer."""

    subject: str


class BanShape(Struct, frozen=True):
    """Who is refused, since when, and until when; `until` is null where that is for good."""

    subject: str
    since: str
    until: str | None


class BannedShape(Struct, frozen=True):
    """A ban and what it did: how many certificates of the subject's are refused from now on, how
    many of its streams ended, and whether proxies have revocation lists, by which callers refuse
    it too."""

    subject: str
    since: str
    until: str | None
    certificates: int
    streams_ended: int
    revocation_lists: bool


class BansShape(Struct, frozen=True):
    """All bans that hold; how many certificates are revoked, and whether proxies have the lists.

    `addresses` are those of banned pods, whose connections each host ends.
    """

    revision: int
    bans: list[BanShape]
    revoked: int
    revocation_lists: bool
    addresses: list[str]

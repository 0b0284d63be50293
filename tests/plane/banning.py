"""Bans for planes of tests: kept below a folder, under an authority of their own."""

from __future__ import annotations

from pathlib import Path

from gossamer.identity.authority import Authority
from gossamer.plane.observed.bans import BanKeeper, Signing
from gossamer.plane.observed.observations import Observations
from gossamer.plane.streams.ban_desk import BanDesk
from gossamer.plane.streams.proxies import ConnectedProxies


def ban_desk(folder: Path, observations: Observations, proxies: ConnectedProxies) -> BanDesk:
    """A desk whose bans are kept in `folder/ca`."""
    authority = Authority.open(folder / "ca")
    signing = Signing(lambda: (authority.issuer,), lambda: authority.roots_pem.encode())
    return BanDesk(BanKeeper(folder / "ca", signing, observations), proxies)

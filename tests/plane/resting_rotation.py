"""The desk of a mesh whose root nobody exchanges."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gossamer.identity.rotation.opening import open_authority
from gossamer.identity.rotation.run import RootRotation
from gossamer.plane.observed.observations import Observations
from gossamer.plane.rotation.desk import RotationDesk, Witnesses
from gossamer.plane.streams.proxies import ConnectedProxies


def rotation_desk(
    folder: Path,
    observations: Observations,
    proxies: ConnectedProxies,
    clock: Callable[[], float] = lambda: 0.0,
) -> RotationDesk:
    """Its authority is in `folder`; nobody hears of its steps."""
    authority, generations = open_authority(folder)
    witnesses = Witnesses(authority, observations, proxies, clock)
    rotation = RootRotation(authority, generations, witnesses.waiting, lambda: None)
    return RotationDesk(rotation, witnesses, clock)

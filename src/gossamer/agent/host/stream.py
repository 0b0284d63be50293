"""A stream of what is for the host: its names, its Rego."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Protocol

from gossamer.agent.link import PlaneLink
from gossamer.contract.stream_metadata import HOST_KEY
from gossamer.xds.connect import ClientSession, ServerConnection
from gossamer.xds.frame import DiscoveryRequest


class HostStream(Protocol):
    """The sending side of the connection to the plane."""

    def send(self, requests: Iterable[DiscoveryRequest]) -> None:
        """Write requests in order."""


class HostSession(ClientSession, Protocol):
    """A client of a type of the host's, which acknowledges what it takes."""

    def attach(self, stream: HostStream) -> None:
        """Where acknowledgements go."""


def host_stream(link: PlaneLink, session: HostSession) -> ServerConnection:
    """A stream of its own for the session; it is kept open as long as its `run` runs."""
    metadata = {HOST_KEY: link.join.host}
    stream = ServerConnection(link.channel, lambda: metadata, session, asyncio.get_running_loop())
    session.attach(stream)
    return stream

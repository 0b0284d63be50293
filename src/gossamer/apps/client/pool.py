"""Calls over kept connections: what the apps use to call each other."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from gossamer.apps.client.dial import Dialling, dial, parse_url
from gossamer.apps.client.exchange import (
    Address,
    CallError,
    Connection,
    Headers,
    Request,
    Response,
    exchange,
)

STALE = frozenset({"empty", "reset"})


class Pool:
    """Keeps idle connections per address. A stale one is replaced once, and counted."""

    def __init__(self, how: Dialling = Dialling()) -> None:  # noqa: B008 (frozen)
        self.how = how
        self.replaced = 0
        self._idle: dict[Address, list[Connection]] = defaultdict(list)

    async def get(self, url: str, headers: Headers = (), timeout_s: float = 10.0) -> Response:
        """GET a URL; CallError of kind timeout after `timeout_s`."""
        address, target = parse_url(url)
        return await self.call(address, Request(target, headers=headers), timeout_s)

    async def call(self, address: Address, request: Request, timeout_s: float) -> Response:
        """One call, within `timeout_s` including the connecting."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._call(address, request)
        except TimeoutError as error:
            message = f"no answer from {address.authority} within {timeout_s:g} s"
            raise CallError("timeout", message) from error

    def close(self) -> None:
        """Close what is idle."""
        for connections in self._idle.values():
            while connections:
                connections.pop().close()

    async def _call(self, address: Address, request: Request) -> Response:
        kept = self._kept(address)
        if kept is not None:
            try:
                return await self._on(kept, address, request)
            except CallError as error:
                if error.kind not in STALE:
                    raise
                self.replaced += 1
        return await self._on(await dial(address, self.how), address, request)

    async def _on(self, connection: Connection, address: Address, request: Request) -> Response:
        try:
            response = await exchange(connection, request)
        except BaseException:
            connection.close()
            raise
        if connection.reusable:
            self._idle[address].append(connection)
        else:
            connection.close()
        return response

    def _kept(self, address: Address) -> Connection | None:
        while self._idle[address]:
            connection = self._idle[address].pop()
            if connection.reusable:
                return connection
            connection.close()
        return None

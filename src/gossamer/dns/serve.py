"""The resolver at work: datagrams and streams in, answers out."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import cast

from dnslib import DNSError

from gossamer.dns.forward import Forwarder, NoAnswer, Way, datagram, stream
from gossamer.dns.listen import Listening
from gossamer.dns.plan import CLUSTER_DOMAIN, Answer, Outcome, Table, decide
from gossamer.dns.wire import (
    Query,
    ask_instead,
    fitted,
    read_query,
    splice,
    write_answer,
    write_failure,
)

IDLE = 10.0
"""Seconds a stream may rest before it is closed."""

MOST_STREAMS = 128

Closable = asyncio.BaseTransport | asyncio.AbstractServer


class Resolver:
    """Answers one query at a time from the table, or passes it on."""

    def __init__(
        self,
        table: Callable[[], Table | None],
        forwarder: Forwarder,
        domain: str = CLUSTER_DOMAIN,
    ) -> None:
        self._table = table
        self._forwarder = forwarder
        self._domain = domain
        self._turns = itertools.count()

    def at_once(self, query: Query) -> bytes | None:
        """The answer that the table gives; None if the host's resolvers must be asked."""
        answer = self._decide(query)
        if answer.outcome is Outcome.FORWARD:
            return None
        return write_answer(query, answer, self._domain, next(self._turns))

    async def elsewhere(self, query: Query, way: Way) -> bytes:
        """The host's answer, or SERVFAIL in time."""
        chain = self._decide(query).chain
        try:
            if not chain:
                return await self._forwarder.ask(query.raw, way)
            told = await self._forwarder.ask(ask_instead(query, chain[-1]), way)
            return splice(query, chain, told)
        except (NoAnswer, DNSError):
            return write_failure(query)

    def _decide(self, query: Query) -> Answer:
        return decide(self._table(), query.name, query.kind, self._domain)


class Datagrams(asyncio.DatagramProtocol):
    """UDP: what the table knows is answered in the same turn of the loop."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._asked: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = read_query(data)
        if query is None:
            return
        reply = self._resolver.at_once(query)
        if reply is not None:
            self._transport.sendto(fitted(query, reply), addr)
            return
        task = asyncio.ensure_future(self._pass_on(query, addr))
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)

    async def _pass_on(self, query: Query, addr: tuple[str, int]) -> None:
        reply = await self._resolver.elsewhere(query, datagram)
        self._transport.sendto(fitted(query, reply), addr)


class Streams:
    """TCP: length-prefixed queries, answered in order, a bounded number of connections."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until it rests too long, ends, or says what is no query."""
        self._open += 1
        try:
            while self._open <= MOST_STREAMS and await self._one(reader, writer):
                pass
        except (TimeoutError, OSError, EOFError):
            return
        finally:
            self._open -= 1
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        async with asyncio.timeout(IDLE):
            length = int.from_bytes(await reader.readexactly(2), "big")
            query = read_query(await reader.readexactly(length))
        if query is None:
            return False
        reply = self._resolver.at_once(query) or await self._resolver.elsewhere(query, stream)
        writer.write(len(reply).to_bytes(2, "big") + reply)
        await writer.drain()
        return True


async def serve(resolver: Resolver, sockets: list[Listening]) -> list[Closable]:
    """Start answering on the sockets; what is returned keeps them alive."""
    loop = asyncio.get_running_loop()
    held: list[Closable] = []
    for each in sockets:
        transport, _ = await loop.create_datagram_endpoint(
            lambda: Datagrams(resolver), sock=each.datagrams
        )
        held.append(transport)
        held.append(await asyncio.start_server(Streams(resolver).serve, sock=each.streams))
    return held

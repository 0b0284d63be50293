"""The resolver at work: datagrams and streams in, answers out."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import cast

from gossamer.dns.fairness import Pace, Places
from gossamer.dns.forward import Forwarder, NoAnswer, Way, datagram, stream
from gossamer.dns.listen import Listening
from gossamer.dns.plan import CLUSTER_DOMAIN, Answer, DnsTable, LookupOutcome, decide
from gossamer.dns.wire import (
    LONGEST_QUERY,
    MALFORMED,
    Query,
    ask_instead,
    fitted,
    read_query,
    refuse,
    splice,
    write_answer,
    write_failure,
)

IDLE = 10.0
"""Seconds a stream may rest before it is closed."""

MOST_STREAMS = 256
STREAMS_OF_A_CLIENT = 16

QUESTIONS_PER_SECOND = 2000.0
QUESTIONS_AT_ONCE = 4000.0
"""What one client may ask by datagrams; beyond, they are dropped before they are read. One core
reads about twice as many, so a flood of one pod leaves room for the others."""

Closable = asyncio.BaseTransport | asyncio.AbstractServer


class Resolver:
    """Answers one query at a time from the table, or passes it on."""

    def __init__(
        self,
        table: Callable[[], DnsTable | None],
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
        if answer.outcome is LookupOutcome.FORWARD:
            return None
        return write_answer(query, answer, self._domain, next(self._turns))

    async def elsewhere(self, query: Query, way: Way, client: str) -> bytes:
        """The host's answer, or SERVFAIL in time."""
        chain = self._decide(query).chain
        try:
            if not chain:
                return await self._forwarder.ask(query.raw, way, client)
            answer = await self._forwarder.ask(ask_instead(query, chain[-1]), way, client)
            return splice(query, chain, answer)
        except (NoAnswer, *MALFORMED):
            return write_failure(query)

    def _decide(self, query: Query) -> Answer:
        return decide(self._table(), query.name, query.kind, self._domain)


class Datagrams(asyncio.DatagramProtocol):
    """UDP: what the table knows is answered in the same turn of the loop."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._pace = Pace(QUESTIONS_PER_SECOND, QUESTIONS_AT_ONCE)
        self._asked: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        self._now = asyncio.get_running_loop().time

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not self._pace.allows(addr[0], self._now()):
            return
        query = read_query(data)
        if query is None:
            if refusal := refuse(data):
                self._transport.sendto(refusal, addr)
            return
        reply = self._resolver.at_once(query)
        if reply is not None:
            self._transport.sendto(fitted(query, reply), addr)
            return
        task = asyncio.ensure_future(self._pass_on(query, addr))
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)

    async def _pass_on(self, query: Query, addr: tuple[str, int]) -> None:
        reply = await self._resolver.elsewhere(query, datagram, addr[0])
        self._transport.sendto(fitted(query, reply), addr)


class TcpStreams:
    """TCP: length-prefixed queries, answered in order, a bounded number of connections, and of
    one client only some of them."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._places = Places(MOST_STREAMS)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until it rests too long, ends, or says what is not a query."""
        client = str((writer.get_extra_info("peername") or ("",))[0])
        if not self._places.take(client, STREAMS_OF_A_CLIENT):
            writer.close()
            return
        try:
            while await self._one(reader, writer, client):
                pass
        except TimeoutError:
            writer.transport.abort()  # what it does not read is not kept for it
        except (OSError, EOFError):
            return
        finally:
            self._places.give_back(client)
            writer.close()

    async def _one(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, client: str
    ) -> bool:
        """One question and its answer. Who writes or reads too slowly is not waited for."""
        async with asyncio.timeout(IDLE):
            length = int.from_bytes(await reader.readexactly(2), "big")
            if length > LONGEST_QUERY:
                return False
            query = read_query(await reader.readexactly(length))
        if query is None:
            return False
        reply = self._resolver.at_once(query)
        if reply is None:
            reply = await self._resolver.elsewhere(query, stream, client)
        async with asyncio.timeout(IDLE):
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
        held.append(await asyncio.start_server(TcpStreams(resolver).serve, sock=each.streams))
    return held

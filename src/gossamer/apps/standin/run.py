"""One stand-in's process: listens where it can, calls whom it knows, ends when it is asked to."""

from __future__ import annotations

import asyncio
import os
import sys

from gossamer.apps.serve.sockets import hosts_from, listen
from gossamer.apps.standin.caller import call_for_ever, call_once
from gossamer.apps.standin.record import StandInRecord
from gossamer.apps.standin.sniff import Answering, EchoDatagrams, SniffingProtocol
from gossamer.apps.standin.spec import StandInSpec
from gossamer.process.signals import on_end_signal


def tell(text: str) -> None:
    """A line for `gossamer logs`."""
    print(text, flush=True)


async def stand_in(spec: StandInSpec) -> int:
    """Until asked to end, or until all has been called once. Always 0: nothing of it is at
    fault."""
    record = StandInRecord(spec, os.environ.get("HOSTNAME", spec.identity.name))
    tell(_who(spec))
    for name, why in spec.not_called:
        tell(f"does not call {name}: {why}")
    for note in spec.notes:
        tell(f"note: {note}")
    if spec.once:
        await call_once(record, tell)
        tell("done: every service that it names was called once" if spec.calls else "done")
        return 0
    stop = asyncio.Event()
    on_end_signal(stop.set)
    await _serve(record, stop)
    return 0


def _who(spec: StandInSpec) -> str:
    ports = ", ".join([*map(str, spec.tcp), *(f"{port}/udp" for port in spec.udp)])
    names = ", ".join(target.url for target in spec.calls)
    return (
        f"stand-in for {spec.identity.image or 'an image'}: "
        f"listens on {ports or 'no port'}; calls {names or 'nobody'}"
    )


async def _serve(record: StandInRecord, stop: asyncio.Event) -> None:
    answering = Answering(record, tell)
    servers = await listen_tcp(answering)
    for port in record.spec.udp:
        await listen_udp(record, port)
    calling = asyncio.create_task(call_for_ever(record, tell))
    await stop.wait()
    calling.cancel()
    for server in servers:
        server.close()
    for connection in list(answering.connections):
        connection.shutdown()


async def listen_tcp(answering: Answering) -> list[asyncio.Server]:
    """Each port by itself: one that another container has does not keep the others away."""
    loop, servers = asyncio.get_running_loop(), list[asyncio.Server]()
    for port in answering.record.spec.tcp:
        try:
            for sock in listen(port, hosts_from(os.environ)):
                servers.append(
                    await loop.create_server(lambda: SniffingProtocol(answering), sock=sock)
                )
        except OSError as error:
            _cannot(error)
    return servers


async def listen_udp(record: StandInRecord, port: int) -> list[asyncio.BaseTransport]:
    """The same for a UDP port."""
    loop, transports = asyncio.get_running_loop(), list[asyncio.BaseTransport]()
    for host in hosts_from(os.environ):
        try:
            opened = await loop.create_datagram_endpoint(
                lambda: EchoDatagrams(record), local_addr=(host, port)
            )
            transports.append(opened[0])
        except OSError as error:
            _cannot(error)
    return transports


def _cannot(error: OSError) -> None:
    print(f"stand-in: {error}; this port is not served, the others are", file=sys.stderr)

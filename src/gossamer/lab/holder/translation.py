"""The world's table from virtual addresses to endpoints, for pods without a proxy.

Endpoints that are names (a ServiceEntry resolved by DNS) are looked up here, again and again; a
name that no server answers for keeps the addresses it had.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

from gossamer.contract.addresses import is_address, split_port
from gossamer.lab.world.world import Vip
from gossamer.plane.api.shapes import ServicePortShape, ServiceShape

AGAIN_S = 30.0
"""How often names are looked up again."""

Services = Sequence[ServiceShape]
Addresses = Mapping[str, tuple[str, ...]]
NOTHING_KNOWN: Addresses = {}


class Translation:
    """Keeps the table true to the services, and to where names lead."""

    def __init__(
        self,
        put: Callable[[tuple[Vip, ...]], Awaitable[None]],
        look_up: Callable[[str], Awaitable[tuple[str, ...]]],
    ) -> None:
        self._put = put
        self._look_up = look_up
        self._services: Services = ()
        self._known: dict[str, tuple[str, ...]] = {}
        self._changed = asyncio.Event()

    async def follow(self, services: Services) -> None:
        """These are the services now; what is known of their names holds until it is looked up."""
        self._services = services
        await self._put(vips(services, self._known))
        self._changed.set()

    async def run(self) -> None:
        """Look names up after every change and now and then, until cancelled."""
        while True:
            await self._until_due()
            addresses_by_name = {
                name: await self._look_up(name) for name in sorted(names_in(self._services))
            }
            before = dict(self._known)
            self._known |= {
                name: addresses for name, addresses in addresses_by_name.items() if addresses
            }
            if self._known != before:
                await self._put(vips(self._services, self._known))

    async def _until_due(self) -> None:
        try:
            async with asyncio.timeout(AGAIN_S):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()


def names_in(services: Services) -> set[str]:
    """The endpoints that are names."""
    return {host for _, _, ends in _ports(services) for host, _ in ends if not is_address(host)}


def vips(services: Services, known: Addresses = NOTHING_KNOWN) -> tuple[Vip, ...]:
    """`GET /v1/services` as the world's table: one entry per address, protocol and port."""
    return tuple(
        Vip(address, port.protocol, port.number, tuple(_resolved(ends, known)))
        for service, port, ends in _ports(services)
        for address in service.addresses
    )


def _ports(
    services: Services,
) -> Iterator[tuple[ServiceShape, ServicePortShape, list[tuple[str, int]]]]:
    for service in services:
        for port in service.ports:
            yield service, port, [split_port(each) for each in port.endpoints]


def _resolved(ends: Iterable[tuple[str, int]], known: Addresses) -> Iterator[tuple[str, int]]:
    for host, port in ends:
        for address in (host,) if is_address(host) else known.get(host, ()):
            yield address, port

"""Virtual addresses: each host that has none of its own gets one, and keeps it.

The place in the pool follows from the host's name, so that it is the same on every machine and
after every restart; where two names meet, the earlier keeps it and the later takes the next.
"""

from __future__ import annotations

from hashlib import blake2s
from ipaddress import IPv4Network

from immutables import Map

from gossamer.model import tables
from gossamer.model.addressing.address_holder import ServiceHolder
from gossamer.model.mesh import Lookup
from gossamer.model.traffic.service import Resolution, Service

SERVICE_POOL = IPv4Network("10.96.0.0/12")
EXTERNAL_POOL = IPv4Network("240.240.0.0/16")
POD_RANGES = ("10.244.0.0/16", "fd00:10:244::/64")
SERVICE_RANGES = (str(SERVICE_POOL), "fd00:10:96::/108")
MESH_RANGES = (
    *POD_RANGES,
    *SERVICE_RANGES,
    str(EXTERNAL_POOL),
    "2001:2::/48",
)


Rank = tuple[int, int]
"""How strong a claim on an address is, the least first: what declares it, and its age."""


def virtual_addresses(mesh: Lookup, host: str, service: Service | None) -> tuple[str, ...]:
    """The addresses by which a host is called: declared ones, else the one it was or is given.

    Of two that declare one address the older has it, then the first by name; one that the mesh
    gives to Services a Service of Kubernetes has before a ServiceEntry. Whoever is left with none
    is given one.
    """
    if service is None:
        return ()
    own = tuple(a for a in service.addresses if holds(mesh, host, a))
    return own if own or not _wants_one(service) else _given(mesh, host, service)


def holds(mesh: Lookup, host: str, address: str) -> bool:
    """Whether a host that declares this address has it, or may take it from whoever has it."""
    claims: Map[str, Rank] = mesh.lookup(tables.CLAIMS, address) or Map()
    strongest = min(claims, key=lambda each: (claims[each], each), default=host)
    holder = mesh.lookup(tables.ADDRESSES, address)
    if isinstance(holder, ServiceHolder):
        return strongest == host and (holder.host in claims or holder.host == host)
    return strongest == host and holder is None


def _given(mesh: Lookup, host: str, service: Service) -> tuple[str, ...]:
    pool = EXTERNAL_POOL if service.external else SERVICE_POOL
    meant = ServiceHolder(host)
    for step in range(pool.num_addresses):
        address = _place(host, pool, step)
        holder = mesh.lookup(tables.ADDRESSES, address)
        if holder is None or holder == meant:
            return (address,)
    return ()


def _wants_one(service: Service) -> bool:
    return not (
        service.headless
        or service.alias
        or "*" in service.host
        or (service.resolution is Resolution.PASSTHROUGH and not service.external)
    )


def _place(host: str, pool: IPv4Network, step: int) -> str:
    digest = int.from_bytes(blake2s(host.encode(), digest_size=8).digest(), "big")
    usable = pool.num_addresses - 256  # the pool's first addresses stay free for declared ones
    return str(pool[255 + (digest + step) % usable])

"""Virtual addresses: each host that has none of its own gets one, and keeps it.

The place in the pool follows from the host's name, so that it is the same on every machine and
after every restart; where two names meet, the earlier keeps it and the later takes the next.
"""

from __future__ import annotations

from hashlib import blake2s
from ipaddress import IPv4Network

from gossamer.model import tables
from gossamer.model.mesh import Lookup
from gossamer.model.service import Resolution, Service

SERVICE_POOL = IPv4Network("10.96.0.0/12")
EXTERNAL_POOL = IPv4Network("240.240.0.0/16")
POD_RANGES = ("10.244.0.0/16", "fd00:10:244::/64")
MESH_RANGES = (
    *POD_RANGES,
    str(SERVICE_POOL),
    "fd00:10:96::/108",
    str(EXTERNAL_POOL),
    "2001:2::/48",
)


def virtual_addresses(mesh: Lookup, host: str, service: Service | None) -> tuple[str, ...]:
    """The addresses by which a host is called: declared ones, else the one it was or is given."""
    if service is None or not _wants_one(service):
        return () if service is None else service.addresses
    pool = EXTERNAL_POOL if service.external else SERVICE_POOL
    meant = f"service {host}"
    for step in range(pool.num_addresses):
        address = _place(host, pool, step)
        holder = mesh.lookup(tables.ADDRESSES, address)
        if holder is None or holder == meant:
            return (address,)
    return ()


def _wants_one(service: Service) -> bool:
    return not (
        service.addresses
        or service.headless
        or service.alias
        or "*" in service.host
        or (service.resolution is Resolution.PASSTHROUGH and not service.external)
    )


def _place(host: str, pool: IPv4Network, step: int) -> str:
    digest = int.from_bytes(blake2s(host.encode(), digest_size=8).digest(), "big")
    usable = pool.num_addresses - 256  # the pool's first addresses stay free for declared ones
    return str(pool[255 + (digest + step) % usable])

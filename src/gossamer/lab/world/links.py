"""The world's wiring: a bridge, and a veth pair from it into each pod, over netlink.

Runs inside the anchor, whose thread steps into a pod's network namespace and back. Settings of
a namespace (forwarding, low ports) are files under /proc/sys/net, which show the namespace of
whoever opens them.
"""

from __future__ import annotations

import hashlib
from ipaddress import ip_address
from pathlib import Path

from pyroute2 import IPRoute

from gossamer.lab.world.kernel import inside_network

BRIDGE = "gossamer0"
BRIDGE_MAC = "02:00:0a:f4:00:01"
"""Its own: a bridge without one takes a pod's, and pods' neighbour entries go stale with it."""

BRIDGE_V4 = "10.244.0.1"
BRIDGE_V6 = "fd00:10:244::1"
_PREFIX_LENGTHS = {4: 16, 6: 64}
_POD_LINK = "eth0"
_LOCAL_TABLE = 100
_FAMILIES = {4: 2, 6: 10}
_NO_DUPLICATE_DETECTION = 0x02
_SETTINGS = Path("/proc/sys/net")


class Wiring:
    """The links of one world; made in its root network namespace."""

    def __init__(self) -> None:
        self.without_ipv6 = why_no_ipv6()
        self._route = IPRoute()

    @property
    def versions(self) -> tuple[int, ...]:
        """The IP versions that this world speaks."""
        return (4,) if self.without_ipv6 else (4, 6)

    def open(self) -> None:
        """Loopback up, the bridge with its addresses, and packets forwarded.

        A packet to nowhere is refused each time: by default the kernel says so to a pod once a
        second, and a caller that tries again waits for seconds.
        """
        _raise_loopback(self._route)
        _allow_low_ports()
        _write("ipv4/icmp_ratelimit", "0")
        _write("ipv4/ip_forward", "1")
        self._route.link("add", ifname=BRIDGE, kind="bridge", address=BRIDGE_MAC)
        bridge = self._route.link_lookup(ifname=BRIDGE)[0]
        if not self.without_ipv6:
            _write("ipv6/icmp/ratelimit", "0")
            _write("ipv6/conf/all/forwarding", "1")
            _write(f"ipv6/conf/{BRIDGE}/accept_dad", "0")
        self._route.link("set", index=bridge, state="up")
        for version in self.versions:
            address = BRIDGE_V4 if version == 4 else BRIDGE_V6
            _add_address(self._route, bridge, address)
            self._route_own_calls(bridge, version)

    def _route_own_calls(self, bridge: int, version: int) -> None:
        """Give the world's own processes a way to Service addresses, which nobody has.

        A connection needs a route before the output chain can translate it. Only packets born
        here use this one, so a pod's packet to nowhere is still refused at once.
        """
        family = _FAMILIES[version]
        self._route.route(
            "add", family=family, dst="default", oif=bridge, scope=253, table=_LOCAL_TABLE
        )
        self._route.rule("add", family=family, iifname="lo", table=_LOCAL_TABLE, priority=40_000)

    def plug(self, key: str, pin: Path, addresses: tuple[str, ...]) -> None:
        """Lead a veth pair from the bridge into the namespace at `pin`, with these addresses."""
        port = _port_name(key)
        with pin.open("rb") as namespace:
            peer = {"ifname": _POD_LINK, "net_ns_fd": namespace.fileno()}
            self._route.link("add", ifname=port, kind="veth", peer=peer)
        bridge = self._route.link_lookup(ifname=BRIDGE)[0]
        index = self._route.link_lookup(ifname=port)[0]
        self._route.link("set", index=index, master=bridge, state="up")
        usable = [a for a in addresses if ip_address(a).version in self.versions]
        with inside_network(pin):
            self._configure_pod(usable)

    def _configure_pod(self, addresses: list[str]) -> None:
        _allow_low_ports()
        if not self.without_ipv6:
            _write(f"ipv6/conf/{_POD_LINK}/accept_dad", "0")
            _write(f"ipv6/conf/{_POD_LINK}/accept_ra", "0")
        with IPRoute() as route:
            _raise_loopback(route)
            link = route.link_lookup(ifname=_POD_LINK)[0]
            route.link("set", index=link, state="up")
            for address in addresses:
                _add_address(route, link, address)
            for version in sorted({ip_address(address).version for address in addresses}):
                gateway = BRIDGE_V4 if version == 4 else BRIDGE_V6
                route.route("add", family=_FAMILIES[version], dst="default", gateway=gateway)

    def unplug(self, key: str) -> None:
        """Take a pod's veth pair away; its other end goes with it."""
        for index in self._route.link_lookup(ifname=_port_name(key)):
            self._route.link("del", index=index)


def _port_name(key: str) -> str:
    """A bridge port's name; the kernel gives it 15 bytes, so it is a digest of the key."""
    return "v" + hashlib.sha256(key.encode()).hexdigest()[:14]


def _raise_loopback(route: IPRoute) -> None:
    route.link("set", index=route.link_lookup(ifname="lo")[0], state="up")


def _add_address(route: IPRoute, link: int, address: str) -> None:
    version = ip_address(address).version
    flags = {"flags": _NO_DUPLICATE_DETECTION} if version == 6 else {}
    prefix = _PREFIX_LENGTHS[version]
    route.addr("add", index=link, address=address, prefixlen=prefix, **flags)


def _allow_low_ports() -> None:
    """Let a container without capabilities listen on port 80, as container engines do."""
    _write("ipv4/ip_unprivileged_port_start", "0")


def _write(setting: str, value: str) -> None:
    (_SETTINGS / setting).write_text(value)


def why_no_ipv6() -> str | None:
    """None where IPv6 works, else why a lab here speaks IPv4 alone."""
    if not (_SETTINGS / "ipv6").exists():
        return "this kernel has no IPv6 (booted with ipv6.disable=1 or built without it)"
    if (_SETTINGS / "ipv6/conf/all/disable_ipv6").read_text().strip() == "0":
        return None
    _write("ipv6/conf/all/disable_ipv6", "0")
    _write("ipv6/conf/default/disable_ipv6", "0")
    return None

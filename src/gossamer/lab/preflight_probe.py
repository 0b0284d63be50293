"""Try in a throw-away world what a lab needs of the kernel; print what was refused as JSON.

`python -m gossamer.lab.preflight_probe [FOLDER]`, a process of its own since there is no way back
from a namespace. It ends at once and leaves nothing.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

from pyroute2 import IPRoute

from gossamer.capture.netfilter import ServiceKey
from gossamer.capture.plan import CapturePlan
from gossamer.capture.rules import Family, TransportProtocol
from gossamer.capture.run import Netfilter
from gossamer.lab.stray_processes import remove_tree
from gossamer.lab.world import kernel
from gossamer.lab.world.links import why_no_ipv6
from gossamer.lab.world.vips import empty_tables, transactions


def _bridge() -> None:
    with IPRoute() as route:
        route.link("add", ifname="trial0", kind="bridge")


def _veth() -> None:
    with IPRoute() as route:
        route.link("add", ifname="trial1", kind="veth", peer="trial2")


def _nftables() -> None:
    netfilter = Netfilter()
    netfilter.set_capture(CapturePlan(), (Family.V4,))
    netfilter.commit(empty_tables((Family.V4,)))
    address = ip_address("10.244.1.1")
    key = ServiceKey(TransportProtocol.TCP, address, 80)
    for step in transactions({}, {key: ((address, 80), (address, 81))}):
        netfilter.commit(step)


def _ipv6() -> None:
    reason = why_no_ipv6()
    if reason:
        raise OSError(reason)


def _overlay(folder: str) -> Callable[[], None]:
    def attempt() -> None:
        layers = [Path(folder, name) for name in ("upper", "work", "seen")]
        for layer in layers:
            layer.mkdir()
        kernel.overlay("/usr", layers[0], layers[1], layers[2])
        kernel.unmount(layers[2])

    return attempt


def _refused(attempt: Callable[[], None]) -> str | None:
    try:
        attempt()
    except Exception as refused:
        # pyroute2 raises types of its own; whatever it is, its text is the finding.
        return getattr(refused, "strerror", None) or str(refused)
    return None


def main() -> None:
    """Try each part; print a JSON object of part to reason for those refused."""
    near = sys.argv[1] if len(sys.argv) > 1 and Path(sys.argv[1]).is_dir() else None
    folder = tempfile.mkdtemp(prefix=".trial-", dir=near)
    try:
        print(json.dumps(_tried(folder)))
    finally:
        remove_tree(Path(folder))


def _tried(folder: str) -> dict[str, str]:
    refused = _refused(kernel.new_world)
    if refused:
        return {"namespaces": refused}
    parts = {
        "bridge": _bridge,
        "veth": _veth,
        "nftables": _nftables,
        "overlay": _overlay(folder),
        "ipv6": _ipv6,
    }
    reasons = {part: _refused(attempt) for part, attempt in parts.items()}
    return {part: reason for part, reason in reasons.items() if reason}


if __name__ == "__main__":
    main()

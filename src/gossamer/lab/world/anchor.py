"""The anchor: the small process whose namespaces are the lab's world.

`python -m gossamer.lab.world.anchor FD` leaves for new namespaces, makes the bridge, says so on
the line at FD, and then does what the holder asks, one thing at a time. It steps into a pod's
network namespace and back, so it has one thread and no event loop. When the holder hangs up or
dies, even by SIGKILL, the line ends: the anchor then ends every process of the world and itself,
and the kernel takes the namespaces apart.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from msgspec import Struct

from gossamer.capture.connections import end_connections
from gossamer.capture.netfilter import ServiceKey
from gossamer.capture.rules import Family
from gossamer.capture.run import Netfilter
from gossamer.contract.marks import BYPASS_MARK
from gossamer.lab.stray_processes import end_processes
from gossamer.lab.world import enter, pause
from gossamer.lab.world.anchor_channel import AnchorLine
from gossamer.lab.world.egress import egress_messages
from gossamer.lab.world.kernel import bind, fresh, inside_network, new_network, new_world, unmount
from gossamer.lab.world.links import Wiring
from gossamer.lab.world.mounts import build
from gossamer.lab.world.shapes import (
    AddPod,
    AnchorRequest,
    CaptureShape,
    ConnectionsEnded,
    EndConnections,
    MakeMounts,
    MountsMade,
    OpenSocket,
    RemovePod,
    SetCapture,
    SetEgress,
    SetVips,
    VipsSet,
    WorldMade,
    capture_plan,
    name_of,
    read_request,
)
from gossamer.lab.world.vips import Endpoint, Services, Vip, empty_tables, services, transactions
from gossamer.process.shape import Nothing

PINS = Path("/run/netns")
ROOTS = Path("/run/roots")


@dataclass(slots=True)
class AnchoredPod:
    """What the anchor keeps of a pod: its network's pin and its nftables; maybe its first process.

    A pod without one has a network only.
    """

    pin: Path
    netfilter: Netfilter
    pause: pause.Pause | None = None

    def end(self) -> None:
        """End every process in it."""
        if self.pause is not None:
            self.pause.end()
            self.pause = None
        end_processes(self.pin)


class Anchor:
    """Does what the holder asks in the world this process is."""

    def __init__(self) -> None:
        self._wiring = Wiring()
        self._families = tuple(f for f in Family if f.version in self._wiring.versions)
        self._pods: dict[str, AnchoredPod] = {}
        self._netfilter = Netfilter()
        self._services: dict[ServiceKey, tuple[Endpoint, ...]] = {}

    def open(self) -> WorldMade:
        """Make the bridge and the empty tables of the root network namespace."""
        self._wiring.open()
        self._netfilter.commit(empty_tables(self._families))
        return WorldMade(os.getpid(), self._wiring.without_ipv6)

    def serve(self, line: AnchorLine) -> None:
        """Answer requests until the holder hangs up."""
        for text in line.requests():
            what = ""
            try:
                request = read_request(text)
                what = name_of(request)
                if isinstance(request, OpenSocket):
                    line.answer(Nothing(), brings=self.open_socket(request))
                else:
                    line.answer(self._done(request))
            except Exception as refused:
                # The holder must hear of anything that went wrong, else it would wait for ever.
                line.refuse(f"{what}: {refused}", getattr(refused, "errno", None))

    def _done(self, request: AnchorRequest) -> Struct:
        match request:
            case AddPod(key=key, addresses=addresses):
                return self.add_pod(key, tuple(addresses))
            case SetCapture(key=key, plan=plan):
                return self.set_capture(key, plan)
            case RemovePod(key=key):
                return self.remove_pod(key)
            case SetVips(vips=vips):
                return self.set_vips(vips)
            case SetEgress(port=port):
                return self.set_egress(port)
            case EndConnections(addresses=addresses):
                return self.end_connections(addresses)
            case MakeMounts():
                return self.make_mounts(request)
        raise ValueError("this is not done here")

    def add_pod(self, key: str, addresses: tuple[str, ...]) -> Nothing:
        if key in self._pods:
            raise FileExistsError(errno.EEXIST, "the pod is already there")
        pin = PINS / pin_name(key)
        new_network(pin)
        try:
            self._wiring.plug(key, pin, addresses)
            with inside_network(pin):
                netfilter = Netfilter()
            self._pods[key] = AnchoredPod(pin, netfilter)
            netfilter.commit(empty_tables(self._families))
            self._commit_services(netfilter, {}, self._services)
        except BaseException:
            self.remove_pod(key)
            raise
        return Nothing()

    def set_capture(self, key: str, plan: CaptureShape | None) -> Nothing:
        wanted = None if plan is None else capture_plan(plan)
        self._pods[key].netfilter.set_capture(wanted, self._families)
        return Nothing()

    def remove_pod(self, key: str) -> Nothing:
        pod = self._pods.pop(key, None)
        self._wiring.unplug(key)
        pin = PINS / pin_name(key)
        if pod is not None:
            pod.netfilter.close()
            pod.end()
        if pin.exists():
            unmount(pin)
            pin.unlink()
        return Nothing()

    def set_vips(self, vips: Iterable[Vip]) -> VipsSet:
        wanted = services(vips)
        usable = {key: ends for key, ends in wanted.items() if key.family in self._families}
        before, self._services = self._services, usable
        if before == usable:
            return VipsSet(False)
        for netfilter in self._everywhere():
            self._commit_services(netfilter, before, usable)
        return VipsSet(True)

    def _everywhere(self) -> Iterable[Netfilter]:
        return [self._netfilter, *(pod.netfilter for pod in self._pods.values())]

    def _commit_services(self, netfilter: Netfilter, before: Services, after: Services) -> None:
        """Lead one namespace to `after`; where that is refused, build its tables anew."""
        try:
            for messages in transactions(before, after):
                netfilter.commit(messages)
        except OSError:
            netfilter.commit(empty_tables(self._families))
            for messages in transactions({}, after):
                netfilter.commit(messages)

    def set_egress(self, port: int | None) -> Nothing:
        self._netfilter.commit(egress_messages(port, self._families))
        return Nothing()

    def end_connections(self, addresses: Iterable[str]) -> ConnectionsEnded:
        """Both ends are reset; the pods whose addresses these are need not help."""
        wanted, count = list(addresses), 0
        for pod in self._pods.values():
            with inside_network(pod.pin):
                count += end_connections(wanted)
        return ConnectionsEnded(count)

    def open_socket(self, wanted: OpenSocket) -> socket.socket:
        """A marked TCP socket of the pod's, its connection begun."""
        family = socket.AF_INET if ip_address(wanted.address).version == 4 else socket.AF_INET6
        with inside_network(self._pods[wanted.key].pin):
            opened = socket.socket(family, socket.SOCK_STREAM)
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, BYPASS_MARK)
        status = opened.connect_ex((wanted.address, wanted.port))
        if status not in (0, errno.EINPROGRESS):
            opened.close()
            raise OSError(status, os.strerror(status))
        return opened

    def make_mounts(self, wanted: MakeMounts) -> MountsMade:
        pod = self._pods[wanted.key]
        root = ROOTS / pin_name(wanted.key)
        root.mkdir(parents=True, exist_ok=True)
        if pod.pause is not None:
            pod.pause.end()
        folder = Path(wanted.folder)
        pod.pause = pause.start(pod.pin, lambda: build(wanted.plan, folder, root, wanted.keep))
        held = pod.pause.namespaces.items()
        paths = {kind: f"/proc/{os.getpid()}/fd/{descriptor}" for kind, descriptor in held}
        return MountsMade(paths, list(pod.pause.notes))

    def close(self) -> None:
        """End every process of the world; its namespaces end with this one."""
        for pod in self._pods.values():
            pod.end()
        end_processes(Path("/proc/self/ns/net"))


def pin_name(key: str) -> str:
    """The file name of a pod's network namespace; a key is NAMESPACE/POD."""
    return key.replace("/", ".")


def _fresh_run(folder: Path) -> None:
    """A /run of the world's own; the lab's folder stays in sight if it lies there."""
    kept = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fresh("/run")
    if not folder.exists():
        folder.mkdir(parents=True)
        bind(f"/proc/self/fd/{kept}", folder)
    os.close(kept)
    PINS.mkdir()


def main() -> None:
    """Make the world, say so, and serve until the holder is gone."""
    line = AnchorLine(socket.socket(fileno=int(sys.argv[1])))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        new_world()
        enter.prctl(enter.PR_SET_DUMPABLE, 1)
        _fresh_run(Path(sys.argv[2]))
        anchor = Anchor()
        line.answer(anchor.open())
    except Exception as refused:
        # Whatever the reason, the holder turns it into words for the user.
        line.refuse(str(refused), getattr(refused, "errno", None))
        return
    try:
        anchor.serve(line)
    finally:
        anchor.close()


if __name__ == "__main__":
    main()

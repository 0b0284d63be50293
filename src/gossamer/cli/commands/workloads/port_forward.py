"""`gossamer port-forward`: a port of this machine leads to a pod's application, as with kubectl."""

from __future__ import annotations

import asyncio
import re
import socket
import sys
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import NamedTuple

import click

from gossamer.cli.error import CliError
from gossamer.cli.lab_access.labs import require
from gossamer.cli.lab_access.relay import BACKLOG, LabEnded, LocalPort, serve
from gossamer.cli.lab_access.sockets import ask
from gossamer.cli.options import lab_option, namespace_option
from gossamer.cli.terminal.output import one_line, say
from gossamer.lab.home import LabFolder

LOCALHOST = ("127.0.0.1", "::1")
INTERRUPTED = 130
KINDS = {
    "Service": ("svc", "service", "services"),
    "Pod": ("po", "pod", "pods"),
    "Deployment": ("deploy", "deployment", "deployments"),
    "StatefulSet": ("sts", "statefulset", "statefulsets"),
    "ReplicaSet": ("rs", "replicaset", "replicasets"),
    "DaemonSet": ("ds", "daemonset", "daemonsets"),
    "Job": ("job", "jobs"),
}
_KIND_OF = {name: kind for kind, names in KINDS.items() for name in names}
_PORT = re.compile(r"(?:(?P<local>\d*):)?(?P<remote>\d+|[a-z0-9]([a-z0-9-]*[a-z0-9])?)")


class PortPair(NamedTuple):
    """`LOCAL:REMOTE`; without LOCAL any free port (0), or the same as the remote one (None)."""

    local: int | None
    remote: str


def _pairs(_: click.Context, __: click.Parameter, words: Sequence[str]) -> tuple[PortPair, ...]:
    return tuple(_pair(text) for text in words)


def _pair(text: str) -> PortPair:
    parts = _PORT.fullmatch(text)
    numbers = [part for part in text.split(":") if part.isdigit()]
    if parts is None or any(not 0 < int(number) < 65536 for number in numbers):
        raise click.BadParameter(f"{text!r} is not a valid port; write 8080:80 (LOCAL:REMOTE)")
    local = parts["local"]
    return PortPair(None if local is None else int(local or 0), parts["remote"])


def _addresses(_: click.Context, __: click.Parameter, words: Sequence[str]) -> tuple[str, ...]:
    parts = [part for text in words for part in text.split(",")]
    return tuple(dict.fromkeys(address for part in parts for address in _local(part)))


def _local(address: str) -> tuple[str, ...]:
    if address == "localhost":
        return LOCALHOST
    try:
        if ip_address(address).is_loopback:
            return (address,)
    except ValueError:
        pass
    raise click.BadParameter(
        f"{address!r} is not an address of this machine's loopback; a lab is for its own machine, "
        "so use localhost, 127.0.0.1 or ::1"
    )


@click.command(name="port-forward")
@click.argument("target", metavar="TYPE/NAME")
@click.argument("pairs", metavar="[LOCAL:]REMOTE...", nargs=-1, required=True, callback=_pairs)
@click.option(
    "--address",
    "addresses",
    multiple=True,
    default=["localhost"],
    show_default=True,
    callback=_addresses,
    help="Where to listen; loopback addresses alone.",
)
@namespace_option
@lab_option
def port_forward(
    target: str,
    pairs: tuple[PortPair, ...],
    addresses: tuple[str, ...],
    namespace: str,
    lab: LabFolder,
) -> None:
    """Forward local ports to a pod: svc/NAME, deploy/NAME, sts/NAME, pod/NAME or POD.

    REMOTE is a number or a port's name; of a Service it is the Service's port. :REMOTE takes any
    free local port. As with kubectl, connections reach the application in its pod's network and
    pass by its proxy: no mutual TLS, no policy, no count. A replaced pod is followed.
    """
    require(lab)
    name = _named(target, namespace)
    ports = [port for pair in pairs for port in _listen(lab, name, pair, addresses)]
    if not ports:
        raise CliError("no port could be listened on, so nothing is forwarded")
    try:
        asyncio.run(_serve(lab, ports))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _named(target: str, namespace: str) -> dict[str, str]:
    """`{kind, namespace, name}`; what stands before the slash is a kind or a namespace."""
    head, slash, name = target.rpartition("/")
    if not name or "/" in head or (slash and not head):
        raise click.UsageError(f"{target!r} names nothing; write svc/NAME, deploy/NAME or POD")
    kind = _KIND_OF.get(head.lower())
    if kind or not head:
        return {"kind": kind or "Pod", "namespace": namespace, "name": name}
    return {"kind": "Pod", "namespace": head, "name": name}


def _listen(
    lab: LabFolder, name: dict[str, str], pair: PortPair, addresses: Sequence[str]
) -> Iterator[LocalPort]:
    """A listening socket on each address that has one; each has the same number."""
    question = {**name, "port": pair.remote}
    number = ask(lab.holder_socket, {"op": "forward_target", **question})["port"]
    local = number if pair.local is None and not pair.remote.isdigit() else pair.local
    wanted = int(pair.remote) if local is None else local
    refusals: list[str] = []
    for address in addresses:
        try:
            listening = _bound(address, wanted)
        except OSError as refused:
            refusals.append(f"{_shown(address, wanted)} ({(refused.strerror or '').lower()})")
            continue
        wanted = int(listening.getsockname()[1])
        say(f"Forwarding from {_shown(address, wanted)} -> {number}")
        yield LocalPort(listening, {"op": "connect", **question}, f"{wanted} -> {number}")
    if len(refusals) == len(addresses):
        say(f"gossamer: unable to listen on {' and '.join(refusals)}; {_remedy(wanted)}", err=True)


def _bound(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, port), family=family, backlog=BACKLOG)


def _shown(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _remedy(port: int) -> str:
    if 0 < port < 1024:
        return "ports below 1024 are root's on most machines; choose a higher local port"
    return "choose another local port, or :REMOTE for any free one"


async def _serve(lab: LabFolder, ports: Sequence[LocalPort]) -> None:
    try:
        await serve(
            lab.holder_socket,
            ports,
            lambda port: say(f"Handling connection for {port}"),
            lambda text: say(one_line(text), err=True),
        )
    except LabEnded as ended:
        raise CliError(f"lab {lab.name!r} has ended, and the forwarding with it") from ended

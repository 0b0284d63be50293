"""The resolver over real sockets, its upstreams played by the test."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from dnslib import QTYPE, RR, A, DNSRecord

from gossamer.dns.forward import (
    SEVERAL,
    TRIALS,
    Forwarder,
    NoAnswer,
    Upstream,
    datagram,
    read_upstreams,
    stream,
)
from gossamer.dns.listen import NoListener, open_here, open_inside
from gossamer.dns.lookup import addresses, endpoint, upstreams
from gossamer.dns.plan import DnsTable, read_table
from gossamer.dns.serve import Resolver, serve
from gossamer.dns.watch import NameTable

WEB = "web.shop.svc.cluster.local"
NOWHERE: Upstream = ("127.0.0.1", 9)


def table(**names: str) -> str:
    return json.dumps(
        {"version": 1, "names": {WEB: ["10.96.0.7"], **{n: [a] for n, a in names.items()}}}
    )


class Known(asyncio.DatagramProtocol):
    """An upstream that knows every name, or keeps silent."""

    def __init__(self, asked: list[bytes], *, speaks: bool) -> None:
        self.asked, self._speaks = asked, speaks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.asked.append(data)
        if self._speaks:
            reply = DNSRecord.parse(data).reply()
            reply.add_answer(RR(reply.q.qname, QTYPE.A, rdata=A("192.0.2.1")))
            self._transport.sendto(b"\0\0" + reply.pack()[2:], addr)  # type: ignore[attr-defined]
            self._transport.sendto(reply.pack(), addr)  # type: ignore[attr-defined]


async def upstream(asked: list[bytes], *, speaks: bool = True) -> Upstream:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: Known(asked, speaks=speaks), local_addr=("127.0.0.1", 0)
    )
    address: Upstream = transport.get_extra_info("sockname")[:2]
    return address


Start = Callable[..., Awaitable[tuple[int, int]]]


@pytest.fixture
async def resolver() -> AsyncIterator[Start]:
    """Start a resolver on free ports; gives the UDP and the TCP one."""
    held = []

    async def start(
        names: DnsTable | None, upstreams: list[Upstream], patience: float = 2
    ) -> tuple[int, int]:
        sockets = open_here([("127.0.0.1", 0)])
        made = Resolver(lambda: names, Forwarder(upstreams, patience))
        held.extend(await serve(made, sockets))
        # UDP and TCP got different free ports; tests ask each by its own.
        udp, tcp = (each.getsockname()[1] for each in (sockets[0].datagrams, sockets[0].streams))
        return udp, tcp

    yield start
    for each in held:
        each.close()


async def ask(port: int, name: str, kind: str = "A") -> DNSRecord:
    raw = await datagram(("127.0.0.1", port), DNSRecord.question(name, kind).pack())
    return DNSRecord.parse(raw)


async def ask_stream(port: int, name: str, kind: str = "A") -> DNSRecord:
    raw = await stream(("127.0.0.1", port), DNSRecord.question(name, kind).pack())
    return DNSRecord.parse(raw)


async def test_mesh_names_are_answered_and_never_forwarded(resolver: Start) -> None:
    """UDP and TCP agree; the upstream hears nothing of the cluster's domain."""
    asked: list[bytes] = []
    udp, tcp = await resolver(read_table(table()), [await upstream(asked)])
    for reply in (await ask(udp, WEB), await ask_stream(tcp, WEB)):
        assert str(reply.rr[0].rdata) == "10.96.0.7"
    assert (await ask(udp, "nope." + WEB)).header.rcode == 3
    assert (await ask(udp, WEB, "AAAA")).header.rcode == 0
    assert asked == []


async def test_other_names_are_forwarded_under_fresh_ids(resolver: Start) -> None:
    """The host's answer comes back under the asker's id; a forged id is not taken."""
    asked: list[bytes] = []
    udp, _ = await resolver(read_table(table()), [await upstream(asked)])
    reply = await ask(udp, "example.com")
    assert str(reply.rr[0].rdata) == "192.0.2.1"
    assert len(asked) == 1


async def test_aliases_end_inside_or_outside(resolver: Start) -> None:
    """A client gets alias and address in one answer, whoever knows the address."""
    held = {
        "version": 1,
        "names": {WEB: ["10.96.0.7"]},
        "aliases": {"in.cluster.local": WEB, "out.cluster.local": "example.com"},
    }
    asked: list[bytes] = []
    udp, _ = await resolver(read_table(json.dumps(held)), [await upstream(asked)])
    inside, outside = await ask(udp, "in.cluster.local"), await ask(udp, "out.cluster.local")
    assert [str(record.rdata) for record in inside.rr] == [WEB + ".", "10.96.0.7"]
    assert [str(record.rdata) for record in outside.rr] == ["example.com.", "192.0.2.1"]
    assert [str(DNSRecord.parse(each).q.qname) for each in asked] == ["example.com."]


async def test_a_dead_upstream_is_passed_over(resolver: Start) -> None:
    """The second resolver answers when the first refuses or is silent."""
    asked: list[bytes] = []
    silent = await upstream([], speaks=False)
    udp, _ = await resolver(
        read_table(table()), [NOWHERE, silent, await upstream(asked)], patience=0.6
    )
    assert str((await ask(udp, "example.com")).rr[0].rdata) == "192.0.2.1"


async def test_nobody_waits_longer_than_the_patience(resolver: Start) -> None:
    """With silent upstreams the answer is SERVFAIL, in time, over UDP and TCP."""
    udp, tcp = await resolver(read_table(table()), [await upstream([], speaks=False)], patience=0.2)
    async with asyncio.timeout(2):
        assert (await ask(udp, "example.com")).header.rcode == 2
        assert (await ask_stream(tcp, "example.com")).header.rcode == 2


async def test_without_upstreams_failure_is_immediate(resolver: Start) -> None:
    """An offline machine's pods learn at once that there is no outside."""
    udp, _ = await resolver(read_table(table()), [])
    async with asyncio.timeout(1):
        assert (await ask(udp, "example.com")).header.rcode == 2


async def test_silent_upstreams_are_remembered() -> None:
    """After full waits for several names only two questions of a client wait; others fail."""
    asked: list[bytes] = []
    forwarder = Forwarder([await upstream(asked, speaks=False)], patience=0.1)
    queries = [DNSRecord.question(f"{n}.example.com").pack() for n in range(SEVERAL)]
    for query in queries:
        with pytest.raises(NoAnswer):
            await forwarder.ask(query, datagram, "10.244.0.2")
    results = await asyncio.gather(
        *(forwarder.ask(queries[0], datagram, "10.244.0.2") for _ in range(10)),
        return_exceptions=True,
    )
    assert all(isinstance(result, NoAnswer) for result in results)
    assert len(asked) == SEVERAL + TRIALS


def test_a_table_is_followed_and_the_last_good_one_kept(tmp_path: Path) -> None:
    """A changed file is taken; a torn, missing or wrong one changes nothing."""
    path = tmp_path / "names.json"
    names = NameTable(path)
    names.refresh()
    assert names.current is None
    path.write_text(table())
    names.refresh()
    first = names.current
    assert first is not None
    path.write_text('{"version": 1, "na')
    names.refresh()
    assert names.current is first
    path.unlink()
    names.refresh()
    assert names.current is first
    path.write_text(table(**{"new.example": "240.240.0.9"}))
    names.refresh()
    assert names.current is not None
    assert "new.example" in names.current.addresses


def test_upstreams_come_from_resolv_conf(tmp_path: Path) -> None:
    """Name servers in their order; comments, options and a missing file are no servers."""
    path = tmp_path / "resolv.conf"
    path.write_text("# x\nsearch a b\nnameserver 10.0.0.2\nnameserver\nnameserver fd00::1\n")
    assert read_upstreams(path) == (("10.0.0.2", 53), ("fd00::1", 53))
    assert read_upstreams(tmp_path / "none") == ()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("10.244.0.1:53", ("10.244.0.1", 53)),
        ("[fd00::1]:5353", ("fd00::1", 5353)),
        ("fd00::1", ("fd00::1", 53)),
        ("10.0.0.2", ("10.0.0.2", 53)),
    ],
)
def test_endpoints_are_read_as_people_write_them(text: str, meant: Upstream) -> None:
    """v4 and v6, with and without a port."""
    assert endpoint(text) == meant


def test_a_taken_port_is_told() -> None:
    """Who, what, effect, remedy instead of a traceback."""
    [first] = open_here([("127.0.0.1", 0)])
    with pytest.raises(NoListener, match="Free the port"):
        open_here([("127.0.0.1", first.datagrams.getsockname()[1])])


def test_a_missing_namespace_is_told() -> None:
    """When the world is gone, the resolver says so and ends."""
    with pytest.raises(NoListener, match="world is running"):
        open_inside([("127.0.0.1", 0)], [Path("/nowhere/net")])


def start_process(tmp_path: Path, *more: str) -> subprocess.Popen[str]:
    path = tmp_path / "names.json"
    path.write_text(table())
    command = [sys.executable, "-m", "gossamer.dns", "--names", str(path), *more]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def said(process: subprocess.Popen[str], word: str) -> str:
    assert process.stderr is not None
    return next(line for line in process.stderr if word in line)


def test_the_process_rereads_on_hangup_and_ends_when_asked(tmp_path: Path) -> None:
    """SIGHUP reads the table again, SIGTERM ends with 0; gRPC is never imported."""
    address = f"127.9.{os.getpid() // 250 % 250}.{os.getpid() % 250 + 1}:5353"
    process = start_process(tmp_path, "--listen", address)
    said(process, " answering at=")
    process.send_signal(signal.SIGHUP)
    assert "names=1" in said(process, "names-read")
    loaded = Path(f"/proc/{process.pid}/maps").read_text()
    assert "cygrpc" not in loaded
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="makes a network namespace as root")
def test_it_listens_inside_a_namespace_and_asks_outside(tmp_path: Path) -> None:
    """Names are answered in the mesh's network; the outside is asked from the host's."""
    world = subprocess.Popen(
        ["unshare", "-n", "sh", "-c", "echo made; exec sleep 600"], stdout=subprocess.PIPE
    )
    try:
        assert world.stdout is not None
        world.stdout.readline()
        inside = f"/proc/{world.pid}/ns/net"
        process = start_process(tmp_path, "--listen", "10.9.9.9:53", "--enter-net", inside)
        said(process, " answering at=")
        assert (
            Path(f"/proc/{process.pid}/ns/net").readlink() == Path("/proc/self/ns/net").readlink()
        )
        assert ":0035" in Path(f"/proc/{world.pid}/net/udp").read_text()
        process.terminate()
        assert process.wait(timeout=10) == 0
    finally:
        world.kill()
        world.wait()


async def test_one_name_is_looked_up() -> None:
    """Its addresses where somebody answers; none, and no exception, where nobody does."""
    assert await addresses(Forwarder([await upstream([])]), "example.com") == ("192.0.2.1",)
    assert await addresses(Forwarder([]), "example.com") == ()


def test_named_resolvers_are_asked_instead_of_the_hosts(tmp_path: Path) -> None:
    """The setting wins over resolv.conf."""
    conf = tmp_path / "resolv.conf"
    conf.write_text("nameserver 192.0.2.53\n")
    assert upstreams("127.0.0.1:5353 ::1", conf) == (("127.0.0.1", 5353), ("::1", 53))
    assert upstreams("", conf) == (("192.0.2.53", 53),)

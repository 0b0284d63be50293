"""Entering a pod from outside, and what an application there may not do."""

import asyncio
import os
import signal
import socket
import sys

import pytest

from gossamer.lab.world import enter
from tests.lab.world.stage import V4, A, B, Stage

CAPABILITIES = "import re;print(re.findall('Cap(...):\\t(.*)', open('/proc/self/status').read()))"


@pytest.fixture
async def pods(stage: Stage) -> Stage:
    await stage.pods(A, B)
    return stage


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-S", "-c", code)


async def test_a_dropped_process_has_no_capability_and_can_gain_none(pods: Stage) -> None:
    """Every set is empty, the bounding set too, and no_new_privs is set."""
    status, said = await pods.run(A, *python(CAPABILITIES), drop=True)
    assert (status, said.count("0000000000000000")) == (0, 5)
    code = "print([l for l in open('/proc/self/status') if 'NoNewPrivs' in l])"
    assert "NoNewPrivs:\\t1" in (await pods.run(A, *python(code), drop=True))[1]


async def test_a_proxy_keeps_what_the_network_needs_and_nothing_else(pods: Stage) -> None:
    """Envoy may mark its sockets and bind low ports; it may not mount or trace."""
    mask = sum(1 << number for number in enter.NETWORK_CAPABILITIES)
    _, said = await pods.run(A, *python(CAPABILITIES))
    assert said.count(f"{mask:016x}") == 5


async def test_an_application_cannot_touch_nftables(pods: Stage) -> None:
    """A dropped process that flushes its own pod's rules is refused."""
    source = os.path.dirname(os.path.dirname(os.path.dirname(enter.__file__)))
    code = (
        f"import sys; sys.path.insert(0, {source!r})\n"
        "from gossamer.capture.run import Netfilter\n"
        "from gossamer.capture.rules import Family\n"
        "Netfilter().set_capture(None, tuple(Family))"
    )
    status, said = await pods.run(A, sys.executable, "-c", code, drop=True)
    assert status != 0
    assert "Operation not permitted" in said


async def test_an_application_cannot_enter_another_pod(pods: Stage) -> None:
    """Neither by the pinned namespace's path nor through the anchor's."""
    for path in (pods.world.network(B), pods.world.network(None)):
        argv = (sys.executable, "-I", "-S", enter.__file__, "--net", str(path), "--", "true")
        status, said = await pods.run(A, *argv, drop=True)
        assert status == 126
        assert "not started" in said


async def test_an_application_may_listen_on_a_low_port(pods: Stage) -> None:
    """Containers listen on 80 without any capability."""
    await pods.parrot(B, "web", 80)
    assert await pods.call(A, V4[B], 80) == [f"web:80 {V4[A]} {V4[B]} 80"]


async def test_the_exit_status_passes_through(pods: Stage) -> None:
    """And a command that does not exist is named, with 127."""
    assert (await pods.run(A, "sh", "-c", "exit 7"))[0] == 7
    status, said = await pods.run(A, "/no/such/command")
    assert status == 127
    assert said == "gossamer: /no/such/command was not started: No such file or directory\n"


async def test_it_dies_with_whoever_started_it(pods: Stage) -> None:
    """The starter is killed outright: the command in the pod goes too."""
    entered = pods.world.enter(A, ["sh", "-c", "echo up; exec cat"], drop=True)
    code = f"import subprocess; subprocess.run({entered!r})"
    starter = await asyncio.create_subprocess_exec(
        *python(code), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert starter.stdout is not None
    assert await starter.stdout.readline() == b"up\n"
    starter.send_signal(signal.SIGKILL)
    assert await starter.stdout.read() == b""
    await starter.wait()


async def test_a_probe_gets_a_socket_of_the_pod(pods: Stage) -> None:
    """It is marked before it connects, and carries bytes to what listens on the pod's loopback."""
    await pods.parrot(A, "app", 8080)
    opened = await pods.world.open_socket(A, "127.0.0.1", 8080)
    with opened:
        assert opened.getsockopt(socket.SOL_SOCKET, socket.SO_MARK) == 0x53A
        loop = asyncio.get_running_loop()
        assert (await loop.sock_recv(opened, 100)).startswith(b"app:8080 127.0.0.1")


async def test_a_probe_of_nothing_is_refused(pods: Stage) -> None:
    """A closed port answers in the socket's own way, and the world goes on."""
    opened = await pods.world.open_socket(A, "127.0.0.1", 9)
    with opened, pytest.raises(ConnectionRefusedError):
        await asyncio.get_running_loop().sock_recv(opened, 1)
    with pytest.raises(OSError, match="unknown/pod"):
        await pods.world.open_socket("unknown/pod", "127.0.0.1", 9)


async def test_a_removed_pod_takes_its_processes_along(pods: Stage) -> None:
    """Even one that left its session: nothing outlives the pod."""
    await pods.parrot(B, "web", 80)
    await pods.world.remove_pod(B)
    assert await pods.running[-1].wait() == -signal.SIGKILL
    await pods.world.remove_pod(B)
    await pods.pods(B)
    assert await pods.call(A, V4[B], 80) == ["ECONNREFUSED"]


async def test_two_worlds_do_not_meet(
    pods: Stage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Two labs use the same addresses side by side."""
    other = await type(pods.world).start(tmp_path_factory.mktemp("other"))
    try:
        second = Stage(other, pods.folder)
        await second.pods(A, B)
        await second.parrot(B, "second", 80)
        await pods.parrot(B, "first", 80)
        assert (await pods.call(A, V4[B], 80))[0].startswith("first")
        assert (await second.call(A, V4[B], 80))[0].startswith("second")
    finally:
        await other.close()

"""The kernel ends connections by whom they lead to, in every pod at once."""

from __future__ import annotations

import asyncio
import sys

import pytest

from tests.lab.world.stage import V4, V6, A, B, C, Stage

KEEPER = """
import socket, sys
with socket.create_connection((sys.argv[1], 80), timeout=10) as kept:
    kept.recv(100)
    print("open", flush=True)
    try:
        print("said" if kept.recv(100) else "ended", flush=True)
    except OSError as error:
        print(type(error).__name__, flush=True)
"""
SERVER = """
import socket
with socket.create_server(("::", 80), family=socket.AF_INET6, dualstack_ipv6=True) as listening:
    print("ready", flush=True)
    kept = []
    while True:
        kept.append(listening.accept()[0])
        kept[-1].sendall(b"hello")
"""


async def started(stage: Stage, key: str, script: str, *words: str) -> asyncio.subprocess.Process:
    """A program in a pod that has said its first line."""
    argv = stage.world.enter(key, (sys.executable, "-c", script, *words))
    process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
    stage.running.append(process)
    assert await line(process) in ("ready", "open")
    return process


async def line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), 10)).decode().strip()


@pytest.mark.parametrize("addresses", [V4, V6])
async def test_connections_of_one_pod_are_reset_at_both_ends(
    stage: Stage, addresses: dict[str, str]
) -> None:
    """By its address, over IPv4 (that the server sees inside IPv6) and IPv6; others live on."""
    if addresses is V6 and stage.world.without_ipv6:
        pytest.skip(f"no IPv6 here: {stage.world.without_ipv6}")
    await stage.pods(A, B, C)
    await started(stage, B, SERVER)
    banned = await started(stage, A, KEEPER, addresses[B])
    other = await started(stage, C, KEEPER, addresses[B])
    assert await stage.world.end_connections([addresses[A]]) == 1
    assert await line(banned) == "ConnectionResetError"
    assert await stage.world.end_connections([addresses[A]]) == 0
    assert await stage.world.end_connections([addresses[C], addresses[B]])
    assert await line(other) in ("ConnectionResetError", "ConnectionAbortedError")

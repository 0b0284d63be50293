"""A real control plane in a process of its own, with a mesh in it."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import mesh
from bench.mesh import Size
from gossamer.identity.join import Join, read_join
from gossamer.plane.client import PlaneClient, PlaneUnreachable

ENDURE_S = 60
PLANE = os.environ.get("BENCH_PLANE", "-m gossamer.plane").split()


@dataclass(frozen=True, slots=True)
class RunningPlane:
    """A plane that serves: its process, its API, where its streams are, an agent's identity."""

    pid: int
    api: PlaneClient
    xds: str
    tcp: str
    join: Join
    folder: Path

    async def fill(self, size: Size, discovery: str) -> None:
        """Bring a mesh of that size into the plane."""
        files = [("services.yaml", mesh.services(size.services).encode())]
        await asyncio.to_thread(self.api.apply, files)
        for name, seen in mesh.sources(size, discovery):
            await asyncio.to_thread(self.api.observe, name, seen["pods"], seen["lease_s"])


@asynccontextmanager
async def plane() -> AsyncIterator[RunningPlane]:
    """Start a plane in a folder of its own; it ends with the context."""
    with TemporaryDirectory(prefix="gossamer-bench-") as name:
        folder = Path(name)
        tcp = f"127.0.0.1:{_free_port()}"
        process = await _start(folder, tcp)
        try:
            running = RunningPlane(
                process.pid,
                PlaneClient(folder / "plane.sock", patience=300),
                f"unix:{folder}/xds.sock",
                tcp,
                await _joined(folder, process),
                folder,
            )
            yield running
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _start(folder: Path, tcp: str) -> asyncio.subprocess.Process:
    command = [sys.executable, *PLANE, "--state", str(folder / "plane")]
    command += ["--api", f"unix:{folder}/plane.sock", "--xds", f"unix:{folder}/xds.sock"]
    command += ["--xds", tcp, "--join", str(folder / "join.json"), "--join-host", "bench"]
    with open(folder / "plane.log", "wb") as log:
        return await asyncio.create_subprocess_exec(
            *command, stdout=log, stderr=log, env=dict(os.environ)
        )


async def _joined(folder: Path, process: asyncio.subprocess.Process) -> Join:
    api = PlaneClient(folder / "plane.sock")
    for _ in range(ENDURE_S * 10):
        if process.returncode is not None:
            raise RuntimeError((folder / "plane.log").read_text())
        try:
            await asyncio.to_thread(api.health)
            return read_join(folder / "join.json")
        except PlaneUnreachable:
            await asyncio.sleep(0.1)
    raise TimeoutError("the plane did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

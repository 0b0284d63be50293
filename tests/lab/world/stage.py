"""A world with things running in it, and calls made inside it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gossamer.lab.world.world import World

HERE = Path(__file__).parent
A, B, C = "default/a", "default/b", "default/c"
V4 = {A: "10.244.1.1", B: "10.244.1.2", C: "10.244.1.3"}
V6 = {A: "fd00:10:244::1:1", B: "fd00:10:244::1:2", C: "fd00:10:244::1:3"}


@dataclass
class Stage:
    """A world with things running in it."""

    world: World
    folder: Path
    running: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def pods(self, *keys: str) -> None:
        for key in keys:
            await self.world.add_pod(key, (V4[key], V6[key]))

    async def run(self, key: str | None, *argv: str, **how: object) -> tuple[int, str]:
        """Exit status and combined output of a command in a pod."""
        entered = self.world.enter(key, argv, **how)  # type: ignore[arg-type]
        process = await asyncio.create_subprocess_exec(
            *entered, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, said.decode()

    async def call(
        self,
        key: str | None,
        address: str,
        port: int,
        protocol: str = "tcp",
        *,
        count: int = 1,
        mark: int = 0,
        drop: bool = False,
    ) -> list[str]:
        """What calls from a pod were answered."""
        words = (protocol, address, str(port), str(count), str(mark))
        script = str(HERE / "caller.py")
        _, said = await self.run(key, sys.executable, "-I", "-S", script, *words, drop=drop)
        answers: list[str] = json.loads(said)
        return answers

    async def parrot(self, key: str | None, name: str, *ports: int, protocol: str = "tcp") -> None:
        """Start a server in a pod and wait until it listens."""
        script, words = str(HERE / "parrot.py"), map(str, ports)
        argv = (sys.executable, "-I", "-S", script, name, protocol, *words)
        process = await asyncio.create_subprocess_exec(
            *self.world.enter(key, argv, drop=key is not None), stdout=asyncio.subprocess.PIPE
        )
        self.running.append(process)
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"


needs_plain_user = pytest.mark.skipif(os.geteuid() == 0, reason="is about a user without root")

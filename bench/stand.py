"""Stand: a plane with a generated mesh, kept running, for any other xDS client to be held against.

It prints where the plane listens (TCP, mutual TLS), its process and API, and writes a client's
certificate and key beside them: an agent's, which speaks for every generated sidecar. A client
names its sidecar in the metadata (`gossamer-proxy: default/sidecar-I`) and in its node id
(`sidecar-I.default`). The server's certificate is for the name `gossamer-plane`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

from bench.mesh import Size
from bench.plane import plane
from gossamer.identity.plan import PLANE_NAME


def main() -> None:
    """Start, fill, print, and wait for Ctrl-C or until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-s", "--services", type=int, default=100)
    parser.add_argument("-e", "--endpoints", type=int, default=2)
    parser.add_argument("-n", "--sidecars", type=int, default=100)
    parser.add_argument("--discovery", choices=("eager", "on-demand"), default="eager")
    parser.add_argument("--for", dest="seconds", type=float, default=600)
    parser.add_argument("--into", type=Path, default=Path("build/bench/stand"))
    said = parser.parse_args()
    size = Size(said.services, said.endpoints, said.sidecars)
    asyncio.run(stand(size, said.discovery, said.into, said.seconds))


async def stand(size: Size, discovery: str, into: Path, seconds: float) -> None:
    """Keep a plane of that size for so long."""
    into.mkdir(parents=True, exist_ok=True)
    async with plane() as running:
        await running.fill(size, discovery)
        for name, text in (("cert", running.join.chain), ("key", running.join.key)):
            path = into / f"{name}.pem"
            path.touch(mode=0o600)
            path.write_text(text)
        (into / "roots.pem").write_text(running.join.roots)
        where = {
            "address": running.tcp,
            "server_name": PLANE_NAME,
            "pid": running.pid,
            "api": f"unix:{running.folder}/plane.sock",
            "certificates": str(into),
        }
        (into / "plane.json").write_text(json.dumps(where) + "\n")
        print(json.dumps(where, indent=1), flush=True)
        await asyncio.sleep(seconds)

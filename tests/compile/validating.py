"""Asking Envoy, without running it, whether it would take what was compiled."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.envoy.binary import envoy_path
from gossamer.envoy.bootstrap import BootstrapPlan, bootstrap


async def refusal(folder: Path, resources: dict[ResourceType, list[Any]]) -> str:
    """What Envoy says against these clusters and listeners; empty where it takes them.

    Envoy 1.40 crashes here, and only here, on secrets by ADS in clusters without EDS: such
    static clusters are made before the stream is.
    """
    plan = BootstrapPlan("a.b", "a.b", f"{folder}/ads.sock", f"{folder}/admin.sock", mark=None)
    answer = json.loads(bootstrap(plan))
    static = answer["static_resources"]
    static["clusters"] += [MessageToDict(each) for each in resources.get(ResourceType.CLUSTER, [])]
    static["listeners"] += [
        MessageToDict(each) for each in resources.get(ResourceType.LISTENER, [])
    ]
    path = folder / "validated.json"
    path.write_text(json.dumps(answer))
    process = await asyncio.create_subprocess_exec(
        *(str(envoy_path()), "--mode", "validate", "-c", str(path), "--log-level", "error"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    text, _ = await process.communicate()
    return "" if process.returncode == 0 else text.decode()

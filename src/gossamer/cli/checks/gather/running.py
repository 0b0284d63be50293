"""Looks at what runs in a lab: plane, agent, proxies, and names as a pod sees them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from gossamer.agent.folder import folder_name
from gossamer.cli.checks.facts import Agent, Lab, PlaneFacts, ProxiesFacts, ProxyFacts, Words
from gossamer.cli.checks.gather.labs import ANSWER_S, mode_of, size_of
from gossamer.cli.error import CliError
from gossamer.cli.lab_access.sockets import ask
from gossamer.envoy.admin import Admin, AdminSilent
from gossamer.lab.home import LabFolder
from gossamer.plane.client import PlaneClient, PlaneRefused, PlaneUnreachable
from gossamer.process.supervision.logfile import last_line
from gossamer.store.copy import set_aside

MOST_NAMES = 200
LOOK_UP_S = 8.0
ADMIN_S = 3.0
AT_ONCE = 16
_STATS = (
    r"update_rejected$|^listener_manager.total_listeners_warming$|cluster_manager.warming_clusters$"
)
_LOOK_UP = """
import json, socket, sys
found = {}
for name in json.loads(sys.argv[1]):
    try:
        found[name] = sorted({info[4][0] for info in socket.getaddrinfo(name, 0)})
    except OSError as error:
        found[name] = str(error)
print(json.dumps(found))
"""


def look_at_plane(folder: LabFolder, lab: Lab, installed: str) -> PlaneFacts:
    """The control plane as it tells of itself."""
    process = lab.process("plane")
    seen = PlaneFacts(
        process=process,
        last_words=last_line(folder.log("plane")),
        store_problem=_store_problem(folder.plane),
        damaged_stores=tuple(path.name for path in set_aside(folder.plane)),
        installed_version=installed,
        private_bytes=private_bytes(process),
    )
    client = PlaneClient(folder.plane_socket, folder.name, ANSWER_S)
    try:
        began = time.monotonic()
        status = client.status()
        answered = time.monotonic() - began
        return replace(
            seen,
            status=status["plane"],
            proxies=status["proxies"],
            answered_s=answered,
            unhealthy=_unhealthy(client),
            audit_problem=_audit_problem(client),
            findings=client.findings()["findings"],
            services=client.services()["services"],
            documents=client.documents()["documents"],
        )
    except (PlaneUnreachable, PlaneRefused) as away:
        return replace(seen, error=str(away).partition(". ")[0])


def _audit_problem(client: PlaneClient) -> str:
    """The first line that is not as it was written; empty where all are."""
    log = client.audit(0)
    return f"line {log['broken_line']} {log['reason']}" if log["broken_line"] else ""


def _unhealthy(client: PlaneClient) -> str:
    try:
        health = client.health()
    except PlaneRefused as refused:
        return str(refused)
    return "" if health["status"] == "ok" else health.get("reason", "it does not say why")


def _store_problem(plane: Path) -> str:
    for path in (plane, plane / "store.db"):
        if not path.exists():
            return f"{path} is not there"
        if not os.access(path, os.W_OK):
            return f"no permission to write {path}"
    return f"{plane} is mounted read-only" if os.statvfs(plane).f_flag & os.ST_RDONLY else ""


def private_bytes(process: Words | None) -> int | None:
    """Memory that a process shares with nobody; None where it cannot be read."""
    if not process or not process.get("pid"):
        return None
    try:
        lines = Path(f"/proc/{process['pid']}/smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


def look_at_agent(folder: LabFolder, lab: Lab, plane: PlaneFacts) -> Agent:
    """The agent, its table of names, and names as a pod finds them."""
    process = lab.process("agent")
    asked_from, resolved = _resolved(folder, lab, plane)
    seen = Agent(
        process=process,
        pods_with_proxy=tuple(_key(pod) for pod in lab.pods if _should_have(pod)),
        names=_names(folder.names),
        hosts=plane.hosts,
        resolver=lab.process("dns"),
        resolved=resolved,
        asked_from=asked_from,
        private_bytes=private_bytes(process),
    )
    try:
        proxies = ask(folder.agent_socket, _STATUS, ANSWER_S)["proxies"]
        later = ask(folder.holder_socket, {"op": "pods"}, ANSWER_S)["pods"]
        alive = frozenset(_key(pod) for pod in later if pod["phase"] in ALIVE)
        return replace(seen, proxies=proxies, pods_alive=alive)
    except CliError as trouble:
        return replace(seen, error=str(trouble))


_STATUS = {"op": "status"}
ALIVE = ("running", "ending")
"""Phases of a pod that may have a proxy: it starts with the pod, and drains with it."""


def _key(pod: Words) -> str:
    return f"{pod['namespace']}/{pod['name']}"


def _should_have(pod: Words) -> bool:
    """A pod that still waits for its files has not asked for a proxy yet."""
    return bool(pod["proxy"] and pod["phase"] == "running" and pod["ready"])


def _names(path: Path) -> frozenset[str] | None:
    try:
        return frozenset(json.loads(path.read_text())["names"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _resolved(
    folder: LabFolder, lab: Lab, plane: PlaneFacts
) -> tuple[str, Mapping[str, str] | None]:
    """Each service's name, looked up where a pod's container runs."""
    if not plane.services:
        return "", {}
    ready = [pod for pod in lab.pods if pod["ready"] and pod["containers"]]
    if not ready:
        return "", None
    key = _key(ready[0])
    wanted = {each["host"]: each["addresses"] for each in plane.services[:MOST_NAMES]}
    argv = [sys.executable, "-I", "-S", "-c", _LOOK_UP, json.dumps(list(wanted))]
    try:
        answers = _inside(folder, key, argv)
    except subprocess.TimeoutExpired:
        return key, dict.fromkeys(wanted, f"no answer in {LOOK_UP_S:g} s")
    except (CliError, OSError, ValueError, subprocess.SubprocessError) as error:
        return key, dict.fromkeys(wanted, f"it could not be asked: {error}")
    return key, {host: _judged(answers.get(host), wanted[host]) for host in wanted}


def _inside(folder: LabFolder, key: str, argv: Sequence[str]) -> Mapping[str, Any]:
    question = {"op": "exec", "pod": key, "argv": list(argv)}
    entered = ask(folder.holder_socket, question, ANSWER_S)
    ran = subprocess.run(
        entered["argv"], env=entered["env"], capture_output=True, timeout=LOOK_UP_S, check=True
    )
    answers: Mapping[str, Any] = json.loads(ran.stdout)
    return answers


def _judged(answer: object, wanted: Sequence[str]) -> str:
    """Empty where a right address was found."""
    if not isinstance(answer, list):
        return str(answer)
    if not set(answer) & set(wanted):
        return f"{', '.join(answer)} instead of {', '.join(wanted)}"
    return ""


def look_at_edges(folder: LabFolder) -> Mapping[str, str]:
    """The state of both edge Envoys: `LIVE`, or why not."""
    return asyncio.run(_edges(folder))


async def _edges(folder: LabFolder) -> dict[str, str]:
    states = {}
    for side in ("outer", "inner"):
        try:
            states[side] = await Admin(folder.edge / f"{side}-admin.sock", ADMIN_S).state()
        except AdminSilent as silent:
            states[side] = str(silent)
    return states


def look_at_proxies(folder: LabFolder, lab: Lab, agent: Agent, wanted: str) -> ProxiesFacts:
    """Every proxy that the agent knows, asked of its own Envoy."""
    return ProxiesFacts(asyncio.run(_all_proxies(folder, lab, agent)), wanted)


async def _all_proxies(folder: LabFolder, lab: Lab, agent: Agent) -> tuple[ProxyFacts, ...]:
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(row: Words) -> ProxyFacts:
        async with turn:
            return await _proxy(folder, lab, row)

    return tuple(await asyncio.gather(*(one(row) for row in agent.proxies)))


async def _proxy(folder: LabFolder, lab: Lab, row: Words) -> ProxyFacts:
    home = folder.agent / folder_name(row["pod"])
    process = lab.process(f"envoy/{row['pod']}")
    seen = ProxyFacts(
        pod=row["pod"],
        row=row,
        process=process,
        private_bytes=private_bytes(process),
        admin_mode=mode_of(home / "admin.sock"),
        log_bytes=size_of(home / "access.log"),
    )
    admin = Admin(home / "admin.sock", ADMIN_S)
    try:
        info = await admin.json("/server_info")
        stats = await admin.stats(_STATS)
    except AdminSilent as silent:
        return replace(seen, silent=str(silent))
    return replace(seen, version=_version(info), stats=stats)


def _version(info: Mapping[str, Any]) -> str:
    """`COMMIT/1.40.0/Clean/…` is 1.40.0."""
    parts = str(info.get("version", "")).split("/")
    return parts[1] if len(parts) > 1 else ""

"""Where a lab keeps its state: one private folder per lab, named by the rules of the platform."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gossamer.agent.folder import LONGEST, folder_name

SOCKET_PATH_LIMIT = 107
SCHEMA = 1
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


class HomeError(ValueError):
    """A lab's folder cannot be where it was asked to be."""


def state_home(environ: Mapping[str, str]) -> Path:
    """`$GOSSAMER_HOME`, else `$XDG_STATE_HOME/gossamer`, else `~/.local/state/gossamer`."""
    if given := environ.get("GOSSAMER_HOME"):
        return Path(given).absolute()
    if state := environ.get("XDG_STATE_HOME"):
        return Path(state).absolute() / "gossamer"
    return Path(environ.get("HOME") or Path.home()) / ".local" / "state" / "gossamer"


@dataclass(frozen=True, slots=True)
class LabFolder:
    """The paths inside one lab's folder."""

    root: Path

    @classmethod
    def of(cls, home: Path, name: str) -> LabFolder:
        """The folder of lab `name`; HomeError where the name or the path cannot be used."""
        if not _NAME.fullmatch(name):
            raise HomeError(
                f"lab name {name!r} is not lower-case letters, digits and dashes (40 at most); "
                "no lab was touched; choose another --name"
            )
        folder = cls(home / "labs" / name)
        longest = folder.agent / ("x" * LONGEST) / "admin.sock"
        if len(str(longest).encode()) > SOCKET_PATH_LIMIT:
            raise HomeError(
                f"state folder {folder.root} is too long: sockets in it would have more than the "
                f"{SOCKET_PATH_LIMIT} bytes of a Unix socket's path, so the lab cannot start; "
                "set GOSSAMER_HOME to a shorter folder"
            )
        return folder

    @property
    def name(self) -> str:
        return self.root.name

    @property
    def record(self) -> Path:
        return self.root / "lab.json"

    @property
    def holder_socket(self) -> Path:
        return self.root / "holder.sock"

    @property
    def plane_socket(self) -> Path:
        return self.root / "plane.sock"

    @property
    def xds_socket(self) -> Path:
        return self.root / "xds.sock"

    @property
    def agent_socket(self) -> Path:
        return self.root / "agent.sock"

    @property
    def names(self) -> Path:
        return self.root / "names.json"

    @property
    def join(self) -> Path:
        return self.root / "join.json"

    @property
    def plane(self) -> Path:
        return self.root / "plane"

    @property
    def agent(self) -> Path:
        return self.root / "agent"

    @property
    def edge(self) -> Path:
        return self.root / "edge"

    @property
    def pods(self) -> Path:
        return self.root / "pods"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def lock(self) -> Path:
        return self.root / "lab.lock"

    @property
    def input(self) -> Path:
        return self.root / "input.json"

    @property
    def ledger(self) -> Path:
        return self.root / "processes.jsonl"

    @property
    def host_ports(self) -> Path:
        """The ports of 127.0.0.1 that the lab had: the next one of its name asks for them again."""
        return self.root / "ports.json"

    @property
    def bin(self) -> Path:
        return self.root / "bin"

    def pod(self, key: str) -> Path:
        """The folder of pod `NAMESPACE/POD`."""
        return self.pods / key.replace("/", ".", 1)

    def proxy(self, key: str) -> Path:
        """The folder of the proxy beside pod `NAMESPACE/POD`, which its agent makes."""
        return self.agent / folder_name(key)

    def log(self, process: str) -> Path:
        """The log of one process, whatever slashes its name has."""
        return self.logs / f"{process.replace('/', '.')}.log"

    def sockets(self) -> tuple[Path, ...]:
        """What `down` removes beside the sockets under `edge` and `agent`."""
        return (self.holder_socket, self.plane_socket, self.xds_socket, self.agent_socket)

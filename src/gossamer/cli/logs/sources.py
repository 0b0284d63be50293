"""Which stretches of which log files a person asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gossamer.agent.folder import folder_name
from gossamer.cli.error import CliError
from gossamer.cli.lab_access.pods import key_of
from gossamer.lab.home import LabFolder

Pod = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LogSource:
    """A part of a log file; `end` None is all that will ever be written.

    `quoted` text was chosen by callers: its control characters are shown, not sent.
    """

    pod: str
    container: str
    path: Path
    start: int = 0
    end: int | None = None
    quoted: bool = False

    @property
    def prefix(self) -> str:
        """As kubectl writes it."""
        return f"[pod/{self.pod.partition('/')[2]}/{self.container}] "


@dataclass(frozen=True, slots=True)
class LogWish:
    """Which logs of a pod: one container's, all containers', the proxy's; this run or the last."""

    container: str | None = None
    everything: bool = False
    proxy: bool = False
    previous: bool = False


def sources_of(lab: LabFolder, pods: Iterable[Pod], wish: LogWish) -> tuple[LogSource, ...]:
    """The logs, pod by pod; CliError where one has none."""
    return tuple(source for pod in pods for source in _of_pod(lab, pod, wish))


def _of_pod(lab: LabFolder, pod: Pod, wish: LogWish) -> Iterator[LogSource]:
    key = key_of(dict(pod))
    if wish.proxy:
        if not pod["proxy"]:
            raise CliError(f"pod {key} has no proxy, so there is no access log; leave --proxy out")
        path = lab.agent / folder_name(key) / "access.log"
        yield LogSource(key, "proxy", path, quoted=True)
        return
    started = [*pod["init_containers"], *pod["containers"]]
    if not started:
        raise CliError(_not_started(pod, key))
    for name in _names(pod, key, wish, started):
        container = next(each for each in started if each["name"] == name)
        yield (_previous(container, key) if wish.previous else _present(container, key))


def _names(pod: Pod, key: str, wish: LogWish, started: list[Any]) -> list[str]:
    names = [str(each["name"]) for each in started]
    if wish.everything:
        return names
    last_init = [str(each["name"]) for each in pod["init_containers"][-1:]]
    default = [str(pod["default_container"])] if pod["containers"] else last_init
    chosen = wish.container or default[0]
    if chosen not in names:
        planned = [each["name"] for each in pod.get("planned_containers", ())]
        if chosen in planned:
            raise CliError(_not_started(pod, key, chosen))
        raise CliError(f"pod {key} has no container {chosen!r} so far; it has {', '.join(names)}")
    return [chosen]


def _not_started(pod: Pod, key: str, container: str = "") -> str:
    what = f"container {container!r} of pod {key}" if container else f"pod {key}"
    if pod.get("gateway"):
        return f"pod {key} has no container, it is only a proxy: say --proxy"
    return f"{what} has written nothing, it is waiting to start: {pod['status']}: {pod['reason']}"


def _present(container: Mapping[str, Any], key: str) -> LogSource:
    """The present run and those that follow it; the last one where the container waits."""
    name, run = container["name"], container["run"]
    if not run:
        return LogSource(key, name, Path(container["log"]))
    return LogSource(key, name, Path(run["log"]), run["log_offset"])


def _previous(container: Mapping[str, Any], key: str) -> LogSource:
    """The last run that has ended: before the present one, or this one where it waits."""
    name, run, before = container["name"], container["run"], container["last_run"]
    if container["state"] == "running" or not run:
        ended, following = before, run
    else:
        ended, following = (run, None) if container["restarts"] else (None, None)
    if not ended:
        raise CliError(f"container {name!r} of pod {key} was not restarted: no previous log")
    same_file = following and following["log"] == ended["log"]
    end = following["log_offset"] if same_file else None
    return LogSource(key, name, Path(ended["log"]), ended["log_offset"], end)

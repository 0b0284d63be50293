"""Which stand-in answers for an image: a pure table over the image's own name.

Only the last part of the path counts, so any registry, mirror, tag or digest will do:
`registry.example/mirror/examples-bookinfo-reviews-v2:1.20.3` is reviews v2. Our own examples
(`gossamer.dev/examples/reviews:v2`) carry the version in their tag.

A container's own command, args, env and ports are understood where the original would. A command
that starts something else than the image's own program gets no stand-in (None), and the lab runs
that command itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gossamer.apps.arguments.addresses import option, port_in

StandIn = tuple[list[str], dict[str, str]]
BOUTIQUE_PORTS = {
    "adservice": 9555,
    "cartservice": 7070,
    "checkoutservice": 5050,
    "currencyservice": 7000,
    "emailservice": 8080,
    "paymentservice": 50051,
    "productcatalogservice": 3550,
    "recommendationservice": 8080,
    "shippingservice": 50051,
}


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """What a stand-in needs to know of a container."""

    name: str
    tag: str
    command: tuple[str, ...]
    args: tuple[str, ...]
    env: Mapping[str, str]
    ports: tuple[int, ...]

    @property
    def line(self) -> tuple[str, ...]:
        """Command and arguments, shells unwrapped into words."""
        words = self.command + self.args
        if len(words) >= 3 and words[0].rsplit("/", 1)[-1] in ("sh", "bash") and words[1] == "-c":
            return tuple(words[2].split())
        return words

    @property
    def program(self) -> str:
        """The base name of what the command starts; empty where the image decides."""
        return self.command[0].rsplit("/", 1)[-1] if self.command else ""

    def port(self, default: int) -> str:
        """The port as the command line says it, else the original's own."""
        return str(_port_in_line(self.line) or default)


def stand_in(image: str, container: Mapping[str, Any]) -> StandIn | None:
    """The words after `python -m gossamer.apps` and extra environment, or None.

    The environment lies beneath the container's own: a name that the container sets wins.
    """
    name, tag = name_and_tag(image)
    read = _container(name, tag, container)
    for pattern, choose in TABLE:
        match = pattern.fullmatch(name)
        if match:
            return choose(read, match)
    return None


def name_and_tag(image: str) -> tuple[str, str]:
    """`registry:5000/a/name:tag@sha256:x` as (`name`, `tag`); our examples keep `examples/name`."""
    path = image.partition("@")[0]
    last = path.rsplit("/", 1)[-1]
    name, _, tag = last.partition(":")
    ours = path.startswith("gossamer.dev/examples/")
    return (f"examples/{name}" if ours else name), tag or "latest"


def _container(name: str, tag: str, spec: Mapping[str, Any]) -> ContainerSpec:
    listed = {str(e["name"]): str(e.get("value") or "") for e in spec.get("env") or []}
    ports = tuple(int(p["containerPort"]) for p in spec.get("ports") or [] if "containerPort" in p)
    command, args = spec.get("command") or [], spec.get("args") or []
    return ContainerSpec(
        name, tag, tuple(str(c) for c in command), tuple(str(a) for a in args), listed, ports
    )


def _port_in_line(line: tuple[str, ...]) -> int | None:
    """`-b 0.0.0.0:8080`, `--bind=[::]:80`, `-port 8080`, or a bare number at the end."""
    named = option(line, "-b", "--bind", "-port", "--port", "-p", "-listen", "--listen")
    return port_in(named) or (port_in(line[-1]) if line and line[-1].isdigit() else None)


def _bookinfo(container: ContainerSpec, match: re.Match[str]) -> StandIn | None:
    if container.program not in ("", "python", "python3", "gunicorn", "node", "ruby"):
        return None
    groups = match.groupdict()
    version = _version(groups.get("version") or container.tag)
    return [groups["service"], "--port", container.port(9080), "--version", version], {}


def _version(text: str) -> str:
    """`v2-mysql` is v2 with another store; a tag without a version is v1."""
    version = re.match(r"v\d+", text)
    return version[0] if version else "v1"


def _helloworld(container: ContainerSpec, match: re.Match[str]) -> StandIn | None:
    if container.program not in ("", "python", "python3", "gunicorn"):
        return None
    version = match.groupdict().get("version") or _version(container.tag)
    return ["helloworld", "--port", container.port(5000)], {"SERVICE_VERSION": version}


def _go_httpbin(container: ContainerSpec, match: re.Match[str]) -> StandIn | None:
    if container.program not in ("", "go-httpbin"):
        return None
    port = _port_in_line(container.line) or port_in(container.env.get("PORT")) or 8080
    return ["httpbin", "--port", str(port), "--values", "lists"], {}


def _python_httpbin(container: ContainerSpec, match: re.Match[str]) -> StandIn | None:
    if container.program not in ("", "gunicorn", "pipenv", "python", "python3", "sh", "bash"):
        return None
    return ["httpbin", "--port", container.port(80), "--values", "strings"], {}


def _curl(container: ContainerSpec, match: re.Match[str]) -> StandIn | None:
    if container.program in ("", "curl"):
        return ["curl", *container.command[1:], *container.args], {}
    return _sleep(container, match)


def _sleep(container: ContainerSpec, match: re.Match[str]) -> StandIn | None:
    """`sleep N` by any path, so that a host without /bin/sleep has one too."""
    line = container.line
    if not line:
        return ["sleep", "infinity"], {}
    if line[0].rsplit("/", 1)[-1] != "sleep":
        return None
    return ["sleep", *line[1:]], {}


def _busybox(container: ContainerSpec, match: re.Match[str]) -> StandIn | None:
    program = container.program
    if program in ("wget", "sleep"):
        return [program, *container.command[1:], *container.args], {}
    return None


def _tcp_echo(container: ContainerSpec, match: re.Match[str]) -> StandIn | None:
    if container.program not in ("", "tcp-echo", "tcp-echo-server"):
        return None
    words = list(container.command[1:] + container.args)
    return ["tcp-echo", *(words or ["9000", container.env.get("TCP_ECHO_PREFIX", "hello")])], {}


def _fortio(container: ContainerSpec, match: re.Match[str]) -> StandIn | None:
    if container.program not in ("", "fortio"):
        return None
    return ["fortio", *(list(container.command[1:] + container.args) or ["server"])], {}


def _boutique(container: ContainerSpec, match: re.Match[str]) -> StandIn | None:
    if container.command:
        return None
    port = container.ports[0] if container.ports else BOUTIQUE_PORTS[container.name]
    return [container.name, "--port", container.env.get("PORT") or str(port)], {}


def _boutique_frontend(container: ContainerSpec, match: re.Match[str]) -> StandIn | None:
    """The name is a common one: only a container that knows the catalog is the boutique's."""
    if container.command or "PRODUCT_CATALOG_SERVICE_ADDR" not in container.env:
        return None
    return ["boutique-frontend", "--port", container.env.get("PORT") or "8080"], {}


def _boutique_load(container: ContainerSpec, match: re.Match[str]) -> StandIn | None:
    if container.command or "FRONTEND_ADDR" not in container.env:
        return None
    return ["boutique-load"], {}


def _redis(container: ContainerSpec, match: re.Match[str]) -> StandIn | None:
    if container.program not in ("", "redis-server"):
        return None
    return ["redis", "--port", container.port(6379)], {}


def _text(container: ContainerSpec, match: re.Match[str]) -> StandIn | None:
    if container.program not in ("", "http-echo"):
        return None
    return ["text", *container.command[1:], *container.args], {}


def _nginx(container: ContainerSpec, match: re.Match[str]) -> StandIn | None:
    if container.program not in ("", "nginx", "nginx-debug"):
        return None
    default = 8080 if "unprivileged" in container.name else 80
    port = default if default in container.ports else (container.ports or (default,))[0]
    return ["text", "-listen", f":{port}"], {}


def _echo(container: ContainerSpec, match: re.Match[str]) -> StandIn | None:
    if container.command:
        return None
    port = option(container.args, "--port") or str((container.ports or (8080,))[0])
    return ["echo", "--port", port], {}


Choose = Callable[[ContainerSpec, re.Match[str]], StandIn | None]
SERVICE = r"(?P<service>productpage|details|ratings|reviews)"
TABLE: tuple[tuple[re.Pattern[str], Choose], ...] = tuple(
    (re.compile(pattern), choose)
    for pattern, choose in (
        (rf"examples-bookinfo-{SERVICE}-(?P<version>v\d+)(-.*)?", _bookinfo),
        (rf"examples/{SERVICE}", _bookinfo),
        (r"examples-helloworld-(?P<version>v\d+)", _helloworld),
        (r"examples/helloworld", _helloworld),
        (r"go-httpbin|examples/httpbin", _go_httpbin),
        (r"httpbin", _python_httpbin),
        (r"(alpine-)?curl|examples/curl", _curl),
        (r"sleep|pause", _sleep),
        (r"busybox", _busybox),
        (r"tcp-echo-server|tcp-echo|examples/tcp-echo", _tcp_echo),
        (r"fortio", _fortio),
        ("|".join(BOUTIQUE_PORTS), _boutique),
        (r"frontend", _boutique_frontend),
        (r"loadgenerator", _boutique_load),
        (r"redis", _redis),
        (r"http-echo", _text),
        (r"nginx|nginx-unprivileged", _nginx),
        (r"examples/echo", _echo),
    )
)

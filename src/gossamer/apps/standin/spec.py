"""What one stand-in is told to be: who it is, where it listens, whom it calls."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

EVERY_S = 2.0
SCHEMES = ("http", "grpc", "tcp", "redis", "udp")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answers."""

    name: str = "stand-in"
    namespace: str = "default"
    version: str = ""
    container: str = ""
    image: str = ""


@dataclass(frozen=True, slots=True)
class CallTarget:
    """A service to call: `scheme` is how, `why` is where the manifest names it."""

    scheme: str
    host: str
    port: int
    path: str = "/"
    why: str = ""

    @property
    def url(self) -> str:
        """As people read it."""
        path = self.path if self.scheme == "http" and self.path != "/" else ""
        return f"{self.scheme}://{self.host}:{self.port}{path}"


@dataclass(frozen=True, slots=True)
class StandInSpec:
    """All of it. `once`: call each target one time and end, as a Job does."""

    identity: Identity = Identity()
    tcp: tuple[int, ...] = ()
    udp: tuple[int, ...] = ()
    calls: tuple[CallTarget, ...] = ()
    not_called: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    every_s: float = EVERY_S
    once: bool = False
    end: bool = False


def read_spec(words: Sequence[str]) -> StandInSpec:
    """The command line, `--listen 80 --call http://cart.shop.svc.cluster.local:80 'env CART'`."""
    given = _parser().parse_args(words)
    ports = [listen.partition("/") for listen in given.listen]
    return StandInSpec(
        Identity(given.named, given.namespace, given.version, given.container, given.image),
        tcp=tuple(int(number) for number, _, kind in ports if kind.lower() != "udp"),
        udp=tuple(int(number) for number, _, kind in ports if kind.lower() == "udp"),
        calls=tuple(_target(url, why) for url, why in given.call),
        not_called=tuple((name, why) for name, why in given.not_called),
        notes=tuple(given.note),
        every_s=given.every,
        once=given.once,
        end=given.end,
    )


def _target(url: str, why: str) -> CallTarget:
    split = urlsplit(url)
    if split.scheme not in SCHEMES or not split.hostname or not split.port:
        raise SystemExit(f"stand-in: {url!r} is not SCHEME://HOST:PORT with one of {SCHEMES}")
    path = f"{split.path or '/'}{'?' + split.query if split.query else ''}"
    return CallTarget(split.scheme, split.hostname, split.port, path, why)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("stand-in", description=__doc__)
    parser.add_argument("--named", default="stand-in", metavar="NAME", help="its workload")
    parser.add_argument("--namespace", default="default")
    parser.add_argument("--version", default="", help="the version label")
    parser.add_argument("--container", default="", help="the container that it stands in for")
    parser.add_argument("--image", default="", help="the image that it stands in for")
    parser.add_argument(
        "--listen", action="append", default=[], metavar="PORT[/udp]", help="may be repeated"
    )
    parser.add_argument(
        "--call", action="append", default=[], nargs=2, metavar=("URL", "WHY"),
        help="whom to call, and where the manifest names it; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--not-called", action="append", default=[], nargs=2, metavar=("NAME", "WHY"),
        help="a name that is only shown",
    )  # fmt: skip
    parser.add_argument("--note", action="append", default=[], help="a line for its log")
    parser.add_argument("--every", type=float, default=EVERY_S, help="seconds between calls")
    parser.add_argument("--once", action="store_true", help="call each one time, then end")
    parser.add_argument("--end", action="store_true", help="end at once")
    return parser

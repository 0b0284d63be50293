"""Reading an original image's arguments: a port in a URL-like, gunicorn-like or bare form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

PORT_AT_END = re.compile(r"(?:^|[:\]])(\d{1,5})$")


def option(args: Sequence[str], *names: str) -> str | None:
    """The value of `-name value`, `--name value` or `-name=value`; the last one wins."""
    chosen = None
    for index, arg in enumerate(args):
        head, equals, value = arg.partition("=")
        if head not in names:
            continue
        if equals:
            chosen = value
        elif index + 1 < len(args):
            chosen = args[index + 1]
    return chosen


def port_in(text: str | None) -> int | None:
    """The port of `9080`, `:5678`, `0.0.0.0:80`, `[::]:8080` or `tcp://10.0.0.1:80`."""
    match = PORT_AT_END.search(text or "")
    return int(match[1]) if match and int(match[1]) < 65536 else None


def port_of(args: Sequence[str], environ: Mapping[str, str], default: int) -> int:
    """`--port` before the environment's PORT before the default."""
    return first_port(option(args, "--port", "-port"), environ.get("PORT"), default=default)


def first_port(*texts: str | None, default: int) -> int:
    """The first of these that holds a port."""
    ports = (port_in(text) for text in texts)
    return next((port for port in ports if port is not None), default)

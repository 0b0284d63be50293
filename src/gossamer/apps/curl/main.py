"""curl: transfer each URL, print what was asked for, exit with curl's codes."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from gossamer.apps.curl.arguments import Order, read_order
from gossamer.apps.curl.codes import EXIT, USAGE
from gossamer.apps.curl.transfer import Transfer, TransferFailed, transfer

VARIABLE = re.compile(r"%(?:\{([^}]*)\}|header\{([^}]*)\}|(%))")


def main(name: str, args: Sequence[str]) -> int:
    """`curl [options] URL...`."""
    try:
        order = read_order(args)
    except (OSError, ValueError) as error:
        print(f"curl: {error}; nothing was sent. See --help", file=sys.stderr)
        return USAGE
    try:
        return asyncio.run(_all(order))
    except KeyboardInterrupt:
        return 130


async def _all(order: Order) -> int:
    code = 0
    for number, url in enumerate(order.urls):
        output = order.outputs[number] if number < len(order.outputs) else "-"
        code = await _one(order, url, output)
    return code


async def _one(order: Order, url: str, output: str) -> int:
    sink = Sink(order, output)
    try:
        done, code = await transfer(order, url, sink.show), 0
    except TransferFailed as failed:
        done, code = failed.known, EXIT.get(failed.kind, 1)
        done.mark("total")
        if order.show_errors:
            print(f"curl: ({code}) {failed}", file=sys.stderr)
    finally:
        sink.close()
    sys.stdout.write(written_out(order.write_out, done, code))
    sys.stdout.flush()
    return code


class Sink:
    """Where head, body and notes go; a file is made when its first byte comes."""

    def __init__(self, order: Order, output: str) -> None:
        self.output = output
        self.verbose = order.verbose
        self.file: BinaryIO | None = sys.stdout.buffer if output == "-" else None

    def show(self, kind: str, data: bytes) -> None:
        """Write a piece at once."""
        if kind == "note":
            if self.verbose:
                sys.stderr.write(data.decode("utf-8", "replace"))
            return
        if self.file is None:
            self.file = Path(self.output).open("wb")  # noqa: SIM115 (closed in close)
        self.file.write(data)
        self.file.flush()

    def close(self) -> None:
        """Close a file of ours."""
        if self.file is not None and self.output != "-":
            self.file.close()


def written_out(text: str, done: Transfer, code: int) -> str:
    """The text of `-w` with its variables filled in; unknown ones are left empty."""
    values = variables(done, code)

    def fill(match: re.Match[str]) -> str:
        if match[3]:
            return "%"
        if match[2] is not None:
            return done.head.get(match[2]) if done.head else ""
        return values.get(match[1], "")

    return VARIABLE.sub(fill, text)


def variables(done: Transfer, code: int) -> dict[str, str]:
    """The variables of `-w`."""
    status = f"{done.head.status if done.head else 0:03d}"
    values = {
        "http_code": status,
        "response_code": status,
        "exitcode": str(code),
        "size_download": str(done.size),
        "url_effective": done.url,
        "num_redirects": str(done.redirects),
        "num_connects": str(done.connects),
        "remote_ip": done.remote,
        "remote_port": str(done.remote_port),
        "content_type": done.head.get("content-type") if done.head else "",
        "redirect_url": done.head.get("location") if done.head else "",
        "http_version": done.head.version if done.head else "0",
    }
    for name in ("namelookup", "connect", "appconnect", "pretransfer", "starttransfer", "total"):
        values[f"time_{name}"] = f"{done.times.get(name, 0.0):.6f}"
    return values | {"json": json.dumps(values)}

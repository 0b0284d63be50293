"""wget: the few options that scripts in busybox containers use, over the same transfers."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from gossamer.apps.curl.arguments import Order, read_order
from gossamer.apps.curl.main import Sink
from gossamer.apps.curl.transfer import TransferFailed, head_lines, transfer

NETWORK_FAILURE = 4
CODES = {"status": 8, "write": 3}


def main(name: str, args: Sequence[str]) -> int:
    """`wget [-q] [-O FILE] [-S] [--spider] [-T SECONDS] [--header H] [--post-data D] URL...`."""
    asked = _parser().parse_args(args)
    codes = [asyncio.run(_fetch(asked, url)) for url in asked.urls]
    return max(codes, default=NETWORK_FAILURE)


async def _fetch(asked: argparse.Namespace, url: str) -> int:
    order = _order(asked, url)
    output = "/dev/null" if asked.spider else asked.output_document or _file_name(url)
    sink = Sink(order, output)
    try:
        done = await transfer(order, order.urls[0], sink.show)
    except TransferFailed as failed:
        done = failed.known
        _tell_head(asked, done.head)
        print(f"wget: {failed}", file=sys.stderr)
        return CODES.get(failed.kind, NETWORK_FAILURE)
    finally:
        sink.close()
    _tell_head(asked, done.head)
    return 0


def _tell_head(asked: argparse.Namespace, head: object) -> None:
    if asked.server_response and head is not None:
        lines = head_lines(head)  # type: ignore[arg-type]
        sys.stderr.write("".join(f"  {line}\n" for line in lines if line))


def _order(asked: argparse.Namespace, url: str) -> Order:
    words = ["-sSLf", "-A", "Wget", *(w for h in asked.header for w in ("-H", h))]
    if asked.post_data is not None:
        words += ["--data-raw", asked.post_data]
    if asked.timeout:
        words += ["-m", str(asked.timeout)]
    order = read_order([*words, url])
    return dataclasses.replace(order, insecure=asked.no_check_certificate)


def _file_name(url: str) -> str:
    split = urlsplit(url if "://" in url else f"http://{url}")
    return PurePosixPath(split.path).name or "index.html"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("wget", description=__doc__)
    parser.add_argument("-q", "--quiet", action="store_true", help="accepted")
    parser.add_argument("-O", "--output-document", help="a file; - is standard output")
    parser.add_argument("-S", "--server-response", action="store_true", help="show the heads")
    parser.add_argument("--spider", action="store_true", help="throw the body away")
    parser.add_argument("-T", "--timeout", type=float, help="seconds")
    parser.add_argument("--header", action="append", default=[], help="'Name: value'")
    parser.add_argument("--post-data")
    parser.add_argument("--no-check-certificate", action="store_true")
    parser.add_argument("urls", nargs="+")
    return parser

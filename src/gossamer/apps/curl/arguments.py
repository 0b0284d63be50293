"""curl's command line as one value."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from gossamer.apps.client.exchange import Headers
from gossamer.apps.curl.codes import USAGE


@dataclass(frozen=True, slots=True)
class Order:
    """Everything that one run of curl was asked for."""

    urls: tuple[str, ...]
    method: str
    headers: Headers
    body: bytes
    quiet: bool
    show_errors: bool
    verbose: bool
    with_head: bool
    fail: bool
    follow: bool
    most_redirects: int
    outputs: tuple[str, ...]
    write_out: str
    max_time_s: float | None
    connect_timeout_s: float
    insecure: bool
    ca_file: str | None
    cert: str | None
    key: str | None
    http2: bool
    resolve: dict[tuple[str, int], str]
    retries: int
    retry_all: bool
    retry_delay_s: float


def read_order(args: Sequence[str]) -> Order:
    """Read the arguments; exits with 2, as curl does, when they cannot be understood."""
    asked = _parser().parse_args(args)
    urls = (*asked.urls, *asked.url)
    if not urls:
        _parser().error("no URL specified")
    body = _body(asked)
    query = "&".join(p.decode() for p in asked.data) if asked.get else ""
    return Order(
        urls=tuple(_with_query(url, query) for url in urls),
        method=asked.request or _method(asked, body),
        headers=_headers(asked, body),
        body=body or b"",
        quiet=asked.silent,
        show_errors=asked.show_error or not asked.silent,
        verbose=asked.verbose,
        with_head=asked.include or asked.head,
        fail=asked.fail,
        follow=asked.location,
        most_redirects=asked.max_redirs,
        outputs=tuple(asked.output),
        write_out=_write_out(asked.write_out),
        max_time_s=asked.max_time,
        connect_timeout_s=asked.connect_timeout,
        insecure=asked.insecure,
        ca_file=asked.cacert,
        cert=asked.cert,
        key=asked.key,
        http2=asked.http2_prior_knowledge,
        resolve=dict(_resolve(text) for text in asked.resolve),
        retries=asked.retry,
        retry_all=asked.retry_all_errors or asked.retry_connrefused,
        retry_delay_s=asked.retry_delay,
    )


def _method(asked: argparse.Namespace, body: bytes | None) -> str:
    if asked.head:
        return "HEAD"
    return "GET" if body is None else "POST"


def _body(asked: argparse.Namespace) -> bytes | None:
    return b"&".join(asked.data) if asked.data and not asked.get else None


def _headers(asked: argparse.Namespace, body: bytes | None) -> Headers:
    given = [_header(text) for text in asked.header]
    named = {name.lower() for name, _ in given}
    defaults = [("User-Agent", asked.user_agent), ("Accept", "*/*")]
    if asked.json:
        defaults = [("Content-Type", "application/json"), *defaults]
    elif body is not None:
        defaults.append(("Content-Type", "application/x-www-form-urlencoded"))
    if asked.user:
        defaults.append(("Authorization", _basic(asked.user)))
    if asked.cookie:
        defaults.append(("Cookie", asked.cookie))
    if asked.referer:
        defaults.append(("Referer", asked.referer))
    kept = [(name, value) for name, value in defaults if name.lower() not in named]
    return tuple(pair for pair in (*kept, *given) if pair[1] is not None)


def _header(text: str) -> tuple[str, str | None]:
    """`Name: value`; `Name;` is an empty one; `Name:` takes a default away (None)."""
    if text.endswith(";") and ":" not in text:
        return text[:-1], ""
    name, _, value = text.partition(":")
    return name.strip(), value.strip() or None


def _basic(user: str) -> str:
    import base64

    return "Basic " + base64.b64encode(user.encode()).decode()


def _write_out(text: str) -> str:
    if text.startswith("@"):
        text = Path(text[1:]).read_text()
    return text.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r")


def _resolve(text: str) -> tuple[tuple[str, int], str]:
    """`host:port:address`."""
    host, port, address = text.split(":", 2)
    return (host.lower(), int(port)), address.split(",")[0].strip("[]")


def _with_query(url: str, query: str) -> str:
    if not query:
        return url
    return f"{url}{'&' if '?' in url else '?'}{query}"


def _data(text: str) -> bytes:
    """`-d`: the text, or the file after @ without its line breaks."""
    if not text.startswith("@"):
        return text.encode()
    return _file(text[1:]).replace(b"\r", b"").replace(b"\n", b"")


def _binary(text: str) -> bytes:
    return _file(text[1:]) if text.startswith("@") else text.encode()


def _urlencoded(text: str) -> bytes:
    name, equals, value = text.partition("=")
    if not equals:
        return quote(text).encode()
    return (f"{name}=" if name else "").encode() + quote(value).encode()


def _file(name: str) -> bytes:
    import sys

    return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()


class _Parser(argparse.ArgumentParser):
    """Exits with curl's code for wrong usage and says so in curl's way."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"curl: {message}; nothing was sent. See --help for what is understood\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser("curl", description=__doc__, allow_abbrev=False)
    for names, words in FLAGS:
        parser.add_argument(*names.split(), action="store_true", help=words)
    for names, words in LISTS:
        parser.add_argument(*names.split(), action="append", default=[], help=words)
    for names, default, words in WORDS:
        parser.add_argument(*names.split(), default=default, help=words)
    for names, seconds, words in NUMBERS:
        parser.add_argument(*names.split(), type=float, default=seconds, help=words)
    parser.add_argument("--retry", type=int, default=0, help="times to try again")
    parser.add_argument("--max-redirs", type=int, default=50, help="redirects to follow at most")
    for names, read in DATA:
        parser.add_argument(*names.split(), dest="data", action="append", type=read)
    parser.add_argument("--json", dest="json_data", action=_Json, type=_data, help="JSON to send")
    parser.set_defaults(data=[], json=False)
    parser.add_argument("urls", nargs="*")
    return parser


class _Json(argparse.Action):
    """`--json` is data with its content type."""

    def __call__(self, parser, namespace, values, option_string=None):  # type: ignore[no-untyped-def]
        namespace.json = True
        namespace.data = [*namespace.data, values]


FLAGS = (
    ("-s --silent", "no progress and no errors"),
    ("-S --show-error", "errors even when silent"),
    ("-v --verbose", "show what is sent and received"),
    ("-i --include", "show the answer's head"),
    ("-I --head", "a HEAD request"),
    ("-f --fail", "exit 22 on statuses of 400 and above, without their body"),
    ("-L --location", "follow redirects"),
    ("-k --insecure", "believe any certificate"),
    ("-G --get", "data goes into the query"),
    ("-N --no-buffer", "accepted: output is never held back"),
    ("-g --globoff", "accepted: URLs are never globbed"),
    ("-q --disable", "accepted: there is no configuration file"),
    ("--http1.1", "accepted: it is the default"),
    ("--http2-prior-knowledge", "HTTP/2 at once"),
    ("--compressed", "accepted: no encoding is asked for"),
    ("--no-keepalive", "accepted"),
    ("--retry-connrefused", "retry on a refused connection, too"),
    ("--retry-all-errors", "retry on every error"),
)
LISTS = (
    ("-H --header", "'Name: value'"),
    ("-o --output", "a file for the body, one per URL"),
    ("--resolve", "host:port:address"),
    ("--url", "one more URL"),
)
WORDS = (
    ("-X --request", None, "the method"),
    ("-w --write-out", "", "what to print at the end"),
    ("-A --user-agent", "curl/8.0 gossamer", "the User-Agent"),
    ("-u --user", None, "user:password"),
    ("-b --cookie", None, "name=value"),
    ("-e --referer", None, "the Referer"),
    ("--cacert", None, "certificates to believe"),
    ("--cert", None, "our certificate"),
    ("--key", None, "its key"),
)
NUMBERS = (
    ("-m --max-time", None, "seconds for everything"),
    ("--connect-timeout", 300.0, "seconds for connecting"),
    ("--retry-delay", 1.0, "seconds between tries"),
)
DATA = (
    ("-d --data --data-ascii", _data),
    ("--data-raw", str.encode),
    ("--data-binary", _binary),
    ("--data-urlencode", _urlencoded),
)

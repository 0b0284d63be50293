"""Two servers that keep a secret, and read requests as servers do: Python's way, and nginx."""

from __future__ import annotations

import asyncio
import posixpath
import re
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest

from tests.waiting import until

SECRET, PUBLIC = b"the-secret-is-served", b"all-may-see-this"
HOST, METHOD, ROLE = "internal.example", "DELETE", "guest"
PROGRAM = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")

Backend = Callable[[str, int, Path], AbstractAsyncContextManager[None]]

NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors;
events {{ worker_connections 512; }}
http {{
  access_log off; keepalive_requests 1000000;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen {address}:{port} default_server;
    location /secret {{ return 200 {secret}; }}
    location / {{
      if ($request_method = DELETE) {{ return 200 {secret}; }}
      if ($http_x_role ~ "(^|,)[ \\t]*guest[ \\t]*(,|$)") {{ return 200 {secret}; }}
      return 200 {public};
    }}
  }}
  server {{ listen {address}:{port}; server_name internal.example; return 200 {secret}; }}
}}
"""


@asynccontextmanager
async def python(address: str, port: int, _: Path) -> AsyncIterator[None]:
    """A server that finds what a path names as Python's `http.server` finds a file."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                body = SECRET if _secret(head) else PUBLIC
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with await asyncio.start_server(answer, address, port):
        yield


@asynccontextmanager
async def nginx(address: str, port: int, folder: Path) -> AsyncIterator[None]:
    """The real one, by a configuration of its own; an ordinary user may run it."""
    if PROGRAM is None:
        pytest.skip("nginx is not installed here (Debian: nginx-light)")
    config, errors = folder / "nginx.conf", folder / "errors"
    words = {"secret": SECRET.decode(), "public": PUBLIC.decode()}
    config.write_text(NGINX.format(folder=folder, address=address, port=port, **words))
    command = (PROGRAM, "-p", str(folder), "-c", str(config), "-e", str(errors))
    process = await asyncio.create_subprocess_exec(*command)
    try:
        await until(lambda: _listens(address, port))
        yield
    finally:
        process.terminate()
        await process.wait()


BACKENDS: Mapping[str, Backend] = {"python": python, "nginx": nginx}


async def _listens(address: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(address, port)
    except OSError:
        return False
    writer.close()
    return True


def _secret(head: bytes) -> bool:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, *_ = (*first.split(" "), "")
    headers = [
        (name.lower(), value.strip()) for name, _, value in (x.partition(":") for x in lines)
    ]
    hosts = (value.lower() for name, value in headers if name == "host")
    roles = ",".join(value for name, value in headers if name == "x-role")
    return (
        method == METHOD
        or _file(target).startswith(b"/secret")
        or any(re.sub(r"(:\d*)?$", "", host).removesuffix(".") == HOST for host in hosts)
        or ROLE in (each.strip() for each in roles.split(","))
    )


def _file(target: str) -> bytes:
    """What a path leads to: the query cut off, escapes undone once, dots and slashes resolved."""
    path = unquote_to_bytes(re.split(r"[?#]", target, maxsplit=1)[0].encode("latin-1"))
    return b"/" + posixpath.normpath(path).lstrip(b"/")

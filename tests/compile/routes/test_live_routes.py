"""A real Envoy does with compiled routes what they were meant to do."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gossamer.identity.authority import Authority
from gossamer.model import tables
from gossamer.model.assembly.assemble import assemble
from gossamer.model.mesh import Mesh
from gossamer.model.observed import observed_pods
from gossamer.model.workload.pod import ProxyRole
from tests.compile.dialling import dial
from tests.compile.reviews_mesh import a_pod
from tests.compile.routes.manifest_texts import documents, spec
from tests.compile.routes.random_mesh import contributions
from tests.compile.running_mesh import Plane, Running, Start, an_address

pytestmark = pytest.mark.e2e

VIP = "10.96.0.50"
PORT = 8080


class App:
    """An application that answers `METHOD PATH`, 503 below /busy, and never below /slow."""

    def __init__(self) -> None:
        self.address = an_address()
        self.seen: Counter[str] = Counter()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Listen for as long as the block runs."""
        async with await asyncio.start_server(self._answer, self.address, PORT):
            yield

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                line = head.decode().partition(" HTTP/")[0]
                self.seen[line] += 1
                status = "503 Busy" if "/busy" in line else "200 OK"
                size = f"content-length: {len(line)}\r\n\r\n"
                if "/slow" not in line:
                    writer.write(f"HTTP/1.1 {status}\r\n{size}{line}".encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def manifests(*more: str) -> str:
    """A Service `app` that selects the application's pod, and what is said of it."""
    ports = f"ports: [{{name: http, port: 80, targetPort: {PORT}}}]"
    return documents(
        "apiVersion: v1\nkind: Service\nmetadata: {name: app}\n"
        f"spec: {{clusterIP: {VIP}, selector: {{app: app}}, {ports}}}\n",
        *more,
    )


async def proxy(start: Start, authority: Authority, app: App, *more: str) -> Running:
    """The caller's live proxy in a mesh with the application, which has no proxy itself."""
    caller = a_pod("caller-1", "caller", an_address())
    called = a_pod("app-1", "app", app.address, role=ProxyRole.NONE)
    empty = Mesh().facts.set(tables.ROOTS.key("*"), authority.roots_pem.encode())
    parts = contributions({"it": manifests(*more)})
    mesh, _ = assemble(Mesh(empty), parts, observed_pods([caller, called]))
    return await start(Plane(mesh, caller, authority, caller.addresses[0], an_address()))


async def heard(envoy: Running, path: str, method: str = "GET") -> tuple[str, str]:
    """Head (lower case) and body of the answer to one request to `app` by its caller."""
    reader, writer = await dial(envoy.plane.bind, (VIP, 80))
    writer.write(f"{method} {path} HTTP/1.1\r\nhost: app\r\ncontent-length: 0\r\n\r\n".encode())
    async with asyncio.timeout(3):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = int(head.partition("content-length: ")[2].partition("\r\n")[0] or 0)
        body = (await reader.readexactly(size)).decode()
    writer.close()
    return head, body


async def ask(envoy: Running, path: str, method: str = "GET") -> tuple[int, str]:
    """Status and body of the answer."""
    head, body = await heard(envoy, path, method)
    return int(head.split()[1]), body


def http_route(rules: str) -> str:
    """An HTTPRoute of the service."""
    return spec("HTTPRoute", f'parentRefs: [{{group: "", kind: Service, name: app}}]\n{rules}')


async def test_the_unusable_share_is_500_at_once(start: Start, authority: Authority) -> None:
    """A backend that is not there answers 500 for its share, with no wait for its discovery."""
    app = App()
    refs = "[{name: app, port: 80}, {name: gone, port: 80}]"
    route = http_route(f"rules: [{{backendRefs: {refs}}}]")
    envoy = await proxy(start, authority, app, route)
    async with app.serving():
        got = Counter([(await ask(envoy, "/"))[0] for _ in range(40)])
    assert set(got) == {200, 500}
    assert min(got.values()) > 5
    assert envoy.plane.refused == []


async def test_the_share_of_a_missing_subset_is_503(start: Start, authority: Authority) -> None:
    """Istio's answer for what a destination does not declare."""
    app = App()
    ways = (
        "{destination: {host: app}, weight: 50}, {destination: {host: app, subset: x}, weight: 50}"
    )
    virtual = spec("VirtualService", f"hosts: [app]\nhttp: [{{route: [{ways}]}}]")
    envoy = await proxy(start, authority, app, virtual)
    async with app.serving():
        got = Counter([(await ask(envoy, "/"))[0] for _ in range(40)])
    assert set(got) == {200, 503}
    assert envoy.plane.refused == []


async def test_retries_tell_methods_apart(start: Start, authority: Authority) -> None:
    """A busy answer is tried three times for GET and once for POST, by default."""
    app = App()
    envoy = await proxy(start, authority, app)
    async with app.serving():
        assert (await ask(envoy, "/busy"))[0] == (await ask(envoy, "/busy", "POST"))[0] == 503
    assert app.seen == {"GET /busy": 3, "POST /busy": 1}


@pytest.mark.parametrize("retry", ["", ", retry: {attempts: 0}"])
async def test_each_try_is_bounded(start: Start, authority: Authority, retry: str) -> None:
    """backendRequest alone ends a try that takes too long, with retries and without."""
    app = App()
    more = f"timeouts: {{backendRequest: 200ms}}{retry}"
    text = http_route(f"rules: [{{backendRefs: [{{name: app, port: 80}}], {more}}}]")
    envoy = await proxy(start, authority, app, text)
    async with app.serving():
        assert (await ask(envoy, "/slow"))[0] == 504


def rewriting(prefix: str, path: str) -> str:
    """A rule that rewrites the paths below a prefix."""
    return f"""
- matches: [{{path: {{value: {prefix}}}}}]
  filters: [{{type: URLRewrite, urlRewrite: {{path: {{{path}}}}}}}]
  backendRefs: [{{name: app, port: 80}}]
"""


REWRITES = "rules:" + "".join(
    (
        rewriting("/v1", "type: ReplacePrefixMatch, replacePrefixMatch: /"),
        rewriting("/v2", "type: ReplacePrefixMatch, replacePrefixMatch: /n"),
        rewriting("/whole", "type: ReplaceFullPath, replaceFullPath: /one"),
    )
)


async def test_paths_arrive_as_rewritten(start: Start, authority: Authority) -> None:
    """Segments are replaced without glue or double slashes, and the query stays."""
    app = App()
    envoy = await proxy(start, authority, app, http_route(REWRITES))
    wanted = {
        "/v1": "/",
        "/v1/": "/",
        "/v1/x": "/x",
        "/v1/x?a=/b": "/x?a=/b",
        "/v2/x": "/n/x",
        "/v2": "/n",
        "/v2?q": "/n?q",
        "/whole/of/it?q=1": "/one?q=1",
    }
    async with app.serving():
        got = {path: (await ask(envoy, path))[1].removeprefix("GET ") for path in wanted}
        assert (await ask(envoy, "/v10"))[0] == 404
    assert got == wanted


async def test_a_long_direct_response(start: Start, authority: Authority) -> None:
    """A body of 100 kB is served; it does not make Envoy refuse the host."""
    answer = f"{{directResponse: {{status: 200, body: {{string: {'x' * 100_000}}}}}}}"
    virtual = spec("VirtualService", f"hosts: [app]\nhttp: [{answer}]")
    envoy = await proxy(start, authority, App(), virtual)
    assert await ask(envoy, "/") == (200, "x" * 100_000)
    assert envoy.plane.refused == []


def redirecting(path: str, text: str) -> str:
    """A rule that redirects the paths below one."""
    filters = f"[{{type: RequestRedirect, requestRedirect: {{{text}}}}}]"
    return f"\n- matches: [{{path: {{value: {path}}}}}]\n  filters: {filters}"


async def test_locations(start: Start, authority: Authority) -> None:
    """The new URL has what was said, keeps the rest, and names no port that its scheme implies."""
    rules = {
        "/host": "hostname: o.example.com",
        "/port": "hostname: o.example.com, port: 8080",
        "/scheme": "scheme: https",
        "/both": "scheme: https, hostname: o.example.com, port: 8443",
        "/seg": "path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}",
        "/top": "path: {type: ReplacePrefixMatch, replacePrefixMatch: /}",
        "/full": "path: {type: ReplaceFullPath, replaceFullPath: /one}",
    }
    text = "rules:" + "".join(redirecting(path, line) for path, line in rules.items())
    envoy = await proxy(start, authority, App(), http_route(text))
    wanted = {
        "/host/x?q=1": "http://o.example.com/host/x?q=1",
        "/port": "http://o.example.com:8080/port",
        "/scheme/x": "https://app/scheme/x",
        "/both": "https://o.example.com:8443/both",
        "/seg/x?q": "http://app/new/x?q",
        "/seg": "http://app/new",
        "/top/x": "http://app/x",
        "/top": "http://app/",
        "/full/x?q": "http://app/one?q",
    }
    got = {}
    for path in wanted:
        head, _ = await heard(envoy, path)
        assert head.startswith("http/1.1 302")
        got[path] = head.partition("location: ")[2].partition("\r\n")[0]
    assert got == wanted


async def test_faults_and_headers(start: Start, authority: Authority) -> None:
    """A fault strikes from the very first request of a host; formats are filled in."""
    app = App()
    virtual = spec(
        "VirtualService",
        """
        hosts: [app]
        http:
        - match: [{uri: {prefix: /struck}}]
          fault: {abort: {percentage: {value: 100}, httpStatus: 418}}
          route: [{destination: {host: app}}]
        - headers: {response: {set: {x-method: "%REQ(:METHOD)%", x-share: "50%%"}}}
          route: [{destination: {host: app}}]
        """,
    )
    envoy = await proxy(start, authority, app, virtual)
    async with app.serving():
        assert (await ask(envoy, "/struck", "POST"))[0] == 418
        assert (await ask(envoy, "/struck"))[0] == 418
        head, _ = await heard(envoy, "/")
    assert "x-method: get" in head
    assert "x-share: 50%\r\n" in head
    assert app.seen == {"GET /": 1}

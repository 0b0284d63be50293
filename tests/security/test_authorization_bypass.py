"""A rule that refuses is not passed by with another spelling, road or identity."""

from __future__ import annotations

import asyncio

import pytest

from gossamer.identity.authority import Authority
from tests.compile.running_mesh import Start
from tests.security.guarded import PATIENCE_S, TCP_PORT, Guarded, guarded, policy
from tests.waiting import until

pytestmark = pytest.mark.e2e

SECRET = policy('[{to: [{operation: {paths: ["/secret*"]}}]}]')


async def test_a_path_in_another_spelling_is_refused(start: Start, authority: Authority) -> None:
    """Dots, double and escaped characters are undone first; the query is no part of a path."""
    async with guarded(start, authority, SECRET) as web:
        assert await web.status("/public") == 200
        for path in (
            "/secret",
            "/secret?a=b",
            "/%73ecret",
            "/x/../secret",
            "/./secret",
            "/secret#x",
        ):
            assert await web.status(path) in (400, 403), path


async def test_a_host_in_another_spelling_is_refused(start: Start, authority: Authority) -> None:
    """Upper case, a port, and the dot at the end make no other host."""
    hosts = policy('[{to: [{operation: {hosts: [internal.example, "*.corp.example"]}}]}]')
    async with guarded(start, authority, hosts) as web:
        assert await web.status(host="public.example") == 200
        for host in (
            "internal.example",
            "INTERNAL.example",
            "internal.example:80",
            "internal.example.",
            "internal.example.:9080",
            "a.Corp.example:1",
            "user@internal.example",
        ):
            assert await web.status(host=host) in (400, 403), host


async def test_a_header_sent_twice_is_refused(start: Start, authority: Authority) -> None:
    """One element of a list is enough for a rule that refuses; none of it for one that lets in."""
    headers = policy('[{when: [{key: "request.headers[x-role]", values: [guest]}]}]')
    only_root = policy(
        '[{when: [{key: "request.headers[x-user]", values: [root]}]}]', "ALLOW", "root"
    )
    async with guarded(start, authority, headers, only_root) as web:
        assert await web.status("/", "x-user: root") == 200
        for lines in (
            ("x-role: guest",),
            ("x-role: guest, root",),
            ("x-role: root", "X-Role: guest"),
            ("x-role: \xff,guest",),
        ):
            assert await web.status("/", "x-user: root", *lines) == 403, lines
        assert await web.status("/", "x-user: root, guest") == 403


async def test_a_caller_in_plaintext_is_nobody(start: Start, authority: Authority) -> None:
    """Who shows no certificate is none of the allowed, and each of the others."""
    allowed = policy("[{from: [{source: {namespaces: [shop]}}]}]", "ALLOW")
    others = policy("[{from: [{source: {notPrincipals: ['*/sa/web']}}]}]", name="others")
    async with guarded(start, authority, allowed, others) as web:
        assert await web.status(account="shop/web") == 200
        assert await web.status(account="shop/other") == 403
        assert await web.status(account="default/web") == 403
        assert await web.status() == 403
        forged = "x-forwarded-client-cert: URI=spiffe://cluster.local/ns/shop/sa/web"
        assert await web.status("/", forged) == 403


async def test_the_log_names_what_refused(start: Start, authority: Authority) -> None:
    """Policy and rule where one refused; whom the call lacked where none let it in."""
    readers = policy("[{to: [{operation: {methods: [GET]}}]}]", "ALLOW", "readers")
    async with guarded(start, authority, SECRET, readers) as web:
        assert await web.status("/secret") == 403
        assert await web.status(method="DELETE") == 403
        assert await web.status() == 200
        await _logs(web, "[AuthorizationPolicy_default/guard_rule_0]")
        await _logs(web, "[no_rule_of_AuthorizationPolicy_default/readers]")


async def _logs(web: Guarded, text: str) -> None:
    async def there() -> bool:
        return text in web.logged()

    await until(there)


async def test_bytes_are_refused_as_requests_are(start: Start, authority: Authority) -> None:
    """By account, and by port; rules of requests alone let no bytes in, and refuse by the rest."""
    shop = policy("[{from: [{source: {namespaces: [shop]}}]}]", "ALLOW", "shop")
    bad = policy(
        '[{from: [{source: {principals: ["*/sa/bad"]}}], to: [{operation: {methods: [GET]}}]}]'
    )
    async with guarded(start, authority, shop, bad) as web:
        assert b"ping" in await _said(web, "shop/web")
        assert b"ping" not in await _said(web, "other/web")
        assert b"ping" not in await _said(web, "shop/bad")
        assert b"ping" not in await _said(web, "")
        await _logs(web, "[no_rule_of_AuthorizationPolicy_default/shop]")
        await _logs(web, "[AuthorizationPolicy_default/guard_rule_0]")


async def _said(web: Guarded, account: str, say: bytes = b"ping") -> bytes:
    """What comes back until these bytes do, or the proxy closes."""
    reader, writer = await web.opened(account, TCP_PORT)
    writer.write(say)
    heard = b""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not heard.endswith(say) and (more := await reader.read(4096)):
                heard += more
    except ConnectionError:
        pass
    writer.close()
    print(account, heard)
    return heard


async def test_a_dry_run_decides_nothing_and_is_counted(start: Start, authority: Authority) -> None:
    """What it would refuse, and whom it would not let in; and what an AUDIT notes."""
    trial = policy('[{to: [{operation: {paths: ["/trial"]}}]}]', name="trial")
    rest = policy('[{to: [{operation: {paths: ["/known*"]}}]}]', "ALLOW", "rest")
    tried = (
        each.replace("{name:", '{annotations: {istio.io/dry-run: "true"}, name:', 1)
        for each in (trial, rest)
    )
    noted = policy('[{to: [{operation: {paths: ["/noted"]}}]}]', "AUDIT", "noted")
    async with guarded(start, authority, *tried, noted) as web:
        for path in ("/trial", "/known", "/noted", "/other"):
            assert await web.status(path) == 200
        stats = "\n".join(await web.running.admin.stats("gossamer.authorization"))
        assert "would_refuse.AuthorizationPolicy default/trial rule 0" in stats
        assert "noted.AuthorizationPolicy default/noted rule 0" in stats
        assert "would_let_in.denied" in stats
        assert stats.count("\n") == 2


async def test_a_segment_may_hold_any_character(start: Start, authority: Authority) -> None:
    """A path template that refuses takes characters that Envoy's own templates pass over."""
    template = policy('[{to: [{operation: {paths: ["/users/{*}/keys", "/files/{**}"]}}]}]')
    async with guarded(start, authority, template) as web:
        assert await web.status("/users/a/b/keys") == 200
        for path in ("/users/a/keys", '/users/a"|<>b/keys', "/users/%ff/keys", '/files/a"/b|'):
            assert await web.status(path) == 403, path


async def test_a_refused_grpc_call_is_told_in_its_words(start: Start, authority: Authority) -> None:
    """PERMISSION_DENIED, in the answer's headers; the path of a call is its method."""
    one = policy('[{to: [{operation: {paths: ["/shop.Orders/*"]}}]}]')
    head = "POST /shop.Orders/Place HTTP/1.1\r\nhost: web\r\ncontent-type: application/grpc\r\n"
    async with guarded(start, authority, one) as web:
        answer = await web.sent(f"{head}content-length: 0\r\nconnection: close\r\n\r\n".encode())
        assert b"HTTP/1.1 200" in answer
        assert b"grpc-status: 7" in answer

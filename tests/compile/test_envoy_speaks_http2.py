"""HTTP/2 and gRPC through real Envoys, and gateways that outsiders come in by."""

from __future__ import annotations

import ssl
from dataclasses import replace
from typing import Any

import grpc
import pytest

from gossamer.identity.authority import Authority
from gossamer.identity.plan import AttestedPod, pod_template
from gossamer.model.ids import Dialect
from gossamer.model.origin import ObjectRef
from gossamer.model.policies import policies
from gossamer.model.policies.server_tls import ServerTls, ServerTlsMode
from gossamer.model.traffic.gateway import Gateway, GatewayListener
from gossamer.model.traffic.route import Backend, Match, Route, RouteSet
from gossamer.model.traffic.secret import Secret
from gossamer.model.traffic.service import Protocol
from gossamer.model.workload.labels import labels
from gossamer.model.workload.pod import Pod, ProxyRole
from tests.compile.dialling import ask, echoing
from tests.compile.dialling_http2 import ask_http2, captured
from tests.compile.reviews_mesh import REVIEWS, REVIEWS_VIP, a_mesh, a_pod, a_service
from tests.compile.running_mesh import Plane, Start, an_address

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("declared", [Protocol.GRPC, Protocol.UNDECLARED])
async def test_grpc_goes_through_both_proxies(
    start: Start, authority: Authority, declared: Protocol
) -> None:
    """A stream on a port named gRPC is HTTP/2 all the way, with trailers, over mTLS.

    So it is where nobody said what the port speaks: the caller knows.
    """
    caller = a_pod("caller-1", "caller", an_address())
    reviews = a_pod("reviews-1", "reviews", an_address())
    app = an_address()
    mesh = a_mesh(
        a_service("reviews", (9080, declared), address=REVIEWS_VIP),
        pods=(caller, reviews),
        roots=authority.roots_pem.encode(),
    )
    planes = [Plane(mesh, pod, authority, pod.addresses[0], app) for pod in (reviews, caller)]
    for plane in planes:
        await start(plane)
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((_echo(),))
    server.add_insecure_port(f"{app}:9080")
    await server.start()
    async with captured(planes[1].bind, (REVIEWS_VIP, 9080), an_address()) as door:
        options = (("grpc.default_authority", "reviews:9080"),)
        async with grpc.aio.insecure_channel(door, options=options) as channel:
            call = channel.unary_stream("/test.Echo/Three")(b"hello", timeout=20)
            heard = [message async for message in call]
            certificate = dict(await call.initial_metadata())["seen-certificate"]
    await server.stop(None)
    assert heard == [b"hello"] * 3
    assert "sa/caller" in certificate
    assert [plane.refused for plane in planes] == [[], []]


def _echo() -> grpc.GenericRpcHandler:
    async def three(request: bytes, context: grpc.aio.ServicerContext) -> Any:
        seen = dict(context.invocation_metadata() or ())
        certificate = str(seen.get("x-forwarded-client-cert"))
        await context.send_initial_metadata((("seen-certificate", certificate),))
        for _ in range(3):
            yield request

    handlers = {"Three": grpc.unary_stream_rpc_method_handler(three)}
    return grpc.method_handlers_generic_handler("test.Echo", handlers)


class Front:
    """A gateway pod before reviews: plain HTTP, two TLS hosts, of which one has no secret."""

    def __init__(self, authority: Authority, declared: Protocol = Protocol.HTTP) -> None:
        self.authority = authority
        self.pod = replace(
            a_pod("front-1", "front", an_address()),
            role=ProxyRole.GATEWAY,
            labels=labels({"istio": "ingressgateway"}),
        )
        self.reviews = a_pod("reviews-1", "reviews", an_address())
        self.app = an_address()
        ref = ObjectRef("Gateway", "default", "front", "networking.istio.io")
        gateway = Gateway(
            ref,
            Dialect.ISTIO,
            "default",
            "front",
            labels({"istio": "ingressgateway"}),
            (
                GatewayListener("http", 18080, Protocol.HTTP, (("*", "shop.example"),)),
                _secured("shop", "shop.example"),
                _secured("lost", "lost.example"),
            ),
        )
        issued = authority.issue(pod_template(AttestedPod("example", "shop", "shop", "here")))
        self.mesh = a_mesh(
            a_service("reviews", (9080, declared), address=REVIEWS_VIP),
            gateway,
            _to_reviews(gateway.id),
            Secret(
                ObjectRef("Secret", "default", "shop"),
                "default",
                "shop",
                issued.chain.encode(),
                issued.key.encode(),
            ),
            pods=(self.pod, self.reviews),
            roots=authority.roots_pem.encode(),
        )

    def plane(self, pod: Pod) -> Plane:
        return Plane(self.mesh, pod, self.authority, pod.addresses[0], self.app)

    @property
    def trusting(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self.authority.roots_pem)
        context.check_hostname = False
        return context


def _secured(name: str, host: str) -> GatewayListener:
    tls = ServerTls(ServerTlsMode.SIMPLE, (f"default/{name}",))
    return GatewayListener(name, 18443, Protocol.HTTPS, (("*", host),), policies(tls))


def _to_reviews(gateway: str) -> RouteSet:
    return RouteSet(
        ObjectRef("VirtualService", "default", "front", "networking.istio.io"),
        Dialect.ISTIO,
        "default",
        ("shop.example", "lost.example"),
        (gateway,),
        (Route("all", Match(), (Backend(REVIEWS, 9080),)),),
    )


async def test_outsiders_come_in_by_a_gateway(start: Start, authority: Authority) -> None:
    """Plain HTTP at a gateway reaches the service, over mTLS and with the gateway's identity."""
    front = Front(authority)
    await start(front.plane(front.reviews))
    gateway = await start(front.plane(front.pod))
    forged = {"x-forwarded-client-cert": "URI=spiffe://cluster.local/ns/default/sa/admin"}
    async with echoing(front.app, 9080):
        answer = await ask(gateway.plane.bind, None, "shop.example", port=18080, headers=forged)
        other = await ask(gateway.plane.bind, None, "other.example", port=18080)
    assert answer.status == 200
    assert "sa/front" in answer.seen["x-forwarded-client-cert"]
    assert "admin" not in answer.seen["x-forwarded-client-cert"]
    assert (other.status, other.headers["server"]) == (404, "gossamer")
    assert gateway.plane.refused == []


@pytest.mark.parametrize("declared", [Protocol.HTTP, Protocol.UNDECLARED])
async def test_tls_ends_at_a_gateway_as_http2(
    start: Start, authority: Authority, declared: Protocol
) -> None:
    """A browser's HTTP/2 reaches an application that knows only HTTP/1.1."""
    front = Front(authority, declared)
    await start(front.plane(front.reviews))
    gateway = await start(front.plane(front.pod))
    trusting = front.trusting
    trusting.set_alpn_protocols(["h2", "http/1.1"])
    async with echoing(front.app, 9080):
        answer = await ask_http2(gateway.plane.bind, 18443, "shop.example", trusting)
    assert answer.status == 200
    assert answer.seen["x-forwarded-proto"] == "https"
    assert gateway.plane.refused == []


async def test_a_listener_without_its_secret_stays_shut(start: Start, authority: Authority) -> None:
    """The host whose certificate is missing is not served; its sibling on the port is."""
    front = Front(authority)
    gateway = await start(front.plane(front.pod))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await ask_http2(gateway.plane.bind, 18443, "lost.example", front.trusting)
    assert gateway.plane.refused == []

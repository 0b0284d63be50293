"""Random policies and calls: what `explain` reads out of our filters, and what is documented."""

from __future__ import annotations

import os
from random import Random

from envoy.config.listener.v3.listener_components_pb2 import FilterChain

from gossamer.contract.listener_names import INBOUND
from gossamer.explain.authorization.attributes import CallAttributes
from gossamer.explain.authorization.filters import AnyFilter, decisions
from gossamer.explain.report.proxy_config import ProxyConfig
from gossamer.explain.route.request import ExplainedRequest
from tests.authorization_semantics.compiled import HttpConnectionManager, mesh_of
from tests.authorization_semantics.drawn_cases import WORKLOAD, drawn_case
from tests.authorization_semantics.semantics import Call, is_allowed

CASES = int(os.environ.get("GOSSAMER_CASES", "60"))


def test_every_pair() -> None:
    """No call of HTTP or TCP is explained otherwise than is documented; nothing is left unknown."""
    random = Random(5)
    for _ in range(CASES):
        case = drawn_case(random, 30)
        mesh, pod = mesh_of(case.policies)
        config = ProxyConfig(mesh, pod)
        listener = config.listener(INBOUND)
        assert listener is not None
        chains = {each.name: each for each in listener.filter_chains}
        for call in case.calls:
            filters = _filters(chains["8080|mtls" if call.http else "9090|mtls"], call.http)
            told = [each.decision.allowed for each in decisions(config, filters, seen(call))]
            wanted = is_allowed(case.policies, call, WORKLOAD)
            assert all(each is True for each in told) is wanted, (case.policies, call, told)
            assert set(told) <= {True, False}, (case.policies, call, told)


def _filters(chain: FilterChain, http: bool) -> list[AnyFilter]:
    if not http:
        return list(chain.filters)
    manager = HttpConnectionManager.FromString(chain.filters[-1].typed_config.value)
    return list(manager.http_filters)


def seen(call: Call) -> CallAttributes:
    """The call as the filters see it."""
    payload = {}
    if call.token is not None:
        payload = {"iss": call.token.issuer, "sub": call.token.subject, **call.token.claims}
    return CallAttributes(
        port=call.port,
        peer=(f"spiffe://{call.principal}", "") if call.principal else None,
        direct_ip=call.direct_ip,
        remote_ip=call.remote_ip,
        destination_ip=call.destination_ip,
        server_name=call.sni,
        request=ExplainedRequest(call.method, "http", call.host, call.path, call.headers)
        if call.http
        else None,
        metadata={"envoy.filters.http.jwt_authn": {"payload": payload}} if payload else {},
    )

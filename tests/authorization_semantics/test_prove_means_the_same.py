"""Promises against the documented semantics: what is proven is so, what is shown gets through."""

from __future__ import annotations

import os
from random import Random

import pytest

from gossamer.explain.promises.promise import read_promise
from gossamer.explain.promises.prove import Outcome, prove
from gossamer.explain.promises.shapes import CallShape, shape_of_proof
from tests.authorization_semantics.compiled import mesh_of
from tests.authorization_semantics.drawn_cases import (
    ADDRESSES,
    DESTINATIONS,
    REMOTE,
    WORKLOAD,
    Case,
    drawn_case,
)
from tests.authorization_semantics.semantics import Call, Token, is_allowed

CASES = int(os.environ.get("GOSSAMER_CASES", "150"))
PROMISES = (
    "no pay to shop/cart",
    "no * to shop/cart",
    "only shop/sa/web to shop/cart",
    "no pay to shop/cart POST /a*",
)


def counts(promise: str, call: Call) -> bool:
    """Whether a promise forbids the call."""
    kind, source, *_ = promise.split()
    if kind == "only":
        return call.account != ("shop", "web")
    if promise.endswith("/a*") and call.http:
        bare = call.path.partition("?")[0]
        if call.method != "POST" or not bare.startswith("/a"):
            return False
    return source == "*" or call.account is None or call.account[0] == source


def as_call(shown: CallShape) -> Call:
    """A shown call, with the first values where nothing is said."""
    more, headers = shown.others, tuple((n.lower(), v) for n, v in shown.headers.items())
    claims = {n.partition(":")[2]: v.split(",") for n, v in more.items() if n.startswith("claim")}
    token = None
    if "request-principal" in more or claims:
        issuer, _, subject = more.get("request-principal", "i/s").rpartition("/")
        token = Token(issuer, subject, claims)
    parts = shown.identity.split("/")
    return Call(
        account=(parts[2], parts[4]) if shown.identity else None,
        direct_ip=more.get("direct-ip", ADDRESSES[0]),
        remote_ip=more.get("remote-ip", REMOTE[0]),
        destination_ip=more.get("destination-ip", DESTINATIONS[0]),
        port=shown.port,
        sni=more.get("sni", ""),
        http=shown.protocol == "http",
        host=shown.host or "cart.shop",
        method=shown.method,
        path=shown.path,
        headers=headers,
        token=token,
    )


@pytest.mark.parametrize("promise", PROMISES)
def test_promises_of_random_policies(promise: str) -> None:
    """No drawn call breaks what is proven, and each call that is shown is allowed."""
    random, outcomes = Random(3), set()
    for _ in range(CASES):
        case = drawn_case(random, 40)
        outcomes.add(_checked(promise, case))
    assert outcomes == {Outcome.HOLDS, Outcome.BROKEN}


def _checked(promise: str, case: Case) -> Outcome:
    mesh, _ = mesh_of(case.policies, others=True)
    proof = prove(mesh, [read_promise(promise)])[0]
    broken = [
        call
        for call in case.calls
        if _arrives(call) and counts(promise, call) and is_allowed(case.policies, call, WORKLOAD)
    ]
    assert proof.outcome is not Outcome.HOLDS or not broken, (case.policies, broken)
    if proof.outcome is Outcome.BROKEN:
        shown = shape_of_proof(mesh, proof).call
        assert shown is not None
        call = as_call(shown)
        assert counts(promise, call), (case.policies, call)
        assert is_allowed(case.policies, call, WORKLOAD), (case.policies, call)
    return proof.outcome


def _arrives(call: Call) -> bool:
    """Requests come to the port of requests, bytes to the others; the pod has one address."""
    return call.http is (call.port == 8080) and call.destination_ip == "10.244.0.5"

"""Retries and timeouts: what is repeated by default, what an author changes, what bounds it."""

from __future__ import annotations

from typing import Any

import pytest

from gossamer.compile.http_filters.retry import may_ask
from tests.compile.routes.manifest_texts import documents, pod, service, spec
from tests.compile.routes.route_calls import small_mesh

BASE = documents(pod("client"), service("a"), pod("a"))
UNSENT = {"connect-failure", "refused-stream", "reset-before-request"}


def routed(method: str, *more: str) -> Any:
    """The route that a call to service a takes."""
    return small_mesh(documents(BASE, *more)).call("9080/a", method=method)


def called(method: str, *more: str) -> Any:
    """Its action."""
    return routed(method, *more).route


def virtual(more: str) -> str:
    """A VirtualService with one rule that says this as well."""
    return spec(
        "VirtualService", f"hosts: [a]\nhttp: [{{route: [{{destination: {{host: a}}}}]{more}}}]"
    )


def http_route(more: str, match: str = "") -> str:
    """An HTTPRoute with one rule that says this as well."""
    head = 'parentRefs: [{group: "", kind: Service, name: a}]'
    refs = "backendRefs: [{name: a, port: 9080}]"
    return spec("HTTPRoute", f"{head}\nrules: [{{{match}{refs}{more}}}]")


def on(action: Any) -> set[str]:
    """The conditions on which it is tried again."""
    return set(action.retry_policy.retry_on.split(",")) - {""}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_never_arrived_is_repeated(method: str) -> None:
    """Twice, for every method, with no author's word: no payment is made twice."""
    action = called(method)
    assert (on(action), action.retry_policy.num_retries.value) == (UNSENT, 2)


@pytest.mark.parametrize("method", ["DELETE", "GET", "HEAD", "OPTIONS", "PUT", "TRACE"])
def test_idempotent_methods_may_ask_for_more(method: str) -> None:
    """What may have arrived is repeated for them; the filter says so, the route lets it."""
    assert may_ask(routed(method), method)
    assert list(called(method).retry_policy.retriable_status_codes) == [503]


@pytest.mark.parametrize("method", ["POST", "PATCH", "CONNECT", "PURGE"])
def test_others_may_not(method: str) -> None:
    """An unknown method is none that may safely be repeated."""
    assert not may_ask(routed(method), method)


def test_a_host_has_one_route() -> None:
    """Envoy makes them all anew for each new host: two would be paid twice each time."""
    for more in ((), (virtual(""),), (virtual(", retries: {attempts: 5}"),)):
        assert len(small_mesh(documents(BASE, *more)).host("9080/a").routes) == 1


def test_the_authors_number_with_the_meshs_conditions() -> None:
    """attempts alone changes how often, not what is safe to repeat."""
    text = virtual(", retries: {attempts: 5, perTryTimeout: 2s}")
    assert may_ask(routed("GET", text), "GET")
    action = called("POST", text)
    assert (on(action), action.retry_policy.num_retries.value) == (UNSENT, 5)
    assert action.retry_policy.per_try_timeout.seconds == 2


def test_the_authors_conditions_hold_for_every_method() -> None:
    """Whoever writes 5xx means it for POST as well."""
    route = routed("POST", virtual(", retries: {attempts: 1, retryOn: '5xx,429'}"))
    action = route.route
    assert list(route.request_headers_to_remove) == ["x-envoy-retry-on"]
    assert on(action) == {"5xx", "retriable-status-codes", "retriable-headers"}
    assert list(action.retry_policy.retriable_status_codes) == [429]


def test_no_attempts_no_retries() -> None:
    """Zero switches the mesh's own off, too."""
    for text in (virtual(", retries: {attempts: 0}"), http_route(", retry: {attempts: 0}")):
        route = routed("GET", text)
        assert not route.route.HasField("retry_policy")
        assert not may_ask(route, "GET")


def test_retries_go_elsewhere() -> None:
    """The endpoint that failed is not asked again while there are others."""
    policy = called("GET").retry_policy
    assert [each.name for each in policy.retry_host_predicate] == [
        "envoy.retry_host_predicates.previous_hosts"
    ]


def test_without_a_timeout_there_is_none() -> None:
    """Envoy's own 15 seconds do not apply."""
    assert called("GET").HasField("timeout")
    assert called("GET").timeout.ToTimedelta().total_seconds() == 0


@pytest.mark.parametrize(
    ("said", "whole", "each"),
    [
        ("{request: 10s}", 10, 0),
        ("{request: 10s, backendRequest: 2s}", 10, 2),
        ("{backendRequest: 2s}", 0, 2),
        ("{request: 0s}", 0, 0),
        ("{request: 0s, backendRequest: 0s}", 0, 0),
    ],
)
@pytest.mark.parametrize("retry", ["", ", retry: {attempts: 0}", ", retry: {codes: [500]}"])
def test_request_and_each_try(said: str, whole: int, each: int, retry: str) -> None:
    """request bounds the whole, backendRequest each try, whatever is repeated."""
    action = called("GET", http_route(f", timeouts: {said}{retry}"))
    assert action.timeout.seconds == whole
    assert action.retry_policy.per_try_timeout.seconds == each

"""Rego as rego-cpp evaluates it: rules, data, tests, and what is wrong with a text."""

from __future__ import annotations

import pytest

from gossamer.model.origin import ObjectRef
from gossamer.model.workload.rego import RegoModules
from gossamer.opa.engine import Engine, RegoFailed
from gossamer.opa.shapes import RegoPolicy

SHOP = """package envoy.authz

import rego.v1

default allow := false

allow if {
  input.attributes.request.http.method == "GET"
  some team in data.teams
  endswith(input.attributes.source.principal, team)
}

broken if input.attributes.no.such.field
"""


def engine(text: str = SHOP) -> Engine:
    """A policy of one module."""
    return Engine(RegoPolicy("opa/shop", {"shop.rego": text}, {"teams": ["sa/web", "sa/cart"]}))


def call(method: str, principal: str) -> object:
    """The part of an input that the rules look at."""
    return {
        "attributes": {"request": {"http": {"method": method}}, "source": {"principal": principal}}
    }


@pytest.mark.parametrize(
    ("method", "principal", "allowed"),
    [
        ("GET", "spiffe://x/ns/a/sa/web", True),
        ("POST", "spiffe://x/ns/a/sa/web", False),
        ("GET", "", False),
    ],
)
def test_rules_see_input_and_data(method: str, principal: str, allowed: bool) -> None:
    """One engine answers many questions, each for itself."""
    asked = engine()
    for _ in range(3):
        assert asked.ask("data.envoy.authz.allow", call(method, principal)) is allowed


def test_an_undefined_rule_gives_nothing() -> None:
    """Neither one that is not there nor one whose conditions fail is an error."""
    asked = engine()
    assert asked.ask("data.envoy.authz.broken", call("GET", "")) is None
    assert asked.ask("data.envoy.authz.nothing", call("GET", "")) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("package x\nallow if {", "shop.rego:2: "),
        ("allow := true", "shop.rego:1: "),
    ],
)
def test_what_is_not_rego_is_told_with_its_line(text: str, says: str) -> None:
    """A policy that does not compile is refused, file and line in front."""
    with pytest.raises(RegoFailed, match=says):
        engine(text)


def test_a_function_that_is_not_there_is_told() -> None:
    """rego-cpp knows fewer functions than OPA; a rule that calls another is no silent false."""
    with pytest.raises(RegoFailed, match="calls a function that there is not"):
        engine("package a\nimport rego.v1\nallow if no.such.function(1)").ask("data.a.allow", {})


def test_a_rule_that_contradicts_itself_is_reported() -> None:
    """Two values of one rule are no answer."""
    with pytest.raises(RegoFailed, match="contradicts itself"):
        engine("package a\nx := 1\nx := 2").ask("data.a.x", {})


def test_numbers_are_compared() -> None:
    """Amounts are what policies are often about."""
    asked = engine("package a\nimport rego.v1\ndefault allow := false\nallow if input.n <= 1000")
    assert [asked.ask("data.a.allow", {"n": n}) for n in (10, 9999)] == [True, False]


def test_tests_are_no_part_of_what_decides() -> None:
    """rego-cpp may refuse a test where it takes the policy: it must not cost the policy."""
    texts = (("shop.rego", SHOP), ("shop_test.rego", "package t\ntest_a if {"))
    whole = RegoModules(ObjectRef("ConfigMap", "opa", "shop"), "opa", "shop", texts)
    assert list(whole.deciding) == ["shop.rego"]


def test_nothing_is_fetched() -> None:
    """`http.send` leads nowhere: a policy cannot call out."""
    request = '{"method": "get", "url": "http://127.0.0.1:1"}'
    text = f"package a\nimport rego.v1\nallow if http.send({request}).status_code == 200"
    assert engine(text).ask("data.a.allow", {}) is None

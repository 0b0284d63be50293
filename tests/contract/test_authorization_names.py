"""The names under which proxies tell what refused a call."""

from __future__ import annotations

import pytest

from gossamer.contract.authorization_names import (
    RuleName,
    nobody_name,
    parse_nobody,
    parse_rule,
    refused_by,
)

RULE = RuleName("AuthorizationPolicy", "shop", "only-web", 12)


def test_a_rule_is_known_by_its_name() -> None:
    """With spaces, and as Envoy writes it in its details."""
    assert str(RULE) == "AuthorizationPolicy shop/only-web rule 12"
    details = "rbac_access_denied_matched_policy[AuthorizationPolicy_shop/only-web_rule_12]"
    assert parse_rule(refused_by(details)) == parse_rule(str(RULE)) == RULE


@pytest.mark.parametrize("text", ["", "via_upstream", "no rule of AuthorizationPolicy a/b"])
def test_another_text_is_no_rule(text: str) -> None:
    """Nor what refuses whom nobody let in."""
    assert parse_rule(text) is None


def test_nobody_names_whom_a_call_lacked() -> None:
    """The first three; with `_` as well, though names may have none of either."""
    objects = [f"AuthorizationPolicy shop/{name}" for name in "abcd"]
    name = nobody_name(objects)
    assert name.endswith("AuthorizationPolicy shop/c and 1 more")
    assert parse_nobody(name) == parse_nobody(name.replace(" ", "_")) == tuple(objects[:3])
    assert parse_nobody(nobody_name(objects[:1])) == (objects[0],)
    assert parse_nobody(str(RULE)) == ()


def test_other_details_refused_nothing() -> None:
    """Most calls end for another reason."""
    assert refused_by("via_upstream") == ""

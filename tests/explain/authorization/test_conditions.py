"""Each kind of condition of an authorization rule, against calls that meet it and that do not."""

from __future__ import annotations

from typing import Any

import pytest
from envoy.config.rbac.v3.rbac_pb2 import RBAC, Permission, Principal
from google.protobuf.json_format import ParseDict

from gossamer.explain.authorization.attributes import ANY_HEADER, CallAttributes
from gossamer.explain.authorization.conditions import is_principal, permits
from gossamer.explain.authorization.decision import decide
from gossamer.explain.authorization.truth import Unknown, all_of, any_of, negated
from gossamer.explain.route.request import ExplainedRequest

WEB = "spiffe://cluster.local/ns/shop/sa/web"
CALL = CallAttributes(
    port=8080,
    peer=(WEB, "web-0.shop"),
    direct_ip="10.244.0.7",
    remote_ip="198.51.100.9",
    destination_ip="10.244.0.8",
    server_name="pay.shop",
    request=ExplainedRequest("GET", "http", "pay:8080", "/a/b?q=1", (("x-one", "1"),)),
    metadata={"jwt": {"payload": {"iss": "me", "groups": ["a", "b"], "admin": True}}},
)
BYTES = CallAttributes(port=3306)
STRANGER = Unknown("a stranger")
SHY = CallAttributes(
    port=8080,
    request=CALL.request,
    unknown=frozenset({":path", ANY_HEADER}),
    metadata=Unknown("a token"),
)


def claim(value: dict[str, Any], *path: str) -> dict[str, Any]:
    keys = [{"key": key} for key in ("payload", *path)]
    return {"metadata": {"filter": "jwt", "path": keys, "value": value}}


def name(match: dict[str, Any]) -> dict[str, Any]:
    return {"authenticated": {"principalName": match}}


def template(text: str) -> dict[str, Any]:
    kind = "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig"
    config = {"@type": kind, "pathTemplate": text}
    return {"uriTemplate": {"name": "template", "typedConfig": config}}


PERMISSIONS: list[tuple[dict[str, Any], bool]] = [
    ({"any": True}, True),
    ({"destinationPort": 8080}, True),
    ({"destinationPort": 80}, False),
    ({"destinationPortRange": {"start": 8000, "end": 8080}}, False),
    ({"destinationPortRange": {"start": 8080, "end": 8081}}, True),
    ({"destinationIp": {"addressPrefix": "10.244.0.0", "prefixLen": 16}}, True),
    ({"destinationIp": {"addressPrefix": "fd00::", "prefixLen": 16}}, False),
    ({"header": {"name": ":method", "stringMatch": {"exact": "GET"}}}, True),
    ({"header": {"name": ":method", "stringMatch": {"exact": "POST"}}}, False),
    (
        {"header": {"name": ":authority", "stringMatch": {"prefix": "PAY", "ignoreCase": True}}},
        True,
    ),
    ({"header": {"name": "x-one", "stringMatch": {"suffix": "1"}}}, True),
    ({"header": {"name": "x-two", "stringMatch": {"exact": "1"}, "invertMatch": True}}, False),
    ({"header": {"name": "x-two", "presentMatch": True, "invertMatch": True}}, True),
    ({"urlPath": {"path": {"exact": "/a/b"}}}, True),
    ({"urlPath": {"path": {"exact": "/a/b?q=1"}}}, False),
    ({"urlPath": {"path": {"suffix": "/b"}}}, True),
    ({"urlPath": {"path": {"contains": "/b/"}}}, False),
    ({"urlPath": {"path": {"safeRegex": {"regex": "/a/.+"}}}}, True),
    (template("/a/*"), True),
    (template("/*"), False),
    (template("/**"), True),
    (template("/{one}/b"), True),
    (template("/a/{rest=**}"), True),
    ({"requestedServerName": {"exact": "pay.shop"}}, True),
    ({"notRule": {"destinationPort": 80}}, True),
    ({"andRules": {"rules": [{"any": True}, {"destinationPort": 80}]}}, False),
    ({"orRules": {"rules": [{"any": True}, {"destinationPort": 80}]}}, True),
    (claim({"stringMatch": {"exact": "me"}}, "iss"), True),
    (claim({"stringMatch": {"exact": "me"}}, "iss", "deeper"), False),
    (claim({"listMatch": {"oneOf": {"stringMatch": {"exact": "b"}}}}, "groups"), True),
    (claim({"listMatch": {"oneOf": {"stringMatch": {"exact": "b"}}}}, "iss"), False),
    (claim({"boolMatch": True}, "admin"), True),
    (claim({"presentMatch": True}, "nobody"), False),
    (
        claim({"orMatch": {"valueMatchers": [{"nullMatch": {}}, {"presentMatch": True}]}}, "iss"),
        True,
    ),
]

PRINCIPALS: list[tuple[dict[str, Any], bool]] = [
    ({"any": True}, True),
    ({"authenticated": {}}, True),
    (name({"exact": WEB}), True),
    (name({"exact": "web-0.shop"}), True),
    (name({"suffix": "/sa/api"}), False),
    (name({"safeRegex": {"regex": ".*/ns/shop/.*"}}), True),
    ({"directRemoteIp": {"addressPrefix": "10.244.0.7", "prefixLen": 32}}, True),
    ({"remoteIp": {"addressPrefix": "10.244.0.7", "prefixLen": 32}}, False),
    ({"remoteIp": {"addressPrefix": "198.51.100.0", "prefixLen": 24}}, True),
    ({"notId": name({"exact": WEB})}, False),
    ({"andIds": {"ids": [{"any": True}, {"authenticated": {}}]}}, True),
    ({"orIds": {"ids": [name({"exact": "x"}), name({"exact": "y"})]}}, False),
    ({"header": {"name": "x-one", "presentMatch": True}}, True),
    ({"urlPath": {"path": {"prefix": "/b"}}}, False),
    (claim({"stringMatch": {"prefix": "m"}}, "iss"), True),
]


@pytest.mark.parametrize(("permission", "holds"), PERMISSIONS, ids=str)
def test_permissions(permission: dict[str, Any], holds: bool) -> None:
    """What is asked is told as Envoy's documentation says."""
    assert permits(ParseDict(permission, Permission()), CALL) is holds


@pytest.mark.parametrize(("principal", "holds"), PRINCIPALS, ids=str)
def test_principals(principal: dict[str, Any], holds: bool) -> None:
    """Who calls is told as Envoy's documentation says."""
    assert is_principal(ParseDict(principal, Principal()), CALL) is holds


def test_bytes_have_no_request() -> None:
    """What only a request has is not there on a connection of bytes, nor is an identity."""
    for text in (
        {"header": {"name": ":method", "presentMatch": True}},
        {"urlPath": PERMISSIONS[13][0]["urlPath"]},
    ):
        assert permits(ParseDict(text, Permission()), BYTES) is False
    assert is_principal(ParseDict({"authenticated": {}}, Principal()), BYTES) is False


UNKNOWN: list[dict[str, Any]] = [
    {"urlPath": {"path": {"exact": "/"}}},
    {"header": {"name": "x-two", "presentMatch": True}},
    {"destinationIp": {"addressPrefix": "10.0.0.0", "prefixLen": 8}},
    claim({"stringMatch": {"exact": "me"}}, "iss"),
    template("/a"),
    {"notRule": {"urlPath": {"path": {"exact": "/"}}}},
    {"matcher": {"name": "of.another.make"}},
    {"urlPath": {"path": {"custom": {"name": "of.another.make"}}}},
    {"andRules": {"rules": [{"any": True}, {"matcher": {"name": "of.another.make"}}]}},
]


@pytest.mark.parametrize("permission", UNKNOWN, ids=str)
def test_what_is_not_known_is_not_guessed(permission: dict[str, Any]) -> None:
    """A condition on what nobody told, or of an unknown kind, is neither met nor unmet."""
    assert isinstance(permits(ParseDict(permission, Permission()), SHY), Unknown)


def test_what_is_given_is_known_beside_unknown_headers() -> None:
    """Headers that are given count, though others are not known."""
    given = {"header": {"name": "x-one", "stringMatch": {"exact": "1"}}}
    assert permits(ParseDict(given, Permission()), SHY) is True


def test_certain_parts_decide_whatever_the_others_are() -> None:
    """The logic of three values."""
    assert all_of([STRANGER, False]) is False
    assert any_of([STRANGER, True]) is True
    assert all_of([True, STRANGER]) == any_of([False, STRANGER]) == negated(STRANGER) == STRANGER
    assert (all_of([]), any_of([])) == (True, False)
    with pytest.raises(TypeError):
        bool(STRANGER)


def rules(action: str, *policies: tuple[str, dict[str, Any]]) -> RBAC:
    anybody = [{"any": True}]
    return ParseDict(
        {
            "action": action,
            "policies": {
                name: {"permissions": [permission], "principals": anybody}
                for name, permission in policies
            },
        },
        RBAC(),
    )


def test_the_first_rule_by_name_decides() -> None:
    """As Envoy names it in its log; of several that match it is the first by name."""
    both = rules("DENY", ("rule b", {"any": True}), ("rule a", {"destinationPort": 8080}))
    assert (decide(both, CALL).allowed, decide(both, CALL).rule) == (False, "rule a")
    assert decide(rules("ALLOW"), CALL).allowed is False
    assert decide(rules("DENY"), CALL).allowed is True
    assert decide(rules("LOG", ("rule", {"any": True})), CALL).allowed is True


def test_a_decision_that_rests_on_the_unknown_says_on_which_rule() -> None:
    """Whoever asks is told what would have to be known."""
    perhaps = {"urlPath": {"path": {"exact": "/"}}}
    said = decide(rules("ALLOW", ("rule", perhaps)), SHY)
    assert (said.allowed, said.possible) == (Unknown("the path"), ("rule",))
    certain = decide(rules("ALLOW", ("a", perhaps), ("b", {"any": True})), SHY)
    assert (certain.allowed, certain.rule) == (True, "b")

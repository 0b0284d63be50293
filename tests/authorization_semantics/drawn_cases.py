"""Random policies and random calls, out of few enough values that they meet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.authorization_semantics.semantics import Call, Token

Document = Mapping[str, Any]

WORKLOAD: dict[str, Any] = {"namespace": "shop", "labels": {"app": "cart", "tier": "back"}}
ACCOUNTS = (None, ("shop", "web"), ("shop", "batch"), ("pay", "web"), ("pay-eu", "billing"))
ADDRESSES = ("127.0.0.1", "127.0.1.7", "127.1.2.3")
REMOTE = ("10.1.2.3", "10.9.9.9", "192.168.0.1")
DESTINATIONS = ("10.244.0.5", "10.244.7.7")
PORTS = (8080, 9090)
PATHS = ("/", "/admin", "/admin/", "/admin/x", "/admin/x/y", "/a", "/api/v1/items", "/api/v2/x.js")
HOSTS = (
    *("cart.shop", "CART.shop", "cart.shop:8080", "api.example", "api.example.org"),
    *("apix.example", "xcart.shop", "example"),
)
SNIS = ("", "cart.shop", "api.example")
METHODS = ("GET", "POST", "PUT", "DELETE")
HEADERS = ((), (("x-team", "a"),), (("x-team", "abc"),), (("x-other", "a"),))
TOKENS = (
    None,
    Token("https://idp.example", "alice", {"group": "admin"}),
    Token("https://idp.example", "bob", {"group": ["dev", "admin"], "level": "2"}),
    Token("other", "alice", {"group": "dev"}),
)

VALUES: Mapping[str, Sequence[str]] = {
    "principals": (
        *("*", "cluster.local/ns/shop/sa/web", "cluster.local/ns/pay/sa/web", "*/sa/web"),
        *("cluster.local/ns/pay*", "cluster.local/ns/shop/*", "*web"),
    ),
    "namespaces": ("shop", "pay", "pay*", "*eu", "*", "nobody"),
    "serviceAccounts": ("shop/web", "pay/web", "pay-eu/billing", "shop/nobody"),
    "ipBlocks": ("127.0.0.1", "127.0.1.0/24", "127.0.0.0/8", "127.1.0.0/16", "10.0.0.0/8"),
    "remoteIpBlocks": ("10.0.0.0/8", "10.1.2.3", "192.168.0.0/16"),
    "requestPrincipals": (
        *("*", "https://idp.example/*", "https://idp.example/alice", "*/alice", "other/alice"),
        *("https://idp.example/b*", "*example/bob"),
    ),
    "hosts": ("cart.shop", "Cart.Shop", "*.example", "api.*", "*", "api.example"),
    "ports": ("8080", "9090", "7070"),
    "methods": ("GET", "POST", "P*", "*T", "*"),
    "paths": (
        *("/", "/admin", "/admin*", "/admin/*", "*/x", "*", "/api/{*}/items", "/api/{**}"),
        *("/{*}/x", "/{**}/x", "/api/{*}/{**}.js", "/a*"),
    ),
    "destinationIps": ("10.244.0.5", "10.244.0.0/16", "10.244.7.0/24"),
    "sni": ("cart.shop", "*.shop", "api.*", "*"),
    "header": ("a", "a*", "*c", "*", "abc"),
    "claim": ("admin", "dev", "a*", "*v", "*", "2"),
}
SOURCES = ("principals", "namespaces", "serviceAccounts", "ipBlocks", "remoteIpBlocks")
OPERATIONS = ("hosts", "ports", "methods", "paths")
KEYS = {
    "source.ip": "ipBlocks",
    "remote.ip": "remoteIpBlocks",
    "source.namespace": "namespaces",
    "source.principal": "principals",
    "source.serviceAccount": "serviceAccounts",
    "request.auth.principal": "requestPrincipals",
    "destination.ip": "destinationIps",
    "destination.port": "ports",
    "connection.sni": "sni",
    "request.headers[x-team]": "header",
    "request.headers[X-Other]": "header",
    "request.auth.claims[group]": "claim",
    "request.auth.claims[level]": "claim",
}


@dataclass(frozen=True, slots=True)
class Case:
    """Policies that hold together, and calls that are put to them."""

    policies: tuple[Document, ...]
    calls: tuple[Call, ...]


def drawn_case(random: Random, calls: int) -> Case:
    """One case; a third of the calls differs from another in one thing alone."""
    policies = tuple(_policy(random, at) for at in range(random.choice((1, 1, 2, 3, 4))))
    return Case(policies, tuple(_call(random) for _ in range(calls)))


def _policy(random: Random, number: int) -> Document:
    rules = [_rule(random) for _ in range(random.choice((0, 1, 1, 2, 3)))]
    spec: dict[str, Any] = {"action": random.choice(("ALLOW", "ALLOW", "DENY"))}
    if rules or random.random() < 0.5:
        spec["rules"] = rules
    selector = random.choice((None, None, {"app": "cart"}, {"app": "other"}))
    if selector:
        spec["selector"] = {"matchLabels": selector}
    metadata: dict[str, Any] = {
        "name": f"p{number}",
        "namespace": random.choice(("shop", "shop", "shop", "istio-system", "other")),
    }
    if random.random() < 0.05:
        metadata["annotations"] = {"istio.io/dry-run": "true"}
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": metadata,
        "spec": spec,
    }


def _rule(random: Random) -> Document:
    rule: dict[str, Any] = {}
    if random.random() < 0.7:
        rule["from"] = [{"source": _stanza(random, _sources(random))} for _ in _some(random, 2)]
    if random.random() < 0.6:
        rule["to"] = [{"operation": _stanza(random, OPERATIONS)} for _ in _some(random, 2)]
    if random.random() < 0.4:
        rule["when"] = [_condition(random) for _ in _some(random, 2)]
    return rule


def _sources(random: Random) -> Sequence[str]:
    """An account excludes principals and namespaces in the same source."""
    if random.random() < 0.2:
        return ("serviceAccounts", "ipBlocks", "requestPrincipals")
    return tuple(each for each in (*SOURCES, "requestPrincipals") if each != "serviceAccounts")


def _stanza(random: Random, names: Sequence[str]) -> Document:
    chosen = random.sample(names, random.choice((1, 1, 1, 2)))
    stanza: dict[str, Any] = {}
    for name in chosen:
        negated = random.random() < 0.25
        field = f"not{name[0].upper()}{name[1:]}" if negated else name
        stanza[field] = _values(random, name)
        if random.random() < 0.1:
            other = name if negated else f"not{name[0].upper()}{name[1:]}"
            stanza[other] = _values(random, name)
    return stanza


def _condition(random: Random) -> Document:
    key = random.choice(tuple(KEYS))
    values = _values(random, KEYS[key])
    which = random.choice(("values", "values", "notValues", "both"))
    if which == "both":
        return {"key": key, "values": values, "notValues": _values(random, KEYS[key])}
    return {"key": key, which: values}


def _values(random: Random, name: str) -> list[str]:
    pool = VALUES[name]
    return random.sample(pool, min(len(pool), random.choice((1, 1, 2, 3))))


def _some(random: Random, most: int) -> range:
    return range(random.randint(1, most))


def _call(random: Random) -> Call:
    http = random.random() < 0.8
    secured = random.choice(ACCOUNTS)
    return Call(
        account=secured,
        direct_ip=random.choice(ADDRESSES),
        destination_ip=random.choice(DESTINATIONS),
        port=random.choice(PORTS),
        sni=random.choice(SNIS) if secured else "",
        http=http,
        remote_ip=random.choice(REMOTE),
        host=random.choice(HOSTS),
        method=random.choice(METHODS),
        path=random.choice(PATHS) + random.choice(("", "", "?q=/admin", "?x")),
        headers=random.choice(HEADERS),
        token=random.choice(TOKENS) if http else None,
    )


Fails = Callable[[Case], bool]


def smaller(case: Case) -> list[Case]:
    """The case with one thing less, in every way: a policy, a rule, a stanza, a value."""
    cases = []
    for at, policy in enumerate(case.policies):
        others = (*case.policies[:at], *case.policies[at + 1 :])
        cases.append(Case(others, case.calls))
        for spec in _less(policy["spec"]):
            if isinstance(spec, Mapping):
                changed = {**policy, "spec": spec}
                cases.append(
                    Case((*case.policies[:at], changed, *case.policies[at + 1 :]), case.calls)
                )
    return cases


def _less(value: Any) -> list[Any]:
    """A value without one of its parts, at any depth; no list that had something gets empty."""
    if isinstance(value, Mapping):
        optional = [key for key in value if key != "key" and len(value) > 1]
        shorter = [{k: v for k, v in value.items() if k != key} for key in optional]
        if "key" in value and len(value) == 2:  # a condition without values is not valid
            shorter = []
        return shorter + [{**value, k: less} for k, v in value.items() for less in _less(v)]
    if isinstance(value, list):
        fewer = [value[:at] + value[at + 1 :] for at in range(len(value)) if len(value) > 1]
        inner = [(at, less) for at, each in enumerate(value) for less in _less(each)]
        return fewer + [[*value[:at], less, *value[at + 1 :]] for at, less in inner]
    return []

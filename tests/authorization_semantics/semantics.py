"""What AuthorizationPolicy means, written from its documentation to be read, not to be fast.

https://istio.io/latest/docs/reference/config/security/authorization-policy/ and
https://istio.io/latest/docs/reference/config/security/conditions/. It knows manifests and calls,
and nothing of Gossamer: what the compiler makes is held against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network
from typing import Any

ROOT = "istio-system"
TRUST_DOMAIN = "cluster.local"
Values = Iterable[str]


@dataclass(frozen=True, slots=True)
class Token:
    """A valid token's claims."""

    issuer: str
    subject: str
    claims: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it arrives at the workload. `account` is None in plaintext; without `http` it is
    a connection of bytes, whose first half alone means something."""

    account: tuple[str, str] | None
    direct_ip: str
    destination_ip: str
    port: int
    sni: str = ""
    http: bool = True
    remote_ip: str = ""
    host: str = "app.shop"
    method: str = "GET"
    path: str = "/"
    headers: tuple[tuple[str, str], ...] = ()
    token: Token | None = None

    @property
    def principal(self) -> str | None:
        """What the caller's certificate says, without spiffe://."""
        if self.account is None:
            return None
        return f"{TRUST_DOMAIN}/ns/{self.account[0]}/sa/{self.account[1]}"


def is_allowed(
    policies: Iterable[Mapping[str, Any]], call: Call, workload: Mapping[str, Any]
) -> bool:
    """DENY before ALLOW; without any ALLOW everybody else may."""
    mine = [each for each in policies if _is_for(each, workload)]
    denying = [each for each in mine if _action(each) == "DENY"]
    allowing = [each for each in mine if _action(each) == "ALLOW"]
    if any(_matches(each, call) for each in denying):
        return False
    return not allowing or any(_matches(each, call) for each in allowing)


def _is_for(policy: Mapping[str, Any], workload: Mapping[str, Any]) -> bool:
    """Of the workload's namespace or of the root one, and with its labels if it selects."""
    if policy["metadata"]["namespace"] not in (workload["namespace"], ROOT):
        return False
    if policy["metadata"].get("annotations", {}).get("istio.io/dry-run") == "true":
        return False
    wanted = policy["spec"].get("selector", {}).get("matchLabels", {})
    return all(workload["labels"].get(name) == value for name, value in wanted.items())


def _action(policy: Mapping[str, Any]) -> str:
    return str(policy["spec"].get("action", "ALLOW"))


def _matches(policy: Mapping[str, Any], call: Call) -> bool:
    """One of the rules; none at all never match."""
    return any(_rule(each, call, _action(policy)) for each in policy["spec"].get("rules", ()))


def _rule(rule: Mapping[str, Any], call: Call, action: str) -> bool:
    """One source, one operation, every condition; what is left out is anything.

    On a port of bytes fields of HTTP mean: a rule that allows is not met, from a rule that denies
    they are left out.
    """
    sources = [each["source"] for each in rule.get("from", ())]
    operations = [each["operation"] for each in rule.get("to", ())]
    conditions = list(rule.get("when", ()))
    if not call.http:
        stanzas = [*sources, *operations]
        of_http = any(_of_http(name) for each in stanzas for name in each)
        of_http = of_http or any(_of_http(each["key"]) for each in conditions)
        if action != "DENY" and of_http:
            return False
        sources = [{n: v for n, v in each.items() if not _of_http(n)} for each in sources]
        operations = [{n: v for n, v in each.items() if not _of_http(n)} for each in operations]
        conditions = [each for each in conditions if not _of_http(each["key"])]
    return (
        (not sources or any(_all_fields(each, call) for each in sources))
        and (not operations or any(_all_fields(each, call) for each in operations))
        and all(_condition(each, call) for each in conditions)
    )


def _of_http(name: str) -> bool:
    plain = name.removeprefix("not")
    return name.startswith("request.") or plain[:1].lower() + plain[1:] in (
        *("requestPrincipals", "hosts", "methods", "paths"),
    )


def _all_fields(stanza: Mapping[str, Values], call: Call) -> bool:
    """Every field that is there; one that begins with `not` must not be met."""
    return all(_field(name, values, call) for name, values in stanza.items())


def _field(name: str, values: Values, call: Call) -> bool:
    if name.startswith("not"):
        return not _FIELDS[name[3].lower() + name[4:]](values, call)
    return _FIELDS[name](values, call)


def _condition(condition: Mapping[str, Any], call: Call) -> bool:
    """One of the values, and none of the others."""
    met = _attribute(condition["key"], call)
    values, excluded = condition.get("values"), condition.get("notValues")
    return (not values or met(values)) and not (excluded and met(excluded))


def _attribute(key: str, call: Call) -> Callable[[Values], bool]:
    if key in _KEYS:
        return lambda values: _FIELDS[_KEYS[key]](values, call)
    name = key.partition("[")[2].removesuffix("]")
    if key.startswith("request.headers["):
        sent = [value for header, value in call.headers if header == name.lower()]
        return lambda values: _any(sent, values)
    if key.startswith("request.auth.claims["):
        claim = call.token.claims.get(name) if call.token else None
        held = claim if isinstance(claim, list) else [] if claim is None else [claim]
        return lambda values: _any(held, values)
    raise KeyError(key)


_KEYS = {
    "source.ip": "ipBlocks",
    "remote.ip": "remoteIpBlocks",
    "source.namespace": "namespaces",
    "source.principal": "principals",
    "source.serviceAccount": "serviceAccounts",
    "request.auth.principal": "requestPrincipals",
    "destination.ip": "destinationIps",
    "destination.port": "ports",
    "connection.sni": "sni",
}


def _any(held: Iterable[str], values: Values) -> bool:
    return any(_text(value, each) for value in values for each in held)


def _text(value: str, text: str) -> bool:
    """Exactly, or by its beginning, its end, or for being there."""
    if value == "*":
        return text != ""
    if value.startswith("*"):
        return text.endswith(value[1:])
    if value.endswith("*"):
        return text.startswith(value[:-1])
    return text == value


def _one(text: str | None, values: Values) -> bool:
    return text is not None and any(_text(value, text) for value in values)


def _path(value: str, path: str) -> bool:
    """A template if it has braces: one segment, or any number of characters."""
    bare = path.partition("?")[0].partition("#")[0]
    if "{" not in value:
        return _text(value, bare)
    return _template(value, bare)


def _template(template: str, path: str) -> bool:
    if not template:
        return not path
    if template.startswith("{**}"):
        return any(_template(template[4:], path[at:]) for at in range(len(path) + 1))
    if template.startswith("{*}"):
        end = path.find("/") if "/" in path else len(path)
        return any(_template(template[3:], path[at:]) for at in range(1, end + 1))
    return path[:1] == template[0] and _template(template[1:], path[1:])


def _host(value: str, host: str) -> bool:
    """In any case. A port in the call's host does not count where none is named."""
    name, _, port = host.lower().rpartition(":")
    bare = name if port.isdecimal() and name else host.lower()
    return _text(value.lower(), bare) or _text(value.lower(), host.lower())


def _range(value: str, address: str) -> bool:
    return ip_address(address) in ip_network(value, strict=False)


def _account(value: str, account: tuple[str, str] | None) -> bool:
    return account is not None and fnmatchcase("/".join(account), value)


_FIELDS: Mapping[str, Callable[[Values, Call], bool]] = {
    "principals": lambda values, call: _one(call.principal, values),
    "namespaces": lambda values, call: _one(call.account[0] if call.account else None, values),
    "serviceAccounts": lambda values, call: any(_account(each, call.account) for each in values),
    "ipBlocks": lambda values, call: any(_range(each, call.direct_ip) for each in values),
    "remoteIpBlocks": lambda values, call: any(_range(each, call.remote_ip) for each in values),
    "requestPrincipals": lambda values, call: _one(
        f"{call.token.issuer}/{call.token.subject}" if call.token else None, values
    ),
    "hosts": lambda values, call: any(_host(each, call.host) for each in values),
    "ports": lambda values, call: str(call.port) in values,
    "methods": lambda values, call: _one(call.method, values),
    "paths": lambda values, call: any(_path(each, call.path) for each in values),
    "destinationIps": lambda values, call: any(_range(e, call.destination_ip) for e in values),
    "sni": lambda values, call: _one(call.sni, values),
}

"""Rules of an AuthorizationPolicy: `from`, `to` and `when`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from gossamer.dialects.istio.security.call_values import read_values
from gossamer.dialects.values.header import check_header_name
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted
from gossamer.model.policies.workload.authorization import (
    AllOf,
    Attribute,
    AuthorizationRule,
    CallCondition,
)

_SOURCE: Mapping[str, Attribute] = {
    "principals": Attribute.PRINCIPAL,
    "requestPrincipals": Attribute.REQUEST_PRINCIPAL,
    "namespaces": Attribute.NAMESPACE,
    "serviceAccounts": Attribute.SERVICE_ACCOUNT,
    "ipBlocks": Attribute.DIRECT_IP,
    "remoteIpBlocks": Attribute.REMOTE_IP,
}
_OPERATION: Mapping[str, Attribute] = {
    "hosts": Attribute.HOST,
    "ports": Attribute.PORT,
    "methods": Attribute.METHOD,
    "paths": Attribute.PATH,
}
_KEYS: Mapping[str, Attribute] = {
    "source.ip": Attribute.DIRECT_IP,
    "remote.ip": Attribute.REMOTE_IP,
    "source.namespace": Attribute.NAMESPACE,
    "source.principal": Attribute.PRINCIPAL,
    "source.serviceAccount": Attribute.SERVICE_ACCOUNT,
    "request.auth.principal": Attribute.REQUEST_PRINCIPAL,
    "request.auth.audiences": Attribute.AUDIENCE,
    "request.auth.presenter": Attribute.PRESENTER,
    "destination.ip": Attribute.DESTINATION_IP,
    "destination.port": Attribute.PORT,
    "connection.sni": Attribute.SNI,
}
_NAMED: Mapping[str, Attribute] = {
    "request.headers": Attribute.HEADER,
    "request.auth.claims": Attribute.CLAIM,
}
_METADATA = re.compile(r"experimental\.(?P<filter>envoy\.filters\.[^\[\]]+)\[(?P<key>[^\[\]]+)\]")
_KEYED = re.compile(r"(?P<what>[A-Za-z.]+)(?P<keys>(\[[^\[\]]+\])+)")
_AMBIGUOUS = "it is ambiguous which calls are meant"


def read_rules(spec: Fields) -> Iterator[AuthorizationRule]:
    """Each rule, with its place."""
    for rule in spec.each("rules"):
        check_names(rule, ("from", "to", "when"))
        yield AuthorizationRule(
            sources=tuple(_alternatives(rule, "from", "source", _SOURCE)),
            operations=tuple(_alternatives(rule, "to", "operation", _OPERATION)),
            conditions=tuple(_conditions(rule)),
            field=dotted(rule.path),
        )


def _alternatives(
    rule: Fields, name: str, inside: str, lists: Mapping[str, Attribute]
) -> Iterator[AllOf]:
    if rule.has(name) and rule.is_empty(name):
        _tell_empty(rule, name, f"Write at least one {inside}, or remove {name}")
    for item in rule.each(name):
        check_names(item, (inside,))
        stanza = item.child(inside, required=True)
        check_names(stanza, (*lists, *map(_against, lists)))
        if stanza and not stanza.names():
            _tell_empty(item, inside, f"Set one of {', '.join(lists)}")
        _check_accounts(stanza)
        yield tuple(_all_of(stanza, lists))


def _all_of(stanza: Fields, lists: Mapping[str, Attribute]) -> Iterator[CallCondition]:
    for name, attribute in lists.items():
        against = _against(name)
        if stanza.has(name) or stanza.has(against):
            yield CallCondition(
                attribute,
                read_values(stanza, name, attribute),
                read_values(stanza, against, attribute),
                field=dotted((*stanza.path, name if stanza.has(name) else against)),
            )


def _conditions(rule: Fields) -> Iterator[CallCondition]:
    for stanza in rule.each("when"):
        check_names(stanza, ("key", "values", "notValues"))
        key = stanza.string("key", required=True)
        known = _known(stanza, key) if key is not None else None
        if known is None:
            stanza.skip("values", "notValues")
            continue
        if not stanza.has("values") and not stanza.has("notValues"):
            _tell_empty(rule, "when", "Set values, notValues or both")
        attribute, path = known
        yield CallCondition(
            attribute,
            read_values(stanza, "values", attribute),
            read_values(stanza, "notValues", attribute),
            path,
            dotted(stanza.path),
        )


def _known(stanza: Fields, key: str) -> tuple[Attribute, tuple[str, ...]] | None:
    """What a key stands for, with the names in its brackets."""
    if key in _KEYS:
        return _KEYS[key], ()
    metadata, keyed = _METADATA.fullmatch(key), _KEYED.fullmatch(key)
    if metadata:
        return Attribute.FILTER_METADATA, (metadata["filter"], metadata["key"])
    attribute = _NAMED.get(keyed["what"]) if keyed else None
    names = tuple(keyed["keys"][1:-1].split("][")) if keyed else ()
    if attribute is None or (attribute is Attribute.HEADER and len(names) > 1):
        _tell_key(stanza, key)
        return None
    if attribute is Attribute.HEADER:
        check_header_name(stanza, "key", names[0])
        return attribute, (names[0].lower(),)
    return attribute, names


def _against(name: str) -> str:
    return f"not{name[0].upper()}{name[1:]}"


def check_names(stanza: Fields, known: tuple[str, ...]) -> None:
    """A misspelt condition would be one condition less, and the rule match more calls; a misspelt
    action or selector another one."""
    for name in stanza.names():
        if name not in known:
            stanza.skip(name)
            stanza.report(
                f"{dotted((*stanza.path, name))} is not a field of an AuthorizationPolicy",
                _AMBIGUOUS,
                f"Use one of {', '.join(known)}",
                field=name,
                code="unknown-field",
            )


def _check_accounts(source: Fields) -> None:
    """An account says the namespace and the identity already, as Istio demands."""
    accounts = [name for name in ("serviceAccounts", "notServiceAccounts") if source.has(name)]
    others = ("principals", "notPrincipals", "namespaces", "notNamespaces")
    beside = [name for name in others if source.has(name)]
    if accounts and beside:
        source.report(
            f"{dotted((*source.path, accounts[0]))} and {beside[0]} are set together, which Istio "
            "refuses",
            _AMBIGUOUS,
            f"Keep {accounts[0]}, or put the other into a source of its own",
            field=beside[0],
        )


def _tell_empty(stanza: Fields, name: str, remedy: str) -> None:
    stanza.report(
        f"{dotted((*stanza.path, name))} has nothing in it that could match",
        _AMBIGUOUS,
        remedy,
        field=name,
        code="missing-field",
    )


def _tell_key(stanza: Fields, key: str) -> None:
    stanza.report(
        f"{dotted((*stanza.path, 'key'))} is {quoted(key)}, which is not an attribute of a call",
        _AMBIGUOUS,
        f"Use one of {', '.join((*_KEYS, *(f'{name}[NAME]' for name in _NAMED)))}",
        field="key",
        code="unknown-value",
    )

"""One condition of a rule, as Envoy's principal (who calls) or permission (what is asked)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from envoy.config.rbac.v3.rbac_pb2 import Permission, Principal
from envoy.config.route.v3.route_components_pb2 import HeaderMatcher
from envoy.type.matcher.v3.string_pb2 import StringMatcher
from envoy.type.matcher.v3.value_pb2 import ValueMatcher

from gossamer.compile.network_filters.rbac.headers import header_has, header_is
from gossamer.compile.network_filters.rbac.identities import TrustDomains, identity_is
from gossamer.compile.network_filters.rbac.terms import PERMISSIONS, PRINCIPALS, T, Terms
from gossamer.compile.network_filters.rbac.texts import (
    ANYTHING,
    address_range,
    pattern_of,
    regex,
    text_matcher,
)
from gossamer.compile.network_filters.rbac.tokens import (
    claim_is,
    noted,
    request_principal_is,
)
from gossamer.model.policies.workload.authorization import (
    Attribute,
    CallCondition,
    ValueCompare,
    ValueMatch,
)

_PORT = re.compile(r"(?P<host>.*[^\]:]|\[.*\]):(?P<port>\d+)")
_OTHER_PORT = r"(?::[0-9]*)?"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a condition depends on beside itself: the names of the mesh's trust domain, and
    whether a rule that matches refuses."""

    domains: TrustDomains
    refuses: bool


def principal_of(condition: CallCondition, meaning: Meaning) -> Principal:
    """A condition about who calls."""
    leaf = _WHO[condition.attribute]
    return _combined(
        PRINCIPALS,
        [leaf(condition, each, meaning) for each in condition.values],
        # What is excluded by a rule that refuses is let in, and the other way round.
        [leaf(condition, each, _turned(meaning)) for each in condition.excluded],
    )


def permission_of(condition: CallCondition, meaning: Meaning) -> Permission:
    """A condition about what is asked."""
    leaf = _WHAT[condition.attribute]
    return _combined(
        PERMISSIONS,
        [leaf(condition, each, meaning) for each in condition.values],
        [leaf(condition, each, _turned(meaning)) for each in condition.excluded],
    )


def is_about_caller(condition: CallCondition) -> bool:
    """Whether it is one about who calls."""
    return condition.attribute in _WHO


def _turned(meaning: Meaning) -> Meaning:
    return Meaning(meaning.domains, not meaning.refuses)


def _combined(terms: Terms[T], wanted: Sequence[T], excluded: Sequence[T]) -> T:
    parts = [terms.one_of(wanted)] if wanted else []
    parts += [terms.none_of(excluded)] if excluded else []
    return terms.all_of(parts)


Who = Callable[[CallCondition, ValueMatch, Meaning], Principal]


def _identity(condition: CallCondition, value: ValueMatch, meaning: Meaning) -> Principal:
    return identity_is(condition.attribute, value, meaning.domains)


def _direct_ip(condition: CallCondition, value: ValueMatch, meaning: Meaning) -> Principal:
    return Principal(direct_remote_ip=address_range(value.text))


def _remote_ip(condition: CallCondition, value: ValueMatch, meaning: Meaning) -> Principal:
    return Principal(remote_ip=address_range(value.text))


def _header(condition: CallCondition, value: ValueMatch, meaning: Meaning) -> Principal:
    match = header_has if meaning.refuses else header_is
    return match(condition.key[0], value)


_WHO: Mapping[Attribute, Who] = {
    Attribute.PRINCIPAL: _identity,
    Attribute.NAMESPACE: _identity,
    Attribute.SERVICE_ACCOUNT: _identity,
    Attribute.TRUST_DOMAIN: _identity,
    Attribute.DIRECT_IP: _direct_ip,
    Attribute.REMOTE_IP: _remote_ip,
    Attribute.REQUEST_PRINCIPAL: lambda condition, value, meaning: request_principal_is(value),
    Attribute.AUDIENCE: lambda condition, value, meaning: claim_is(("aud",), value),
    Attribute.PRESENTER: lambda condition, value, meaning: claim_is(("azp",), value),
    Attribute.CLAIM: lambda condition, value, meaning: claim_is(condition.key, value),
    Attribute.HEADER: _header,
}

What = Callable[[CallCondition, ValueMatch, Meaning], Permission]


def _pseudo_header(name: str, matcher: StringMatcher) -> Permission:
    return Permission(header=HeaderMatcher(name=name, string_match=matcher))


def _host(condition: CallCondition, value: ValueMatch, meaning: Meaning) -> Permission:
    """In any case, with or without the dot that ends a full name; any port where none is named.

    `user@host` and `host:x` are that host to some servers: a rule that refuses takes them for it,
    one that lets in does not.
    """
    user = rf"(?:{ANYTHING}@)?" if meaning.refuses else ""
    other_port = rf"(?::{ANYTHING})?" if meaning.refuses else _OTHER_PORT
    named = _PORT.fullmatch(value.text) if value.compare is ValueCompare.EXACT else None
    text = named["host"] if named else _without_last_dot(value)
    port = f":{named['port']}" if named else other_port
    pattern = pattern_of(ValueMatch(value.compare, text))
    return _pseudo_header(":authority", regex(rf"(?i){user}{pattern}\.?{port}"))


def _without_last_dot(value: ValueMatch) -> str:
    """A name with its dot is the name; a beginning with one (`api.*`) is not that of `apis`."""
    return value.text if value.compare is ValueCompare.PREFIX else value.text.removesuffix(".")


def _method(condition: CallCondition, value: ValueMatch, meaning: Meaning) -> Permission:
    return _pseudo_header(":method", text_matcher(value))


def _path(condition: CallCondition, value: ValueMatch, meaning: Meaning) -> Permission:
    """Without query and fragment."""
    permission = Permission()
    permission.url_path.path.CopyFrom(text_matcher(value))
    return permission


def _server_name(condition: CallCondition, value: ValueMatch, meaning: Meaning) -> Permission:
    return Permission(requested_server_name=regex(f"(?i){pattern_of(value)}"))


def _metadata(condition: CallCondition, value: ValueMatch, meaning: Meaning) -> Permission:
    """`[a]` is one of a list, as Istio has it."""
    name, *path = condition.key
    wanted, listed = ValueMatcher(), value.text.startswith("[") and value.text.endswith("]")
    inner = ValueMatch(value.compare, value.text[1:-1]) if listed else value
    place = wanted.list_match.one_of if listed else wanted
    place.string_match.CopyFrom(text_matcher(inner))
    return Permission(sourced_metadata=noted(name, path, wanted))


_WHAT: Mapping[Attribute, What] = {
    Attribute.HOST: _host,
    Attribute.METHOD: lambda condition, value, meaning: _pseudo_header(
        ":method", text_matcher(value)
    ),
    Attribute.PATH: _path,
    Attribute.DESTINATION_IP: lambda condition, value, meaning: Permission(
        destination_ip=address_range(value.text)
    ),
    Attribute.PORT: lambda condition, value, meaning: Permission(destination_port=int(value.text)),
    Attribute.SNI: _server_name,
    Attribute.FILTER_METADATA: _metadata,
}

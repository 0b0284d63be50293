"""Conditions of an authorization rule against a call: one table of permissions, one of principals.

Source: envoy.config.rbac.v3.Permission and Principal. A kind that is not in the tables cannot be
told, so that nothing is ever said to be allowed or refused by a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from envoy.config.rbac.v3 import rbac_pb2
from envoy.config.rbac.v3.rbac_pb2 import Permission, Principal, SourcedMetadata
from envoy.config.route.v3.route_components_pb2 import HeaderMatcher
from envoy.extensions.path.match.uri_template.v3.uri_template_match_pb2 import (
    UriTemplateMatchConfig,
)
from envoy.type.matcher.v3.path_pb2 import PathMatcher

from gossamer.explain.authorization.attributes import CallAttributes
from gossamer.explain.authorization.path_template import template_pattern
from gossamer.explain.authorization.truth import Truth, Unknown, all_of, any_of, negated
from gossamer.explain.authorization.values import address_in, metadata_is, text_is
from gossamer.explain.route.pattern import matches_whole
from gossamer.explain.route.route_match import header_matches


def permits(permission: Permission, call: CallAttributes) -> Truth:
    """Whether what is asked is what a Permission is about."""
    kind = permission.WhichOneof("rule")
    return _PERMISSIONS[kind](permission, call) if kind in _PERMISSIONS else _of_other_make(kind)


def is_principal(principal: Principal, call: CallAttributes) -> Truth:
    """Whether who calls is whom a Principal is about."""
    kind = principal.WhichOneof("identifier")
    return _PRINCIPALS[kind](principal, call) if kind in _PRINCIPALS else _of_other_make(kind)


def _of_other_make(kind: str | None) -> Unknown:
    return Unknown(f"a condition of a kind that explain does not know ({kind})")


def _header(match: HeaderMatcher, call: CallAttributes) -> Truth:
    value = call.header(match.name.lower())
    if isinstance(value, Unknown):
        return value
    return header_matches(match, value)


def _path(match: PathMatcher, call: CallAttributes) -> Truth:
    path = call.header(":path")
    return text_is(match.path, path.partition("?")[0] if isinstance(path, str) else path)


def _template(permission: Permission, call: CallAttributes) -> Truth:
    path, config = call.header(":path"), UriTemplateMatchConfig()
    if not permission.uri_template.typed_config.Unpack(config):
        return _of_other_make(permission.uri_template.name)
    if not isinstance(path, str):
        return False if path is None else path
    return matches_whole(template_pattern(config.path_template), path.partition("?")[0])


def _sourced(match: SourcedMetadata, call: CallAttributes) -> Truth:
    """Of metadata those that filters tell; what a route or host is labelled with is not known."""
    if match.metadata_source != rbac_pb2.DYNAMIC:
        return Unknown("the metadata of its route")
    return metadata_is(match.metadata_matcher, call.metadata)


def _in_ports(permission: Permission, call: CallAttributes) -> Truth:
    range_ = permission.destination_port_range
    return range_.start <= call.port < range_.end


def _authenticated(principal: Principal, call: CallAttributes) -> Truth:
    if call.peer is None:
        return False
    wanted = principal.authenticated
    if not wanted.HasField("principal_name"):
        return True
    if isinstance(call.peer, Unknown):
        return call.peer
    return any_of(text_is(wanted.principal_name, name) for name in call.peer)


_PERMISSIONS: Mapping[str | None, Callable[[Permission, CallAttributes], Truth]] = {
    "any": lambda rule, call: rule.any,
    "and_rules": lambda rule, call: all_of(permits(each, call) for each in rule.and_rules.rules),
    "or_rules": lambda rule, call: any_of(permits(each, call) for each in rule.or_rules.rules),
    "not_rule": lambda rule, call: negated(permits(rule.not_rule, call)),
    "header": lambda rule, call: _header(rule.header, call),
    "url_path": lambda rule, call: _path(rule.url_path, call),
    "uri_template": _template,
    "destination_ip": lambda rule, call: address_in(rule.destination_ip, call.destination_ip),
    "destination_port": lambda rule, call: rule.destination_port == call.port,
    "destination_port_range": _in_ports,
    "requested_server_name": lambda rule, call: text_is(
        rule.requested_server_name, call.server_name
    ),
    "metadata": lambda rule, call: metadata_is(rule.metadata, call.metadata),
    "sourced_metadata": lambda rule, call: _sourced(rule.sourced_metadata, call),
}

_PRINCIPALS: Mapping[str | None, Callable[[Principal, CallAttributes], Truth]] = {
    "any": lambda who, call: who.any,
    "and_ids": lambda who, call: all_of(is_principal(each, call) for each in who.and_ids.ids),
    "or_ids": lambda who, call: any_of(is_principal(each, call) for each in who.or_ids.ids),
    "not_id": lambda who, call: negated(is_principal(who.not_id, call)),
    "authenticated": _authenticated,
    "direct_remote_ip": lambda who, call: address_in(who.direct_remote_ip, call.direct_ip),
    "remote_ip": lambda who, call: address_in(who.remote_ip, call.remote_ip),
    "header": lambda who, call: _header(who.header, call),
    "url_path": lambda who, call: _path(who.url_path, call),
    "metadata": lambda who, call: metadata_is(who.metadata, call.metadata),
    "sourced_metadata": lambda who, call: _sourced(who.sourced_metadata, call),
}

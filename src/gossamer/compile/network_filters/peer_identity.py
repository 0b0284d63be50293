"""Whom a workload takes for a member of the mesh, beyond the root that signed them.

A certificate names one workload of this trust domain, of an alias of it or of a federated one, and
nothing else. Two things see to it. The TLS context demands an URI of that shape, so a handshake
without one fails. It is content if any of several matches, so a filter looks at all of them
together: Envoy gives them in one text, parted by commas, which the shape has no room for. The same
holds for DNS names, which Envoy writes into `X-Forwarded-Client-Cert` as they are.

The filter speaks when the caller's first bytes arrive. A server that speaks first has greeted by
then; nothing that such a caller sends reaches it.
"""

from __future__ import annotations

from functools import cache

from envoy.config.rbac.v3 import rbac_pb2
from envoy.config.rbac.v3.rbac_pb2 import Action
from envoy.extensions.filters.network.rbac.v3.rbac_pb2 import RBAC
from envoy.extensions.matching.common_inputs.ssl.v3.ssl_inputs_pb2 import DnsSanInput, UriSanInput
from google.protobuf.message import Message
from xds.type.matcher.v3.matcher_pb2 import Matcher

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.lookup.federation import admitted_domains
from gossamer.compile.lookup.peer_identity import workloads_of
from gossamer.compile.protos import packed
from gossamer.compile.side import Direction, Side

NAME = "envoy.filters.network.rbac"
_AT_MOST_ONE_NAME = r"([A-Za-z0-9*._-]*)"


def only_one_workload(read: TrackedLookup, side: Side) -> RBAC | None:
    """Close the connection of a peer whose certificate names anything else, or more."""
    if side.direction is not Direction.INBOUND or not side.mesh_tls:
        return None
    return _rules(admitted_domains(read))


@cache
def _rules(trust_domains: tuple[str, ...]) -> RBAC:
    rbac = RBAC(stat_prefix="peer")
    allowed = rbac.matcher.matcher_list.matchers.add()
    both = allowed.predicate.and_matcher.predicate
    _demand(both.add(), UriSanInput(), workloads_of(trust_domains))
    _demand(both.add(), DnsSanInput(), _AT_MOST_ONE_NAME)
    _decide(allowed.on_match, "one workload", rbac_pb2.RBAC.Action.ALLOW)
    _decide(rbac.matcher.on_no_match, "anything else", rbac_pb2.RBAC.Action.DENY)
    return rbac


def _demand(predicate: Matcher.MatcherList.Predicate, source: Message, pattern: str) -> None:
    single = predicate.single_predicate
    single.input.name = source.DESCRIPTOR.name
    single.input.typed_config.CopyFrom(packed(source))
    single.value_match.safe_regex.google_re2.SetInParent()
    single.value_match.safe_regex.regex = pattern


def _decide(on_match: Matcher.OnMatch, name: str, action: rbac_pb2.RBAC.Action.ValueType) -> None:
    on_match.action.name = name
    on_match.action.typed_config.CopyFrom(packed(Action(name=name, action=action)))

"""Configurations of discovered filters: each a resource of its own, for one workload.

A change of it changes no listener: connections live on, and the next request, or for network
filters the next connection, meets the new one (decision 37).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from google.protobuf.message import Message

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import WorkloadView
from gossamer.compile.http_filters import authorization, ext_authz
from gossamer.compile.http_filters.access_log import told_of_requests
from gossamer.compile.http_filters.tokens.jwt import told_of_tokens
from gossamer.compile.network_filters.access_log import told_of_connections
from gossamer.compile.network_filters.authorization import (
    others_of_connections,
    rules_for_connections,
)
from gossamer.compile.network_filters.rbac.decision import OTHERS, WATCHED
from gossamer.compile.protos import packed
from gossamer.contract.extension_names import Layer, ReporterSide, parse_extension
from gossamer.model.policies.workload.access_log import AccessLogging
from gossamer.model.policies.workload.authorization import Authorization
from gossamer.model.policies.workload.jwt import Jwt

Configure = Callable[[TrackedLookup, WorkloadView, ReporterSide], Message]

CONFIGURATIONS: Mapping[tuple[str, Layer], Configure] = {
    (AccessLogging.WORD, Layer.HTTP): told_of_requests,
    (AccessLogging.WORD, Layer.TCP): told_of_connections,
    (ext_authz.RULES, Layer.HTTP): ext_authz.requests_to_ask_about,
    (ext_authz.WORD, Layer.HTTP): ext_authz.authorizer_asked,
    (Authorization.WORD, Layer.HTTP): authorization.rules_for_requests,
    (WATCHED, Layer.HTTP): authorization.watched_of_requests,
    (OTHERS, Layer.HTTP): authorization.others_of_requests,
    (Authorization.WORD, Layer.TCP): rules_for_connections,
    (OTHERS, Layer.TCP): others_of_connections,
    (Jwt.WORD, Layer.HTTP): told_of_tokens,
}
"""By feature and layer, what the filter gets for a workload."""


def build_extension(
    read: TrackedLookup, view: WorkloadView, name: str
) -> TypedExtensionConfig | None:
    """The configuration of the filter of that name; None where no filter has it."""
    asked = parse_extension(name)
    configure = CONFIGURATIONS.get((asked.word, asked.layer)) if asked else None
    if asked is None or configure is None:
        return None
    return TypedExtensionConfig(
        name=name, typed_config=packed(configure(read, view, asked.reporter))
    )

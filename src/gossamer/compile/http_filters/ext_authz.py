"""The call to an external authorizer, for the requests that a CUSTOM policy speaks of.

Two discovered filters make it. The first looks whether a request matches a rule of a CUSTOM policy
and notes that in its metadata; the second asks about those that have the note. Where the
policies name nobody who can be asked, or several, the first refuses what it would have noted.
Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/ext_authz_filter
"""

from __future__ import annotations

from datetime import timedelta

from envoy.config.core.v3.config_source_pb2 import ApiVersion
from envoy.config.core.v3.grpc_service_pb2 import GrpcService
from envoy.config.core.v3.http_uri_pb2 import HttpUri
from envoy.extensions.filters.http.ext_authz.v3.ext_authz_pb2 import ExtAuthz, HttpService
from envoy.extensions.filters.http.rbac.v3.rbac_pb2 import RBAC
from envoy.extensions.filters.http.set_metadata.v3.set_metadata_pb2 import Config
from envoy.type.matcher.v3.metadata_pb2 import MetadataMatcher
from envoy.type.matcher.v3.string_pb2 import ListStringMatcher

from gossamer.compile.engine.discovered import Discovered
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import WorkloadView
from gossamer.compile.http_filters.arriving import where_calls_arrive
from gossamer.compile.lookup.authorization import trust_domains
from gossamer.compile.lookup.ext_authz import asking
from gossamer.compile.network_filters.rbac.decision import refusing_if
from gossamer.compile.network_filters.rbac.filled import filled
from gossamer.compile.protos import set_duration
from gossamer.compile.side import Side
from gossamer.contract.cluster_names import OPEN_POLICY, outbound_name
from gossamer.contract.extension_names import ReporterSide
from gossamer.contract.stream_metadata import POLICY_KEY, QUERY_KEY
from gossamer.model.workload.ext_authz import CheckedBody, ExternalAuthorizer, HttpCheck, RegoCheck

WORD = "ext_authz"
RULES = "ext_authz_rules"
LONGEST_WAIT = timedelta(seconds=600)
"""How long an authorizer is waited for without a timeout of its own, as in Istio."""

_RBAC = "envoy.filters.http.rbac"
_NOTES = "ext_authz_"
_RULE_NOTED = f"{_NOTES}shadow_effective_policy_id"


def rules_filter(read: TrackedLookup, side: Side) -> Discovered | None:
    """The filter that finds the requests to ask about; it guards, so there is no default."""
    return where_calls_arrive(side, RULES, RBAC)


def ext_authz_filter(read: TrackedLookup, side: Side) -> Discovered | None:
    """The filter that asks. Where there is nobody to ask it is one that does nothing."""
    return where_calls_arrive(side, WORD, ExtAuthz, idle=Config)


def requests_to_ask_about(read: TrackedLookup, view: WorkloadView, reporter: ReporterSide) -> RBAC:
    """The rules of CUSTOM policies: noted, or refused where nobody can be asked."""
    about = asking(read, view)
    if about is None:
        return RBAC()
    rules = refusing_if(about.policies, trust_domains(read))
    nobody = about.authorizer is None
    return filled(RBAC(), rules if nobody else None, None if nobody else rules, _NOTES)


def authorizer_asked(
    read: TrackedLookup, view: WorkloadView, reporter: ReporterSide
) -> ExtAuthz | Config:
    """The authorizer of the workload's CUSTOM policies, and how it is asked."""
    about = asking(read, view)
    if about is None or about.authorizer is None:
        return Config()
    return _ext_authz(read, about.authorizer)


def _ext_authz(read: TrackedLookup, authorizer: ExternalAuthorizer) -> ExtAuthz:
    config = ExtAuthz(
        transport_api_version=ApiVersion.V3,
        failure_mode_allow=authorizer.fail_open,
        clear_route_cache=authorizer.clear_route_cache,
        stat_prefix=WORD,
    )
    config.status_on_error.code = authorizer.status_on_error  # type: ignore[assignment]
    config.filter_enabled_metadata.CopyFrom(_if_noted())
    if authorizer.body is not None:
        _fill_body(config, authorizer.body)
    if authorizer.rego is not None:
        config.grpc_service.CopyFrom(_open_policy(authorizer, authorizer.rego))
        return config
    cluster = _cluster(read, authorizer)
    if authorizer.http is None:
        config.grpc_service.CopyFrom(_grpc(authorizer, cluster))
    else:
        _fill_http(config.http_service, authorizer, authorizer.http, cluster)
        if authorizer.http.sent:
            config.allowed_headers.CopyFrom(_names(authorizer.http.sent))
    return config


def _if_noted() -> MetadataMatcher:
    noted = MetadataMatcher(filter=_RBAC)
    noted.path.add(key=_RULE_NOTED)
    noted.value.present_match = True
    return noted


def _open_policy(authorizer: ExternalAuthorizer, rego: RegoCheck) -> GrpcService:
    """The process of this host that decides by Rego; which rule is meant goes with each check."""
    service = GrpcService()
    service.envoy_grpc.cluster_name = OPEN_POLICY
    service.initial_metadata.add(key=POLICY_KEY, value=rego.policy)
    service.initial_metadata.add(key=QUERY_KEY, value=rego.query)
    set_duration(service.timeout, authorizer.timeout or LONGEST_WAIT)
    return service


def _cluster(read: TrackedLookup, authorizer: ExternalAuthorizer) -> str:
    name = outbound_name(authorizer.port, authorizer.host)
    read.need(ResourceType.CLUSTER, name)
    read.need(ResourceType.ENDPOINTS, name)
    return name


def _fill_body(config: ExtAuthz, body: CheckedBody) -> None:
    config.with_request_body.max_request_bytes = body.largest
    config.with_request_body.allow_partial_message = body.partial
    config.with_request_body.pack_as_bytes = body.raw


def _grpc(authorizer: ExternalAuthorizer, cluster: str) -> GrpcService:
    service = GrpcService()
    service.envoy_grpc.cluster_name = cluster
    service.envoy_grpc.authority = _authority(authorizer)
    set_duration(service.timeout, authorizer.timeout or LONGEST_WAIT)
    return service


def _fill_http(
    service: HttpService, authorizer: ExternalAuthorizer, check: HttpCheck, cluster: str
) -> None:
    service.server_uri.CopyFrom(HttpUri(uri=f"http://{_authority(authorizer)}", cluster=cluster))
    set_duration(service.server_uri.timeout, authorizer.timeout or LONGEST_WAIT)
    service.path_prefix = check.prefix
    asked, answered = service.authorization_request, service.authorization_response
    for key, value in check.added:
        asked.headers_to_add.add(key=key, value=value)
    for names, target in (
        (check.to_upstream, answered.allowed_upstream_headers),
        (check.to_caller, answered.allowed_client_headers_on_success),
        (check.to_refused, answered.allowed_client_headers),
    ):
        if names:
            target.CopyFrom(_names(names))


def _names(names: tuple[str, ...]) -> ListStringMatcher:
    matchers = ListStringMatcher()
    for name in names:
        pattern = matchers.patterns.add(ignore_case=True)
        if name == "*":
            pattern.safe_regex.regex = ".*"
            pattern.ignore_case = False
        elif name.endswith("*"):
            pattern.prefix = name[:-1]
        elif name.startswith("*"):
            pattern.suffix = name[1:]
        else:
            pattern.exact = name
    return matchers


def _authority(authorizer: ExternalAuthorizer) -> str:
    return f"{authorizer.host}:{authorizer.port}"

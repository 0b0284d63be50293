"""MeshConfig's `extensionProviders`, as far as they are authorizers of CUSTOM policies."""

from __future__ import annotations

import re
from datetime import timedelta

from gossamer.dialects.values.hostname import is_host
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted
from gossamer.model.workload.ext_authz import (
    DENIED_ON_ERROR,
    CheckedBody,
    ExternalAuthorizer,
    HttpCheck,
    RegoCheck,
)

HTTP, GRPC, REGO = "envoyExtAuthzHttp", "envoyExtAuthzGrpc", "opa"
_LARGEST_BODY = 16 * 1024 * 1024
_REGO_TIMEOUT = timedelta(seconds=1)
_POLICY = re.compile(r"[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9.-]*")
_QUERY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)+")


def read_authorizers(config: Fields) -> tuple[ExternalAuthorizer, ...]:
    """The authorizers, each under its own name. One that cannot be read fails the whole config:
    a CUSTOM policy that names it would be left without anybody to ask."""
    authorizers: dict[str, ExternalAuthorizer] = {}
    for provider in config.each("extensionProviders"):
        authorizer = _provider(provider)
        if authorizer is None:
            continue
        if authorizer.name in authorizers:
            _tell_twice(provider, authorizer.name)
        authorizers.setdefault(authorizer.name, authorizer)
    return tuple(authorizers.values())


def _provider(provider: Fields) -> ExternalAuthorizer | None:
    name = provider.string("name", required=True)
    chosen = next((kind for kind in (HTTP, GRPC, REGO) if provider.has(kind)), None)
    if chosen is None:
        provider.unsupported(
            *(each for each in provider.names() if each != "name"),
            effect="this provider is not used; log and trace providers come later",
        )
        return None
    stanza = provider.child(chosen)
    if chosen == REGO:
        return _rego(stanza, name or "")
    host, port = stanza.string("service", required=True), stanza.port("port", required=True)
    provided = _authorizer(stanza, name or "", host or "", port or 0, chosen == HTTP)
    return provided if name and host and port else None


def _rego(stanza: Fields, name: str) -> ExternalAuthorizer | None:
    """Rego of a ConfigMap, which the plane pushes to where the proxies are."""
    policy = stanza.string("policy", required=True) or ""
    query = stanza.string("query", "envoy.authz.allow").removeprefix("data.")
    if policy and not _POLICY.fullmatch(policy):
        _tell_rego(stanza, "policy", policy, "NAMESPACE/NAME of a ConfigMap, such as opa/shop")
    if not _QUERY.fullmatch(query):
        _tell_rego(stanza, "query", query, "a package and its rule, such as envoy.authz.allow")
    return ExternalAuthorizer(
        name=name,
        rego=RegoCheck(policy, f"data.{query}"),
        timeout=stanza.duration("timeout", _REGO_TIMEOUT),
        fail_open=stanza.boolean("failOpen", False),
        status_on_error=_status(stanza),
        body=_body(stanza.child("includeRequestBodyInCheck"), over_http=False),
    )


def _tell_rego(stanza: Fields, field: str, text: str, wanted: str) -> None:
    stanza.report(
        f"{dotted((*stanza.path, field))} is {quoted(text)}, which names no Rego",
        "CUSTOM policies would refuse every call",
        f"Write {wanted}",
        field=field,
        code="invalid-reference",
    )


def _authorizer(
    stanza: Fields, name: str, service: str, port: int, over_http: bool
) -> ExternalAuthorizer:
    namespace, _, host = service.rpartition("/")
    if service and not is_host(host):
        _tell_host(stanza, service)
    return ExternalAuthorizer(
        name=name,
        host=host.lower(),
        port=port,
        namespace=namespace,
        http=_http(stanza) if over_http else None,
        timeout=stanza.duration("timeout"),
        fail_open=stanza.boolean("failOpen", False),
        status_on_error=_status(stanza),
        body=_body(stanza.child("includeRequestBodyInCheck"), over_http),
        clear_route_cache=stanza.boolean("clearRouteCache", False),
    )


def _http(stanza: Fields) -> HttpCheck:
    older = stanza.strings("includeHeadersInCheck")
    return HttpCheck(
        prefix=stanza.string("pathPrefix", ""),
        sent=_header_names(stanza, "includeRequestHeadersInCheck") or older,
        added=tuple(sorted(stanza.string_map("includeAdditionalHeadersInCheck").items())),
        to_upstream=_header_names(stanza, "headersToUpstreamOnAllow"),
        to_caller=_header_names(stanza, "headersToDownstreamOnAllow"),
        to_refused=_header_names(stanza, "headersToDownstreamOnDeny"),
    )


def _header_names(stanza: Fields, field: str) -> tuple[str, ...]:
    names = stanza.strings(field)
    for name in names:
        if (not name.strip("*") and name != "*") or "*" in name[1:-1]:
            stanza.report(
                f"{dotted((*stanza.path, field))} has {quoted(name)}, which is not the name of a "
                "header, nor one that begins or ends with *",
                "the settings are refused, because a check would miss a header",
                "Write a name such as x-user, x-* or *-id",
                field=field,
                code="invalid-header",
            )
    return tuple(name.lower() for name in names)


def _status(stanza: Fields) -> int:
    """Istio writes it as a string."""
    text = stanza.integer_or_string("statusOnError")
    if text is None:
        return DENIED_ON_ERROR
    status = int(text) if str(text).isdecimal() and len(str(text)) == 3 else 0
    if not 400 <= status <= 599:
        stanza.report(
            f"{dotted((*stanza.path, 'statusOnError'))} is {quoted(str(text))}, outside 400-599",
            "a call that nobody checked could be answered as if all were well",
            "Write the status of a refusal, such as 403 or 503",
            field="statusOnError",
            code="out-of-range",
        )
    return status or DENIED_ON_ERROR


def _body(stanza: Fields, over_http: bool) -> CheckedBody | None:
    largest = stanza.integer("maxRequestBytes", low=1, high=_LARGEST_BODY)
    partial = stanza.boolean("allowPartialMessage", False)
    raw = stanza.boolean("packAsBytes", False)
    if largest is None:
        return None
    return CheckedBody(largest, partial, raw and not over_http)


def _tell_twice(provider: Fields, name: str) -> None:
    provider.report(
        f"{dotted(provider.path)} has the name {quoted(name)} of another provider",
        "it is ambiguous which of them a CUSTOM policy asks",
        "Give each provider a name of its own",
        field="name",
        code="duplicate-name",
    )


def _tell_host(stanza: Fields, service: str) -> None:
    stanza.report(
        f"{dotted((*stanza.path, 'service'))} is {quoted(service)}, which is not a valid host",
        "nobody could be asked, and CUSTOM policies would refuse every call",
        "Write the service's full name, such as opa.opa.svc.cluster.local, or NAMESPACE/HOST",
        field="service",
        code="invalid-host",
    )

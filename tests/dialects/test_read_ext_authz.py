"""MeshConfig's extensionProviders: who may be asked, and what is wrong with the words."""

from __future__ import annotations

from datetime import timedelta

import pytest
import yaml

from gossamer.dialects.read import read_manifest
from gossamer.manifests.read import read_text
from gossamer.model.settings import Settings
from gossamer.model.workload.ext_authz import CheckedBody, ExternalAuthorizer, HttpCheck


def providers(text: str) -> tuple[tuple[ExternalAuthorizer, ...] | None, list[tuple[str, str]]]:
    """The authorizers of a MeshConfig (None if it is refused), and its findings."""
    document = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "istio", "namespace": "istio-system"},
        "data": {"mesh": f"extensionProviders: {text}\n"},
    }
    (manifest,), _ = read_text(yaml.safe_dump(document), "mesh.yaml")
    result = read_manifest(manifest)
    findings = [
        (each.origin.field.removeprefix("data.mesh.extensionProviders"), each.code)
        for each in result.findings
    ]
    fragments = result.contribution.fragments if result.contribution else ()
    settings = next((each for each in fragments if isinstance(each, Settings)), None)
    return (settings.authorizers if settings else None), findings


def test_an_authorizer_over_http() -> None:
    """Every field of Istio's HTTP provider, names of headers in lower case."""
    authorizers, findings = providers(
        "[{name: web, envoyExtAuthzHttp: {service: auth/check.auth.svc.cluster.local, port: 8000, "
        "timeout: 2s, failOpen: true, statusOnError: '503', pathPrefix: /v1, "
        "includeRequestHeadersInCheck: [X-User, x-*], headersToUpstreamOnAllow: ['*-id'], "
        "includeAdditionalHeadersInCheck: {x-mesh: g}, headersToDownstreamOnAllow: [set-cookie], "
        "headersToDownstreamOnDeny: ['*'], clearRouteCache: true, "
        "includeRequestBodyInCheck: {maxRequestBytes: 10, allowPartialMessage: true}}}]"
    )
    assert findings == []
    assert authorizers == (
        ExternalAuthorizer(
            "web",
            "check.auth.svc.cluster.local",
            8000,
            "auth",
            HttpCheck(
                "/v1", ("x-user", "x-*"), (("x-mesh", "g"),), ("*-id",), ("set-cookie",), ("*",)
            ),
            timeout=timedelta(seconds=2),
            fail_open=True,
            status_on_error=503,
            body=CheckedBody(10, partial=True),
            clear_route_cache=True,
        ),
    )


def test_an_authorizer_over_grpc_refuses_where_it_cannot_be_asked() -> None:
    """Fail closed, with 403, unless the mesh says otherwise."""
    authorizers, findings = providers(
        "[{name: rpc, envoyExtAuthzGrpc: {service: opa.opa.svc.cluster.local, port: 9191}}]"
    )
    assert (authorizers, findings) == (
        (ExternalAuthorizer("rpc", "opa.opa.svc.cluster.local", 9191),),
        [],
    )


def test_other_providers_are_told_and_left() -> None:
    """A provider of traces is known, and no authorizer."""
    authorizers, findings = providers("[{name: z, zipkin: {service: z, port: 9411}}]")
    assert (authorizers, findings) == ((), [("[0].zipkin", "unsupported-field")])


WHOLE = "{name: a, envoyExtAuthzGrpc: {service: a.b, port: 1}}"


def grpc(stanza: str) -> str:
    """One provider over gRPC with this stanza."""
    return f"[{{name: a, envoyExtAuthzGrpc: {stanza}}}]"


@pytest.mark.parametrize(
    ("text", "field", "code"),
    [
        ("[{envoyExtAuthzGrpc: {service: a.b, port: 1}}]", "name", "missing-field"),
        (grpc("{port: 1}"), "envoyExtAuthzGrpc.service", "missing-field"),
        (grpc("{service: a.b}"), "envoyExtAuthzGrpc.port", "missing-field"),
        (grpc("{service: 'a b', port: 1}"), "envoyExtAuthzGrpc.service", "invalid-host"),
        (
            grpc("{service: a.b, port: 1, statusOnError: '200'}"),
            "envoyExtAuthzGrpc.statusOnError",
            "out-of-range",
        ),
        (
            grpc("{service: a.b, port: 1, timeout: soon}"),
            "envoyExtAuthzGrpc.timeout",
            "wrong-type",
        ),
        (
            "[{name: a, envoyExtAuthzHttp: "
            "{service: a.b, port: 1, headersToUpstreamOnAllow: [a*b]}}]",
            "envoyExtAuthzHttp.headersToUpstreamOnAllow",
            "invalid-header",
        ),
    ],
)
def test_what_cannot_be_meant_refuses_the_settings(text: str, field: str, code: str) -> None:
    """The previous settings stay in effect: no CUSTOM policy is left without anybody to ask."""
    authorizers, findings = providers(text)
    assert authorizers is None
    assert (f"[0].{field}", code) in findings


def test_two_providers_of_one_name_are_refused() -> None:
    """Whom a CUSTOM policy asks must not depend on an order."""
    authorizers, findings = providers(f"[{WHOLE}, {WHOLE}]")
    assert (authorizers, findings) == (None, [("[1].name", "duplicate-name")])

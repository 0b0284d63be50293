"""`tls` of a listener: the certificates that it serves with.

A certificate may lie in another namespace; whether a ReferenceGrant allows that is seen where
all objects are at hand.
"""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.dialects.gatewayapi.words import check_namespace
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.policies import NO_POLICIES, Policies, policies
from gossamer.model.policies.server_tls import ServerTls, ServerTlsMode


def read_server_tls(item: Fields, secured: bool, home: str) -> Policies | None:
    """The listener's TLS policies; None where it must stay closed for what we cannot do."""
    stanza = item.child("tls")
    mode = stanza.one_of("mode", ("Terminate", "Passthrough"), "Terminate")
    stanza.unsupported("options", effect="TLS is served as by default")
    stanza.unsupported("frontendValidation", effect="clients' certificates are not checked")
    secrets = tuple(_secrets(stanza, home))
    if not secured:
        if stanza:
            _tell_plain(item)
        return NO_POLICIES
    if mode == "Passthrough":
        _tell_passthrough(stanza)
        return None
    if not secrets and not stanza.failed:
        item.report(
            f"{dotted(stanza.path)} names no certificate",
            "HTTPS cannot be served",
            "Name a TLS Secret in tls.certificateRefs",
            field="tls",
            code="missing-field",
        )
    return policies(ServerTls(ServerTlsMode.SIMPLE, secrets))


def _secrets(stanza: Fields, home: str) -> Iterator[str]:
    for ref in stanza.each("certificateRefs"):
        group, kind = ref.string("group", ""), ref.string("kind", "Secret")
        name = ref.string("name", required=True)
        namespace = ref.string("namespace") or home
        check_namespace(ref)
        if (group, kind) != ("", "Secret"):
            _tell_kind(ref, kind)
        elif name is not None:
            yield f"{namespace}/{name}"


def _tell_kind(ref: Fields, kind: str) -> None:
    ref.report(
        f"{dotted(ref.path)} refers to a {kind}, which holds no certificate",
        "HTTPS cannot be served with it",
        "Refer to a Secret of type kubernetes.io/tls",
        field="kind",
        code="invalid-reference",
    )


def _tell_plain(item: Fields) -> None:
    item.report(
        f"{dotted((*item.path, 'tls'))} is set on a listener that does not use TLS",
        "the API server refuses the Gateway; the port would be open in plaintext",
        "Set protocol: HTTPS, or remove tls",
        field="tls",
        code="no-effect",
    )


def _tell_passthrough(stanza: Fields) -> None:
    stanza.report(
        f"{dotted(stanza.path)} is Passthrough on an HTTPS listener",
        "the API server refuses the Gateway; this listener is not opened",
        "Use Terminate, or protocol: TLS",
        field="mode",
    )

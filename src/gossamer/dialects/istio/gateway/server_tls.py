"""`tls` of a gateway's server: the certificate that it serves with, or the way to HTTPS."""

from __future__ import annotations

from gossamer.dialects.istio.gateway.server_sources import check_sources
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.finding import Severity
from gossamer.model.policies import NO_POLICIES, Policies, policies
from gossamer.model.policies.server_tls import HttpsRedirect, ServerTls, ServerTlsMode
from gossamer.model.traffic.service import Protocol

_NOT_YET = ("PASSTHROUGH", "MUTUAL", "ISTIO_MUTUAL", "OPTIONAL_MUTUAL", "AUTO_PASSTHROUGH")
_THROUGH = ("PASSTHROUGH", "AUTO_PASSTHROUGH")
_FILES = ("serverCertificate", "privateKey", "caCertificates", "tlsCertificates")
_NARROWING = (
    "caCertCredentialName",
    "subjectAltNames",
    "verifyCertificateSpki",
    "verifyCertificateHash",
    "minProtocolVersion",
    "maxProtocolVersion",
    "cipherSuites",
    "caCrl",
)


def read_server_tls(server: Fields, protocol: Protocol | None) -> Policies | None:
    """The listener's TLS policies; None where it must stay closed for what we cannot do."""
    stanza = server.child("tls")
    secured = protocol in (Protocol.HTTPS, Protocol.TLS)
    mode = stanza.one_of("mode", ("SIMPLE", *_NOT_YET), "PASSTHROUGH" if secured else "SIMPLE")
    redirect = stanza.boolean("httpsRedirect", False)
    one, many = stanza.string("credentialName"), stanza.strings("credentialNames")
    names = many or ((one,) if one else ())
    stanza.unsupported(*_NARROWING, effect="TLS is not restricted by it")
    if secured and stanza:
        check_sources(stanza, mode)
    if stanza.failed:
        return None
    if not secured:
        stanza.skip(*_FILES)
        _tell_plain(stanza, mode, bool(names))
        if redirect and not (protocol and protocol.is_http):
            _tell_no_redirect(stanza)
        return policies(HttpsRedirect()) if redirect else NO_POLICIES
    if not stanza:
        _tell_missing(server, protocol)
        return None
    if mode != "SIMPLE":
        _tell_closed(stanza, "mode", f"the mode {mode}")
        return None
    if not names:
        _tell_closed(stanza, None, "TLS without credentialName")
        return None
    return policies(ServerTls(ServerTlsMode.SIMPLE, names))


def _tell_missing(server: Fields, protocol: Protocol | None) -> None:
    server.report(
        f"{dotted(server.path)} speaks {protocol.value if protocol else 'TLS'} but has no tls",
        "there is no certificate to serve with",
        "Set tls: {mode: SIMPLE, credentialName: NAME}, NAME being a TLS Secret",
        field="tls",
        code="missing-field",
    )


def _tell_no_redirect(stanza: Fields) -> None:
    stanza.report(
        f"{dotted((*stanza.path, 'httpsRedirect'))} is set at a port that does not speak HTTP",
        "no request is redirected",
        "Set the port's protocol to HTTP, or remove it",
        field="httpsRedirect",
        severity=Severity.WARNING,
        code="no-effect",
    )


def _tell_plain(stanza: Fields, mode: str, named: bool) -> None:
    """Who writes a certificate here thinks that the port is secured."""
    if (stanza.has("mode") and mode not in _THROUGH) or named:
        stanza.report(
            f"{dotted(stanza.path)} is set on a port that does not use TLS",
            "Istio refuses it; the port would be open in plaintext",
            "Set the port's protocol to HTTPS, or remove mode and credentialName",
            field="mode" if stanza.has("mode") else None,
            code="no-effect",
        )


def _tell_closed(stanza: Fields, field: str | None, what: str) -> None:
    stanza.skip(*_FILES)
    stanza.report(
        f"{dotted(stanza.path)} asks for {what}, which is not supported yet",
        "this port stays closed",
        "Use the mode SIMPLE, with credentialName set to a TLS Secret",
        field=field if field and stanza.has(field) else None,
        severity=Severity.WARNING,
        code="unsupported-field",
    )

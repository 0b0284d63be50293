"""`tls` of a gateway's server: the certificate that it serves with, or the way to HTTPS."""

from __future__ import annotations

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.finding import Severity
from gossamer.model.policies import NO_POLICIES, Policies, policies
from gossamer.model.policies.server_tls import HttpsRedirect, ServerTls, ServerTlsMode
from gossamer.model.service import Protocol

_NOT_YET = ("PASSTHROUGH", "MUTUAL", "ISTIO_MUTUAL", "OPTIONAL_MUTUAL", "AUTO_PASSTHROUGH")
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


def read_server_tls(server: Fields, protocol: Protocol | None, home: str) -> Policies | None:
    """The listener's TLS policies; None where it must stay closed for what we cannot do."""
    stanza = server.child("tls")
    secured = protocol in (Protocol.HTTPS, Protocol.TLS)
    mode = stanza.one_of("mode", ("SIMPLE", *_NOT_YET), "PASSTHROUGH" if secured else "SIMPLE")
    redirect = stanza.boolean("httpsRedirect", False)
    one, many = stanza.string("credentialName"), stanza.strings("credentialNames")
    names = many or ((one,) if one else ())
    stanza.unsupported(*_NARROWING, effect="TLS is not narrowed by it")
    if stanza.failed:
        return None
    if not secured:
        stanza.skip(*_FILES)
        return policies(HttpsRedirect()) if redirect else NO_POLICIES
    if mode != "SIMPLE":
        _tell_closed(stanza, "mode", f"the mode {mode}")
        return None
    if not names:
        _tell_closed(stanza, None, "TLS without credentialName")
        return None
    secrets = tuple(name if "/" in name else f"{home}/{name}" for name in names)
    return policies(ServerTls(ServerTlsMode.SIMPLE, secrets))


def _tell_closed(stanza: Fields, field: str | None, what: str) -> None:
    stanza.skip(*_FILES)
    stanza.report(
        f"{dotted(stanza.path)} asks for {what}, which is not supported",
        "this port stays closed",
        "Use the mode SIMPLE, with credentialName set to a TLS Secret",
        field=field if field and stanza.has(field) else None,
        severity=Severity.WARNING,
        code="unsupported-field",
    )

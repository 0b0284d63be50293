"""Where a gateway's certificate comes from: one place, and one that its mode can have."""

from __future__ import annotations

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.finding import Severity

_SOURCES = ("credentialName", "credentialNames", "serverCertificate", "tlsCertificates")
_OWN = ("serverCertificate", "privateKey", "caCertificates", "tlsCertificates")
_SERVING = ("SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL")
_ROOTS = ("credentialName", "credentialNames", "caCertificates", "caCertCredentialName")
_THROUGH = ("PASSTHROUGH", "AUTO_PASSTHROUGH")


def check_sources(stanza: Fields, mode: str) -> None:
    """Report certificates from two places, and those that the mode does not use."""
    sources = [name for name in _SOURCES if stanza.has(name)]
    ignored = [name for name in dict.fromkeys((*sources, *_OWN)) if stanza.has(name)]
    if mode == "ISTIO_MUTUAL" and ignored:
        _tell_mesh(stanza, ignored)
    elif mode in _THROUGH and stanza.has("mode") and ignored:
        _tell_unused(stanza, mode, ignored)
    elif len(sources) > 1:
        _tell_two(stanza, sources)
    elif mode in _SERVING:
        _check_serving(stanza, mode)
    if mode == "SIMPLE" and stanza.has("caCrl"):
        _tell_crl(stanza)


def _check_serving(stanza: Fields, mode: str) -> None:
    """Who ends TLS needs a certificate with its key, and the roots of clients that show one."""
    if not any(stanza.has(name) for name in _SOURCES):
        _tell_lack(stanza, mode, "no certificate", "credentialName to a TLS Secret")
    elif stanza.has("serverCertificate") and not stanza.has("privateKey"):
        _tell_lack(stanza, mode, "no key for its certificate", "privateKey too, or credentialName")
    elif mode == "MUTUAL" and not any(stanza.has(name) for name in _ROOTS):
        _tell_lack(stanza, mode, "no root certificates for its clients", "caCertificates")


def _tell_lack(stanza: Fields, mode: str, what: str, remedy: str) -> None:
    stanza.report(
        f"{dotted(stanza.path)} is {mode} but has {what}",
        "Istio refuses it; TLS could not be served",
        f"Set {remedy}",
        field="mode" if stanza.has("mode") else None,
        code="missing-field",
    )


def _tell_mesh(stanza: Fields, names: list[str]) -> None:
    stanza.report(
        f"{dotted(stanza.path)} has {' and '.join(names)} beside mode: ISTIO_MUTUAL",
        "Istio refuses it: that mode serves with the mesh's own identity",
        f"Remove {' and '.join(names)}, or use SIMPLE or MUTUAL",
        field=names[0],
    )


def _tell_unused(stanza: Fields, mode: str, names: list[str]) -> None:
    stanza.report(
        f"{dotted(stanza.path)} has {' and '.join(names)} beside mode: {mode}",
        "they are not used: TLS is not ended at the gateway",
        f"Remove {' and '.join(names)}, or use SIMPLE",
        field=names[0],
        severity=Severity.WARNING,
        code="no-effect",
    )


def _tell_two(stanza: Fields, names: list[str]) -> None:
    stanza.report(
        f"{dotted(stanza.path)} has {' and '.join(names)}",
        "it is ambiguous which certificate to serve",
        f"Keep {names[0]}, or one of the others",
        field=names[1],
    )


def _tell_crl(stanza: Fields) -> None:
    stanza.report(
        f"{dotted((*stanza.path, 'caCrl'))} is set beside mode: SIMPLE",
        "Istio refuses it: no client presents a certificate",
        "Use MUTUAL, or remove it",
        field="caCrl",
    )

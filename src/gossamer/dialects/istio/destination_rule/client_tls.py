"""`tls` of a traffic policy: the TLS that a client's proxy originates."""

from __future__ import annotations

from gossamer.dialects.values.hostname import is_host, tell_bad_host
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted
from gossamer.model.finding import Severity
from gossamer.model.policies.client_tls import ClientTls, ClientTlsMode

_MODES = {mode.value: mode for mode in ClientTlsMode}
_OWN = (ClientTlsMode.SIMPLE, ClientTlsMode.MUTUAL)
_FILES = ("clientCertificate", "privateKey", "caCertificates")
_SYSTEM_ROOTS = (
    "system",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/cert.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
)
"""What means the roots that the system trusts: Istio's word, and where systems keep them."""


def read_client_tls(policy: Fields) -> ClientTls | None:
    """The settings; None where there are none, or errors in them (`tls` failed)."""
    stanza = policy.child("tls")
    if not stanza:
        return None
    mode = stanza.one_of("mode", _MODES, ClientTlsMode.DISABLE)
    files = _files(stanza)
    tls = ClientTls(
        mode=mode,
        sni=stanza.string("sni", ""),
        subject_alt_names=stanza.strings("subjectAltNames"),
        credential=stanza.string("credentialName", ""),
        of_files=bool(files) and mode in _OWN,
        insecure=stanza.boolean("insecureSkipVerify", False),
    )
    _check_unchecked(stanza, tls)
    _check_sources(stanza, tls)
    if tls.sni and not is_host(tls.sni):
        tell_bad_host(stanza, "sni", tls.sni)
    stanza.unsupported("caCrl", effect="revoked certificates are accepted")
    if "/" in tls.credential:
        _tell_foreign(stanza, tls.credential)
    _tell_roots(stanza, tls)
    if tls.of_files and not stanza.failed:
        _tell_files(stanza, files)
    if mode is ClientTlsMode.MUTUAL and not _has_certificate(stanza):
        stanza.report(
            f"{dotted(stanza.path)} is MUTUAL but has no client certificate",
            "connections would fail",
            "Set credentialName to a Secret with the certificate and its key",
            field="mode",
            code="missing-field",
        )
    return None if stanza.failed else tls


def _files(stanza: Fields) -> tuple[str, ...]:
    """The fields that name files; the system's own roots are no file of anybody's."""
    files = {name: stanza.string(name, "") for name in _FILES}
    return tuple(name for name, path in files.items() if path and path not in _SYSTEM_ROOTS)


def _tell_files(stanza: Fields, files: tuple[str, ...]) -> None:
    """A lab's proxies have the rights of whoever runs it, so a path could name any file of theirs.

    What Istio reads is the file system of the pod's proxy, which nobody has here.
    """
    stanza.report(
        f"{dotted(stanza.path)} names files in {' and '.join(files)}, which is not supported yet",
        "no connection is made: proxies read no files, and no server is trusted without them",
        "Put the certificates into a Secret beside the clients, and name it in credentialName",
        field=files[0],
        severity=Severity.WARNING,
        code="unsupported-field",
    )


def _tell_foreign(stanza: Fields, credential: str) -> None:
    stanza.report(
        f"{dotted((*stanza.path, 'credentialName'))} is {quoted(credential)}, which "
        "includes a namespace",
        "connections would fail: clients use a Secret of their own namespace, never of others",
        "Put the Secret into the namespace of the clients and of this DestinationRule, and write "
        "its name alone",
        field="credentialName",
        code="invalid-reference",
    )


def _check_unchecked(stanza: Fields, tls: ClientTls) -> None:
    """With insecureSkipVerify nothing is checked, whatever stands beside it."""
    beside = [name for name in ("subjectAltNames", "caCertificates") if stanza.has(name)]
    if tls.credential and tls.mode is ClientTlsMode.SIMPLE:
        beside.append("credentialName")
    if tls.insecure and beside and tls.mode in _OWN:
        stanza.report(
            f"{dotted(stanza.path)} has insecureSkipVerify beside {' and '.join(beside)}",
            "the server's certificate would not be checked against these",
            f"Remove insecureSkipVerify, or {' and '.join(beside)}",
            field="insecureSkipVerify",
        )


def _check_sources(stanza: Fields, tls: ClientTls) -> None:
    """Certificates come from a Secret, from files or from the mesh, never from two of them."""
    files = [name for name in _FILES if stanza.has(name)]
    other = "credentialName" if tls.credential and tls.mode in _OWN else ""
    if tls.mode is ClientTlsMode.ISTIO_MUTUAL:
        other = "mode: ISTIO_MUTUAL"
        files += ["credentialName"] if tls.credential else []
    if other and files:
        stanza.report(
            f"{dotted(stanza.path)} has {' and '.join(files)} beside {other}",
            "it is ambiguous which certificates apply",
            f"Keep {other}, or {' and '.join(files)}",
            field=files[0],
        )


def _tell_roots(stanza: Fields, tls: ClientTls) -> None:
    of_somebody = tls.of_files or tls.credential or stanza.has("caCertificates")
    is_checked = tls.insecure or of_somebody or tls.mode not in _OWN
    if not is_checked and not stanza.failed:
        stanza.report(
            f"{dotted(stanza.path)} has no root certificates for the server",
            "the server is checked against the system's root certificates",
            "Set credentialName if the server has a private root, or caCertificates: system",
            severity=Severity.INFO,
            code="system-roots",
        )


def _has_certificate(stanza: Fields) -> bool:
    named = [bool(stanza.string(name)) for name in ("clientCertificate", "privateKey")]
    return bool(stanza.string("credentialName")) or all(named)

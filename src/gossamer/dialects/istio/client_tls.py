"""`tls` of a traffic policy: the TLS that a client's proxy originates."""

from __future__ import annotations

from gossamer.dialects.hostname import is_host, tell_bad_host
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted
from gossamer.model.policies.client_tls import ClientTls, ClientTlsMode

_MODES = {mode.value: mode for mode in ClientTlsMode}


def read_client_tls(policy: Fields) -> ClientTls | None:
    """The settings; None where there are none, or errors in them (`tls` failed)."""
    stanza = policy.child("tls")
    if not stanza:
        return None
    mode = stanza.one_of("mode", _MODES, ClientTlsMode.DISABLE)
    found = ClientTls(
        mode=mode,
        sni=stanza.string("sni", ""),
        subject_alt_names=stanza.strings("subjectAltNames"),
        credential=stanza.string("credentialName", ""),
        chain_path=stanza.string("clientCertificate", ""),
        key_path=stanza.string("privateKey", ""),
        roots_path=stanza.string("caCertificates", ""),
        insecure=stanza.boolean("insecureSkipVerify", False),
    )
    if found.sni and not is_host(found.sni):
        tell_bad_host(stanza, "sni", found.sni)
    stanza.unsupported("caCrl", effect="revoked certificates are accepted")
    if "/" in found.credential:
        _tell_foreign(stanza, found.credential)
    if mode is ClientTlsMode.MUTUAL and not _has_certificate(found):
        stanza.report(
            f"{dotted(stanza.path)} is MUTUAL and names no certificate of the client",
            "no connection could be made",
            "Set credentialName, or clientCertificate and privateKey",
            field="mode",
            code="missing-field",
        )
    return None if stanza.failed else found


def _tell_foreign(stanza: Fields, credential: str) -> None:
    stanza.report(
        f"{dotted((*stanza.path, 'credentialName'))} is {quoted(credential)}, a Secret with its "
        "namespace",
        "no connection could be made: clients use a Secret of their own namespace, never of others",
        "Put the Secret into the namespace of the clients and of this DestinationRule, and write "
        "its name alone",
        field="credentialName",
        code="invalid-reference",
    )


def _has_certificate(tls: ClientTls) -> bool:
    return bool(tls.credential or (tls.chain_path and tls.key_path))

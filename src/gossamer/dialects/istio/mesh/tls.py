"""MeshConfig's `meshMTLS` and `tlsDefaults`: TLS between workloads, and with everybody else."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from gossamer.manifests.fields import Fields
from gossamer.model.finding import Severity
from gossamer.model.tls_parameters import (
    CIPHER_SUITES,
    CURVES,
    TlsParameters,
    TlsVersion,
)

_VERSIONS: dict[str, TlsVersion | None] = {
    "TLS_AUTO": None,
    **{version.value: version for version in TlsVersion},
}


def read_tls(stanza: Fields, otherwise: TlsParameters) -> TlsParameters:
    """What the stanza says, and the given parameters where it says nothing."""
    minimum = stanza.one_of("minProtocolVersion", _VERSIONS)
    suites = _known(stanza, "cipherSuites", CIPHER_SUITES)
    curves = _known(stanza, "ecdhCurves", CURVES)
    return replace(
        otherwise,
        minimum=minimum or otherwise.minimum,
        cipher_suites=suites or otherwise.cipher_suites,
        curves=curves or otherwise.curves,
    )


def _known(stanza: Fields, field: str, known: Collection[str]) -> tuple[str, ...]:
    """Those that Envoy knows; it would refuse the whole listener for another one."""
    names = dict.fromkeys(stanza.strings(field))
    for at, name in enumerate(names):
        if name not in known:
            stanza.report(
                f"{name!r:.60} is not a name that Envoy knows",
                "it is left out; where none is left, the mesh's default applies",
                f"Use of {', '.join(known)}",
                field=(field, at),
                severity=Severity.WARNING,
                code="unknown-value",
            )
    return tuple(name for name in names if name in known)

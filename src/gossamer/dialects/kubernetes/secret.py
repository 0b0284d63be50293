"""Secrets with a TLS certificate in them, in Kubernetes' and in Istio's spelling.

Nothing of a secret's content ever stands in a finding: a field that is wrong is named, not quoted.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping

from gossamer.dialects.kubernetes.certificate import fault_of_chain, fault_of_pair, leaf_of
from gossamer.dialects.reading import ObjectFragments
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest
from gossamer.model.finding import Finding
from gossamer.model.traffic.secret import Secret

TLS = "kubernetes.io/tls"
_CHAIN = ("tls.crt", "cert")
_KEY = ("tls.key", "key")
_ROOTS = ("ca.crt", "cacert")


def read_secret(manifest: Manifest, findings: list[Finding]) -> ObjectFragments | None:
    """A TLS secret; of any other sort nothing is kept and nothing is reported."""
    with Fields(manifest, (), findings) as top:
        top.skip("immutable")
        kind = top.value("type")
        held = {**_decoded(top, kind), **_plain(top)}
        chain = _pem(top, held, _CHAIN, b"CERTIFICATE-----")
        key = _pem(top, held, _KEY, b"PRIVATE KEY-----")
        roots = _pem(top, held, _ROOTS, b"CERTIFICATE-----")
        if kind == TLS and not (set(_CHAIN) & held.keys() and set(_KEY) & held.keys()):
            _tell(top, "data", f"a Secret of type {TLS} has no tls.crt or no tls.key")
        _check(top, chain, key, roots)
        if bool(chain) != bool(key) and kind != TLS and not roots:
            return None
        if top.failed:
            return None
    if not (chain or roots):
        return None
    leaf = leaf_of(chain) if chain else None
    secret = Secret(manifest.ref, manifest.namespace, manifest.name, chain, key, roots, leaf)
    return ObjectFragments((secret,))


def _decoded(top: Fields, kind: object) -> dict[str, bytes]:
    """The base64 values of `data`. Only those that we use are looked at."""
    values = {}
    for name, value in _wanted(top, "data"):
        try:
            values[name] = b64decode("".join(value.split()), validate=True)
        except (binascii.Error, ValueError, AttributeError):
            if kind == TLS or "." in name:
                _tell(top, ("data", name), f"data[{name}] is not base64")
    return values


def _plain(top: Fields) -> dict[str, bytes]:
    """The values of `stringData`, which win over those of `data`."""
    texts = ((name, value) for name, value in _wanted(top, "stringData"))
    return {name: value.encode(errors="replace") for name, value in texts if isinstance(value, str)}


def _wanted(top: Fields, field: str) -> list[tuple[str, str]]:
    values = top.value(field)
    if not isinstance(values, Mapping):
        return []
    return [(name, values[name]) for name in (*_CHAIN, *_KEY, *_ROOTS) if name in values]


def _pem(top: Fields, held: Mapping[str, bytes], names: tuple[str, str], mark: bytes) -> bytes:
    for name in names:
        value = held.get(name, b"")
        if value and b"-----BEGIN " in value and mark in value:
            return value
        if value and "." in name:
            plain = isinstance(texts := top.value("stringData"), Mapping) and name in texts
            _tell(top, ("stringData" if plain else "data", name), f"{name} is not PEM")
    return b""


def _check(top: Fields, chain: bytes, key: bytes, roots: bytes) -> None:
    """Report certificates and keys that Envoy would refuse."""
    faults = [fault_of_chain(pem) for pem in (chain, roots) if pem]
    if chain and key and not any(faults):
        faults = [fault_of_pair(chain, key)]
    for fault in filter(None, faults):
        _tell(top, "data", f"{top.manifest.ref} {fault}")


def _tell(top: Fields, field: str | tuple[str, ...], message: str) -> None:
    top.report(
        message,
        "no gateway can serve with this secret",
        "Make it with: kubectl create secret tls NAME --cert=FILE --key=FILE",
        field=field,
        code="invalid-secret",
    )

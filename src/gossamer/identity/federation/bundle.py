"""A trust domain's bundle in the SPIFFE format: a JWK set whose `x509-svid` keys are roots.

(SPIFFE Trust Domain and Bundle, section 4.) Pure. A bundle is believed whole or not at all, like
any list of roots.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from datetime import timedelta

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import UNSET, Struct, UnsetType

from gossamer.identity.plan import SpiffeId
from gossamer.identity.trust_bundle import BadBundle, mesh_bundle

X509_SVID = "x509-svid"
REFRESH_HINT_S = 300
"""How often others should look at our bundle again."""

_DAY_S = 86_400
_AS_SPIFFE = "Ask that domain for its bundle in the SPIFFE format, or for its roots in PEM"


class BundleKey(Struct, frozen=True, omit_defaults=True):
    """A key of a bundle; `x5c` is the root whose key it is."""

    use: str = ""
    kty: str = ""
    crv: str | UnsetType = UNSET
    x: str | UnsetType = UNSET
    y: str | UnsetType = UNSET
    n: str | UnsetType = UNSET
    e: str | UnsetType = UNSET
    x5c: tuple[str, ...] = ()


class SpiffeBundle(Struct, frozen=True):
    """What a trust domain publishes. The sequence grows with each change."""

    keys: tuple[BundleKey, ...]
    spiffe_sequence: int = 0
    spiffe_refresh_hint: int = REFRESH_HINT_S


def spiffe_bundle(roots_pem: str, sequence: int) -> bytes:
    """These roots as others read them (JSON)."""
    roots = x509.load_pem_x509_certificates(roots_pem.encode())
    bundle = SpiffeBundle(tuple(map(_key_of, roots)), sequence)
    return msgspec.json.format(msgspec.json.encode(bundle), indent=2) + b"\n"


def foreign_roots(data: bytes) -> bytes:
    """The roots (PEM) in another domain's bundle, which is JSON or PEM. Raises BadBundle."""
    if data.lstrip()[:1] != b"{":
        return mesh_bundle(data)
    try:
        bundle = msgspec.json.decode(data, type=SpiffeBundle)
        ders = [_der(key) for key in bundle.keys if key.use == X509_SVID]
        roots = [x509.load_der_x509_certificate(der) for der in ders]
    except BadBundle:
        raise
    except (ValueError, RecursionError) as error:
        raise BadBundle(f"is not a SPIFFE bundle ({error!s:.200})", _AS_SPIFFE) from error
    if not roots:
        raise BadBundle(f"has no key for {X509_SVID}, so it proves nobody", _AS_SPIFFE)
    return mesh_bundle(b"".join(root.public_bytes(Encoding.PEM) for root in roots))


def refresh_hint(data: bytes) -> timedelta:
    """How often a domain asks others to look at its bundle again; our own hint if it does not."""
    try:
        hint = msgspec.json.decode(data, type=SpiffeBundle).spiffe_refresh_hint
    except (ValueError, RecursionError):
        hint = REFRESH_HINT_S
    return timedelta(seconds=min(max(hint, 0), _DAY_S))


def check_domain(name: str, own: Iterable[str]) -> None:
    """Raises BadBundle where no other mesh can have that name."""
    try:
        SpiffeId(name, "any")
    except ValueError as error:
        raise BadBundle(
            f"names {name[:100]!r}, which is not a valid trust domain",
            "Call the file by the trust domain, as in other.example.json",
        ) from error
    if name in own:
        raise BadBundle(
            f"names {name}, which is this mesh's own trust domain or an alias of it",
            "Roots of one's own domain belong into roots.pem; remove this file",
        )


def _der(key: BundleKey) -> bytes:
    if len(key.x5c) != 1:
        raise BadBundle(
            f"has a key for {X509_SVID} with {len(key.x5c)} certificates, not one", _AS_SPIFFE
        )
    try:
        return base64.b64decode(key.x5c[0], validate=True)
    except binascii.Error as error:
        raise BadBundle(f"has a certificate that is not base64 ({error})", _AS_SPIFFE) from error


def _key_of(root: x509.Certificate) -> BundleKey:
    x5c = (base64.b64encode(root.public_bytes(Encoding.DER)).decode(),)
    match root.public_key():
        case ec.EllipticCurvePublicKey() as key:
            size, point = (key.key_size + 7) // 8, key.public_numbers()
            x, y = (_number(each, size) for each in (point.x, point.y))
            return BundleKey(X509_SVID, "EC", crv=f"P-{key.key_size}", x=x, y=y, x5c=x5c)
        case rsa.RSAPublicKey() as key:
            numbers, size = key.public_numbers(), (key.key_size + 7) // 8
            n, e = _number(numbers.n, size), _number(numbers.e, 3)
            return BundleKey(X509_SVID, "RSA", n=n, e=e, x5c=x5c)
        case other:
            raise BadBundle(f"has a root with a key of type {type(other).__name__}", _AS_SPIFFE)


def _number(value: int, size: int) -> str:
    """An integer as JSON Web Keys write it."""
    return base64.urlsafe_b64encode(value.to_bytes(size, "big")).rstrip(b"=").decode()

"""Bundles of root certificates (PEM), checked before any proxy trusts them.

A root signs for everybody, so a bundle is believed whole or not at all: one that was cut in the
middle, or that holds what is not a root, is refused as it stands.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

LARGEST_BUNDLE = 1_048_576
"""Bytes. A mesh has a few roots, and the public web's fill a quarter of it."""

_BORDER = re.compile(rb"^-----(BEGIN|END) ([A-Z0-9 ]+)-----$")
_CERTIFICATES = (b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE")


class BadBundle(ValueError):
    """A bundle that must not be trusted; the text says what is wrong with it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy


def public_bundle(data: bytes) -> bytes:
    """The roots of the public web, as their distribution wrote them. Raises BadBundle."""
    labels = tuple(_blocks(data))
    if b"PRIVATE KEY-----" in data:
        raise BadBundle(
            "holds a private key, which no proxy may see",
            "Remove the key from the file, and replace it: whoever read the file has it",
        )
    if not any(label in _CERTIFICATES for label in labels):
        raise BadBundle("holds no certificate", "Write the roots in PEM, one after the other")
    return data


def mesh_bundle(data: bytes) -> bytes:
    """The roots of a mesh, each once, and nothing else that the text held. Raises BadBundle."""
    public_bundle(data)
    try:
        roots = x509.load_pem_x509_certificates(data)
        for root in roots:
            _check_root(root)
    except BadBundle:
        raise
    except ValueError as error:
        raise BadBundle(
            f"holds a certificate that cannot be read ({error})",
            "Write the roots in PEM, as openssl or the authority prints them",
        ) from error
    return merged(*(root.public_bytes(Encoding.PEM) for root in roots))


def merged(*bundles: bytes) -> bytes:
    """All roots of these bundles, each once, in their order."""
    roots = (root for bundle in bundles for root in x509.load_pem_x509_certificates(bundle))
    return b"".join(dict.fromkeys(root.public_bytes(Encoding.PEM) for root in roots))


def digest_of(pem: str) -> str:
    """What tells one PEM from another in two programs."""
    return hashlib.sha256(pem.encode()).hexdigest()[:32]


def _check_root(root: x509.Certificate) -> None:
    try:
        is_authority = root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        is_authority = False
    if not is_authority:
        raise BadBundle(
            f"holds a certificate that is not of a certificate authority (serial "
            f"{root.serial_number:x}, subject {root.subject.rfc4514_string() or 'empty'})",
            "Write the roots alone; the chain of a workload does not belong there",
        )


def _blocks(data: bytes) -> Iterator[bytes]:
    """The label of each block of PEM. Raises BadBundle where one is not whole."""
    open_label: bytes | None = None
    for line in map(bytes.strip, data.splitlines()):
        if not line.startswith(b"-----"):
            continue
        border = _BORDER.match(line)
        if border is None or (border[1] == b"BEGIN") is (open_label is not None):
            raise _cut()
        if border[1] == b"BEGIN":
            open_label = border[2]
        elif border[2] != open_label:
            raise _cut()
        else:
            yield border[2]
            open_label = None
    if open_label is not None:
        raise _cut()


def _cut() -> BadBundle:
    return BadBundle(
        "ends, or begins again, in the middle of a certificate",
        "Write the whole bundle to another file beside it, and rename that one",
    )

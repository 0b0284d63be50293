"""Whom this host trusts on the public web: the bundle that its distribution keeps.

Proxies get it as a secret, since a pod's files are its own.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

USUAL = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Red Hat, Fedora
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # Alpine without ca-certificates
)


def usual_bundles() -> Iterator[Path]:
    """Where a bundle may be, best first: what OpenSSL was told (SSL_CERT_FILE too), then custom."""
    default = ssl.get_default_verify_paths().cafile
    yield from (Path(each) for each in (default, *USUAL) if each)

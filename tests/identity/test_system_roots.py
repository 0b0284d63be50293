"""The public web's roots are those of the host."""

from __future__ import annotations

from pathlib import Path

from gossamer.identity.system_roots import system_roots

PEM = b"-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"


def test_the_first_bundle_that_holds_a_certificate_counts(tmp_path: Path) -> None:
    """Missing and empty files are passed by."""
    empty, good = tmp_path / "empty.pem", tmp_path / "good.pem"
    empty.write_bytes(b"")
    good.write_bytes(PEM)
    assert system_roots([tmp_path / "absent.pem", empty, good]) == PEM


def test_a_host_without_any_says_so(tmp_path: Path) -> None:
    """None, and no exception: the mesh works without the web's roots."""
    assert system_roots([tmp_path / "absent.pem"]) is None

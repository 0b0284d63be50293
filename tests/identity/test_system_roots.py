"""The public web's roots are those of the host."""

from __future__ import annotations

from pathlib import Path

import pytest

from gossamer.identity.system_roots import USUAL, usual_bundles


def test_what_openssl_was_told_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SSL_CERT_FILE, then where distributions keep theirs."""
    own = tmp_path / "own.pem"
    own.write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(own))
    assert list(usual_bundles()) == [own, *map(Path, USUAL)]

"""Default credentials: there are none. Keys are made anew in each state folder."""

from __future__ import annotations

import json
import re
from pathlib import Path

from gossamer.identity.authority import Authority
from gossamer.identity.issuers.passphrase import passphrase_at
from gossamer.identity.join import ensure_join

ROOT = Path(__file__).parents[2]
PRIVATE = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]{64,}")


def test_no_two_meshes_share_a_root(tmp_path: Path) -> None:
    """A certificate of one proves nothing in another, made a moment later by the same program."""
    first, second = (Authority.open(tmp_path / name) for name in ("a", "b"))
    assert first.roots_pem != second.roots_pem
    ensure_join(first, tmp_path / "join.json", "east")
    chain = json.loads((tmp_path / "join.json").read_text())["chain"]
    assert first.signed(chain)
    assert not second.signed(chain)


def test_what_is_made_is_its_owners_alone(tmp_path: Path) -> None:
    """Keys, records and join files, whatever the umask."""
    authority = Authority.open(tmp_path / "ca")
    ensure_join(authority, tmp_path / "join.json", "east")
    files = [each for each in tmp_path.rglob("*") if each.is_file() and each.name != ".lock"]
    assert len(files) >= 5
    assert {each.stat().st_mode & 0o077 for each in files} == {0}


def test_no_passphrase_is_assumed() -> None:
    """A key rests encrypted under what its operator named, or it does not."""
    assert passphrase_at("", {"GOSSAMER_AUTHORITY_PASSPHRASE": "changeme"}) is None


def test_no_private_key_comes_with_the_program() -> None:
    """One that is shipped is everybody's."""
    sources = [each for folder in ("src", "examples") for each in (ROOT / folder).rglob("*")]
    texts = [each for each in sources if each.is_file() and each.suffix in (".py", ".yaml", ".pem")]
    assert len(texts) > 100
    assert [each for each in texts if PRIVATE.search(each.read_text(errors="replace"))] == []

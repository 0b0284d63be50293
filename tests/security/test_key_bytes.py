"""Private keys stand in the few files that are for them, and nowhere else: no log, no store, no
answer of a command has a byte of them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.e2e.lab_under_test import Lab, forget, new_home
from tests.e2e.small_mesh import CLIENT, WEB

pytestmark = pytest.mark.e2e

FOR_KEYS = re.compile(r"agent/[^/]+/key\.pem|plane/ca/root\.key|join\.json")
"""The files of a lab that hold a private key: a workload's, the authority's, the agent's own."""

ASKED = (
    ("status", "-o", "json"),
    ("check", "-o", "json"),
    ("identity", "status", "-o", "json"),
    ("identity", "log", "-o", "json"),
    ("identity", "bundle"),
    ("audit", "-o", "json"),
    ("mtls", "-o", "json"),
    ("proxy", "config", "deploy/web"),
    ("proxy", "secrets", "deploy/web", "-o", "json"),
    ("logs", "deploy/web", "--proxy"),
    ("describe", "pod", "web"),
)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A small mesh that was used, changed and asked about."""
    under_test = Lab("keys", new_home())
    under_test.up_text(CLIENT + WEB)
    assert under_test.status_of("deploy/client", "http://web/status/200") == 200
    yield under_test
    under_test.down()
    forget(under_test.home)


def files(lab: Lab) -> dict[str, bytes]:
    """Every regular file of the lab's folder by its path there."""
    paths = (path for path in lab.folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(lab.folder)): path.read_bytes() for path in paths}


def forms(pem: bytes) -> tuple[bytes, ...]:
    """A key as it could stand somewhere: its number, raw, in hex and in base64, and its text."""
    key = serialization.load_pem_private_key(pem, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    size = (key.curve.key_size + 7) // 8
    number = key.private_numbers().private_value.to_bytes(size, "big")
    body = b"".join(pem.splitlines()[1:-1])
    return number, number.hex().encode(), base64.b64encode(number), body[40:80]


def keys(every: dict[str, bytes]) -> dict[str, tuple[bytes, ...]]:
    """The keys in the files that are for them."""
    texts = {name: text for name, text in every.items() if FOR_KEYS.fullmatch(name)}
    joined = texts.pop("join.json")
    texts["join.json"] = json.loads(joined)["key"].encode()
    return {name: forms(text) for name, text in texts.items()}


def test_keys_stand_in_their_files_alone(lab: Lab) -> None:
    """Each file of the lab is searched for each key, in every form that one could have."""
    every = files(lab)
    known = keys(every)
    assert len(known) >= 4  # the authority's, the agent's, those of two workloads
    assert all((lab.folder / name).stat().st_mode & 0o077 == 0 for name in known)
    for name, text in every.items():
        if not FOR_KEYS.fullmatch(name):
            assert b"PRIVATE KEY" not in text, name
            assert not [key for key, shapes in known.items() if any(s in text for s in shapes)], (
                name
            )


@pytest.mark.parametrize("words", ASKED, ids=" ".join)
def test_no_command_prints_a_key(lab: Lab, words: tuple[str, ...]) -> None:
    """What people ask for, and paste into a ticket, has no private part."""
    printed = lab.run(*words, "--name", lab.name, ok=False)
    text = (printed.stdout + printed.stderr).encode()
    assert text
    assert b"PRIVATE KEY" not in text
    for shapes in keys(files(lab)).values():
        assert not any(shape in text for shape in shapes)


def test_the_search_finds_what_it_looks_for() -> None:
    """A key that is copied is seen, as a file and as a number."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    number = key.private_numbers().private_value.to_bytes(32, "big")
    shapes = forms(pem)
    flat = b"".join(pem.splitlines())
    assert any(shape in flat for shape in shapes)
    assert any(shape in b"..." + number + b"..." for shape in shapes)
    assert not any(shape in b"nothing" for shape in shapes)

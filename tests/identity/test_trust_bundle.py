"""A bundle of roots is believed whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from gossamer.identity.authority import Authority
from gossamer.identity.keys import new_key
from gossamer.identity.plan import agent_template
from gossamer.identity.trust_bundle import BadBundle, merged, mesh_bundle, public_bundle


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """The roots of two authorities of one trust domain."""
    folders = (tmp_path_factory.mktemp("old"), tmp_path_factory.mktemp("new"))
    old, new = (Authority.open(folder).roots_pem.encode() for folder in folders)
    return old, new


def test_the_roots_alone_are_taken_each_once(roots: tuple[bytes, bytes]) -> None:
    """Comments, other line ends and repetitions go, so equal bundles are equal bytes."""
    old, new = roots
    text = b"# ours\xc3\xa9\r\n" + old.replace(b"\n", b"\r\n") + b"\n# next\n" + new + old
    assert mesh_bundle(text) == old + new
    assert merged(new, old + new) == new + old


def test_a_private_key_is_refused_and_never_passed_on(roots: tuple[bytes, bytes]) -> None:
    """Of any sort, wherever it stands."""
    key = new_key().encode()
    indented = b"\n".join(b"  " + line for line in key.splitlines())
    for text in (roots[0] + key, key + roots[0], indented + b"\n" + roots[0]):
        for read in (mesh_bundle, public_bundle):
            with pytest.raises(BadBundle, match="holds a private key"):
                read(text)


def test_every_cut_within_a_certificate_is_noticed(roots: tuple[bytes, bytes]) -> None:
    """Wherever a writer was stopped: whole certificates pass, halves do not."""
    old, new = roots
    whole = old + new
    for end in range(1, len(whole)):
        try:
            taken = mesh_bundle(whole[:end])
        except BadBundle:
            continue
        assert taken in (old, whole), whole[:end][-40:]
        assert end >= len(old) - 1


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"", "holds no certificate"),
        (b"\n# nothing yet\n", "holds no certificate"),
        (b"-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n", "cannot be read"),
        (b"-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n", "in the middle"),
        (b"\0" * 5000, "holds no certificate"),
    ],
)
def test_what_is_no_bundle_is_refused_with_a_reason(text: bytes, what: str) -> None:
    """Empty, without a certificate, with one that is none."""
    with pytest.raises(BadBundle, match=what):
        mesh_bundle(text)


def test_a_leaf_is_no_root(tmp_path: Path) -> None:
    """A workload's or agent's certificate among the roots would let its key sign for all."""
    authority = Authority.open(tmp_path)
    chain = authority.issue(agent_template("here", authority.trust_domain)).chain
    with pytest.raises(BadBundle, match="not of a certificate authority"):
        mesh_bundle(authority.roots_pem.encode() + chain.encode())


def test_the_webs_roots_stay_as_their_distribution_wrote_them() -> None:
    """With their comments, and whatever our library thinks of a single one of them."""
    text = b"# Some CA\n-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"
    assert public_bundle(text) == text

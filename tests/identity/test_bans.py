"""A ban refuses an identity, or one pod, until it is lifted or over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from gossamer.identity.authority import Authority
from gossamer.identity.issuance.reading import entries
from gossamer.identity.plan import SpiffeId, Template
from gossamer.identity.revocation.ban_file import UnreadableBans, read_bans, write_bans
from gossamer.identity.revocation.bans import BadSubject, Ban, Bans, refusal, subject_of
from gossamer.identity.revocation.crl import cover, revocation_lists, revoked_serials

NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)
CART = "spiffe://cluster.local/ns/shop/sa/cart"
SINCE = "2030-05-01T12:00:00Z"


def serial(chain: str) -> int:
    return x509.load_pem_x509_certificate(chain.encode()).serial_number


def test_an_identity_or_one_pod_is_refused() -> None:
    """Pods share an account: a ban of one leaves its siblings alone."""
    bans = Bans((Ban(CART, SINCE), Ban("shop/web-1", SINCE)))
    web = "spiffe://cluster.local/ns/shop/sa/web"
    assert bans.refusing(CART, "shop/cart-1") is bans.of[0]
    assert bans.refusing(web, "shop/web-1") is bans.of[1]
    assert bans.refusing(web, "shop/web-2") is None
    assert bans.refusing(web) is None


def test_a_ban_ends_at_its_time() -> None:
    """One without an end holds until it is lifted."""
    bans = Bans((Ban(CART, SINCE, "2030-05-01T13:00:00Z"), Ban("shop/web-1", SINCE)))
    assert bans.at(NOW) is bans
    assert bans.at(NOW + timedelta(hours=1)).of == bans.of[1:]


def test_a_second_ban_of_the_same_replaces_the_first() -> None:
    """Nobody is left banned by a ban that was forgotten."""
    bans = Bans().with_ban(Ban(CART, SINCE)).with_ban(Ban(CART, SINCE, "2030-05-02T12:00:00Z"))
    assert [ban.until for ban in bans.of] == ["2030-05-02T12:00:00Z"]
    assert bans.without(CART) == Bans()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("cart", "neither an identity nor a pod"),
        ("Shop/cart-1", "neither an identity nor a pod"),
        ("shop/cart/1", "neither an identity nor a pod"),
        ("spiffe://cluster.local/", "is not a SPIFFE id"),
        ("https://cluster.local/ns/shop/sa/cart", "is not a SPIFFE id"),
        ("spiffe://corp.example/ns/shop/sa/cart", "not of the trust domain"),
        ("spiffe://cluster.local/gossamer/plane", "the control plane itself"),
        ("shop/" + "a" * 300, "neither an identity nor a pod"),
    ],
)
def test_who_cannot_be_banned_is_told_why(text: str, why: str) -> None:
    """A ban that matches nobody would look like one that works."""
    with pytest.raises(BadSubject, match="nobody was banned") as bad:
        subject_of(text, "cluster.local")
    assert why in str(bad.value)


@pytest.mark.parametrize(
    "text", [CART, "shop/cart-1", "shop/db-0.a", "spiffe://cluster.local/gossamer/agent/east"]
)
def test_identities_pods_and_agents_can_be_banned(text: str) -> None:
    """Each in the one form that certificates are compared with."""
    assert subject_of(text, "cluster.local") == text


def test_who_is_refused_learns_what_ends_it() -> None:
    """The text is read by whoever looks after the banned workload."""
    assert "until that is lifted" in refusal(Ban(CART, SINCE))
    assert "until 2030-05-02" in refusal(Ban(CART, SINCE, "2030-05-02T12:00:00Z"))


def test_bans_outlive_their_process_in_a_private_file(tmp_path: Path) -> None:
    """A restart lets nobody in."""
    path = tmp_path / "bans.json"
    assert read_bans(path) == Bans()
    bans = Bans((Ban(CART, SINCE), Ban("shop/web-1", SINCE, "2030-05-02T12:00:00Z")))
    write_bans(path, bans)
    assert read_bans(path) == bans
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 1}', '{"schema": 9, "bans": []}'])
def test_bans_that_cannot_be_read_stop_the_start(tmp_path: Path, text: str) -> None:
    """Going on without them would let in whom somebody banned."""
    path = tmp_path / "bans.json"
    path.write_text(text)
    with pytest.raises(UnreadableBans, match="does not start"):
        read_bans(path)


def test_the_certificates_of_the_banned_are_listed(tmp_path: Path) -> None:
    """Those that were issued to it and have not ended, from the log; a pod's ban takes its own."""
    here = Authority.open(tmp_path, now=lambda: NOW)
    account = SpiffeId.parse(CART)
    first, second = (
        serial(here.issue(Template(account, (f"cart-{n}.shop",))).chain) for n in (1, 2)
    )
    here.issue(Template(SpiffeId.of_account("shop", "web"), ("web-1.shop",)))
    log = entries(tmp_path / "issuance")
    assert revoked_serials(Bans((Ban(CART, SINCE),)), log, NOW) == {first, second}
    assert revoked_serials(Bans((Ban("shop/cart-2", SINCE),)), log, NOW) == {second}
    late = NOW + timedelta(days=2)
    assert revoked_serials(Bans((Ban(CART, SINCE),)), log, late) == frozenset()


def test_a_list_is_signed_by_each_issuer_and_never_lapses_before_it(tmp_path: Path) -> None:
    """Envoy refuses everybody by a list that is out of date: a dead plane must not do that."""
    issuers = [Authority.open(tmp_path / name, now=lambda: NOW).issuer for name in ("a", "b")]
    text = revocation_lists(issuers, frozenset({7}), NOW)
    parts = text.split(b"-----END X509 CRL-----\n")[:-1]
    lists = [x509.load_pem_x509_crl(part + b"-----END X509 CRL-----\n") for part in parts]
    for listed, issuer in zip(lists, issuers, strict=True):
        assert listed.is_signature_valid(issuer.root.public_key())  # type: ignore[arg-type]
        assert listed.next_update_utc == issuer.ends
        assert [each.serial_number for each in listed] == [7]


def test_lists_cover_a_bundle_if_each_root_has_one(tmp_path: Path) -> None:
    """One root of others, and nobody under it could be verified: then there are no lists."""
    a, b = (Authority.open(tmp_path / name, now=lambda: NOW) for name in ("a", "b"))
    assert cover([a.issuer], a.roots_pem.encode())
    assert cover([a.issuer, b.issuer], (b.roots_pem + a.roots_pem).encode())
    assert not cover([a.issuer], (a.roots_pem + b.roots_pem).encode())
    assert not cover([a.issuer], b"garbage")

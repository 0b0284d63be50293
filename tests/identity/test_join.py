"""Joining: the agent's first certificate, and signing through the desk."""

from __future__ import annotations

import json
import ssl
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from gossamer.identity.attest.present_certificate import ProvenCaller
from gossamer.identity.authority import Authority, Issued
from gossamer.identity.join import Join, NoJoin, ensure_join, issue_join, read_join
from gossamer.identity.keys import matches, new_key, signing_request, spiffe_of
from gossamer.identity.plan import AttestedPod, CsrRefused, SpiffeId, plane_template
from gossamer.identity.run import CertificateSigner
from gossamer.process.clock import utc_now

EAST = SpiffeId.of_agent("east")
POD = AttestedPod("shop", "cart-1", "cart", host="east")


def desk(folder: Path) -> CertificateSigner:
    return CertificateSigner(Authority.open(folder), {"shop/cart-1": POD}.get)


def ask(**fields: object) -> bytes:
    return json.dumps({"csr": signing_request(new_key()), **fields}).encode()


def test_a_join_file_makes_an_agent(tmp_path: Path) -> None:
    """What the authority issues, the agent reads back as its own identity, privately kept."""
    authority = Authority.open(tmp_path / "ca")
    assert ensure_join(authority, tmp_path / "join.json", "east")
    join = read_join(tmp_path / "join.json")
    assert (join.host, join.spiffe, join.roots) == ("east", EAST, authority.roots_pem)
    assert (tmp_path / "join.json").stat().st_mode & 0o777 == 0o600


def test_a_good_join_file_stays(tmp_path: Path) -> None:
    """A restarted plane does not take a working identity from its agent."""
    authority = Authority.open(tmp_path / "ca")
    path = tmp_path / "join.json"
    ensure_join(authority, path, "east")
    assert not ensure_join(authority, path, "east")


def test_a_useless_join_file_is_replaced(tmp_path: Path) -> None:
    """Of another host, under another root, past half life or torn: a new one is issued."""
    authority = Authority.open(tmp_path / "ca")
    week_ago = Authority.open(tmp_path / "ca", now=lambda: utc_now() - timedelta(days=6))
    other = Authority.open(tmp_path / "other")
    path = tmp_path / "join.json"
    for held in (
        issue_join(authority, "west"),
        issue_join(other, "east"),
        issue_join(week_ago, "east"),
        {"host": "east"},
    ):
        path.write_bytes(msgspec.json.encode(held))
        assert ensure_join(authority, path, "east")
        assert read_join(path).host == "east"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"host": 1, "chain": 2, "key": 3, "roots": 4}'])
def test_a_torn_join_file_says_what_to_do(tmp_path: Path, text: str) -> None:
    """The person on call is told which file and how to fix it."""
    path = tmp_path / "join.json"
    path.write_text(text)
    with pytest.raises(NoJoin, match="restart the plane"):
        read_join(path)


def test_the_desk_signs_for_the_host_agent(tmp_path: Path) -> None:
    """An agent's key gets a chain for its pod; the key itself never came along."""
    key = new_key()
    request = {"pod": "shop/cart-1", "csr": signing_request(key)}
    answer = json.loads(desk(tmp_path).answer(json.dumps(request).encode(), ProvenCaller(EAST)))
    assert matches(key, answer["chain"])
    assert str(spiffe_of(answer["chain"])) == "spiffe://cluster.local/ns/shop/sa/cart"
    assert answer["roots"] == Authority.open(tmp_path).roots_pem
    assert answer["expires"].endswith("Z")


def test_the_desk_renews_an_agent(tmp_path: Path) -> None:
    """An agent stays in the mesh without a person."""
    answer = json.loads(desk(tmp_path).answer(ask(agent="east"), ProvenCaller(EAST)))
    assert spiffe_of(answer["chain"]) == EAST


@pytest.mark.parametrize(
    "request_",
    [b"", b"null", b"[]", b"{}", b'{"pod": "shop/cart-1"}', ask(), ask(pod=7), b"\xff"],
)
def test_the_desk_refuses_what_it_cannot_read(tmp_path: Path, request_: bytes) -> None:
    """Bad bytes are refused in words and end nothing."""
    with pytest.raises(CsrRefused):
        desk(tmp_path).answer(request_, ProvenCaller(EAST))


def test_the_desk_refuses_other_hosts(tmp_path: Path) -> None:
    """A stolen agent identity is worth its own host's pods only."""
    with pytest.raises(CsrRefused, match="west"):
        desk(tmp_path).answer(ask(pod="shop/cart-1"), ProvenCaller(SpiffeId.of_agent("west")))


def test_agent_and_plane_shake_hands(tmp_path: Path) -> None:
    """OpenSSL accepts both sides' certificates for mutual TLS under the plane's fixed name."""
    authority = Authority.open(tmp_path / "ca")
    join = issue_join(authority, "east")
    plane = authority.issue(plane_template())
    server = _context(tmp_path / "plane", plane, ssl.PROTOCOL_TLS_SERVER)
    client = _context(tmp_path / "agent", join, ssl.PROTOCOL_TLS_CLIENT)
    assert _handshake(client, server) == str(EAST)


def _context(folder: Path, pair: Join | Issued, side: int) -> ssl.SSLContext:
    folder.mkdir()
    (folder / "pair.pem").write_text(pair.key + pair.chain)
    context = ssl.SSLContext(side)
    context.load_cert_chain(folder / "pair.pem")
    context.load_verify_locations(cadata=pair.roots)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def _handshake(client: ssl.SSLContext, server: ssl.SSLContext) -> str:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = client.wrap_bio(to_client, to_server, server_hostname="gossamer-plane")
    far = server.wrap_bio(to_server, to_client, server_side=True)
    for side in (near, far, near, far):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    peer = far.getpeercert() or {}
    names = dict(peer["subjectAltName"])  # type: ignore[arg-type]
    return str(names["URI"])

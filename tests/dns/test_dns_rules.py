"""What a name means: each rule a promise."""

from __future__ import annotations

import json
from ipaddress import ip_address

import pytest

from gossamer.dns.plan import (
    Answer,
    BadTable,
    DnsService,
    DnsTable,
    LookupOutcome,
    decide,
    read_table,
    within,
)

WEB = "web.shop.svc.cluster.local"
PEER = "pod-0.db.shop.svc.cluster.local"
TABLE = read_table(
    json.dumps(
        {
            "version": 1,
            "names": {
                WEB: ["10.96.0.7"],
                "dual.shop.svc.cluster.local": ["10.96.0.8", "fd00:10:96::8"],
                PEER: ["10.244.0.9"],
                "empty.shop.svc.cluster.local": [],
                "API.Example.com.": ["240.240.0.1"],
                "*.wild.example": ["240.240.0.2"],
                "fixed.wild.example": ["240.240.0.3"],
            },
            "aliases": {
                "old.shop.svc.cluster.local": WEB,
                "older.shop.svc.cluster.local": "old.shop.svc.cluster.local",
                "out.shop.svc.cluster.local": "Example.com.",
                "lost.shop.svc.cluster.local": "none.shop.svc.cluster.local",
                "ring.shop.svc.cluster.local": "gnir.shop.svc.cluster.local",
                "gnir.shop.svc.cluster.local": "ring.shop.svc.cluster.local",
            },
            "services": {"_sql._tcp.db.shop.svc.cluster.local": [{"target": PEER, "port": 5432}]},
        }
    )
)


def found(*addresses: str) -> Answer:
    return Answer(LookupOutcome.FOUND, tuple(ip_address(text) for text in addresses))


@pytest.mark.parametrize("name", [WEB, WEB + ".", WEB.upper()])
def test_a_name_is_found_in_any_spelling(name: str) -> None:
    """Case and a final dot mean nothing in DNS."""
    assert decide(TABLE, name, "A") == found("10.96.0.7")


def test_each_family_gets_its_own_addresses() -> None:
    """A asks for v4, AAAA for v6, ANY for both."""
    dual = "dual.shop.svc.cluster.local"
    assert decide(TABLE, dual, "A") == found("10.96.0.8")
    assert decide(TABLE, dual, "AAAA") == found("fd00:10:96::8")
    assert decide(TABLE, dual, "ANY") == found("10.96.0.8", "fd00:10:96::8")


def test_proxies_learn_where_outside_hosts_really_are() -> None:
    """A virtual address would lead a proxy back to itself; the cluster's names stay."""
    inner = within(TABLE)
    assert decide(inner, WEB, "A") == found("10.96.0.7")
    assert decide(inner, "nope." + WEB, "A").outcome is LookupOutcome.NXDOMAIN
    assert decide(inner, "old.shop.svc.cluster.local", "A").chain == (WEB,)
    for outside in ("api.example.com", "x.wild.example", "example.com"):
        assert decide(inner, outside, "A").outcome is LookupOutcome.FORWARD
    assert within(None) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (WEB, "AAAA"),
        (WEB, "TXT"),
        ("empty.shop.svc.cluster.local", "A"),
        ("shop.svc.cluster.local", "A"),
        ("db.shop.svc.cluster.local", "A"),
        ("cluster.local", "SOA"),
        ("_sql._tcp.db.shop.svc.cluster.local", "A"),
    ],
)
def test_what_exists_is_never_denied(name: str, kind: str) -> None:
    """A v4-only name's AAAA is NODATA: libc must go on to use its A record."""
    assert decide(TABLE, name, kind) == Answer(LookupOutcome.NODATA)


@pytest.mark.parametrize(
    "name",
    ["nope.shop.svc.cluster.local", "google.com.shop.svc.cluster.local", "a." + WEB],
)
def test_unknown_cluster_names_are_denied_at_once(name: str) -> None:
    """Search paths try many names; each must fail without asking anybody."""
    for kind in ("A", "AAAA", "SRV", "HTTPS"):
        assert decide(TABLE, name, kind) == Answer(LookupOutcome.NXDOMAIN)


@pytest.mark.parametrize("name", ["example.com", "wild.example.org", "notcluster.local", "."])
def test_other_names_go_to_the_host(name: str) -> None:
    """The mesh does not stand between its pods and the world's names."""
    assert decide(TABLE, name, "A") == Answer(LookupOutcome.FORWARD)


def test_external_hosts_are_answered_here() -> None:
    """A ServiceEntry's host resolves to its mesh address, and cannot lead around the mesh."""
    assert decide(TABLE, "api.example.com", "A") == found("240.240.0.1")
    assert decide(TABLE, "api.example.com", "AAAA") == Answer(LookupOutcome.NODATA)
    assert decide(TABLE, "api.example.com", "HTTPS") == Answer(LookupOutcome.NODATA)
    assert decide(TABLE, "api.example.com", "MX") == Answer(LookupOutcome.FORWARD)


def test_wildcards_cover_what_is_below_and_not_themselves() -> None:
    """`*.foo` is every name under foo, unless one has an entry of its own."""
    assert decide(TABLE, "a.wild.example", "A") == found("240.240.0.2")
    assert decide(TABLE, "b.a.wild.example", "A") == found("240.240.0.2")
    assert decide(TABLE, "fixed.wild.example", "A") == found("240.240.0.3")
    assert decide(TABLE, "wild.example", "A") == Answer(LookupOutcome.FORWARD)


def test_service_records_name_their_ends() -> None:
    """SRV of a headless service's port gives each pod's name and port."""
    asked = decide(TABLE, "_sql._tcp.db.shop.svc.cluster.local", "SRV")
    assert asked == Answer(LookupOutcome.FOUND, (DnsService(PEER, 5432),))


def test_aliases_lead_to_their_end() -> None:
    """An ExternalName answers with the whole way, wherever its end is known."""
    old, shop = "old.shop.svc.cluster.local", ".shop.svc.cluster.local"
    asked = decide(TABLE, "older" + shop, "A")
    assert asked == Answer(LookupOutcome.FOUND, found("10.96.0.7").records, (old, WEB))
    assert decide(TABLE, old, "AAAA") == Answer(LookupOutcome.NODATA, chain=(WEB,))
    assert decide(TABLE, old, "CNAME") == Answer(LookupOutcome.FOUND, chain=(WEB,))
    assert decide(TABLE, "out" + shop, "A") == Answer(LookupOutcome.FORWARD, chain=("example.com",))
    assert decide(TABLE, "lost" + shop, "A").outcome is LookupOutcome.NXDOMAIN
    assert decide(TABLE, "ring" + shop, "A") == Answer(LookupOutcome.NODATA)


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("7.0.244.10.in-addr.arpa", LookupOutcome.NXDOMAIN),
        ("1.0.240.240.in-addr.arpa", LookupOutcome.NXDOMAIN),
        ("8.8.8.8.in-addr.arpa", LookupOutcome.FORWARD),
        ("garbage.in-addr.arpa", LookupOutcome.NXDOMAIN),
        ("7." + "0." * 19 + "4.4.2.0.0.1.0.0.0.0.d.f.ip6.arpa", LookupOutcome.NXDOMAIN),
        ("8.8.8.8." + "0." * 20 + "0.6.8.4.1.0.0.2.ip6.arpa", LookupOutcome.FORWARD),
    ],
)
def test_reverse_names_of_private_addresses_are_denied(name: str, outcome: LookupOutcome) -> None:
    """`getfqdn` in a pod fails at once instead of hanging; public addresses are asked for."""
    assert decide(TABLE, name, "PTR") == Answer(outcome)


def test_before_the_first_table_nothing_is_denied() -> None:
    """A denial would be remembered by the asker; a failure is tried again."""
    assert decide(None, WEB, "A") == Answer(LookupOutcome.UNREADY)
    assert decide(None, "example.com", "A") == Answer(LookupOutcome.FORWARD)


def test_an_empty_table_is_a_table() -> None:
    """A mesh without services denies its names and forwards the rest."""
    empty = read_table('{"version": 1, "names": {}}')
    assert empty == DnsTable({})
    assert decide(empty, WEB, "A") == Answer(LookupOutcome.NXDOMAIN)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"version": 2, "names": {}}',
        '{"version": 1, "names": []}',
        '{"version": 1, "names": {"a": ["nowhere"]}}',
        '{"version": 1, "names": {"a": "10.0.0.1"}}',
        '{"version": 1, "names": {}, "services": {"_a._tcp.b": [{"target": "x"}]}}',
    ],
)
def test_bad_tables_are_refused_whole(text: str) -> None:
    """A half-read table would deny names that exist."""
    with pytest.raises(BadTable):
        read_table(text)

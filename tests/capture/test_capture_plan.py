"""Annotations become a plan, a plan becomes rules."""

import pytest

from gossamer.capture.plan import CapturePlan, read_plan, tables
from gossamer.capture.rules import Family

PREFIX = "traffic.sidecar.istio.io/"

BARE_V4 = """\
table ip gossamer {
  chain output {
    type nat hook output priority -100; policy accept;
    meta mark 0x53a accept
    meta mark 0x539 meta l4proto tcp oifname "lo" ip daddr != 127.0.0.0/8 redirect to :15006
    meta mark 0x539 accept
    ip daddr 127.0.0.0/8 accept
    udp dport 53 accept
    tcp dport 15021 accept
    meta l4proto tcp redirect to :15001
  }
  chain prerouting {
    type nat hook prerouting priority -100; policy accept;
    tcp dport 15021 accept
    tcp dport 15006 accept
    meta l4proto tcp redirect to :15006
  }
}"""


def text(plan: CapturePlan) -> tuple[str, str]:
    v4, v6 = tables(plan)
    return v4.text(), v6.text()


def new_lines(plan: CapturePlan) -> tuple[list[str], list[str]]:
    """The rules, v4 and v6, that the bare plan does not have."""
    bare = text(CapturePlan())
    return tuple(  # type: ignore[return-value]
        [line.strip() for line in ours.splitlines() if line not in theirs.splitlines()]
        for ours, theirs in zip(text(plan), bare, strict=True)
    )


def read(**annotations: str) -> CapturePlan:
    plan, complaints = read_plan({PREFIX + name: value for name, value in annotations.items()})
    assert complaints == ()
    return plan


def test_the_bare_plan() -> None:
    """Without annotations everything is taken, both ways."""
    assert read() == CapturePlan()
    assert text(CapturePlan())[0] == BARE_V4


def test_ipv6_has_the_same_rules() -> None:
    """Only the words for addresses differ."""
    v6 = text(CapturePlan())[1]
    as_v4 = v6.replace("table ip6", "table ip").replace("ip6 daddr", "ip daddr")
    assert as_v4.replace("::1/128", "127.0.0.0/8") == BARE_V4


def test_excluded_outbound_ports_and_ranges_come_before_the_redirect() -> None:
    """They pass; a range only where its family is."""
    plan = read(excludeOutboundPorts="5432, 6379", excludeOutboundIPRanges="10.1.2.3/8,fd01::/64")
    v4, v6 = new_lines(plan)
    assert v4 == ["tcp dport 5432 accept", "tcp dport 6379 accept", "ip daddr 10.0.0.0/8 accept"]
    assert v6 == ["tcp dport 5432 accept", "tcp dport 6379 accept", "ip6 daddr fd01::/64 accept"]
    assert text(plan)[0].index("10.0.0.0/8 accept") < text(plan)[0].index("redirect to :15001")


def test_only_included_ranges_are_taken() -> None:
    """A list of IPv4 ranges leaves IPv6 alone, as it always did."""
    v4, v6 = text(read(includeOutboundIPRanges="10.96.0.0/12"))
    assert "meta l4proto tcp ip daddr 10.96.0.0/12 redirect to :15001" in v4
    assert "meta l4proto tcp redirect to :15001" not in v4
    assert "redirect to :15001" not in v6


def test_no_ranges_but_ports() -> None:
    """An empty list of ranges takes nothing; named ports are still taken."""
    v4, v6 = new_lines(read(includeOutboundIPRanges="", includeOutboundPorts="443"))
    assert v4 == v6 == ["tcp dport 443 redirect to :15001"]


def test_inbound_ports() -> None:
    """Only the listed ones, none, or all but some."""
    assert new_lines(read(includeInboundPorts="80,81"))[0] == [
        "tcp dport 80 redirect to :15006",
        "tcp dport 81 redirect to :15006",
    ]
    assert "redirect" not in text(read(includeInboundPorts=""))[0].partition("prerouting")[2]
    assert read(includeInboundPorts="*") == CapturePlan()
    assert new_lines(read(excludeInboundPorts="22"))[0] == ["tcp dport 22 accept"]


@pytest.mark.parametrize(
    ("name", "value", "quoted"),
    [
        ("excludeOutboundPorts", "80,http", "'http'"),
        ("excludeInboundPorts", "0", "'0'"),
        ("includeInboundPorts", "65536", "'65536'"),
        ("includeOutboundPorts", "-1", "'-1'"),
        ("includeOutboundIPRanges", "10.0.0.0/33", "10.0.0.0/33"),
        ("excludeOutboundIPRanges", "example.com", "example.com"),
    ],
)
def test_what_cannot_be_read_is_told_and_ignored(name: str, value: str, quoted: str) -> None:
    """The author learns annotation, value and remedy; more is captured then, never less."""
    plan, (complaint,) = read_plan({PREFIX + name: value})
    assert plan == CapturePlan()
    assert f'{PREFIX}{name} is "{value}"' in complaint
    assert quoted in complaint
    assert "the default applies. Use " in complaint


def test_other_annotations_are_none_of_its_business() -> None:
    """Only the known words are read."""
    assert read_plan({PREFIX + "kubevirtInterfaces": "x", "team": "a"}) == (CapturePlan(), ())


def test_a_table_per_family() -> None:
    """Both tables are always there, so a transaction replaces both."""
    assert [table.family for table in tables(CapturePlan())] == list(Family)

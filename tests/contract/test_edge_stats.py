"""What the compiler has proxies count is what telemetry finds and reads."""

from __future__ import annotations

import itertools
import re

from gossamer.contract.edge_stats import (
    COUNTER_FAMILY,
    COUNTERS,
    DURATIONS,
    STATS_PREFIX,
    histogram_name,
    stat_prefix,
)

EDGES = list(itertools.product(("client", "server"), ("http", "tcp")))


def test_counters_and_durations_are_found_by_their_patterns() -> None:
    """Each end and protocol; and a duration is not taken for a counter."""
    for reporter, protocol in EDGES:
        durations = histogram_name(reporter, protocol, "code.200")
        assert re.match(COUNTERS, f"{stat_prefix(reporter, protocol)}.requests.code.200")
        assert re.match(DURATIONS, durations)
        assert not re.match(COUNTERS, durations)
        assert durations.startswith(STATS_PREFIX)


def test_a_family_reads_as_it_was_counted() -> None:
    """Prometheus text has underscores for dots; the parts are the same."""
    for reporter, protocol in EDGES:
        name = f"{stat_prefix(reporter, protocol)}.sent_bytes".replace(".", "_")
        found = re.fullmatch(COUNTER_FAMILY, name)
        assert found is not None
        assert found.groups() == (reporter, protocol, "sent_bytes")


def test_other_statistics_are_not_taken_for_ours() -> None:
    """An unknown end, protocol or count is left to others."""
    for name in ("gossamer_edge_http_requests", "gossamer_client_udp_requests", "gossamer_client"):
        assert re.fullmatch(COUNTER_FAMILY, name) is None

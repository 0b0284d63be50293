"""Envoy's answers become counts per series."""

from __future__ import annotations

from gossamer.telemetry.edge import Counts
from gossamer.telemetry.evidence.evidence import Evidence, What, decisions
from gossamer.telemetry.plan import Carried, Series, read
from tests.telemetry.envoy_answers import (
    ECHO,
    ECHO_CLUSTER,
    NO_DURATIONS,
    REVIEWS,
    carried,
    counted,
    durations,
    uptime,
)


def test_counters_of_a_series_come_together() -> None:
    """Requests and bytes that carry the same tags are one series' counts."""
    reading = read(counted(REVIEWS, 3, sent=300, received=900), NO_DURATIONS)
    assert reading.series == {
        Series("client", "http", tuple(REVIEWS.items())): Counts(3, 0, 300, 900)
    }


def test_a_histogram_joins_its_series_by_name() -> None:
    """Durations are found for a series although their name has no separate tags."""
    took = durations(REVIEWS, {(0, 0): 1, (7, 0.1): 2, (40, 1): 3, (120, 10): 4})
    (counts,) = read(counted(REVIEWS, 10), took).series.values()
    assert counts.milliseconds == {0.0: 1, 7.0: 2, 40.0: 3, 124.5: 4}


def test_clusters_and_uptime_are_read() -> None:
    """Bytes on connections and the age of the process are part of a reading."""
    reading = read(uptime(42) + carried(ECHO_CLUSTER, 10, 20, 1), NO_DURATIONS)
    assert (reading.uptime, reading.clusters) == (42, {ECHO_CLUSTER: Carried(10, 20, 1)})


def test_counters_about_tls_are_read() -> None:
    """Callers without the mesh's TLS by address, and what handshakes agreed on."""
    address = 'address="10.0.0.9",port="8080",chain='
    text = "".join(
        f"envoy_{line}\n"
        for line in (
            f'gossamer_plaintext_accepted{{{address}"8080|plain"}} 2',
            f'gossamer_plaintext_accepted{{{address}"8080|plain-http"}} 3',
            f'gossamer_plaintext_accepted{{{address}"8080|own-tls"}} 4',
            f'gossamer_plaintext_refused{{{address}""}} 1',
            'gossamer_plaintext_refused{address="",port="80",chain=""} 9',
            f'cluster_ssl_curves_P_256{{envoy_cluster_name="{ECHO_CLUSTER}"}} 5',
            f'cluster_ssl_versions_TLSv1_3{{envoy_cluster_name="{ECHO_CLUSTER}"}} 6',
            'cluster_ssl_versions_TLSv1_3{envoy_cluster_name="agent"} 7',
        )
    )
    reading = read(uptime(1) + text, NO_DURATIONS)
    assert reading.evidence == {
        Evidence(What.PLAINTEXT, "10.0.0.9", "8080"): 5,
        Evidence(What.TLS, "10.0.0.9", "8080"): 4,
        Evidence(What.REFUSED, "10.0.0.9", "8080"): 1,
        Evidence(What.CURVES, ECHO["host"], "P-256"): 5,
        Evidence(What.VERSIONS, ECHO["host"], "TLSv1.3"): 6,
    }
    assert reading.clusters == {}


def test_escaped_labels_are_read_as_they_were() -> None:
    """A quote or a backslash in a tag neither ends it nor stays escaped."""
    reading = read(counted(REVIEWS | {"host": r"a\"b\\c"}, 1), NO_DURATIONS)
    (series,) = reading.series
    assert dict(series.tags)["host"] == 'a"b\\c'


def test_decisions_of_authorization_are_read() -> None:
    """By what was decided, rule and caller; one request may have met several rules."""
    rule, trial = "AuthorizationPolicy shop/a rule 0", "AuthorizationPolicy shop/b rule 1"
    tags = f'refused="{rule}",would_refuse="{trial}",would_let_in="denied",noted="-",peer="-"'
    line = f'envoy_gossamer_authorization_requests{{{tags},peer_name="-"}} 3\n'
    assert read(line, NO_DURATIONS).evidence == {
        Evidence(What.DECIDED, f"refused {rule}"): 3,
        Evidence(What.DECIDED, f"would_refuse {trial}"): 3,
        Evidence(What.DECIDED, "would_let_in no"): 3,
    }


def test_a_request_that_met_no_rule_is_counted_for_none() -> None:
    """Envoy writes the name of no rule as `-`, or as nothing."""
    tags = {"refused": "", "would_refuse": "-", "noted": "", "would_let_in": "allowed"}
    assert list(decisions(tags)) == []

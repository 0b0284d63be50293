"""The statistics in which proxies count both ends of an edge, `gossamer.client.http.requests…`."""

from __future__ import annotations

STATS_PREFIX = "gossamer"
"""What all of them begin with; Envoy keeps them by it."""

PLAINTEXT_PREFIX = f"{STATS_PREFIX}.plaintext"
ACCEPTED, REFUSED = "accepted", "refused"
"""Callers without the mesh's TLS, by address: let in, and not."""

DECISIONS_PREFIX = f"{STATS_PREFIX}.authorization"
"""Requests about which authorization decided or noted something, by rule."""

_ENDS = r"(client|server)", r"(http|tcp)"
_COUNTERS = r"(requests|connections|sent_bytes|received_bytes)"

_COUNTED = rf"^{STATS_PREFIX}\.{_ENDS[0]}\.{_ENDS[1]}\."
COUNTERS = _COUNTED + _COUNTERS
DURATIONS = _COUNTED + "milliseconds"
PLAINTEXT = rf"^{STATS_PREFIX}\.plaintext\."
DECISIONS = rf"^{STATS_PREFIX}\.authorization\."
"""All as Envoy's admin socket filters by them, as regular expressions."""

COUNTER_FAMILY = rf"{STATS_PREFIX}_{_ENDS[0]}_{_ENDS[1]}_{_COUNTERS}"
"""A counter in Prometheus text: who counted, what it speaks and what it counts, as groups."""


PLAINTEXT_FAMILY = rf"{STATS_PREFIX}_plaintext_({ACCEPTED}|{REFUSED})"
"""The same of callers without the mesh's TLS."""
DECISIONS_FAMILY = rf"{STATS_PREFIX}_authorization_requests"
"""The same of what authorization decided."""


def stat_prefix(reporter: str, protocol: str) -> str:
    """What a proxy's counts begin with, as `client` or `server`, for `http` or `tcp`."""
    return f"{STATS_PREFIX}.{reporter}.{protocol}"


def histogram_name(reporter: str, protocol: str, tags: str) -> str:
    """The full name of the durations for one combination of tags, `NAME.VALUE.NAME.VALUE`."""
    return f"{stat_prefix(reporter, protocol)}.milliseconds.{tags}"

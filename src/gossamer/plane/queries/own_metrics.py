"""The plane's own numbers, about its documents, proxies and sources, as Prometheus text."""

from __future__ import annotations

from gossamer.plane.observed.observations import Observations
from gossamer.plane.pipeline import Pipeline
from gossamer.plane.streams.proxies import ABOUT_HOSTS, ConnectedProxies
from gossamer.telemetry.meters import by_client, by_source, exposition, gauges


def size_metrics(pipeline: Pipeline, revision: int) -> dict[str, float]:
    """How much the plane holds, and how far its store is."""
    return {
        "gossamer_plane_documents": float(len(pipeline.documents)),
        "gossamer_plane_resources": float(pipeline.catalog.size()),
        "gossamer_plane_revision": float(revision),
    }


def proxy_metrics(proxies: ConnectedProxies) -> str:
    """What each proxy was sent, and how many there are."""
    connected = gauges({"gossamer_plane_proxies_connected": float(len(proxies.by_pod))})
    return exposition("plane", proxies.meters) + connected + host_metrics(proxies)


def host_metrics(proxies: ConnectedProxies) -> str:
    """The hosts that each proxy asked for and no object declares."""
    known = proxies.status()
    return "".join(
        by_client(f"gossamer_plane_{key}", meaning, {p.pod: float(getattr(p, key)) for p in known})
        for key, meaning in ABOUT_HOSTS.items()
    )


def source_metrics(observations: Observations) -> str:
    """The age of what each source said."""
    sources = observations.status()
    ages = {name: each.age_s for name, each in sources.items()}
    stale = {name: float(each.stale) for name, each in sources.items()}
    age, silent = "How long ago the source spoke last", "Whether its lease has run out"
    return by_source("gossamer_plane_source_age_seconds", age, ages) + by_source(
        "gossamer_plane_source_stale", silent, stale
    )

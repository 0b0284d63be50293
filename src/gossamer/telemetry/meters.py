"""What plane and agent count of their own streams, as Prometheus text. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from gossamer.contract.type_urls import short_name
from gossamer.telemetry.prometheus import escaped
from gossamer.xds.stream.stream_stats import BOUNDS_S, StreamStats

_COUNTERS: Mapping[str, tuple[str, Callable[[StreamStats], Counter[str]]]] = {
    "xds_responses_total": ("Responses written", lambda meter: meter.responses),
    "xds_resources_total": ("Resources in them", lambda meter: meter.resources),
    "xds_removals_total": ("Removals in them", lambda meter: meter.removals),
    "xds_sent_bytes_total": ("Bytes of responses", lambda meter: meter.sent_bytes),
    "xds_rejections_total": ("Responses that the client refused", lambda meter: meter.refusals),
}


def exposition(part: str, meters: Mapping[str, StreamStats]) -> str:
    """The meters of `plane` or `agent`, by client: a pod `NAMESPACE/NAME`."""
    clients = [(escaped(client), meters[client]) for client in sorted(meters)]
    rows = [row for name in _COUNTERS for row in _counter(f"gossamer_{part}_{name}", name, clients)]
    rows += _delays(f"gossamer_{part}_xds_change_to_ack_seconds", clients)
    rows += _last(f"gossamer_{part}_xds_acknowledged_timestamp_seconds", clients)
    return "".join(row + "\n" for row in rows)


def gauges(values: Mapping[str, float]) -> str:
    """Single numbers, by name."""
    return "".join(f"# TYPE {name} gauge\n{name} {value:g}\n" for name, value in values.items())


def by_client(name: str, meaning: str, values: Mapping[str, float]) -> str:
    """One number of each client."""
    return _gauge_by("client", name, meaning, values)


def by_source(name: str, meaning: str, values: Mapping[str, float]) -> str:
    """One number of each source of observed facts."""
    return _gauge_by("source", name, meaning, values)


def _gauge_by(label: str, name: str, meaning: str, values: Mapping[str, float]) -> str:
    rows = [f"# HELP {name} {meaning}", f"# TYPE {name} gauge"]
    for who, value in sorted(values.items()):
        rows.append(f'{name}{{{label}="{escaped(who)}"}} {value:g}')
    return "".join(row + "\n" for row in rows)


def _counter(full: str, name: str, clients: list[tuple[str, StreamStats]]) -> Iterator[str]:
    meaning, counts = _COUNTERS[name]
    yield f"# HELP {full} {meaning}"
    yield f"# TYPE {full} counter"
    for client, meter in clients:
        for type_url, count in sorted(counts(meter).items()):
            short = short_name(type_url)
            yield f'{full}{{client="{client}",type="{short}"}} {count}'


def _last(full: str, clients: list[tuple[str, StreamStats]]) -> Iterator[str]:
    yield f"# HELP {full} When the client acknowledged a change last"
    yield f"# TYPE {full} gauge"
    for client, meter in clients:
        if meter.last_at:
            yield f'{full}{{client="{client}"}} {meter.last_at:.6f}'


def _delays(full: str, clients: list[tuple[str, StreamStats]]) -> Iterator[str]:
    yield f"# HELP {full} From a change to the client's acknowledgement"
    yield f"# TYPE {full} histogram"
    for client, meter in clients:
        count = 0
        for bound in BOUNDS_S:
            count += meter.delays[bound]
            yield f'{full}_bucket{{client="{client}",le="{bound:g}"}} {count}'
        total = meter.delays.total()
        yield f'{full}_bucket{{client="{client}",le="+Inf"}} {total}'
        yield f'{full}_sum{{client="{client}"}} {meter.delay_s:.6f}'
        yield f'{full}_count{{client="{client}"}} {total}'

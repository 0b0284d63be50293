"""Calls that authorization refused, counted from the access logs by who called whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from gossamer.cli.lab_access.pods import key_of, workload_of
from gossamer.cli.logs.access_lines import access_lines
from gossamer.cli.printing.segment_rows import OUTSIDE, segment_name
from gossamer.contract.addresses import split_port
from gossamer.explain.failures.causes import rule_of
from gossamer.lab.home import LabFolder

Pods = Sequence[dict[str, Any]]


def denied_pairs(lab: LabFolder, pods: Pods, workloads: bool) -> dict[tuple[str, str], int]:
    """By source and destination (workloads, or their namespaces) how many were refused there."""
    owners = {address: pod for pod in pods for address in (*pod.get("ips", ()), pod["ip"])}
    by_key = {key_of(pod): pod for pod in pods}
    counts: Counter[tuple[str, str]] = Counter()
    for call in access_lines(lab, pods).calls:
        if rule_of(call.line) is None:
            continue
        caller = owners.get(_ip(call.line.remote))
        source = OUTSIDE if caller is None or not caller["proxy"] else workload_of(caller)
        destination = workload_of(by_key[call.pod])
        counts[segment_name(source, workloads), segment_name(destination, workloads)] += 1
    return dict(counts)


def _ip(address: str) -> str:
    try:
        return split_port(address)[0]
    except ValueError:
        return ""

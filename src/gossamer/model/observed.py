"""Observed facts: what is seen, not declared, by the key of the fact. None is one that went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from gossamer.model import tables
from gossamer.model.ids import Key
from gossamer.model.workload.pod import Pod

Observed: TypeAlias = Mapping[Key, Any]

NOTHING_OBSERVED: Observed = {}


def observed_pods(pods: Iterable[Pod]) -> Observed:
    """These pods as observed facts."""
    return {tables.PODS.key(pod.key): pod for pod in pods}

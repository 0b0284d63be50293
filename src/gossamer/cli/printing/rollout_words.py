"""How far a rollout is, in kubectl's sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def rollout_state(
    kind: str, name: str, counts: Mapping[str, Any] | None, *, observed: bool
) -> tuple[bool, str]:
    """Whether it is done, and the sentence; a workload of no pods is done at once."""
    what = f'{kind.lower()} "{name}"'
    if not observed:
        return False, f"Waiting for {what} spec update to be observed..."
    if counts is None:
        return True, f"{what} successfully rolled out"
    desired, updated, ready = counts["desired"], counts["updated"], counts["updated_ready"]
    waiting = f"Waiting for {what} rollout to finish: "
    if updated < desired:
        return False, f"{waiting}{updated} out of {desired} new replicas have been updated..."
    if counts["current"] > updated:
        old = counts["current"] - updated
        return False, f"{waiting}{old} old replicas are pending termination..."
    if ready < desired:
        return False, f"{waiting}{ready} of {desired} updated replicas are available..."
    return True, f"{what} successfully rolled out"

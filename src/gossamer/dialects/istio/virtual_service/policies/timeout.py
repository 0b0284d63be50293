"""`timeout`: how long a request may take, retries included. `0s` is no bound, as is none."""

from __future__ import annotations

from gossamer.dialects.istio.values.duration import read_duration
from gossamer.manifests.fields import Fields
from gossamer.model.policies.timeout import Timeout


def read_timeout(rule: Fields) -> Timeout | None:
    """The bound of a rule, if it sets one."""
    bound = read_duration(rule, "timeout")
    return None if bound is None else Timeout(request=bound)

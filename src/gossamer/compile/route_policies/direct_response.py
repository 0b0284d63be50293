"""Direct responses: the proxy answers itself."""

from __future__ import annotations

from typing import Any

from gossamer.model.policies.direct_response import DirectResponse


def apply_direct_response(route: Any, response: DirectResponse) -> None:
    """Answer with a fixed status and body."""
    route.direct_response.status = response.status
    if response.body:
        route.direct_response.body.inline_bytes = response.body

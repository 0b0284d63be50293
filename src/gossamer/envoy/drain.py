"""How an Envoy is asked to leave without anybody noticing."""

from __future__ import annotations

from gossamer.envoy.admin import Admin


async def drain(admin: Admin) -> None:
    """Fail readiness, then close listeners gracefully; connections end over the drain time.

    The order matters: whoever balances by health stops sending before anything is refused.
    Raises AdminSilent if Envoy is gone already.
    """
    await admin.post("/healthcheck/fail")
    await admin.post("/drain_listeners?graceful&skip_exit")

"""The agent's own numbers, as Prometheus reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from gossamer.agent.metrics import metrics
from gossamer.agent.shapes import HostProxyStatus, RefusedResource

NOW = datetime(2031, 1, 1, tzinfo=UTC)


def row(**more: Any) -> HostProxyStatus:
    made: dict[str, Any] = {
        "pod": "shop/cart-1",
        "workload": "shop/cart",
        "pid": 7,
        "connected": True,
        "synced": False,
        "served": True,
        "pending": 2,
        "rejected": [RefusedResource("t", "x", "1", "no")],
        "certificate_expires": "2031-01-01T12:00:00Z",
        "envoy": "LIVE",
        "ready": True,
    }
    return HostProxyStatus(**made | more)


def test_each_proxy_has_its_numbers() -> None:
    """Ready, connected, pending, rejected, and how long its certificate lasts."""
    text = metrics([row()], NOW)
    labels = '{pod="shop/cart-1",workload="shop/cart"}'
    assert [each for each in text.splitlines() if not each.startswith("#")] == [
        f"gossamer_agent_proxy_ready{labels} 1",
        f"gossamer_agent_proxy_connected{labels} 1",
        f"gossamer_agent_proxy_pending{labels} 2",
        f"gossamer_agent_proxy_rejected{labels} 1",
        f"gossamer_agent_certificate_seconds_left{labels} 43200",
    ]
    assert text.count("# TYPE") == 5


def test_a_proxy_without_certificate_has_no_such_number() -> None:
    """Nought seconds left would ring an alarm for a pod that is only just starting."""
    assert "seconds_left{" not in metrics([row(certificate_expires=None)], NOW)


def test_names_cannot_break_the_text() -> None:
    """Quotes and line ends in a name stay inside their label."""
    assert r'pod="a\"b\nc"' in metrics([row(pod='a"b\nc')], NOW)

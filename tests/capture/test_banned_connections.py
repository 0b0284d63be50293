"""A host ends its pods' connections with the banned: once for each, again for the hasty."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gossamer.capture import banned
from gossamer.capture.banned import BannedConnections


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two times, without a wait."""
    monkeypatch.setattr(banned, "AGAIN_S", (0.0, 0.0))


async def test_each_address_is_acted_on_when_it_comes() -> None:
    """Neither a lifted ban nor another one begins anew with those who are banned already."""
    asked: list[Sequence[str]] = []

    async def end(addresses: Sequence[str]) -> int:
        asked.append(addresses)
        return 1

    following = BannedConnections(end)
    await following.follow([])
    await following.follow(["10.244.0.7"])
    await following.follow(["10.244.0.7", "10.244.0.8"])
    await following.follow(["10.244.0.7"])
    assert asked == [["10.244.0.7"]] * 2 + [["10.244.0.8"]] * 2


async def test_a_kernel_that_cannot_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """The lab goes on, and its log says what is left to do."""

    async def end(addresses: Sequence[str]) -> int:
        raise OSError(95, "connections cannot be ended: Operation not supported")

    await BannedConnections(end).follow(["10.244.0.7"])
    assert "banned-connections-stay" in caplog.text
    assert "gossamer restart" in caplog.records[0].fields["remedy"]  # type: ignore[attr-defined]

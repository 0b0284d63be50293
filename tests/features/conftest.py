"""`pytest tests/features --bless` rewrites the outputs; look at the diff before you commit."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer --bless where this folder is asked for by name."""
    parser.addoption("--bless", action="store_true", help="rewrite tests/features/*/*.out.yaml")


@pytest.fixture
def bless(request: pytest.FixtureRequest) -> bool:
    """Whether outputs are to be rewritten."""
    return bool(request.config.getoption("--bless", default=False))

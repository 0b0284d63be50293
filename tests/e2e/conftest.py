"""Labs for end-to-end tests: one a file, so that files run side by side."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.lab_under_test import Lab, forget, new_home


@pytest.fixture(scope="module")
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A lab that is not started yet; whatever the tests did, it is ended afterwards."""
    home = new_home()
    under_test = Lab(request.module.__name__.rpartition("_")[2][:20], home)
    yield under_test
    under_test.down()
    forget(home)

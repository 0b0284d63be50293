"""`gossamer demo`, as an ordinary user: a newcomer's first minute."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.lab_under_test import Lab, forget, new_home

pytestmark = pytest.mark.e2e

SOMEBODY = 54321
"""A user id without an account, a shell, a group or any right."""


@pytest.fixture
def plain_lab() -> Iterator[Lab]:
    """A lab of an ordinary user: of nobody in particular where root runs the tests."""
    home = new_home()
    uid = SOMEBODY if os.geteuid() == 0 else None
    if uid is not None:
        os.chown(home, uid, uid)
    yield Lab("demo", home, uid)
    forget(home)


def processes_of(lab: Lab) -> list[str]:
    """The command lines that name the lab's folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (OSError, ValueError):
            continue
        if str(lab.home) in line:
            found.append(line)
    return found


def test_the_demo_moves_a_canary_and_ends_by_itself(plain_lab: Lab) -> None:
    """Without root it brings the mesh up, shows edges and the canary, exits 0, leaves nothing."""
    done = plain_lab.run("demo", "--for", "12s", timeout=120)
    assert re.search(r"ingressgateway +bookinfo/productpage-v1 +http .*100%", done.stdout)
    assert re.search(r"reviews wanted v3 100%", done.stdout)
    assert re.search(r"status 200: \d+", done.stdout)
    assert re.search(r"http://127.0.0.1:\d+/productpage", done.stdout)
    assert processes_of(plain_lab) == []
    left = [path for path in plain_lab.home.rglob("*") if path.is_socket()]
    assert left == []
    assert str(plain_lab.home) not in Path("/proc/mounts").read_text()

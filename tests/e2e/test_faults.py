"""A short run of the fault runner; GOSSAMER_SEED and GOSSAMER_FAULTS_FOR choose another one."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.e2e.lab_under_test import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(3600)]

SEED = os.environ.get("GOSSAMER_SEED", "1")
FOR = os.environ.get("GOSSAMER_FAULTS_FOR", "30s")


def test_kills_freezes_cuts_and_edits_fail_no_request() -> None:
    """Whatever the schedule of the seed does: every request is answered, nothing acknowledged is
    lost, and all heals by itself."""
    command = [sys.executable, "-m", "tests.faults", "--seed", SEED, "--for", FOR]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-3000:]}"

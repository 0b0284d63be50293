"""Every check, and how facts become results."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from gossamer.cli.checks import (
    agent,
    certificates,
    installation,
    lab,
    machine,
    plane,
    proxies,
    workloads,
)
from gossamer.cli.checks.facts import LabFacts
from gossamer.cli.checks.verdict import Check, Result, looked

EVERY: tuple[Check[Any], ...] = tuple(
    chain(
        machine.CHECKS,
        installation.CHECKS,
        lab.GROUND_CHECKS,
        lab.CHECKS,
        plane.CHECKS,
        agent.CHECKS,
        proxies.CHECKS,
        certificates.CHECKS,
        workloads.CHECKS,
    )
)


def results(facts: LabFacts) -> Iterator[Result]:
    """The result of every check, in the order in which they are shown."""
    yield from (looked(check, facts.machine) for check in machine.CHECKS)
    yield from (looked(check, facts.installation) for check in installation.CHECKS)
    yield from (looked(check, facts.ground) for check in lab.GROUND_CHECKS)
    yield from (looked(check, facts.lab) for check in lab.CHECKS)
    yield from (looked(check, facts.plane) for check in plane.CHECKS)
    yield from (looked(check, facts.agent) for check in agent.CHECKS)
    yield from (looked(check, facts.proxies) for check in proxies.CHECKS)
    yield from (looked(check, facts.certificates) for check in certificates.CHECKS)
    yield from (looked(check, facts.workloads) for check in workloads.CHECKS)
